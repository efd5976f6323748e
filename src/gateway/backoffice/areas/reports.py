"""Reports: figures over time as charts with their tables, the trust report, statements and balances on both clocks.

Every page is a question on both clocks, and says so: its link with both of them set shows the same for ever.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import Response

from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.charts import Chart, Series, draw
from gateway.backoffice.frame.days import as_typed
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.faults import PageUnknownError
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_, Words
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of
from gateway.membership.queries import list_funds
from gateway.reports.build import ask, build
from gateway.reports.figures import RIGHT, shown, title_of
from gateway.reports.render import WRITERS, file_name, render
from gateway.reports.render import Form as Paper
from gateway.reports.rules import (
    NEEDS_SUBJECT,
    TRENDS,
    Cells,
    Question,
    Report,
    ReportKind,
    Sheet,
    Step,
    begins_of,
    steps_between,
)
from gateway.reports.words import word
from gateway.staff.models import Role

READERS = (Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)
area = Area("reports", N_("Reports"), "/reports", 70, READERS)
PICTURES = [
    ("/reports/coverage", "reports-coverage", "mara"),
    ("/reports/collections", "reports-collections", "abel"),
    ("/reports/trust-report", "reports-trust", "aura"),
]

MOST_ROWS = 400
"""Rows of a table shown on a page; its file has all of them."""
MOST_BARS = 12
ABOUT = {
    ReportKind.COLLECTIONS: N_("What came in, by day, week or month, by channel and by collector."),
    ReportKind.COVERAGE: N_("How many were covered each month, how many are new, came back or were lost, and why."),
    ReportKind.ARREARS: N_(
        "Months that members could not be declared for because money was missing, by how long ago they were."
    ),
    ReportKind.REJECTIONS: N_("What the state rejected, by its codes and by month."),
    ReportKind.BENEFIT_DAYS: N_("Days from the state's credit until a benefit was in the member's hand."),
    ReportKind.TRUST_REPORT: N_("What became of every hundred that members paid."),
    ReportKind.TRIAL_BALANCE: N_("Every control account with its debits, credits and balance."),
    ReportKind.GENERAL_LEDGER: N_("Every entry of every account, or of one."),
    ReportKind.MEMBER_STATEMENT: N_("All that came in and went out for one member, with the balance after each."),
    ReportKind.FUND_STATEMENT: N_(
        "What each member of a fund paid, what was filed and what is held; and the fund's own money."
    ),
    ReportKind.COLLECTOR_STATEMENT: N_("What a collector brought, day by day."),
    ReportKind.ACCOUNT_STATEMENT: N_("One account from its opening to its closing balance."),
}
GROUPS = (
    (N_("Figures over time"), tuple(kind for kind in ReportKind if kind in TRENDS)),
    (N_("Trust"), (ReportKind.TRUST_REPORT,)),
    (N_("Statements"), tuple(kind for kind in ReportKind if kind in NEEDS_SUBJECT)),
    (N_("Books"), (ReportKind.TRIAL_BALANCE, ReportKind.GENERAL_LEDGER)),
)
SUBJECTS = {
    ReportKind.MEMBER_STATEMENT: (N_("Member's number"), N_("As on the member's card, for example M000017.")),
    ReportKind.FUND_STATEMENT: (N_("Fund"), ""),
    ReportKind.COLLECTOR_STATEMENT: (N_("Collector"), N_("As on the receipts, for example staff:rosa.")),
    ReportKind.ACCOUNT_STATEMENT: (
        N_("Account"),
        N_("Its code, for example bank:reservas; the trial balance shows which there are."),
    ),
    ReportKind.GENERAL_LEDGER: (N_("Account or control account"), N_("Left empty: all of them.")),
}
STEPS = {Step.DAY: N_("By day"), Step.WEEK: N_("By week"), Step.MONTH: N_("By month")}
PAPERS = {Paper.CSV: "CSV", Paper.XLSX: "XLSX", Paper.PDF: "PDF"}
FIELDS = {"report_subject": "subject"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a picture with its words beside it."""

    label: str
    text: str
    width: int
    """Of a thousand."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table on a page, with its picture."""

    name: str
    title: str
    columns: Sequence[tuple[str, bool]]
    """Name, and whether it holds figures."""
    rows: Sequence[Sequence[tuple[str, bool]]]
    total: Sequence[tuple[str, bool]] | None
    left_out: int
    chart: Chart | None
    bars: Sequence[Bar]


