"""Read what the state pushed to us: an event proves nothing, it makes us ask."""

import json
import uuid
from typing import Any

from sqlmodel import Session

from gateway.filing import queries
from gateway.kit import inbox, jobs
from gateway.kit.inbox import Message

KIND = "state.event"
AT_ONCE = 100


def read_events(session: Session) -> int:
    """Queue the question that each new event calls for; return how many events were read.

    An event that names nothing of ours, or that cannot be read, is set aside for a person.
    """
    messages = inbox.take(session, KIND, AT_ONCE)
    for message in messages:
        try:
            note = _read(session, message)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            inbox.quarantine(session, message.id, f"cannot be read: {type(error).__name__}")
            continue
        if note is None:
            inbox.done(session, message.id)
        else:
            inbox.quarantine(session, message.id, note)
    return len(messages)


def _read(session: Session, message: Message) -> str | None:
    event: dict[str, Any] = json.loads(message.body)
    kind, about = str(event["type"]), event["data"]
    if kind in ("filing.received", "filing.answered"):
        reference = uuid.UUID(about["filing_id"])
        ref = queries.find_by_reference(session, reference)
        if ref is None:
            return f"no filing of ours has the id {reference}"
        jobs.defer(
            session,
            "filing.look",
            lock=f"filing:{ref.filing_id}",
            filing_id=ref.filing_id,
            document_id=ref.document_id,
        )
        return None
    if kind.startswith("notice."):
        jobs.defer(session, "filing.bills", lock="filing.bills")
        return None
    if kind.startswith("remittance."):
        # Benefits collects the advice itself; the edge wakes it together with this reader.
        return None
    return f"nobody reads events of the type {kind[:80]!r}"
