"""A report as CSV and as JSON, for machines: plain figures, ISO days, names in English whatever the language."""

import csv
import io
import json
from typing import Any

from gateway.kit.tabular_csv import not_a_formula
from gateway.reports.figures import plain
from gateway.reports.rules import Cells, Report

FROM_OUTSIDE = (Cells.TEXT, Cells.STATE_CODE)
"""What others wrote: it must not become a formula."""


def to_csv(report: Report) -> bytes:
    """Return all tables in one file: which table, its subject and currency stand in front of each row."""
    out = io.StringIO(newline="")
    write = csv.writer(out, lineterminator="\r\n").writerow
    names = list(dict.fromkeys(column.name for sheet in report.sheets for column in sheet.columns))
    write(["table", "subject", "currency", *names])
    for sheet in report.sheets:
        for row in sheet.rows:
            cells = dict.fromkeys(names, "")
            for column, value in zip(sheet.columns, row, strict=True):
                text = plain(column, value, sheet, report.time_zone)
                cells[column.name] = not_a_formula(text) if column.cells in FROM_OUTSIDE else text
            write([sheet.name, sheet.subject or "", sheet.currency, *cells.values()])
    return out.getvalue().encode("utf-8-sig")


def to_json(report: Report) -> bytes:
    """Return the report as one JSON document; amounts are decimal strings, empty cells null."""
    question = report.question
    document = {
        "kind": question.kind,
        "mutual": report.mutual,
        "about": report.about,
        "subject": question.subject,
        "from_on": question.from_on,
        "valid_on": question.valid_on,
        "recorded_at": question.recorded_at.isoformat(),
        "tables": [
            {
                "name": sheet.name,
                "subject": sheet.subject,
                "currency": sheet.currency,
                "rows": [_named(report, sheet, row) for row in sheet.rows],
                "total": None if sheet.total is None else _named(report, sheet, sheet.total),
            }
            for sheet in report.sheets
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, default=str).encode()


def _named(report: Report, sheet: Any, row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for column, value in zip(sheet.columns, row, strict=True):
        is_number = column.cells is Cells.COUNT or value is None
        shown[column.name] = value if is_number else plain(column, value, sheet, report.time_zone)
    return shown
