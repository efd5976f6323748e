"""Let a member stand in a further payroll, or leave one of several."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version
from gateway.membership.errors import AlreadyEnrolledError, DaysOverlapError, NotEnrolledError
from gateway.membership.queries import MemberRow
from gateway.membership.rules import check_day_ahead
from gateway.membership.states import MemberStatus

_HERE = (MemberStatus.ACTIVE, MemberStatus.ON_LEAVE)


def join_payroll(
    session: Session,
    member_id: int,
    *,
    payroll_id: int,
    first_day: dt.date,
    reason: str,
    actor: str,
    today: dt.date,
    expected_version: int | None = None,
) -> MemberRow:
    """Enrol a member in a further payroll from a day on and return her; being there since that day already writes nothing.

    What she earns there besides is declared as a wage of that payroll; without one she is declared in one payroll a month.

    Raises:
        MemberNotFoundError, PayrollNotFoundError: No such member or payroll.
        NotEnrolledError: She has left the mutual; take her back instead.
        AlreadyEnrolledError: She stands in that payroll on or after that day.
        DayTooFarError: More than thirty days ahead.
    """
    check_day_ahead(first_day, today=today, what="the entry on")
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    if member.status not in _HERE:
        raise NotEnrolledError(f"member {member.number} has left; take the member back with the payroll to come to")
    payroll = queries.get_payroll(session, payroll_id)
    place = {"member_id": member_id, "payroll_id": payroll_id}
    known = db.first(session, write_queries.OVERLAPPING_ENROLMENT, {**place, "day": first_day})
    if known is not None and known.valid_from == first_day and known.valid_to is None:
        return member
    if known is not None:
        ends = "without end" if known.valid_to is None else f"up to {known.valid_to.isoformat()}"
        raise AlreadyEnrolledError(
            f"member {member.number} stands in payroll {payroll.code} from {known.valid_from.isoformat()} {ends}"
        )
    values = {**place, "valid_from": first_day, "reason": reason, "actor": actor}
    db.scalar(session, write_queries.INSERT_ENROLMENT, values)
    _written(session, "member.join_payroll", member_id, payroll_id, first_day, reason, actor)
    return queries.get_member(session, member_id)


def leave_payroll(
    session: Session,
    member_id: int,
    *,
    payroll_id: int,
    last_day: dt.date,
    reason: str,
    actor: str,
    today: dt.date,
    expected_version: int | None = None,
) -> MemberRow:
    """End a member's place in one of several payrolls after a day and return her; the same again writes nothing.

    Raises:
        MemberNotFoundError, PayrollNotFoundError: No such member or payroll.
        NotEnrolledError: She does not stand in that payroll, or in no other: then let her depart.
        DaysOverlapError: She came there later than that day.
        DayTooFarError: More than thirty days ahead.
    """
    check_day_ahead(last_day, today=today, what="the exit after")
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    payroll, day = queries.get_payroll(session, payroll_id), last_day + dt.timedelta(days=1)
    values = {"member_id": member_id, "payroll_id": payroll_id, "day": day, "reason": reason, "actor": actor}
    if db.first(session, write_queries.ENDED_ON, values) is not None:
        return member
    open_ = db.rows(session, write_queries.OPEN_ENROLMENTS, {"member_id": member_id, "day": day})
    here = [one for one in open_ if one.payroll_id == payroll_id]
    if not here:
        raise NotEnrolledError(f"member {member.number} does not stand in payroll {payroll.code} after {last_day}")
    if here[0].valid_from >= day:
        raise DaysOverlapError(
            f"member {member.number} came to payroll {payroll.code} on {here[0].valid_from}, after {last_day}"
        )
    if len(open_) == len(here):
        raise NotEnrolledError(
            f"payroll {payroll.code} is the only one of member {member.number}; record the departure instead"
        )
    db.run(session, write_queries.END_PLACE, values)
    _written(session, "member.leave_payroll", member_id, payroll_id, last_day, reason, actor)
    return queries.get_member(session, member_id)


def _written(
    session: Session, action: str, member_id: int, payroll_id: int, day: dt.date, reason: str, actor: str
) -> None:
    db.scalar(session, write_queries.NEXT_VERSION, {"member_id": member_id})
    detail = {"payroll_id": payroll_id, "day": day}
    audit.record(
        session, actor=actor, action=action, subject_kind="member", subject_id=member_id, reason=reason, detail=detail
    )
