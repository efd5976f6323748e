"""Messages pushed to us: kept first, understood later, handled once.

The edge checks the signature over the raw bytes, calls ``receive`` and answers. A job takes what is new, works, and
marks each message done or quarantined in the same transaction, so a crash in between leaves it new.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.errors import ConflictError, NotFoundError
from gateway.kit.evidence import digest
from gateway.kit.models import InboxState

INSERT = """
-- no row: a message, unless its source has sent this event before
INSERT INTO inbox_message (source, event_id, kind, headers, body, sha256)
VALUES (:source, :event_id, :kind, CAST(:headers AS jsonb), :body, :sha256)
ON CONFLICT (mutual_id, source, event_id) DO NOTHING
"""

TAKE = """
-- one row per new message of a kind that nobody else is working on, oldest first
SELECT id, source, event_id, kind, headers, body, received_at FROM inbox_message
WHERE mutual_id = current_mutual() AND state = 'new' AND kind = :kind
ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
"""

CLOSE = """
-- no row: the message leaves the list of new ones
UPDATE inbox_message SET state = :state, note = :note, handled_at = now()
WHERE mutual_id = current_mutual() AND id = :id AND state = 'new'
"""


_SHOWN = "id, source, event_id, kind, state, note, received_at, handled_at, handled_by, body"

MESSAGES = f"""
-- one row per message that fits, newest first, before an id
SELECT {_SHOWN} FROM inbox_message
WHERE mutual_id = current_mutual() AND id < :before AND (CAST(:state AS text) IS NULL OR state = :state)
ORDER BY id DESC LIMIT :limit
"""

SET_ASIDE = f"""
-- at most one row: a message, locked
SELECT {_SHOWN} FROM inbox_message WHERE mutual_id = current_mutual() AND id = :id FOR UPDATE
"""

DECIDE = f"""
-- one row: the message as a person decided
UPDATE inbox_message SET state = :state, note = :note, handled_by = :actor, handled_at = now()
WHERE mutual_id = current_mutual() AND id = :id RETURNING {_SHOWN}
"""


class MessageUnknownError(NotFoundError):
    """No message of this mutual is meant."""

    code = "message_unknown"
    title = "No such message"


class MessageNotAsideError(ConflictError):
    """Only a message that was set aside waits for a person."""

    code = "message_not_set_aside"
    title = "The message is not set aside"


class Message(NamedTuple):
    """A message from outside that waits to be handled."""

    id: int
    source: str
    event_id: str
    kind: str
    headers: dict[str, Any]
    body: bytes
    received_at: dt.datetime


def receive(
    session: Session, *, source: str, event_id: str, kind: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Keep a message; return False where this source had sent the event before, also at the same moment."""
    values = {"source": source, "event_id": event_id, "kind": kind, "body": bytes(body), "sha256": digest(body)}
    return db.run(session, INSERT, {**values, "headers": json.dumps(dict(headers))}) == 1


def take(session: Session, kind: str, limit: int = 100) -> list[Message]:
    """Lock and return the oldest new messages of a kind; those another worker has locked are left to it."""
    found = db.rows(session, TAKE, {"kind": kind, "limit": limit})
    return [Message(*row)._replace(body=bytes(row.body)) for row in found]


def done(session: Session, message_id: int, note: str | None = None) -> None:
    """Mark a message as handled."""
    db.run(session, CLOSE, {"id": message_id, "state": InboxState.DONE.value, "note": note})


def quarantine(session: Session, message_id: int, note: str) -> None:
    """Set a message aside for a person, saying why it could not be handled."""
    db.run(session, CLOSE, {"id": message_id, "state": InboxState.QUARANTINED.value, "note": note})


def list_messages(session: Session, *, state: InboxState | None, before: int, limit: int) -> list[Any]:
    """Return messages with what became of them, newest first."""
    values = {"state": None if state is None else state.value, "before": before, "limit": limit}
    return db.rows(session, MESSAGES, values)


def try_again(session: Session, message_id: int, *, reason: str, actor: str) -> Any:
    """Let a message that was set aside be handled anew, and return it; whoever calls wakes the job that reads it.

    Raises:
        MessageUnknownError: No such message.
        MessageNotAsideError: It is not set aside.
    """
    return _decide(session, message_id, InboxState.NEW, "inbox.retry", reason, actor)


def dismiss(session: Session, message_id: int, *, reason: str, actor: str) -> Any:
    """Say why nothing is to be done about a message that was set aside, and return it; it stays as it came.

    Raises:
        MessageUnknownError: No such message.
        MessageNotAsideError: It is not set aside.
    """
    return _decide(session, message_id, InboxState.DISMISSED, "inbox.dismiss", reason, actor)


def _decide(session: Session, message_id: int, state: InboxState, action: str, reason: str, actor: str) -> Any:
    found = db.first(session, SET_ASIDE, {"id": message_id})
    if found is None:
        raise MessageUnknownError(f"no message {message_id}; GET /v1/inbox lists them")
    if found.state != InboxState.QUARANTINED:
        raise MessageNotAsideError(f"message {message_id} is {found.state}; only what is set aside waits for a person")
    note = reason if state is InboxState.DISMISSED else found.note
    audit.record(
        session,
        actor=actor,
        action=action,
        subject_kind="inbox_message",
        subject_id=message_id,
        reason=reason,
        detail={"was": found.note},
    )
    return db.one(session, DECIDE, {"id": message_id, "state": state.value, "note": note, "actor": actor})
