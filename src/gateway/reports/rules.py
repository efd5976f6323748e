"""Pure shapes of a report, and how one hundred paid are shared out so that the parts add up."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.kit.money import share_largest_remainder

HUNDRED = 10_000
"""One hundred, in hundredths."""


class ReportKind(StrEnum):
    """What can be asked."""

    TRIAL_BALANCE = "trial-balance"
    GENERAL_LEDGER = "general-ledger"
    MEMBER_STATEMENT = "member-statement"
    FUND_STATEMENT = "fund-statement"
    COLLECTOR_STATEMENT = "collector-statement"
    ACCOUNT_STATEMENT = "account-statement"
    TRUST_REPORT = "trust-report"
    COLLECTIONS = "collections"
    COVERAGE = "coverage"
    ARREARS = "arrears"
    REJECTIONS = "rejections"
    BENEFIT_DAYS = "benefit-days"


class Step(StrEnum):
    """How far apart the points of a figure over time are."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


TRENDS = frozenset(
    {
        ReportKind.COLLECTIONS,
        ReportKind.COVERAGE,
        ReportKind.ARREARS,
        ReportKind.REJECTIONS,
        ReportKind.BENEFIT_DAYS,
    }
)
"""Kinds that are figures over time: of the twelve months up to the day where no first day is said."""

NEEDS_SUBJECT = frozenset(
    {
        ReportKind.MEMBER_STATEMENT,
        ReportKind.FUND_STATEMENT,
        ReportKind.COLLECTOR_STATEMENT,
        ReportKind.ACCOUNT_STATEMENT,
    }
)
"""Kinds that are about somebody or something."""


class Cells(StrEnum):
    """What a column holds; each form writes it in its own manner."""

    TEXT = "text"
    CODE = "code"
    """A word of the catalogue, or itself where it has none."""
    DAY = "day"
    INSTANT = "instant"
    AMOUNT = "amount"
    """Minor units of the table's currency."""
    COUNT = "count"
    HUNDREDTHS = "hundredths"
    """A figure with two decimals, held in hundredths."""
    MONTH = "month"
    """A month, held as its first day."""
    STATE_CODE = "state_code"
    """One of the state's codes, shown with its meaning."""
    ACCOUNT = "account"
    """A till or an account at a bank or provider: machines read its code, people what it is called."""


class Account(NamedTuple):
    """A till or an account at a bank or provider."""

    code: str
    name: str | None
    """What it is registered as; None where it is not."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the catalogue and what it holds."""

    name: str
    cells: Cells = Cells.TEXT


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a report, in one currency."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    currency: str
    total: Sequence[Any] | None = None
    subject: str | None = None
    """What this table alone is about, for example an account."""
    account: Account | None = None
    """The account it is about, where that is a till or an account at a bank or provider."""


Answer = tuple[str | None, list[Sheet]]
"""Whom or what a report is about, and its tables."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. The same question has the same answer, byte for byte, for ever."""

    kind: ReportKind
    valid_on: dt.date
    """What happened up to this day."""
    recorded_at: dt.datetime
    """What was booked up to this instant."""
    from_on: dt.date | None = None
    """What happened from this day on is told one by one; before it, as a balance. None: from the beginning."""
    subject: str | None = None
    step: Step | None = None
    """How far apart the points of collections over time are; None for every other kind."""


@dataclass(frozen=True, slots=True)
class Report:
    """An answer, before it has a form."""

    question: Question
    mutual: str
    country: str
    time_zone: str
    sheets: Sequence[Sheet]
    about: str | None = None
    """Whom or what it is about, as a person reads it."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Figures told above the tables: name in the catalogue -> text."""

    @property
    def row_count(self) -> int:
        """How many rows all its tables have."""
        return sum(len(sheet.rows) for sheet in self.sheets)


def of_a_hundred(parts: Sequence[int]) -> list[int]:
    """Return what of one hundred paid each part is, in hundredths, so that they add up to exactly one hundred.

    The largest remainders get the hundredths that rounding down leaves over; of equal ones the earlier. All zero where
    the parts sum to nothing. A part below zero keeps its sign.

    Args:
        parts: Amounts in minor units.

    Source:
        SRC-LEDGER, the parts of a sum add up to it.
    """
    whole = sum(parts)
    if whole <= 0:
        return [0] * len(parts)
    if min(parts) >= 0:
        return share_largest_remainder(HUNDRED, parts)
    shares = [part * HUNDRED // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-(parts[index] * HUNDRED % whole), index))
    for index in by_remainder[: HUNDRED - sum(shares)]:
        shares[index] += 1
    return shares


AGES = ("age_1", "age_2", "age_3", "age_4_6", "age_7_12", "age_older")
"""How many months ago a month that is missing was: one, two, three, four to six, seven to twelve, more."""
_AGE_UP_TO = (1, 2, 3, 6, 12)


def age_of(month: dt.date, today: dt.date) -> str:
    """Return which of ``AGES`` a month is of on a day; the month that the day is in counts as one.

    Source:
        SRC-MUTUAL, months are what members pay for: arrears are counted in them.
    """
    months = (today.year - month.year) * 12 + today.month - month.month
    return next((AGES[place] for place, most in enumerate(_AGE_UP_TO) if months <= most), AGES[-1])


def begins_of(today: dt.date) -> dt.date:
    """Return from when a figure over time is told where nobody says: twelve months, the day's own the last.

    Source:
        SRC-MUTUAL, a year is compared with the year before.
    """
    return dt.date(today.year - 1, today.month + 1, 1) if today.month < 12 else dt.date(today.year, 1, 1)


def steps_between(first: dt.date, last: dt.date, step: Step) -> Iterator[dt.date]:
    """Give the first day of each day, week or month from the one of ``first`` to the one of ``last``, ``first`` as it is.

    Source:
        SRC-MUTUAL, a week begins on Monday, as its figures are added up.
    """
    day = first
    while day <= last:
        yield day
        if step is Step.DAY:
            day += dt.timedelta(days=1)
        elif step is Step.WEEK:
            day += dt.timedelta(days=7 - day.weekday())
        else:
            day = dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Flow:
    """What became of the contributions of one month, in minor units; what came in is what went out and what is left."""

    received: int
    """From members and for them, whatever was taken back included."""
    returned: int
    """Taken back or owed to those who left."""
    filed: int
    """Reserved for the state's bill, or paid to it."""
    fees: int
    decided: int
    """Moved elsewhere by a person's decision, each with a reason."""
    held: int
    """By how much what waits for the members grew."""
    unknown: int
    """By how much what nobody could place yet grew."""

    @property
    def left_over(self) -> int:
        """What none of these explains; zero, or the books are not whole."""
        return self.received - self.returned - self.filed - self.fees - self.decided - self.held - self.unknown
