"""How what the state holds, what we filed and what was paid can differ, and who has to act: pure."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class DriftKind(StrEnum):
    """One way in which the three sides differ."""

    PAID_NOT_FILED = "paid_not_filed"
    """Her money reaches, and no filing of the month has her."""
    NOT_PAID = "not_paid"
    """The state held her the month before, she is with us still, and her money does not reach."""
    UNANSWERED = "unanswered"
    """Filed, and the state has not answered for her."""
    REJECTED = "rejected"
    """The state refused her line."""
    WAGE_TAKEN = "wage_taken"
    """The state took another wage than was filed."""
    AMOUNT_TAKEN = "amount_taken"
    """The state bills another amount than ours."""
    WAGE_CHANGED = "wage_changed"
    """Her declared wage is another than the one that was filed."""
    DEPENDANTS = "dependants"
    """The state holds another number of additional dependants, or other ones were filed, than we know of."""
    NOT_ENROLLED = "not_enrolled"
    """The state holds her for the month, and she is not in the payroll."""
    HELPED = "helped"
    """Filed and taken, in part with money of her fund or the reserve."""


ACTS: dict[DriftKind, str] = {
    DriftKind.PAID_NOT_FILED: "filing_officer",
    DriftKind.NOT_PAID: "cashier",
    DriftKind.UNANSWERED: "filing_officer",
    DriftKind.REJECTED: "filing_officer",
    DriftKind.WAGE_TAKEN: "filing_officer",
    DriftKind.AMOUNT_TAKEN: "accountant",
    DriftKind.WAGE_CHANGED: "filing_officer",
    DriftKind.DEPENDANTS: "filing_officer",
    DriftKind.NOT_ENROLLED: "filing_officer",
    DriftKind.HELPED: "cashier",
}
"""Who has to act; for a refused line, whoever the state's code says."""


class Sides(NamedTuple):
    """A member of a payroll and month from three sides, as the database gives her."""

    member_id: int
    number: str
    is_enrolled: bool
    member_status: str
    on_leave: bool
    wage_minor: int | None
    heads: int
    filing_id: int | None
    line_no: int | None
    line_status: str | None
    filed_wage_minor: int | None
    filed_heads: int | None
    filed_minor: int | None
    filed_total_minor: int | None
    from_member_minor: int | None
    helped_minor: int | None
    state_code: str | None
    state_accepted_minor: int | None
    state_wage_minor: int | None
    active_since: dt.date | None
    last_period: dt.date | None
    held_wage_minor: int | None
    is_active: bool | None
    held_heads: int
    needed_minor: int
    paid_minor: int
    """Her own money that nothing has used yet."""


@dataclass(frozen=True, slots=True)
class Month:
    """What of a payroll's month decides what counts as a difference."""

    start: dt.date
    is_filed: bool
    is_helped: bool
    """The payroll is of an employer the mutual files for: his money pays, not the members'."""
    employer_minor: int = 0


def kinds_of(sides: Sides, month: Month) -> list[DriftKind]:
    """Return every difference between the three sides, in the order of the kinds; empty if they agree."""
    if sides.line_status in ("accepted", "changed"):
        return _taken(sides)
    if sides.line_status == "rejected":
        return [DriftKind.REJECTED]
    if sides.line_status == "waiting":
        return [DriftKind.UNANSWERED]
    return _not_filed(sides, month)


def _taken(sides: Sides) -> list[DriftKind]:
    found = []
    if sides.state_wage_minor is not None and sides.state_wage_minor != sides.filed_wage_minor:
        found.append(DriftKind.WAGE_TAKEN)
    if sides.state_accepted_minor is not None and sides.state_accepted_minor != sides.filed_minor:
        found.append(DriftKind.AMOUNT_TAKEN)
    if sides.is_enrolled and sides.wage_minor != sides.filed_wage_minor:
        found.append(DriftKind.WAGE_CHANGED)
    if sides.is_enrolled and not sides.heads == sides.filed_heads == sides.held_heads:
        found.append(DriftKind.DEPENDANTS)
    if not sides.is_enrolled:
        found.append(DriftKind.NOT_ENROLLED)
    if sides.helped_minor:
        found.append(DriftKind.HELPED)
    return found


def _not_filed(sides: Sides, month: Month) -> list[DriftKind]:
    is_held = sides.last_period is not None and sides.last_period >= month.start
    if not sides.is_enrolled:
        return [DriftKind.NOT_ENROLLED] if is_held else []
    if sides.on_leave or sides.member_status != "active" or sides.needed_minor == 0:
        return []
    available = month.employer_minor if month.is_helped else sides.paid_minor
    if available >= sides.needed_minor:
        return [DriftKind.PAID_NOT_FILED]
    return [DriftKind.NOT_PAID] if sides.last_period is not None and month.is_filed else []
