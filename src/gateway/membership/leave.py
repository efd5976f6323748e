"""Let a member go on leave: she keeps her place in the payroll."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.errors import MalformedError
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version
from gateway.membership.errors import DaysOverlapError, NotEnrolledError
from gateway.membership.move import step
from gateway.membership.queries import MemberRow
from gateway.membership.rules import check_day_ahead
from gateway.membership.states import LeaveKind, MemberEvent, MemberStatus


def go_on_leave(
    session: Session,
    member_id: int,
    *,
    kind: LeaveKind,
    first_day: dt.date,
    last_day: dt.date | None,
    reason: str,
    actor: str,
    today: dt.date,
    expected_version: int | None = None,
) -> MemberRow:
    """Record a leave and return the member; her status follows when it has begun.

    Raises:
        MemberNotFoundError: No such member.
        NotEnrolledError: She stands in no payroll on the first day.
        DaysOverlapError: A leave of hers has a day in common.
        DayTooFarError: More than thirty days ahead.
        MalformedError: It ends before it begins.
    """
    check_day_ahead(first_day, today=today, what="the leave from")
    if last_day is not None and last_day < first_day:
        raise MalformedError(f"the leave ends on {last_day.isoformat()}, before it begins on {first_day.isoformat()}")
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    after = None if last_day is None else last_day + dt.timedelta(days=1)
    enrolments = db.rows(session, write_queries.OPEN_ENROLMENTS, {"member_id": member_id, "day": first_day})
    if not any(enrolment.valid_from <= first_day for enrolment in enrolments):
        raise NotEnrolledError(f"member {member.number} stands in no payroll on {first_day.isoformat()}")
    days = {"member_id": member_id, "valid_from": first_day, "valid_to": after}
    other = db.first(session, write_queries.OVERLAPPING_LEAVE, days)
    if other is not None:
        ends = "no end" if other.valid_to is None else f"back on {other.valid_to.isoformat()}"
        raise DaysOverlapError(f"there is a leave ({other.kind}) from {other.valid_from.isoformat()}, {ends}")
    leave_id = db.scalar(
        session, write_queries.INSERT_LEAVE, {**days, "kind": kind.value, "reason": reason, "actor": actor}
    )
    if first_day <= today and (after is None or after > today) and member.status == MemberStatus.ACTIVE:
        step(session, member, MemberEvent.GO_ON_LEAVE, actor=actor, reason=kind.value)
    else:
        db.scalar(session, write_queries.NEXT_VERSION, {"member_id": member_id})
    detail = {"leave_id": leave_id, "kind": kind.value, "first_day": first_day, "last_day": last_day}
    audit.record(
        session,
        actor=actor,
        action="member.go_on_leave",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail=detail,
    )
    return queries.get_member(session, member_id)
