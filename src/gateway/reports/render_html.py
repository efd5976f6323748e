"""A report as one page of HTML that stands alone: no script, no other file, fit for paper and for a narrow screen."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment

from gateway.reports.figures import RIGHT, head_lines, shown, title_of
from gateway.reports.rules import Cells, Report, Sheet
from gateway.reports.words import word

MOST_ROWS = 50_000
BAR = 240
"""Width of the longest bar, in the drawing's own units."""


def to_html(report: Report, language: str) -> bytes:
    """Return the page; figures of one hundred are drawn as bars with the table beside them."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    page = template.render(
        language=language,
        head=head_lines(report, language),
        sheets=[_sheet(report, sheet, language) for sheet in report.sheets if sheet.rows],
        nothing=word("nothing", language),
    )
    return page.encode()


def _sheet(report: Report, sheet: Sheet, language: str) -> dict[str, Any]:
    def cells(row: Any) -> list[tuple[str, bool]]:
        return [
            (shown(column, value, sheet, report, language), column.cells in RIGHT)
            for column, value in zip(sheet.columns, row, strict=True)
        ]

    total = None
    if sheet.total is not None:
        total = cells(sheet.total)
        if sheet.total[0] is None:
            total[0] = (word("total", language), False)
    return {
        "title": title_of(sheet, language),
        "columns": [(word(column.name, language), column.cells in RIGHT) for column in sheet.columns],
        "rows": [cells(row) for row in sheet.rows],
        "total": total,
        "bars": _bars(report, sheet, language),
    }


def _bars(report: Report, sheet: Sheet, language: str) -> list[dict[str, Any]]:
    if not sheet.columns or sheet.columns[-1].cells is not Cells.HUNDREDTHS:
        return []
    longest = max((abs(row[-1]) for row in sheet.rows), default=0) or 1
    return [
        {
            "label": shown(sheet.columns[0], row[0], sheet, report, language),
            "figure": shown(sheet.columns[-1], row[-1], sheet, report, language),
            "width": abs(row[-1]) * BAR // longest,
        }
        for row in sheet.rows
    ]
