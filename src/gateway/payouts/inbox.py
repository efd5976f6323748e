"""What a provider pushes to us about a batch: a hint to ask at once, never the truth."""

import json
import uuid
from typing import Any

from sqlmodel import Session

from gateway.kit import inbox, jobs
from gateway.kit.inbox import Message
from gateway.payouts import attempts, queries
from gateway.payouts.rules import account_of

KIND = "payer.batch"


def read_hints(session: Session, *, limit: int = 100) -> int:
    """Turn new messages about batches into questions; return how many were read. A repeat asks once more, no more.

    A message that is about no batch of ours is set aside for a person.
    """
    messages = inbox.take(session, KIND, limit)
    for message in messages:
        found = _batch_of(session, message)
        if found is None:
            inbox.quarantine(session, message.id, "it is about no payout batch of ours")
            continue
        batch_id, status = found
        attempts.ask_now(session, batch_id)
        jobs.defer(session, "payouts.advance", lock=f"payout_batch:{batch_id}", batch_id=batch_id)
        inbox.done(session, message.id, f"batch {batch_id} was {status}; the provider is asked")
    return len(messages)


def _batch_of(session: Session, message: Message) -> tuple[int, str] | None:
    body = _object(message.body)
    provider = account_of(message.source.rpartition(":")[2])
    reference = body.get("batchId")
    correlation_id = _uuid(message.headers.get("x-correlationid"))
    return queries.find_batch(
        session,
        provider=provider,
        correlation_id=correlation_id,
        reference=reference if isinstance(reference, str) else None,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _uuid(text: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
