"""A report as a workbook: one sheet per table, figures as figures, and always the same bytes."""

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from gateway.kit.money import currency_of
from gateway.reports.figures import head_lines, shown, title_of
from gateway.reports.rules import Cells, Column, Report, Sheet
from gateway.reports.words import word

MOST_SHEETS = 200
"""Above so many tables all go into one sheet, one below the other."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NEVER_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_STAMPS = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def to_xlsx(report: Report, language: str) -> bytes:
    """Return the workbook."""
    book = openpyxl.Workbook(write_only=True)
    together = len(report.sheets) > MOST_SHEETS
    page: Any = book.create_sheet(word(report.question.kind, language)[:31]) if together or not report.sheets else None
    for number, sheet in enumerate(report.sheets, start=1):
        if page is None or not together:
            page = book.create_sheet(_sheet_name(number, sheet, language))
        _fill(page, report, sheet, language)
    if not report.sheets:
        page.append([word("nothing", language)])
    written = io.BytesIO()
    book.save(written)
    return _timeless(written.getvalue(), report.question.recorded_at)


def _sheet_name(number: int, sheet: Sheet, language: str) -> str:
    name = _FORBIDDEN.sub(" ", sheet.subject or word(sheet.name, language))
    return f"{number} {name}"[:31].strip("' ")


def _fill(page: Any, report: Report, sheet: Sheet, language: str) -> None:
    for line in head_lines(report, language):
        page.append([_text(page, line)])
    page.append([_text(page, title_of(sheet, language), bold=True)])
    page.append([_text(page, word(column.name, language), bold=True) for column in sheet.columns])
    for row in sheet.rows:
        page.append(
            [
                _cell(page, column, value, sheet, report, language)
                for column, value in zip(sheet.columns, row, strict=True)
            ]
        )
    if sheet.total is not None:
        cells = [
            _cell(page, column, value, sheet, report, language)
            for column, value in zip(sheet.columns, sheet.total, strict=True)
        ]
        if sheet.total[0] is None:
            cells[0] = _text(page, word("total", language), bold=True)
        page.append(cells)
    page.append([])


def _cell(page: Any, column: Column, value: Any, sheet: Sheet, report: Report, language: str) -> Any:
    if value is None:
        return None
    match column.cells:
        case Cells.AMOUNT:
            exponent = currency_of(sheet.currency).exponent
            figure = WriteOnlyCell(page, value=Decimal(value).scaleb(-exponent))
            figure.number_format = "#,##0" + ("." + "0" * exponent if exponent else "")
            return figure
        case Cells.HUNDREDTHS:
            share = WriteOnlyCell(page, value=Decimal(value).scaleb(-2))
            share.number_format = "0.00"
            return share
        case Cells.COUNT:
            return value if isinstance(value, int) else _text(page, str(value))
        case Cells.DAY:
            return value
        case Cells.INSTANT:
            # A workbook knows no time zones: the mutual's clock, as on paper.
            return value.astimezone(ZoneInfo(report.time_zone)).replace(tzinfo=None, microsecond=0)
        case Cells.CODE:
            return _text(page, word(str(value), language))
        case Cells.MONTH | Cells.STATE_CODE | Cells.ACCOUNT:
            return _text(page, shown(column, value, sheet, report, language))
    return _text(page, str(value))


def _text(page: Any, text: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(page, value=None)
    cell.value = _NEVER_TEXT.sub(" ", text)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _timeless(workbook: bytes, at: dt.datetime) -> bytes:
    """Return the workbook with the report's instant for every time the library wrote into it."""
    stamp = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for part in sorted(old.namelist()):
            body = old.read(part)
            if part == "docProps/core.xml":
                body = _STAMPS.sub(rb"\g<1>" + stamp + rb"\g<2>", body)
            entry = zipfile.ZipInfo(part, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, body)
    return written.getvalue()
