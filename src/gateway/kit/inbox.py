"""Messages pushed to us: kept first, understood later, handled once.

The edge checks the signature over the raw bytes, calls ``receive`` and answers. A job takes what is new, works, and
marks each message done or quarantined in the same transaction, so a crash in between leaves it new.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
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
