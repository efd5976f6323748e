"""Money that members send by mobile money: what the provider tells us is received once, or taken back by link.

A message is the provider's transaction resource (GSMA). It was authenticated and kept when it came; here it is read.
Repeats have no effect. Whose money it is, is asked from strict to loose: a reference with check digits, a member or
identity number in the text, the telephone it came from; where that names nobody, or two, it waits in suspense.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from gateway.contributions.errors import ReceiptReversedError
from gateway.contributions.models import Channel
from gateway.contributions.queries import find_receipt_by_source
from gateway.contributions.receive import NewLine, NewReceipt, bare_identity, receive
from gateway.contributions.reference import find_references
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db, inbox, tenant
from gateway.kit.errors import GatewayError, MalformedError
from gateway.kit.inbox import Message
from gateway.kit.money import currency_of, parse_amount
from gateway.ledger.periods import is_closed

KIND = "payer.transaction"
REVERSED_BEFORE = "taken back before it was told: "

WHO = """
-- one row per member that a payment may be of, the strictest sign first
SELECT 1 AS sign, id FROM member
WHERE mutual_id = current_mutual() AND cardinality(CAST(:bodies AS text[])) > 0
  AND upper(regexp_replace(number, '[^A-Za-z0-9]', '', 'g')) = ANY (CAST(:bodies AS text[]))
UNION SELECT 2, id FROM member WHERE mutual_id = current_mutual() AND number = ANY (CAST(:words AS text[]))
UNION SELECT 2, member_id FROM member_identity WHERE mutual_id = current_mutual() AND value = ANY (CAST(:words AS text[]))
UNION SELECT 3, id FROM member WHERE mutual_id = current_mutual() AND phone = ANY (CAST(:phones AS text[]))
ORDER BY sign, id
"""

TAKEN_BACK_BEFORE = """
-- at most one row: a message that took a payment back before the payment itself was told
SELECT id FROM inbox_message
WHERE mutual_id = current_mutual() AND state = 'quarantined' AND kind = :kind AND source = :source AND note = :note
ORDER BY id LIMIT 1
"""


class UnreadableTransactionError(MalformedError):
    """A message that is no transaction we can read."""

    code = "transaction_unreadable"
    title = "The provider's message could not be read"


class Told(NamedTuple):
    """A transaction as the provider tells it."""

    reference: str
    """The provider's own; of the payment, also where it is being taken back."""
    status: str
    is_reversal: bool
    amount_minor: int
    currency: str
    paid_at: dt.datetime
    text: str
    """What the payer wrote, all of it."""
    payer_phone: str | None


def read_collections(
    session: Session,
    *,
    actor: str,
    today: dt.date,
    elsewhere: Callable[[Message, Mapping[str, Any]], str | None] = lambda _message, _told: None,
    limit: int = 100,
) -> int:
    """Read the new messages about transactions; return how many. What cannot be booked is set aside with its reason.

    Args:
        session: The open transaction.
        actor: Who reads them.
        today: No payment is booked on a day after it.
        elsewhere: Says what became of a message that is about something else than a member's payment, or None.
        limit: Messages at once.
    """
    messages = inbox.take(session, KIND, limit)
    for message in messages:
        try:
            with session.begin_nested():
                body = _object(message.body)
                note = elsewhere(message, body) or _apply(session, message, body, actor, today)
        except GatewayError as refusal:
            if refusal.retryable:
                raise
            inbox.quarantine(session, message.id, refusal.detail)
        else:
            if note.startswith(REVERSED_BEFORE):
                inbox.quarantine(session, message.id, note)
            else:
                inbox.done(session, message.id, note)
    return len(messages)


def read_transaction(body: Mapping[str, Any], received_at: dt.datetime) -> Told:
    """Read a provider's transaction resource, leniently where providers differ.

    Raises:
        UnreadableTransactionError: It lacks its reference, amount, currency or status.
    """
    kind, status = str(body.get("type", "")).lower(), str(body.get("transactionStatus", "")).lower()
    original = body.get("originalTransactionReference")
    is_reversal = kind == "reversal" or status == "reversed"
    reference = original if kind == "reversal" and original else body.get("transactionReference")
    if not isinstance(reference, str) or not reference or not status:
        raise UnreadableTransactionError("the transaction has no transactionReference or no transactionStatus")
    currency = str(body.get("currency", ""))
    return Told(
        reference=reference,
        status=status,
        is_reversal=is_reversal,
        amount_minor=parse_amount(str(body.get("amount", "")), currency_of(currency)),
        currency=currency,
        paid_at=_instant(body, received_at),
        text=_text(body),
        payer_phone=_phone(body.get("debitParty")),
    )


