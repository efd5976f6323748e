"""Bring a released batch to its provider, once with effect. No transaction is open while the provider is spoken to.

``sending`` is committed before a byte leaves, the answer after. From ``unknown`` the only step is a question by our
own id; the batch is sent again, with the same id and the same frozen bytes, only where the provider proves that it
never arrived.
"""

import datetime as dt
from collections.abc import Iterator

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.protocol import BatchReception, PayoutItem
from gateway.kit import evidence
from gateway.kit.evidence import digest
from gateway.payouts import attempts, confirm, rules
from gateway.payouts.attempts import Attempt, Way
from gateway.payouts.errors import RequestDamagedError
from gateway.payouts.queries import BatchRow, get_batch
from gateway.payouts.states import BatchEvent, BatchStatus

AT_ONCE = dt.timedelta(0)
IN_A_MOMENT = dt.timedelta(seconds=5)


def deliver(way: Way, batch_id: int) -> None:
    """Send a released batch, or ask about one in doubt; anything else is left alone. May be repeated at any time."""
    attempts.lose_sight_of_late(way, batch_id)
    batch = _read(way, batch_id)
    if batch.status == BatchStatus.UNKNOWN:
        _find(way, batch_id)
        batch = _read(way, batch_id)
    if batch.status == BatchStatus.RELEASED:
        head, items = frozen_items(way, batch)
        attempt = attempts.claim(way, batch_id)
        if attempt is not None:
            _send(way, attempt, head, items)


def frozen_items(way: Way, batch: BatchRow) -> tuple[rules.RequestHead, Iterator[PayoutItem]]:
    """Return the payouts exactly as they were released.

    Raises:
        RequestDamagedError: The kept request is not the one that was released.
    """
    if batch.request_evidence_id is None:
        raise RequestDamagedError(f"batch {batch.id} has no frozen request; it was never released")
    with way.open_session() as session:
        body = evidence.read(session, batch.request_evidence_id).body
    head, items = rules.thaw(body)
    if digest(body) != batch.request_sha256 or head.correlation_id != batch.correlation_id:
        raise RequestDamagedError(f"evidence {batch.request_evidence_id} is not what was released as batch {batch.id}")
    order = (
        PayoutItem(item.end_to_end_id, item.amount_minor, head.currency, item.destination, head.title) for item in items
    )
    return head, order


def _read(way: Way, batch_id: int) -> BatchRow:
    with way.open_session() as session:
        return get_batch(session, batch_id)


def _send(way: Way, attempt: Attempt, head: rules.RequestHead, items: Iterator[PayoutItem]) -> None:
    batch = attempt.batch
    way.mark("payouts.before_call")
    try:
        reception = way.channel.send_batch(batch.correlation_id, items, title=head.title, description=f"{batch.id}")
    except PayerUnavailableError as error:
        wait = IN_A_MOMENT if error.retry_after_seconds is None else dt.timedelta(seconds=error.retry_after_seconds)
        event = BatchEvent.PROVE_ABSENT
        attempts.step(way, attempt, event, outcome="unavailable", wait=wait, detail=error.detail, raw=error.raw)
    except PayerOutcomeUnknownError as error:
        event = BatchEvent.LOSE_SIGHT
        attempts.step(way, attempt, event, outcome="unknown", wait=AT_ONCE, detail=error.detail, raw=error.raw)
    except PayerRefusedError as error:
        _refused(way, attempt, error)
    else:
        way.mark("payouts.after_call")
        _received(way, attempt, reception)


def _received(way: Way, attempt: Attempt, reception: BatchReception) -> None:
    reference = reception.batch_reference
    if reception.status == "failed":
        # The request failed after it was taken; only the provider's own books say whether a batch came of it.
        event, detail = BatchEvent.LOSE_SIGHT, "the provider says that the request failed"
        attempts.step(way, attempt, event, outcome="unknown", wait=AT_ONCE, detail=detail, raw=reception.raw)
        return
    event = BatchEvent.RECEIVE
    attempts.step(way, attempt, event, outcome="received", wait=AT_ONCE, reference=reference, raw=reception.raw)


def _refused(way: Way, attempt: Attempt, error: PayerRefusedError) -> None:
    # A refusal may be of a second copy of a batch that the provider has: its books decide, not the refusal.
    event = BatchEvent.LOSE_SIGHT
    if attempts.step(way, attempt, event, outcome="refused", wait=AT_ONCE, detail=error.detail, raw=error.raw):
        _find(way, attempt.batch.id, refusal=error)


def _find(way: Way, batch_id: int, *, refusal: PayerRefusedError | None = None) -> None:
    """Ask what became of a batch in doubt; after a refusal, absence ends it instead of sending it again."""
    asking = attempts.question(way, batch_id)
    wait = rules.wait_before_asking(attempts.age_of(way, batch_id))
    try:
        standing = way.channel.find_batch(asking.batch.correlation_id)
    except (PayerUnavailableError, PayerOutcomeUnknownError, PayerRefusedError) as error:
        attempts.ask_later(way, asking, outcome="unknown", wait=wait, detail=error.detail, raw=error.raw)
        return
    if standing is None and refusal is not None:
        _end_refused(way, asking, refusal.their_code, refusal.detail)
    elif standing is None:
        detail = "the provider proves that it never had it"
        attempts.step(way, asking, BatchEvent.PROVE_ABSENT, outcome="absent", wait=AT_ONCE, detail=detail)
    elif standing.status == "failed" and standing.reference is None:
        _end_refused(way, asking, "failed", standing.reason or "the provider's request failed")
    else:
        event = BatchEvent.RECEIVE
        reference = standing.reference
        attempts.step(way, asking, event, outcome="received", wait=AT_ONCE, reference=reference, raw=standing.raw)


def _end_refused(way: Way, asking: Attempt, code: str, reason: str) -> None:
    with way.open_session() as session:
        batch = get_batch(session, asking.batch.id, lock=True)
        if batch.attempt == asking.number and batch.status == BatchStatus.UNKNOWN:
            confirm.refuse(session, batch.id, code=code, reason=reason, actor=way.actor, today=way.today)
            attempts.close(session, asking, "refused", reason)
