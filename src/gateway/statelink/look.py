"""Look at a person for the state: how far she is covered, what was contributed for her. Each look leaves a row."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.errors import MalformedError
from gateway.kit.period import Period
from gateway.membership.queries import MemberRow, find_member_by_identity
from gateway.statelink import queries
from gateway.statelink.rules import MOST_MONTHS, best_of, standing_of
from gateway.statelink.states import Standing


@dataclass(frozen=True, slots=True)
class Month:
    """A payroll's month of a person."""

    row: Any
    standing: Standing


@dataclass(frozen=True, slots=True)
class Look:
    """What was found of a person; ``member`` is None where nobody is known by the number."""

    member: MemberRow | None
    first: Period
    last: Period
    months: tuple[Month, ...]
    told: Any | None
    """What the state last said of her cover."""

    @property
    def standing(self) -> Standing:
        """How far the last month asked for is."""
        return best_of([one.standing for one in self.months if one.row.period_start == self.last.start])


def look(
    session: Session,
    *,
    kind: str,
    document: str,
    first: Period,
    last: Period,
    purpose: str,
    what: str,
    actor: str,
    case: str | None = None,
) -> Look:
    """Return how a person stands from one month to another, and write down who looked, why and at what.

    The look is written down also where nobody is known by the number, without the number: it is somebody's.

    Args:
        session: The open transaction.
        kind: The register the number is from.
        document: The identity number as typed.
        first: First month.
        last: Last month; the standing is that of it.
        purpose: Why, in the words of who asks.
        what: What is looked at, for the log: ``coverage`` or ``contributions``.
        actor: Who asks.
        case: Reference of the case it is for.

    Raises:
        MalformedError: The months are not one to 24 in order.
    """
    months_asked = (last.start.year - first.start.year) * 12 + last.start.month - first.start.month + 1
    if not 1 <= months_asked <= MOST_MONTHS:
        raise MalformedError(f"from {first} to {last} are {months_asked} months; at most {MOST_MONTHS}, in order")
    member = find_member_by_identity(session, document, kind=kind)
    detail = {"what": what, "from": str(first), "to": str(last), "case": case}
    note_look(session, member_id=member.id if member else None, purpose=purpose, detail=detail, actor=actor)
    if member is None:
        return Look(None, first, last, (), None)
    return of_member(session, member, first, last)


def of_member(session: Session, member: MemberRow, first: Period, last: Period) -> Look:
    """Return how a member stands; whoever calls has noted the look."""
    rows = queries.months_of(session, member.id, first.start, last.start)
    months = tuple(Month(row, standing_of(row.status, is_paid=row.is_paid)) for row in rows)
    told = db.first(session, queries.NEWEST_CHANGE, {"member_id": member.id})
    return Look(member, first, last, months, told)


def note_look(session: Session, *, member_id: int | None, purpose: str, detail: dict[str, Any], actor: str) -> None:
    """Write down a look at one person: who, why and what; for nobody we know, without naming the number."""
    audit.record(
        session,
        actor=actor,
        action="state.look",
        subject_kind="member",
        subject_id="unknown" if member_id is None else member_id,
        reason=purpose,
        detail=detail,
    )


def note_filing_look(
    session: Session, filing_id: int, *, what: str, first_line: int | None, last_line: int | None, actor: str
) -> None:
    """Write down a look at the people of a filing: which lines were shown."""
    audit.record(
        session,
        actor=actor,
        action="state.look",
        subject_kind="filing",
        subject_id=filing_id,
        detail={"what": what, "first_line": first_line, "last_line": last_line},
    )


def month_of(day: dt.date) -> Period:
    """Return the month of a day."""
    return Period.of(day.replace(day=1))
