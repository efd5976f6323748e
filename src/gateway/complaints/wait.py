"""What days do to complaints: late ones become a manager's, questions nobody answers come back, answers stand."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.complaints import rules
from gateway.complaints.states import COMPLAINT, ComplaintEvent, Resolution
from gateway.kit import audit, db
from gateway.kit.audit import Transition
from gateway.staff.models import Role

ACTOR = "system:complaints"

ESCALATE = """
-- one row per complaint that waits for staff, is late, and becomes a manager's
UPDATE complaint SET owner_role = :role
WHERE mutual_id = current_mutual() AND status IN ('open', 'in_hand') AND due_on < :today AND owner_role <> :role
RETURNING id
"""

TIME_PASSED = """
-- one row per complaint that has stood in a state for so long, one step further
UPDATE complaint SET status = :status, moved_on = :today, due_on = :due_on, resolution = :resolution
WHERE mutual_id = current_mutual() AND status = ANY (CAST(:sources AS text[])) AND moved_on < :before
RETURNING id
"""


def let_wait(session: Session, *, today: dt.date) -> int:
    """Do what the days bring; return how many cases it moved. A second run on the same day moves none."""
    late = db.rows(session, ESCALATE, {"role": Role.MANAGER.value, "today": today})
    for row in late:
        audit.record(session, actor=ACTOR, action="complaint.escalate", subject_kind="complaint", subject_id=row.id)
    silent = _pass(session, ComplaintEvent.HEAR_NOTHING, rules.SILENT_DAYS, today=today)
    stood = _pass(
        session, ComplaintEvent.LET_STAND, rules.OBJECTION_DAYS, today=today, resolution=Resolution.NO_OBJECTION
    )
    return len(late) + len(silent) + len(stood)


def _pass(
    session: Session, event: ComplaintEvent, days: int, *, today: dt.date, resolution: Resolution | None = None
) -> list[Any]:
    target, sources = COMPLAINT.target(event).value, COMPLAINT.sources(event)
    before = today - dt.timedelta(days=days)
    ending = resolution.value if resolution else None
    values = {"status": target, "sources": sources, "before": before, "today": today, "due_on": today}
    moved = db.rows(session, TIME_PASSED, {**values, "resolution": ending})
    (source,) = sources
    steps = [Transition("complaint", row.id, event.value, source, target, ACTOR, ending) for row in moved]
    audit.log_transitions(session, steps)
    return moved
