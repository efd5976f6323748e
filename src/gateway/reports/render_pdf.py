"""A report as pages to print: landscape, the head on the first page, the columns' names on each."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from fpdf import FPDF

from gateway.kit.latin import printable
from gateway.reports.figures import RIGHT, head_lines, shown, title_of
from gateway.reports.rules import Cells, Column, Report, Sheet
from gateway.reports.words import word

MARGIN, LINE, ROOM = 12, 5, 297 - 24
BAR = 110
WEIGHTS = {Cells.TEXT: 3.0, Cells.CODE: 3.0, Cells.DAY: 1.8, Cells.INSTANT: 2.6, Cells.COUNT: 1.2}
"""How much of a page's width a column asks for, where 2 is an amount."""


class _Pages(FPDF):
    """Pages with their number at the foot."""

    def __init__(self, page_word: str) -> None:
        super().__init__(orientation="landscape", unit="mm", format="A4")
        self._page_word = page_word

    def footer(self) -> None:
        """Write the page's number."""
        self.set_y(-MARGIN)
        self.set_font("Helvetica", "", 8)
        self.cell(0, LINE, f"{printable(self._page_word)} {self.page_no()}", align="R")


def to_pdf(report: Report, language: str) -> bytes:
    """Return the pages; the same report gives the same bytes."""
    pages = _Pages(word("page", language))
    pages.set_creation_date(report.question.recorded_at.astimezone(dt.UTC))
    pages.set_title(printable(word(report.question.kind, language)))
    pages.set_lang(language)
    pages.set_margins(MARGIN, MARGIN)
    pages.set_auto_page_break(True, margin=MARGIN + LINE)
    pages.add_page()
    for number, line in enumerate(head_lines(report, language)):
        pages.set_font("Helvetica", "B" if number == 1 else "", 14 if number == 1 else 10)
        pages.multi_cell(0, LINE + 1, printable(line), align="L", new_x="LMARGIN", new_y="NEXT")
    told = [sheet for sheet in report.sheets if sheet.rows]
    for sheet in told:
        _sheet(pages, report, sheet, language)
    if not told:
        pages.ln(LINE)
        pages.cell(0, LINE, printable(word("nothing", language)))
    return bytes(pages.output())


def _sheet(pages: FPDF, report: Report, sheet: Sheet, language: str) -> None:
    pages.ln(LINE)
    if pages.will_page_break(4 * LINE):
        pages.add_page()
    pages.set_font("Helvetica", "B", 11)
    pages.cell(0, LINE + 1, printable(title_of(sheet, language)), new_x="LMARGIN", new_y="NEXT")
    if sheet.columns[-1].cells is Cells.HUNDREDTHS:
        _bars(pages, report, sheet, language)
    widths = _widths(sheet.columns)
    names = [word(column.name, language) for column in sheet.columns]
    _row(pages, sheet.columns, names, widths, bold=True, line="B")
    for row in sheet.rows:
        if pages.will_page_break(LINE):
            pages.add_page()
            _row(pages, sheet.columns, names, widths, bold=True, line="B")
        cells = [
            shown(column, value, sheet, report, language) for column, value in zip(sheet.columns, row, strict=True)
        ]
        _row(pages, sheet.columns, cells, widths)
    if sheet.total is not None:
        cells = [
            shown(column, value, sheet, report, language)
            for column, value in zip(sheet.columns, sheet.total, strict=True)
        ]
        if sheet.total[0] is None:
            cells[0] = word("total", language)
        _row(pages, sheet.columns, cells, widths, bold=True, line="T")


def _widths(columns: Sequence[Column]) -> list[float]:
    weights = [WEIGHTS.get(column.cells, 2.0) for column in columns]
    return [ROOM * weight / sum(weights) for weight in weights]


def _row(
    pages: FPDF,
    columns: Sequence[Column],
    cells: Sequence[str],
    widths: Sequence[float],
    *,
    bold: bool = False,
    line: Any = 0,
) -> None:
    pages.set_font("Helvetica", "B" if bold else "", 8)
    for column, text, width in zip(columns, cells, widths, strict=True):
        align = "R" if column.cells in RIGHT else "L"
        pages.cell(width, LINE, _fitted(pages, text, width), border=line, align=align)
    pages.ln(LINE)


def _fitted(pages: FPDF, text: str, width: float) -> str:
    kept = printable(text)
    if pages.get_string_width(kept) <= width - 2:
        return kept
    while len(kept) > 1 and pages.get_string_width(kept + "...") > width - 2:
        kept = kept[:-1]
    return kept.rstrip() + "..."


def _bars(pages: FPDF, report: Report, sheet: Sheet, language: str) -> None:
    longest = max((abs(row[-1]) for row in sheet.rows), default=0) or 1
    pages.set_font("Helvetica", "", 9)
    for number, row in enumerate(sheet.rows):
        pages.cell(80, LINE, printable(shown(sheet.columns[0], row[0], sheet, report, language)), align="R")
        pages.set_fill_color(60 if number % 2 == 0 else 140)
        width = max(abs(row[-1]) * BAR / longest, 0.4)
        pages.rect(MARGIN + 82, pages.get_y() + 0.8, width, LINE - 1.6, style="F")
        pages.set_x(MARGIN + 84 + width)
        pages.cell(30, LINE, printable(shown(sheet.columns[-1], row[-1], sheet, report, language)))
        pages.ln(LINE)
    pages.ln(LINE / 2)
