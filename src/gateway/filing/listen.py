"""Read what the state pushed to us: an event proves nothing, it makes us ask; where nothing can be asked it is kept."""

import json
import uuid
from typing import Any

from sqlmodel import Session

from gateway.authority.rest.read import UnreadableAnswerError
from gateway.filing import pushed, queries
from gateway.kit import inbox, jobs, tenant
from gateway.kit.inbox import Message
from gateway.kit.tenant import MutualRow

KIND = "state.event"
AT_ONCE = 100


def read_events(session: Session) -> int:
    """Queue the question that each new event calls for; return how many events were read.

    An event that names nothing of ours, or that cannot be read, is set aside for a person.
    """
    messages = inbox.take(session, KIND, AT_ONCE)
    mutual = tenant.current(session) if messages else None
    for message in messages:
        try:
            note = _read(session, message, mutual)
        except UnreadableAnswerError as error:
            inbox.quarantine(session, message.id, f"it is not as agreed: {error}")
            continue
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            inbox.quarantine(session, message.id, f"cannot be read: {type(error).__name__}")
            continue
        if note is None:
            inbox.done(session, message.id)
        else:
            inbox.quarantine(session, message.id, note)
    return len(messages)


def _read(session: Session, message: Message, mutual: MutualRow | None) -> str | None:
    event: dict[str, Any] = json.loads(message.body)
    kind, about = str(event["type"]), event["data"]
    booking = mutual if mutual is not None and pushed.is_pushed(mutual) else None
    if kind in ("filing.received", "filing.answered"):
        reference = uuid.UUID(about["filing_id"])
        ref = queries.find_by_reference(session, reference)
        if ref is None:
            return f"no filing of ours has the id {reference}"
        if booking and (problem := pushed.keep(session, message, event, booking)):
            return problem
        jobs.defer(
            session,
            "filing.look",
            lock=f"filing:{ref.filing_id}",
            filing_id=ref.filing_id,
            document_id=ref.document_id,
        )
        return None
    if kind.startswith("notice."):
        if booking and (problem := pushed.keep(session, message, event, booking)):
            return problem
        jobs.defer(session, "filing.bills", lock="filing.bills")
        return None
    if kind.startswith("remittance."):
        # Benefits collects the advice itself; the edge wakes it together with this reader.
        return pushed.keep(session, message, event, booking) if booking else None
    return f"nobody reads events of the type {kind[:80]!r}"
