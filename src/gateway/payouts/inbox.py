"""What a provider pushes to us about a batch: a hint to ask at once, never the truth."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from gateway.kit import db, inbox, jobs
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


def of_payout(session: Session, told: Mapping[str, Any]) -> str | None:
    """Say what becomes of a message about a transaction that is a payout of ours; None where it is none.

    Its batch is asked about, so that what the provider's own books say counts and not the message.
    """
    references = [told.get(name) for name in ("transactionReference", "originalTransactionReference")]
    row = db.first(
        session,
        queries.PAYOUT_OF_TRANSACTION,
        {
            "end_to_end_id": str(told.get("requestingOrganisationTransactionReference") or ""),
            "references": [reference for reference in references if isinstance(reference, str) and reference],
        },
    )
    if row is None:
        return None
    attempts.ask_now(session, row.batch_id)
    jobs.defer(session, "payouts.advance", lock=f"payout_batch:{row.batch_id}", batch_id=row.batch_id)
    if str(told.get("transactionStatus", "")).lower() == "reversed" or str(told.get("type", "")).lower() == "reversal":
        jobs.defer(session, "payouts.recheck", lock=f"payout_batch:{row.batch_id}", payout_id=row.id)
    return f"payout {row.id} of batch {row.batch_id}; the provider is asked"


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
