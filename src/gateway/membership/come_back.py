"""Take a member back, from leave or after she had left."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.errors import MalformedError
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version
from gateway.membership.errors import AlreadyEnrolledError
from gateway.membership.move import step
from gateway.membership.queries import MemberRow
from gateway.membership.rules import check_day_ahead
from gateway.membership.states import MEMBER, MemberEvent, MemberStatus


def come_back(
    session: Session,
    member_id: int,
    *,
    first_day: dt.date,
    payroll_id: int | None,
    reason: str,
    actor: str,
    today: dt.date,
    expected_version: int | None = None,
) -> MemberRow:
    """Let a member work again from a day on and return her.

    From leave she goes back to where she was; after having left she is enrolled anew. Her dependants are declared
    again, because what made them eligible may have changed.

    Raises:
        MemberNotFoundError: No such member.
        InvalidTransitionError: She is active, or has died.
        MalformedError: She had left and no payroll is named.
        AlreadyEnrolledError: She stands in that payroll on or after that day.
        DayTooFarError: More than thirty days ahead.
    """
    check_day_ahead(first_day, today=today, what="the return on")
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    if member.status == MemberStatus.ON_LEAVE:
        _end_leave(session, member, first_day, reason=reason, actor=actor, today=today)
    else:
        MEMBER.advance(MemberStatus(member.status), MemberEvent.COME_BACK)
        _enrol_again(session, member, payroll_id, first_day, reason=reason, actor=actor)
        step(session, member, MemberEvent.COME_BACK, actor=actor, reason=reason)
    audit.record(
        session,
        actor=actor,
        action="member.come_back",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail={"first_day": first_day, "payroll_id": payroll_id},
    )
    return queries.get_member(session, member_id)


def _end_leave(
    session: Session, member: MemberRow, first_day: dt.date, *, reason: str, actor: str, today: dt.date
) -> None:
    db.run(session, write_queries.END_LEAVES, {"member_id": member.id, "day": first_day})
    if first_day <= today:
        step(session, member, MemberEvent.RESUME, actor=actor, reason=reason)
    else:
        # Her status follows on the day, with all others whose leave ends then.
        db.scalar(session, write_queries.NEXT_VERSION, {"member_id": member.id})


def _enrol_again(
    session: Session, member: MemberRow, payroll_id: int | None, first_day: dt.date, *, reason: str, actor: str
) -> None:
    if payroll_id is None:
        raise MalformedError(f"member {member.number} had left; name the payroll to come back to")
    queries.get_payroll(session, payroll_id)
    place = {"member_id": member.id, "payroll_id": payroll_id}
    known = db.first(session, write_queries.OVERLAPPING_ENROLMENT, {**place, "day": first_day})
    if known is not None:
        ends = "without end" if known.valid_to is None else f"up to {known.valid_to.isoformat()}"
        raise AlreadyEnrolledError(
            f"member {member.number} stands in this payroll from {known.valid_from.isoformat()} {ends}; come back later than that"
        )
    values = {**place, "valid_from": first_day, "reason": reason, "actor": actor}
    db.scalar(session, write_queries.INSERT_ENROLMENT, values)