@area.page("/reports", *READERS)
def index(desk: Desk) -> Response:
    """Show which reports there are."""
    groups = [
        (
            desk.words.say(title),
            [(kind.value, word(kind, desk.words.language), desk.words.say(ABOUT[kind])) for kind in kinds],
        )
        for title, kinds in GROUPS
    ]
    return desk.page("reports/index.html", groups=groups)


@area.page("/reports/{kind}", *READERS)
def report(desk: Desk, kind: str) -> Response:
    """Show a report: what is asked, its pictures, the tables behind them, and its files."""
    known, form = _known(kind), desk.form()
    answer: Report | None = None
    if known not in NEEDS_SUBJECT or desk.asked("subject"):
        try:
            answer = build(desk.session, _question(desk, form, known))
        except GatewayError as error:
            form.refuse(error, FIELDS)
    language = desk.words.language
    name = word(known, language)
    return desk.page(
        "reports/report.html",
        form=_filled(desk, form, known),
        kind=known.value,
        name=name,
        about=desk.words.say(ABOUT[known]),
        report=answer,
        sheets=[] if answer is None else [_shown(sheet, answer, desk.words) for sheet in answer.sheets],
        subject=None if known not in SUBJECTS else [desk.words.say(text) if text else "" for text in SUBJECTS[known]],
        funds=_funds(desk) if known is ReportKind.FUND_STATEMENT else None,
        needs_subject=known in NEEDS_SUBJECT,
        has_from=known is not ReportKind.TRIAL_BALANCE and known is not ReportKind.TRUST_REPORT,
        steps=[(step.value, desk.words.say(text)) for step, text in STEPS.items()]
        if known is ReportKind.COLLECTIONS
        else None,
        papers=[
            (desk.url(f"/reports/{kind}/file?{_asked(answer, form=paper)}"), text) for paper, text in PAPERS.items()
        ]
        if answer
        else [],
        forever=desk.url(f"/reports/{kind}?{_asked(answer)}") if answer else None,
        crumbs=[Crumb(desk.words.say("Reports"), "/reports"), Crumb(name, "")],
        status=200 if not form.errors and not form.general else 422,
    )


@area.page("/reports/{kind}/file", *READERS)
def report_file(desk: Desk, kind: str) -> Response:
    """Give a report as a file: a table without formulas, a workbook, or pages to print."""
    known, form = _known(kind), desk.form()
    paper = next((one for one in Paper if one.value == desk.asked("form")), Paper.CSV)
    answer = build(desk.session, _question(desk, form, known))
    body = render(answer, paper, desk.words.language)
    return desk.file(file_name(answer, paper), body, WRITERS[paper].media_type)


def _known(kind: str) -> ReportKind:
    found = next((one for one in ReportKind if one.value == kind), None)
    if found is None:
        raise PageUnknownError(f"no report is called {kind!r}")
    return found


def _question(desk: Desk, form: Form, kind: ReportKind) -> Question:
    """Read what is asked from the address; what cannot be read is noted beside its field."""
    for name in ("valid_on", "from_on", "recorded_at", "subject", "step"):
        form.lists[name] = [desk.asked(name)]
    step = form.choice("step", [one.value for one in Step]) if kind is ReportKind.COLLECTIONS else ""
    valid_on, from_on, recorded_at = form.day("valid_on"), form.day("from_on"), form.instant("recorded_at")
    if recorded_at is not None:
        form.lists["recorded_at"] = [as_typed(recorded_at.astimezone(desk.words.zone))]
    form.check()
    return ask(
        desk.session,
        kind,
        today=desk.today,
        valid_on=valid_on,
        recorded_at=recorded_at,
        from_on=from_on,
        subject=form.text("subject") or None,
        step=Step(step) if step else None,
    )


def _filled(desk: Desk, form: Form, kind: ReportKind) -> Form:
    if kind in TRENDS and not form.value("from_on"):
        form.lists["from_on"] = [begins_of(desk.today).isoformat()]
    if not form.value("valid_on"):
        form.lists["valid_on"] = [desk.today.isoformat()]
    if not form.value("step"):
        form.lists["step"] = [Step.MONTH.value]
    return form


