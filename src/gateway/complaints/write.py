"""The statements that change a complaint, each with its step in the log."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.complaints.states import COMPLAINT, ComplaintEvent, ComplaintStatus, Resolution, Voice
from gateway.kit import audit, db

ADD_MESSAGE = """
-- no row: one more text in a case
INSERT INTO complaint_message (complaint_id, member_id, voice, actor, text, written_on)
VALUES (:complaint_id, :member_id, :voice, :actor, :text, :today)
"""

MOVE = """
-- no row: a case one step further; the caller holds its lock
UPDATE complaint SET status = :status, moved_on = :today, due_on = coalesce(:due_on, due_on), assignee = coalesce(:assignee, assignee),
    resolution = :resolution, ledger_tx_id = :ledger_tx_id
WHERE mutual_id = current_mutual() AND id = :id
"""


def add_message(session: Session, case: Any, voice: Voice, text: str, *, actor: str, today: dt.date) -> None:
    """Keep a text in a case."""
    values = {"complaint_id": case.id, "member_id": case.member_id, "voice": voice.value, "actor": actor}
    db.run(session, ADD_MESSAGE, {**values, "text": text, "today": today})


def move(
    session: Session,
    case: Any,
    event: ComplaintEvent,
    *,
    actor: str,
    today: dt.date,
    due_on: dt.date | None = None,
    assignee: str | None = None,
    resolution: Resolution | None = None,
    ledger_tx_id: int | None = None,
) -> None:
    """Take a locked case one step further.

    Args:
        session: The open transaction.
        case: The case, locked.
        event: What happens.
        actor: Who, for the log.
        today: The mutual's day.
        due_on: A new due day; None keeps it.
        assignee: Who has it in hand from now on; None keeps her.
        resolution: How it ends, where it does.
        ledger_tx_id: The posting that put it right.

    Raises:
        InvalidTransitionError: Not possible in its state.
    """
    target = COMPLAINT.advance(ComplaintStatus(case.status), event)
    values = {"id": case.id, "status": target.value, "today": today, "due_on": due_on, "assignee": assignee}
    ending = {"resolution": resolution.value if resolution else None, "ledger_tx_id": ledger_tx_id}
    db.run(session, MOVE, {**values, **ending})
    audit.log_transition(
        session,
        subject_kind="complaint",
        subject_id=case.id,
        event=event.value,
        from_state=case.status,
        to_state=target.value,
        actor=actor,
        reason=resolution.value if resolution else None,
    )
