"""Read the changes of cover that the state told us of. Order does not matter: the state's own clock decides."""

import datetime as dt
import json
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db, evidence, inbox
from gateway.kit.inbox import Message
from gateway.membership.queries import find_member_by_identity
from gateway.statelink.push import COVERAGE
from gateway.statelink.states import CoverStatus

AT_ONCE = 100
READER = "job:statelink.inbox"

INSERT = """
-- no row: a change of cover, once per message
INSERT INTO state_coverage_change (member_id, message_id, status, effective_on, changed_at, reason, evidence_id)
VALUES (:member_id, :message_id, :status, :effective_on, :changed_at, :reason, :evidence_id)
ON CONFLICT (mutual_id, message_id) DO NOTHING
"""


def read_changes(session: Session) -> int:
    """Write down each new change of cover; return how many messages were read.

    A change of somebody we do not know, or one that cannot be read, is set aside for a person.
    """
    messages = inbox.take(session, COVERAGE, AT_ONCE)
    for message in messages:
        try:
            note = _read(session, message)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            note = f"cannot be read: {type(error).__name__}"
        if note is None:
            inbox.done(session, message.id)
        else:
            inbox.quarantine(session, message.id, note)
    return len(messages)


def _read(session: Session, message: Message) -> str | None:
    event: dict[str, Any] = json.loads(message.body)
    about = event["data"]
    changed_at = dt.datetime.fromisoformat(event["timestamp"])
    status, effective_on = CoverStatus(about["status"]), dt.date.fromisoformat(about["effective_on"])
    member = find_member_by_identity(session, about["document"], kind=about["document_kind"])
    if member is None:
        return "no member, or more than one, has this identity number"
    kept = evidence.keep(
        session,
        kind="state.coverage",
        source=message.source,
        media_type="application/json",
        body=message.body,
        about={"event_id": message.event_id, "received_at": message.received_at, "headers": message.headers},
    )
    values = {
        "member_id": member.id,
        "message_id": message.id,
        "status": status.value,
        "effective_on": effective_on,
        "changed_at": changed_at,
        "reason": str(about.get("reason") or ""),
        "evidence_id": kept,
    }
    db.run(session, INSERT, values)
    audit.record(
        session,
        actor=READER,
        action="state_coverage.tell",
        subject_kind="member",
        subject_id=member.id,
        detail={"status": status.value, "effective_on": effective_on, "source": message.source, "evidence_id": kept},
    )
    return None
