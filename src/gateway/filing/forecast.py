"""What paying a bill on a day costs, told before it is owed."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.contributions.lateness import Charge, Lateness, has_rule, lateness_of
from gateway.contributions.rate_queries import returns_before
from gateway.filing import due, queries
from gateway.filing.comparison import ADDED, CORRECTIONS, LATENESS
from gateway.filing.errors import ForecastDayError, NothingToPayError
from gateway.filing.models import Bill
from gateway.filing.states import BillStatus
from gateway.kit import tenant
from gateway.kit.period import Period

FURTHEST = 3653
"""Days ahead a forecast may look; further is a mistyped year."""
NOTHING_LEFT = (BillStatus.BOOKED, BillStatus.CONFIRMED, BillStatus.RETURNED, BillStatus.SUPERSEDED)
"""Where a bill by itself asks for nothing any more."""


class Asked(NamedTuple):
    """What a notice asks for, apart."""

    contributions_minor: int
    corrections_minor: int
    """Adjustments and credits; below zero where they take something off."""
    charged_minor: int
    """Surcharges and interest that stand in the notice already."""
    paid_minor: int
    """Paid under earlier versions."""

    @property
    def unpaid_minor(self) -> int:
        """Contributions that nothing has paid yet, which alone are charged for lateness."""
        return max(0, self.contributions_minor + min(0, self.corrections_minor) - self.paid_minor)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What paying on a day costs."""

    bill_id: int
    currency: str
    pay_on: dt.date
    due_on: dt.date
    """The state's own day, from the notice."""
    our_due_on: dt.date | None
    unpaid_minor: int
    in_time_minor: int
    """What paying by the due day costs."""
    total_minor: int
    lateness: Lateness
    charged_minor: int
    """Of that, what the notice charges for lateness already."""

    @property
    def more_minor(self) -> int:
        """How much more than in time."""
        return self.total_minor - self.in_time_minor

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The rule's charges on that day."""
        return self.lateness.charges

    @property
    def is_verified(self) -> bool:
        """Tell whether everything that decides the charge is known from two sources."""
        return all(charge.is_verified for charge in self.charges)


def forecast_bill(session: Session, bill_id: int, *, pay_on: dt.date) -> Forecast:
    """Return what paying a bill on a day costs: its contributions, and what the dated rule adds for lateness.

    Where the notice charges more for lateness already than our rule says, the notice counts: the state will not ask less.

    Raises:
        BillUnknownError: No such bill.
        NothingToPayError: It is paid, or another took its place.
        ForecastDayError: A day before the notice, or more than ten years after it.
        LatenessUnknownError: The day is late, and no rule says what that costs.
    """
    bill = queries.get_bill(session, bill_id)
    if bill.status in NOTHING_LEFT:
        raise NothingToPayError(f"bill {bill.id} is {bill.status}; nothing is to be paid for it")
    if not bill.issued_on <= pay_on <= bill.issued_on + dt.timedelta(days=FURTHEST):
        raise ForecastDayError(f"{pay_on} is before the notice of {bill.issued_on}, or more than ten years after it")
    return _forecast(bill, _basis(session, bill), pay_on)


def usual_days(session: Session, bill: Bill, today: dt.date) -> list[Forecast]:
    """Return what the next days that matter cost: today or the due day, the day after, a month later; none once it is paid."""
    if bill.status in NOTHING_LEFT:
        return []
    country = tenant.current(session).country
    first = max(today, bill.due_on)
    days = [first]
    if has_rule(country):
        days += [first + dt.timedelta(days=1), first + dt.timedelta(days=31)]
    elif first > bill.due_on:
        return []
    basis = _basis(session, bill)
    return [_forecast(bill, basis, day) for day in days]


def asked_of(bill: Bill, parts: Iterable[Any]) -> Asked:
    """Return what a bill's notice asks for, apart.

    Args:
        bill: The bill.
        parts: Its components, as ``bill_components`` gives them.
    """
    theirs = {part.code: part.theirs_minor for part in parts}
    return Asked(
        contributions_minor=sum(minor for code, minor in theirs.items() if code not in ADDED),
        corrections_minor=sum(theirs.get(code, 0) for code in CORRECTIONS),
        charged_minor=sum(theirs.get(code, 0) for code in LATENESS),
        paid_minor=bill.paid_before_minor,
    )


def lateness_on(session: Session, bill: Bill, asked: Asked, day: dt.date) -> Lateness:
    """Return what our rule adds to a bill that is paid on a day."""
    period = Period.of(bill.period_start)
    return _lateness(bill, asked, day, tenant.current(session).country, returns_before(session, period))


class _Basis(NamedTuple):
    """What the forecasts of one bill have in common."""

    asked: Asked
    country: str
    returns: Any
    our_due_on: dt.date | None


def _basis(session: Session, bill: Bill) -> _Basis:
    period = Period.of(bill.period_start)
    country, returns = tenant.current(session).country, returns_before(session, period)
    return _Basis(
        asked_of(bill, queries.bill_components(session, bill.id)), country, returns, due.due_on(session, period)
    )


def _lateness(bill: Bill, asked: Asked, day: dt.date, country: str, returns: Any) -> Lateness:
    return lateness_of(
        country,
        Period.of(bill.period_start),
        unpaid_minor=asked.unpaid_minor,
        due_on=bill.due_on,
        pay_on=day,
        returns=returns,
    )


def _forecast(bill: Bill, basis: _Basis, pay_on: dt.date) -> Forecast:
    asked = basis.asked
    lateness = _lateness(bill, asked, pay_on, basis.country, basis.returns)
    without = max(0, asked.contributions_minor + asked.corrections_minor - asked.paid_minor)
    charged = max(lateness.total_minor, asked.charged_minor)
    return Forecast(
        bill_id=bill.id,
        currency=bill.currency,
        pay_on=pay_on,
        due_on=bill.due_on,
        our_due_on=basis.our_due_on,
        unpaid_minor=asked.unpaid_minor,
        in_time_minor=without,
        total_minor=max(0, asked.contributions_minor + asked.corrections_minor + charged - asked.paid_minor),
        lateness=lateness,
        charged_minor=asked.charged_minor,
    )