def _apply(session: Session, message: Message, body: Mapping[str, Any], actor: str, today: dt.date) -> str:
    told = read_transaction(body, message.received_at)
    source = f"momo:{message.source.rpartition(':')[2]}"
    if told.is_reversal:
        return _take_back(session, source, told, actor, today)
    if told.status != "completed":
        return f"{told.reference} is {told.status}; nothing to book"
    receipt = receive(session, _receipt(session, source, told, today), actor=actor, today=today)
    told_before = {"kind": KIND, "source": message.source, "note": REVERSED_BEFORE + told.reference}
    if db.first(session, TAKEN_BACK_BEFORE, told_before) is not None and receipt.reversed_on is None:
        reverse_receipt(session, receipt.id, reason="the provider took it back", actor=actor, today=today)
        return f"receipt {receipt.number}, taken back at once"
    return f"receipt {receipt.number}"


def _take_back(session: Session, source: str, told: Told, actor: str, today: dt.date) -> str:
    if told.status not in ("completed", "reversed"):
        return f"the reversal of {told.reference} is {told.status}; nothing to take back"
    receipt = find_receipt_by_source(session, source, told.reference)
    if receipt is None:
        return REVERSED_BEFORE + told.reference
    try:
        reverse_receipt(session, receipt.id, reason="the provider took it back", actor=actor, today=today)
    except ReceiptReversedError:
        return f"receipt {receipt.number} was taken back before"
    return f"receipt {receipt.number} taken back"


def _receipt(session: Session, source: str, told: Told, today: dt.date) -> NewReceipt:
    earlier = find_receipt_by_source(session, source, told.reference)
    paid_on = told.paid_at.astimezone(ZoneInfo(tenant.current(session).time_zone)).date()
    if earlier is not None:
        paid_on = earlier.paid_on  # a month that was closed since does not make it another payment
    elif paid_on > today or is_closed(session, paid_on):
        paid_on = today
    text = told.text[:200] or None
    return NewReceipt(
        source=source,
        source_reference=told.reference,
        channel=Channel.MOBILE_MONEY.value,
        account_code=f"{source}:clearing",
        amount_minor=told.amount_minor,
        currency=told.currency,
        paid_on=paid_on,
        # A settlement report may have brought it before, with the payer's words in another form.
        payer_reference=text if earlier is None else earlier.payer_reference,
        note=f"told at {told.paid_at.isoformat()}",
        lines=[_line(session, told) if earlier is None else _line_before(earlier.lines[0])],
    )


def _line(session: Session, told: Told) -> NewLine:
    words = [bare_identity(word) for word in told.text.replace(",", " ").split()]
    found = db.rows(
        session,
        WHO,
        {
            "bodies": [reference[4:] for reference in find_references(told.text)],
            "words": sorted({word for word in words if len(word) > 2} | set(told.text.split())),
            "phones": [] if told.payer_phone is None else [told.payer_phone],
        },
    )
    best = {row.id for row in found if row.sign == found[0].sign}
    if len(best) == 1:
        return NewLine(member_id=best.pop())
    return NewLine(identity=(told.text[:100] or told.payer_phone or told.reference))


def _line_before(line: Any) -> NewLine:
    if line.claimed_identity is not None:
        return NewLine(identity=line.claimed_identity)
    return NewLine(member_id=line.first_member_id)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UnreadableTransactionError("the message is not JSON") from error
    if not isinstance(found, dict):
        raise UnreadableTransactionError("the message is no JSON object")
    return found


def _instant(body: Mapping[str, Any], received_at: dt.datetime) -> dt.datetime:
    for name in ("creationDate", "dateCreated", "requestDate", "modificationDate"):
        value = body.get(name)
        if isinstance(value, str):
            try:
                told = dt.datetime.fromisoformat(value)
            except ValueError:
                continue
            return told if told.tzinfo is not None else told.replace(tzinfo=dt.UTC)
    return received_at


def _text(body: Mapping[str, Any]) -> str:
    parts = [body.get("requestingOrganisationTransactionReference"), body.get("descriptionText")]
    metadata = body.get("metadata")
    parts += [pair.get("value") for pair in metadata if isinstance(pair, dict)] if isinstance(metadata, list) else []
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()).replace("\x00", "")


def _phone(party: object) -> str | None:
    if not isinstance(party, list):
        return None
    for pair in party:
        if isinstance(pair, dict) and str(pair.get("key", "")).lower() == "msisdn":
            digits = "".join(character for character in str(pair.get("value", "")) if character.isdigit())
            return f"+{digits}" if digits else None
    return None
