"""Give an answer the form that was asked for."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.reports import render_html
from gateway.reports.errors import ReportTooLongError
from gateway.reports.render_csv import to_csv, to_json
from gateway.reports.rules import Report


class Form(StrEnum):
    """The forms of a report."""

    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"


class _Writer(NamedTuple):
    media_type: str
    most_rows: int
    write: Callable[[Report, str], bytes]


def _to_pdf(report: Report, language: str) -> bytes:
    # Two large libraries, of pages and of workbooks: who asks for neither does not wait for them.
    from gateway.reports.render_pdf import to_pdf

    return to_pdf(report, language)


def _to_xlsx(report: Report, language: str) -> bytes:
    from gateway.reports.render_xlsx import to_xlsx

    return to_xlsx(report, language)


WRITERS: Mapping[Form, _Writer] = {
    Form.JSON: _Writer("application/json", 1_000_000, lambda report, _language: to_json(report)),
    Form.HTML: _Writer("text/html; charset=utf-8", render_html.MOST_ROWS, render_html.to_html),
    Form.PDF: _Writer("application/pdf", 20_000, _to_pdf),
    Form.CSV: _Writer("text/csv; charset=utf-8; header=present", 1_000_000, lambda report, _language: to_csv(report)),
    Form.XLSX: _Writer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 200_000, _to_xlsx),
}


def render(report: Report, form: Form, language: str) -> bytes:
    """Return the report's bytes; the same question, form and language always give the same ones.

    Raises:
        ReportTooLongError: More rows than the form can carry.
    """
    writer = WRITERS[form]
    if report.row_count > writer.most_rows:
        raise ReportTooLongError(
            f"{report.row_count} rows are too many for {form} ({writer.most_rows}); ask for fewer days, one account, or CSV"
        )
    return writer.write(report, language)


def file_name(report: Report, form: Form) -> str:
    """Return what a download is called: kind, subject, both clocks."""
    question = report.question
    subject = "".join(letter if letter.isalnum() else "-" for letter in question.subject or "")
    at = question.recorded_at.strftime("%Y%m%dT%H%M%SZ")
    return (
        "_".join(
            part for part in (question.kind, subject, question.step or "", question.valid_on.isoformat(), at) if part
        )
        + f".{form}"
    )
