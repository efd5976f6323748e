"""Steps of a member's life cycle, one or many: the status, the log and nothing else."""

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.audit import Transition, log_transition, log_transitions
from gateway.membership import write_queries
from gateway.membership.queries import MemberRow
from gateway.membership.states import MEMBER, MemberEvent, MemberStatus


def step(session: Session, member: MemberRow, event: MemberEvent, *, actor: str, reason: str | None) -> MemberStatus:
    """Take a locked member one step on and return her new status.

    Raises:
        InvalidTransitionError: The step is not possible from where she is.
    """
    before = MemberStatus(member.status)
    after = MEMBER.advance(before, event)
    db.scalar(session, write_queries.SET_STATUS, {"id": member.id, "status": after.value, "reason": reason})
    log_transition(
        session,
        subject_kind="member",
        subject_id=member.id,
        event=event.value,
        from_state=before.value,
        to_state=after.value,
        actor=actor,
        reason=reason,
    )
    return after


def keep_leaves_current(session: Session, *, actor: str, today: dt.date) -> int:
    """Let every status follow leaves that have begun or ended by now; return how many changed. A second run changes none."""
    due = db.rows(session, write_queries.DUE_STEPS, {"today": today})
    gone = [row.id for row in due if row.away and row.status == MemberStatus.ACTIVE]
    back = [row.id for row in due if not row.away and row.status == MemberStatus.ON_LEAVE]
    return _step_all(session, gone, MemberEvent.GO_ON_LEAVE, actor) + _step_all(
        session, back, MemberEvent.RESUME, actor
    )


def _step_all(session: Session, ids: Sequence[int], event: MemberEvent, actor: str) -> int:
    if not ids:
        return 0
    sources, target = MEMBER.sources(event), MEMBER.target(event).value
    changed = db.run(session, write_queries.SET_STATUSES, {"ids": list(ids), "status": target, "sources": sources})
    log_transitions(
        session, [Transition("member", member_id, event.value, sources[0], target, actor) for member_id in ids]
    )
    return changed
