"""Figures over time: what came in, who was covered, what is missing, what the state rejected, how long benefits took.

Computed from what is kept, each time: nothing is added up beforehand that could be out of date; what came in on a day is, once
nobody can add to it any more. A figure is a question on
both clocks like every other report, and has the same bytes for ever.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from gateway.contributions.day_totals import count_loose, newest_writer
from gateway.kit import db
from gateway.kit.tenant import MutualRow
from gateway.reports import trend_queries as queries
from gateway.reports.rules import AGES, Answer, Cells, Column, Question, Sheet, age_of, of_a_hundred

MOST_LOOSE = 20_000
"""Receipts that are looked up one by one beside the totals."""
_MONEY = [
    Column("receipts", Cells.COUNT),
    Column("received", Cells.AMOUNT),
    Column("reversed", Cells.AMOUNT),
    Column("rest", Cells.AMOUNT),
]


def _values(question: Question) -> dict[str, Any]:
    return {"from_on": question.from_on, "valid_on": question.valid_on, "recorded_at": question.recorded_at}


def collected(session: Session, asked: Mapping[str, Any], step: str, *, most_loose: int = MOST_LOOSE) -> list[Any]:
    """Return what came in, by currency, day or week or month, channel and collector.

    Args:
        session: The open transaction.
        asked: First and last day (``from_on``, ``valid_on``) and the instant up to which things were booked (``recorded_at``).
        step: ``day``, ``week`` or ``month``.
        most_loose: Where more bookings are in no total that counts, all receipts are summed: looking each up took longer.
    """
    below, values = newest_writer(session), {**asked, "step": step}
    if count_loose(session, below, asked["recorded_at"], most=most_loose + 1) > most_loose:
        return db.rows(session, queries.COLLECTED_PLAINLY, values)
    return db.rows(session, queries.COLLECTED, {**values, "below_xid": below})


def collections(session: Session, question: Question, mutual: MutualRow) -> Answer:
    """Tell what came in by day, week or month, by channel, and by collector."""
    assert question.step is not None
    found = collected(session, _values(question), question.step.value)
    sheets = []
    for currency in sorted({row.currency for row in found}) or [mutual.currency]:
        mine = [row for row in found if row.currency == currency]
        by_collector = [row for row in mine if row.collector]
        for name, column, rows, key in (
            ("collections_over_time", Column("begins", Cells.DAY), mine, "begins_on"),
            ("collections_by_channel", Column("channel", Cells.CODE), mine, "channel"),
            ("collections_by_collector", Column("collector"), by_collector, "collector"),
        ):
            sheets.append(_sums(name, column, rows, key, currency))
    return None, sheets


def _sums(name: str, column: Column, rows: Iterable[Any], key: str, currency: str) -> Sheet:
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        kept = sums[getattr(row, key)]
        kept[0], kept[1], kept[2] = kept[0] + row.receipts, kept[1] + row.received, kept[2] + row.reversed
    ordered = (
        sorted(sums.items())
        if column.cells is Cells.DAY
        else sorted(sums.items(), key=lambda one: (-one[1][1], one[0]))
    )
    told = [(what, count, received, back, received - back) for what, (count, received, back) in ordered]
    whole = [sum(row[place] for row in told) for place in (1, 2, 3, 4)]
    return Sheet(name, [column, *_MONEY], told, currency, (None, *whole))


def coverage(session: Session, question: Question, _mutual: MutualRow) -> Answer:
    """Tell how many are covered each month, how many are new, back and lost, and why these were lost.

    A person in two payrolls counts in each. Lost is what is left of those covered before and gained; the reasons add up
    to it, or the difference is shown as unexplained.
    """
    values = _values(question)
    months = db.rows(session, queries.COVERED, values)
    reasons = db.rows(session, queries.LOST, values)
    rows, why = [], []
    for row in months:
        of_month = {one.reason: one.members for one in reasons if one.period_start == row.period_start}
        new, back = row.new - of_month.pop("rejected_new", 0), row.back - of_month.pop("rejected_back", 0)
        lost = row.before + new + back - row.covered
        rows.append((row.period_start, row.before, new, back, lost, row.covered))
        told = [(row.period_start, reason, members) for reason, members in of_month.items()]
        left_over = lost - sum(one[2] for one in told)
        why += [*told, (row.period_start, "unexplained", left_over)] if left_over else told
    names = ("before", "new", "back", "lost", "covered")
    columns = [Column("month", Cells.MONTH), *(Column(name, Cells.COUNT) for name in names)]
    whole: dict[str, int] = defaultdict(int)
    for _, reason, members in why:
        whole[reason] += members
    by_reason = sorted(whole.items(), key=lambda one: (-one[1], one[0]))
    members = Column("members", Cells.COUNT)
    return None, [
        Sheet("coverage", columns, rows, ""),
        Sheet("coverage_lost", [Column("reason", Cells.CODE), members], by_reason, "", (None, sum(whole.values()))),
        Sheet("coverage_lost_months", [Column("month", Cells.MONTH), Column("reason", Cells.CODE), members], why, ""),
    ]


def arrears(session: Session, question: Question, mutual: MutualRow) -> Answer:
    """Tell which months members could not be declared for, and are not since, by how long ago they were.

    Nobody owes them by law: it is what their cover lacked when the month was filed.
    """
    found = db.rows(session, queries.MISSING, _values(question))
    sheets = []
    for currency in sorted({row.currency for row in found}) or [mutual.currency]:
        mine = [row for row in found if row.currency == currency]
        ages = _missing(mine, lambda row: age_of(row.period_start, question.valid_on))
        months = _missing(mine, lambda row: row.period_start)
        columns = [Column("months", Cells.COUNT), Column("members", Cells.COUNT), Column("missing", Cells.AMOUNT)]
        people = len({row.member_id for row in mine})
        total = (None, len(mine), people, sum(row.short_minor for row in mine))
        aged = [(age, *ages[age]) for age in AGES if age in ages]
        dated = [(month, *months[month]) for month in sorted(months)]
        sheets.append(Sheet("arrears_by_age", [Column("age", Cells.CODE), *columns], aged, currency, total))
        sheets.append(Sheet("arrears_by_month", [Column("month", Cells.MONTH), *columns], dated, currency, total))
    return None, sheets


def _missing(rows: Iterable[Any], key: Any) -> Mapping[Any, tuple[int, int, int]]:
    kept: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        kept[key(row)].append(row)
    return {
        name: (len(some), len({row.member_id for row in some}), sum(row.short_minor for row in some))
        for name, some in kept.items()
    }


def rejections(session: Session, question: Question, _mutual: MutualRow) -> Answer:
    """Tell what the state rejected, by its codes and by month."""
    values = _values(question)
    declared = db.rows(session, queries.DECLARED, values)
    found = db.rows(session, queries.REJECTED, values)
    codes: dict[str, int] = defaultdict(int)
    for row in found:
        codes[row.code] += row.lines
    ordered = sorted(codes.items(), key=lambda one: (-one[1], one[0]))
    shares = of_a_hundred([lines for _, lines in ordered])
    by_code = [(code, lines, share) for (code, lines), share in zip(ordered, shares, strict=True)]
    lines = Column("lines", Cells.COUNT)
    months = [(row.period_start, row.declared, row.rejected) for row in declared]
    whole = (None, sum(row.declared for row in declared), sum(row.rejected for row in declared))
    by_month = [(row.period_start, row.code, row.lines) for row in found]
    month, code = Column("month", Cells.MONTH), Column("code", Cells.STATE_CODE)
    return None, [
        Sheet(
            "rejections_by_code",
            [code, lines, Column("of_a_hundred", Cells.HUNDREDTHS)],
            by_code,
            "",
            (None, sum(codes.values()), sum(shares)),
        ),
        Sheet(
            "rejections_by_month",
            [month, Column("declared", Cells.COUNT), Column("rejected", Cells.COUNT)],
            months,
            "",
            whole,
        ),
        Sheet("rejections_by_month_and_code", [month, code, lines], by_month, ""),
    ]


def benefit_days(session: Session, question: Question, _mutual: MutualRow) -> Answer:
    """Tell how many days passed from the state's credit until a benefit was in the member's hand."""
    names = ("lines", "handed", "median_days", "ninetieth_days", "slowest_days", "still_waiting", "waiting_days")
    found = [row for row in db.rows(session, queries.HANDED, _values(question)) if row.lines]
    columns = [Column(name, Cells.COUNT) for name in names]

    def shaped(row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in names)

    total = next((shaped(row) for row in found if row.month is None and row.benefit_kind is None), None)
    by_month: list[tuple[dt.date | str, ...]] = [(row.month, *shaped(row)) for row in found if row.month is not None]
    by_kind = [(row.benefit_kind, *shaped(row)) for row in found if row.benefit_kind is not None]
    last = None if total is None else (None, *total)
    return None, [
        Sheet("benefit_days_by_kind", [Column("kind", Cells.CODE), *columns], by_kind, "", last),
        Sheet("benefit_days_by_month", [Column("month", Cells.MONTH), *columns], by_month, "", last),
    ]
