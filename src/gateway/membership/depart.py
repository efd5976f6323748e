"""Let a member go: her enrolments, leaves and dependants' cover end; her money and her history stay."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version
from gateway.membership.errors import DaysOverlapError
from gateway.membership.move import step
from gateway.membership.queries import MemberRow
from gateway.membership.rules import check_day_ahead
from gateway.membership.states import MEMBER, MemberEvent, MemberStatus


def depart(
    session: Session,
    member_id: int,
    *,
    last_day: dt.date,
    reason: str,
    is_death: bool = False,
    actor: str,
    today: dt.date,
    expected_version: int | None = None,
) -> MemberRow:
    """End a member's part after a day and return her. A month already filed keeps what it declared.

    Raises:
        MemberNotFoundError: No such member.
        InvalidTransitionError: She has left already.
        DaysOverlapError: She was enrolled after that day.
        DayTooFarError: More than thirty days ahead; or, for a death, after today.
    """
    check_day_ahead(last_day, today=today, what="the departure after")
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    event = MemberEvent.DIE if is_death else MemberEvent.LEAVE
    MEMBER.advance(MemberStatus(member.status), event)
    day = last_day + dt.timedelta(days=1)
    for enrolment in db.rows(session, write_queries.OPEN_ENROLMENTS, {"member_id": member_id, "day": day}):
        if enrolment.valid_from >= day:
            raise DaysOverlapError(
                f"member {member.number} is enrolled from {enrolment.valid_from.isoformat()}, after {last_day.isoformat()}"
            )
    values = {"member_id": member_id, "day": day, "reason": reason, "actor": actor}
    db.run(session, write_queries.END_ENROLMENTS, values)
    db.run(session, write_queries.END_LEAVES, values)
    db.run(session, write_queries.END_DEPENDANTS_OF, {**values, "reason": "the holder left"})
    step(session, member, event, actor=actor, reason=reason)
    audit.record(
        session,
        actor=actor,
        action="member.depart",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail={"last_day": last_day, "is_death": is_death},
    )
    return queries.get_member(session, member_id)
