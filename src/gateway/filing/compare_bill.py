"""Set a bill against everything of ours: the accepted lines, the rule of lateness, the credits we hold."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.contributions.assess import schedule_of
from gateway.contributions.errors import LatenessUnknownError, RatesMissingError
from gateway.contributions.lateness import Charge
from gateway.contributions.rules import PER_HEAD, weakest
from gateway.filing import due, queries
from gateway.filing.comparison import LATENESS, Around, Compared, Known, compare
from gateway.filing.forecast import asked_of, lateness_on
from gateway.filing.models import Bill
from gateway.filing.sql import bill as sql
from gateway.filing.states import NoticeStatus
from gateway.kit import db
from gateway.kit.period import Period


@dataclass(frozen=True, slots=True)
class Comparison:
    """A bill, ours against theirs."""

    bill: Bill
    standing: NoticeStatus
    our_due_on: dt.date | None
    components: list[Compared]
    their_lines: int
    our_lines: int

    @property
    def ours_minor(self) -> int:
        """What we think the notice should ask for, lateness and credits with it."""
        return sum(one.ours_minor for one in self.components)

    @property
    def theirs_minor(self) -> int:
        """What it asks for."""
        return sum(one.theirs_minor for one in self.components)


def compare_bill(session: Session, bill_id: int, *, today: dt.date) -> Comparison:
    """Return a bill component by component, with the likely reason of each difference.

    Lateness is ours as of the day the notice was taken in, for it charges up to then.

    Raises:
        BillUnknownError: No such bill.
    """
    bill = queries.get_bill(session, bill_id)
    period = Period.of(bill.period_start)
    parts = queries.bill_components(session, bill.id)
    theirs = {part.code: part.theirs_minor for part in parts}
    ours = {part.code: part.ours_minor for part in parts if part.ours_minor or part.code not in LATENESS}
    known = _known(session, period)
    for charge in _charges(session, bill, parts):
        ours[charge.code] = ours.get(charge.code, 0) + charge.amount_minor
        known[charge.code] = Known(charge.source, charge.mark, charge.is_verified)
    used = int(db.scalar(session, sql.CREDIT_USED, {"bill_id": bill.id}))
    if used:
        ours["credits"] = ours.get("credits", 0) + used
    row = db.one(session, sql.COMPARED, {"bill_id": bill.id})
    around = Around(bill.line_count, row.our_lines, row.changed_lines, row.changed_minor, row.unnamed_lines)
    return Comparison(
        bill=bill,
        standing=due.standing(bill, today),
        our_due_on=due.due_on(session, period),
        components=compare(theirs, ours, known, around),
        their_lines=bill.line_count,
        our_lines=row.our_lines,
    )


def _known(session: Session, period: Period) -> dict[str, Known]:
    try:
        schedule = schedule_of(session, period)
    except RatesMissingError:
        return {}
    return {
        part.code: Known(part.source, part.mark, part.verified, part.amount_minor if part.kind == PER_HEAD else 0)
        for part in schedule.components
        if part.share != "fee"
    }


def _charges(session: Session, bill: Bill, parts: list[Any]) -> list[Charge]:
    try:
        charges = lateness_on(session, bill, asked_of(bill, parts), bill.taken_on).charges
    except LatenessUnknownError:
        return []
    merged: dict[str, Charge] = {}
    for charge in charges:
        first = merged.get(charge.code)
        merged[charge.code] = charge if first is None else _both(first, charge)
    return list(merged.values())


def _both(first: Charge, second: Charge) -> Charge:
    return Charge(
        first.code,
        f"{first.rate} + {second.rate}",
        first.amount_minor + second.amount_minor,
        f"{first.source}, {second.source}",
        weakest((first.mark, second.mark)),
    )
