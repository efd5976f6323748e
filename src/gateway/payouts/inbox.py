"""What a provider pushes to us about a batch: a hint to ask at once, never the truth."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from gateway.kit import db, inbox, jobs, tenant
from gateway.kit.errors import GatewayError
from gateway.kit.inbox import Message
from gateway.kit.money import currency_of, parse_amount
from gateway.payouts import attempts, queries
from gateway.payouts.rules import account_of

KIND = "payer.batch"
OUTGOING = frozenset({"disbursement", "withdrawal"})
"""What leaves the mutual's account, in the provider's words."""
LONGEST_REFERENCE = 200

KEEP_STRANGER = """
-- no row: a payment that we never ordered, once
INSERT INTO payout_stranger (provider, end_to_end_id, provider_reference, outcome, amount_minor, currency, told_on)
VALUES (:provider, :end_to_end_id, :provider_reference, 'paid', :amount_minor, :currency, :today)
ON CONFLICT (mutual_id, provider, end_to_end_id, provider_reference, outcome) DO NOTHING
"""


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


def of_payout(session: Session, message: Message, told: Mapping[str, Any], today: dt.date) -> str | None:
    """Say what becomes of a message about a transaction that left our account; None where it came in.

    The batch of a payout of ours is asked about, so that what the provider's own books say counts and not the message. A payment
    that we never ordered is kept for a person: it is nobody's contribution.
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
        return _of_stranger(session, message, told, today)
    attempts.ask_now(session, row.batch_id)
    jobs.defer(session, "payouts.advance", lock=f"payout_batch:{row.batch_id}", batch_id=row.batch_id)
    if str(told.get("transactionStatus", "")).lower() == "reversed" or str(told.get("type", "")).lower() == "reversal":
        jobs.defer(session, "payouts.recheck", lock=f"payout_batch:{row.batch_id}", payout_id=row.id)
    return f"payout {row.id} of batch {row.batch_id}; the provider is asked"


def _of_stranger(session: Session, message: Message, told: Mapping[str, Any], today: dt.date) -> str | None:
    if str(told.get("type", "")).lower() not in OUTGOING:
        return None
    status = str(told.get("transactionStatus", "")).lower()
    if status != "completed":
        return f"a payment that is none of ours is {status}; nothing left the account"
    currency, amount = str(told.get("currency", "")), None
    try:
        amount = parse_amount(str(told.get("amount", "")), currency_of(currency))
    except GatewayError:
        currency = tenant.current(session).currency
    values = {
        "provider": account_of(message.source.rpartition(":")[2]),
        "end_to_end_id": str(told.get("requestingOrganisationTransactionReference") or "")[:LONGEST_REFERENCE],
        "provider_reference": str(told.get("transactionReference") or "")[:LONGEST_REFERENCE],
    }
    db.run(session, KEEP_STRANGER, {**values, "amount_minor": amount, "currency": currency, "today": today})
    return "a payment that we never ordered; a person finds out"


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