def _asked(report: Report | None, **more: Any) -> str:
    assert report is not None
    question = report.question
    asked = {
        **more,
        "subject": question.subject,
        "from_on": question.from_on,
        "step": question.step,
        "valid_on": question.valid_on,
        "recorded_at": question.recorded_at.astimezone(dt.UTC).isoformat(),
    }
    return urlencode({name: str(value) for name, value in asked.items() if value is not None})


def _funds(desk: Desk) -> list[tuple[str, str]]:
    return [(fund.code, f"{fund.code} {fund.name}") for fund in list_funds(desk.session)]


def _shown(sheet: Sheet, report: Report, words: Words) -> Shown:
    language = words.language

    def cells(row: Sequence[Any]) -> list[tuple[str, bool]]:
        return [
            (shown(column, value, sheet, report, language), column.cells in RIGHT)
            for column, value in zip(sheet.columns, row, strict=True)
        ]

    total = None
    if sheet.total is not None:
        total = cells(sheet.total)
        if sheet.total[0] is None:
            total[0] = (word("total", language), False)
    return Shown(
        sheet.name,
        title_of(sheet, language),
        [(word(column.name, language), column.cells in RIGHT) for column in sheet.columns],
        [cells(row) for row in sheet.rows[:MOST_ROWS]],
        total,
        max(0, len(sheet.rows) - MOST_ROWS),
        _chart(sheet, report, words),
        _bars(sheet, report, words),
    )


CHARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "collections_over_time": ("bars", ("rest",)),
    "coverage": ("bars", ("covered", "lost")),
    "arrears_by_month": ("bars", ("missing",)),
    "rejections_by_month": ("bars", ("rejected",)),
    "benefit_days_by_month": ("lines", ("median_days", "ninetieth_days", "slowest_days")),
    "trust_months": ("bars", ("received", "filed")),
}
"""Tables that are drawn over time: how, and which of their columns."""
BARS = {
    "collections_by_channel": "rest",
    "collections_by_collector": "rest",
    "coverage_lost": "members",
    "arrears_by_age": "missing",
    "rejections_by_code": "lines",
    "benefit_days_by_kind": "median_days",
    "trust": "of_a_hundred",
}
"""Tables that are drawn as bars with their words beside them, by which of their columns."""


def _chart(sheet: Sheet, report: Report, words: Words) -> Chart | None:
    if sheet.name not in CHARTS:
        return None
    kind, names = CHARTS[sheet.name]
    places = [next(at for at, column in enumerate(sheet.columns) if column.name == name) for name in names]
    rows = [row for row in sheet.rows if all(row[place] is not None for place in places)]
    if not rows:
        return None
    begins = [row[0] for row in rows]
    if kind == "bars":
        # Where nothing was, a bar of nothing stands: a gap closed up would look as if one day followed the other.
        begins = list(steps_between(begins[0], begins[-1], report.question.step or Step.MONTH))
    known = {row[0]: row for row in rows}
    is_money = sheet.columns[places[0]].cells is Cells.AMOUNT
    scale = Decimal(10) ** currency_of(sheet.currency).exponent if is_money else Decimal(1)
    series = [
        Series(
            word(name, words.language),
            [float(Decimal(known[begin][place]) / scale) if begin in known else 0.0 for begin in begins],
        )
        for name, place in zip(names, places, strict=True)
    ]
    labels = [_label(begin, report, words) for begin in begins]

    def write(value: float) -> str:
        return words.number(round(Decimal(value)))

    return draw(title_of(sheet, words.language), labels, series, write=write, kind=kind, is_whole=not is_money)


def _label(value: Any, report: Report, words: Words) -> str:
    """Return what stands below a bar: a day, or a month with its year where another year begins."""
    if report.question.step in (Step.DAY, Step.WEEK):
        return f"{value:%d/%m}"
    return f"{words.short_month(value)} {value:%y}"


def _bars(sheet: Sheet, report: Report, words: Words) -> list[Bar]:
    if sheet.name not in BARS:
        return []
    place = next(at for at, column in enumerate(sheet.columns) if column.name == BARS[sheet.name])
    rows = [row for row in sheet.rows if row[place]][:MOST_BARS]
    most = max((abs(row[place]) for row in rows), default=0) or 1
    return [
        Bar(
            shown(sheet.columns[0], row[0], sheet, report, words.language),
            shown(sheet.columns[place], row[place], sheet, report, words.language),
            max(4, round(abs(row[place]) * 1000 / most)),
        )
        for row in rows
    ]
