"""How a member stands: her months, what the next filing needs, what is owed to her, in one short message."""

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg.rows import namedtuple_row
from sqlmodel import Session

from gateway.cash.remind import pay_until
from gateway.contributions import allotment
from gateway.contributions.reference import member_reference
from gateway.kit import db
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow
from gateway.kit.written import spoken_money
from gateway.ledger.queries import current_balance
from gateway.selfcheck import queries, reasons
from gateway.selfcheck.words import text_of

LONGEST = 160
"""Letters of one short message, where every one is of the seven-bit alphabet."""


class CoverMonth(NamedTuple):
    """One month of a member's."""

    period: Period
    standing: str
    """covered, waiting, not_covered."""
    reason: str
    state_code: str | None

    @property
    def month(self) -> str:
        """The month as the wire has it."""
        return str(self.period)


class Due(NamedTuple):
    """What the next filing needs of a member."""

    period: Period
    cost_minor: int
    """What the month costs; of the newest assessed month where this one is not assessed yet."""
    held_minor: int
    short_minor: int
    currency: str
    until: dt.date
    reference: str
    is_estimate: bool


class Overview(NamedTuple):
    """What a member asks first."""

    months: list[CoverMonth]
    due: Due | None
    owed_minor: int
    currency: str


def coverage(session: Session, member_id: int, *, newest: Period, limit: int) -> list[CoverMonth]:
    """Return a member's months from ``newest`` backwards; fewer where she came later."""
    # The driver's own call: what is looked at most costs a third less of the processor than through the library.
    with db.driver(session).cursor(row_factory=namedtuple_row) as cursor:
        values = {"member_id": member_id, "newest": newest.start, "limit": limit}
        rows: list[Any] = cursor.execute(queries.COVERAGE.encode(), values).fetchall()
    return [CoverMonth(Period.of(row.period_start), *reasons.verdict(row)) for row in rows]


def due(session: Session, member_id: int, number: str, mutual: MutualRow, *, today: dt.date) -> Due | None:
    """Return what the next filing needs of a member; None where no month of hers was ever assessed.

    The next filing is of the first month from today's on that may still be paid and that she does not stand in yet.
    """
    for period in (Period.of(today), Period.of(today).next(), Period.of(today).plus(2)):
        until = pay_until(mutual.settings, period)
        if until < today:
            continue
        row = _assessed(session, member_id, period, today)
        if row is not None:
            return Due(period, row[0], row[1], row[2], row[3], until, member_reference(number), is_estimate=False)
        if db.first(session, queries.DECLARED, {"member_id": member_id, "start": period.start}) is None:
            return _estimate(session, member_id, number, mutual, period, until)
    return None


def overview(session: Session, member_id: int, number: str, mutual: MutualRow, *, today: dt.date) -> Overview:
    """Return how a member stands today."""
    months = coverage(session, member_id, newest=Period.of(today), limit=3)
    needed = due(session, member_id, number, mutual, today=today)
    return Overview(months, needed, owed(session, member_id), mutual.currency)


def owed(session: Session, member_id: int) -> int:
    """Return what the mutual holds for a member to pay out, in minor units."""
    return current_balance(session, f"member:{member_id}:benefits")


def held(session: Session, member_id: int) -> int:
    """Return what a member has paid in and nothing has used yet, in minor units."""
    return current_balance(session, f"member:{member_id}:contributions")


def kin_standing(own: str, kin: Any, today: dt.date) -> str:
    """Return how a person of the family stands this month, by the member's own standing and what the state holds."""
    if kin.valid_from > today:
        return reasons.NOT_COVERED
    return own if kin.is_held or own != reasons.COVERED else reasons.WAITING


def in_one_message(found: Overview, mutual: MutualRow, language: str) -> str:
    """Return the overview as one short message: plain letters, at most 160."""
    parts = [standing_words(month, language) for month in found.months[:2]]
    if found.due is not None:
        parts.append(due_words(found.due, language, mutual.country))
    if found.owed_minor > 0:
        amount = spoken_money(found.owed_minor, found.currency, language, mutual.country)
        parts.append(text_of(language, "Owed to you: {amount}.").format(amount=amount))
    body = plain(" ".join(parts))[:LONGEST]
    room = LONGEST - len(body) - 2
    name = plain(mutual.name)[:room].strip() if room >= 3 else ""
    return f"{name}: {body}" if name else body


def standing_words(month: CoverMonth, language: str) -> str:
    """Return a month's standing in a few words, for a message or a small screen."""
    short = {
        reasons.COVERED: "{month}: covered.",
        reasons.WAITING: "{month}: not yet answered.",
        reasons.NOT_COVERED: "{month}: NOT covered.",
    }
    return text_of(language, short[month.standing]).format(month=month_of(month.period))


def due_words(needed: Due, language: str, country: str) -> str:
    """Return what the next filing needs in a few words."""
    values: Mapping[str, Any] = {
        "month": month_of(needed.period),
        "amount": spoken_money(needed.short_minor, needed.currency, language, country),
        "currency": needed.currency,
        "until": f"{needed.until:%d/%m}",
    }
    text = "For {month} pay {amount} {currency} by {until}." if needed.short_minor else "{month} is paid."
    return text_of(language, text).format_map(dict(values))


def month_of(period: Period) -> str:
    """Return a month as every language here writes it in figures."""
    return f"{period.month:02d}/{period.year}"


def plain(text: str) -> str:
    """Return a text in letters of ASCII that a short message holds at one place each."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(letter for letter in folded if letter.isascii() and letter not in "[]{}\\^~|`")


def _assessed(session: Session, member_id: int, period: Period, today: dt.date) -> tuple[Any, ...] | None:
    oldest_first = allotment.in_force(session, today)[1].months is allotment.Months.OLDEST_FIRST
    values = {"start": period.start, "payroll_id": None, "oldest_first": oldest_first, "member_id": member_id}
    return db.driver(session).execute(queries.DUE.encode(), values).fetchone()


def _estimate(
    session: Session, member_id: int, number: str, mutual: MutualRow, period: Period, until: dt.date
) -> Due | None:
    row = db.first(session, queries.LAST_COST, {"member_id": member_id})
    if row is None:
        return None
    has = held(session, member_id)
    short = max(0, row.cost_minor - has)
    reference = member_reference(number)
    return Due(period, row.cost_minor, has, short, mutual.currency, until, reference, is_estimate=True)
