"""What a late payment to the state costs: the dated rule of a country, applied to unpaid contributions.

No table is read here: the returns of the pension system, which staff enter month by month, are handed in.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.contributions.errors import LatenessUnknownError
from gateway.contributions.rules import MARKS, lateness_charge, months_late, weakest
from gateway.contributions.schedule import tables_of
from gateway.kit.money import currency_of, parse_amount
from gateway.kit.period import Period


@dataclass(frozen=True, slots=True)
class Return:
    """The pension system's average return in one month."""

    value: Fraction
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Charge:
    """One component that lateness adds to a bill."""

    code: str
    """``surcharges`` or ``interest``."""
    rate: str
    """Per month begun, as a fraction."""
    amount_minor: int
    source: str
    mark: str

    @property
    def is_verified(self) -> bool:
        """Tell whether everything that decides the amount is known from two sources."""
        return self.mark == MARKS[0]


@dataclass(frozen=True, slots=True)
class Lateness:
    """What paying on a day costs more than paying in time."""

    due_on: dt.date
    pay_on: dt.date
    months: int
    charges: tuple[Charge, ...]

    @property
    def total_minor(self) -> int:
        """All of it."""
        return sum(charge.amount_minor for charge in self.charges)


def has_rule(country: str) -> bool:
    """Tell whether a rule of lateness is known for a country."""
    return "lateness" in tables_of(country)


def lateness_of(
    country: str,
    period: Period,
    *,
    unpaid_minor: int,
    due_on: dt.date,
    pay_on: dt.date,
    returns: Mapping[Period, Return] | None = None,
) -> Lateness:
    """Return what is added to unpaid contributions of a month when they are paid on a day.

    Args:
        country: Whose rule.
        period: The month the contributions are for; the return of the month before it counts.
        unpaid_minor: Contributions not paid yet, without anything that was added for lateness.
        due_on: The last day without a charge; the rule in force on it counts.
        pay_on: The day of payment.
        returns: What staff entered, by month; a month that is not there has the assumed return, marked ``?``.

    Raises:
        LatenessUnknownError: No rule of the country covers the due day.
    """
    months = months_late(due_on, pay_on)
    if months == 0:
        return Lateness(due_on, pay_on, 0, ())
    tables = tables_of(country)
    parts = _parts(tables, due_on)
    unit = parse_amount(tables["rounding"], currency_of(tables["currency"]))
    charges = []
    for row in parts:
        rate, source, mark = Fraction(row["value"]), row["source"], row.get("mark", "?")
        if row["with_return"]:
            added = (returns or {}).get(period.previous()) or assumed_return(country, period.previous())
            rate, mark = rate + added.value, weakest((mark, added.mark))
            source = f"{source}, {added.source}"
        amount = lateness_charge(unpaid_minor, months, rate, unit)
        charges.append(Charge(row["code"], _decimal(rate), amount, source, mark))
    return Lateness(due_on, pay_on, months, tuple(charges))


def assumed_return(country: str, month: Period) -> Return:
    """Return what stands in for a month whose return nobody entered.

    Raises:
        LatenessUnknownError: There is no stand-in either.
    """
    rows = tables_of(country).get("lateness", {}).get("assumed_return", {}).get("values", [])
    covering = [row for row in rows if row["from"] <= month.start]
    if not covering:
        raise LatenessUnknownError(f"nobody entered the pension system's return of {month}; enter it with its source")
    row = max(covering, key=lambda row: row["from"])
    return Return(Fraction(row["value"]), row["source"], row.get("mark", "?"))


def _parts(tables: Mapping[str, Any], day: dt.date) -> list[Mapping[str, Any]]:
    rows = [row for row in tables.get("lateness", {}).get("values", []) if row["from"] <= day]
    if not rows:
        raise LatenessUnknownError(
            f"no rule of {tables['country']!r} says what a payment after {day} costs; ask the state before paying late"
        )
    newest = max(row["from"] for row in rows)
    return [row for row in rows if row["from"] == newest]


def _decimal(rate: Fraction) -> str:
    # Rates are decimals with few digits; a sum of two is one too.
    return f"{Decimal(rate.numerator) / rate.denominator:f}"
