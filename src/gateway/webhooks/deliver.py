"""Bring what waits to one subscription, one event after the other, and write down what came of each attempt.

An attempt is taken with a lease in a transaction that ends before a byte leaves, and its number stands in the final
update: a worker that is killed leaves a delivery that is due again when the lease ends, with the same ``webhook-id``; one
that wakes up late writes over nothing. A subscription has one job at a time, by a lease of its own, and rests after
failures, so a receiver that does not answer costs one place of a worker for seconds, seldom, and nobody else waits for it.
"""

import datetime as dt
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.webhooks.queries import event_in
from gateway.webhooks.rules import must_disable, rest_after, wait_after
from gateway.webhooks.send import Sent
from gateway.webhooks.states import DELIVERY, SUBSCRIPTION, DeliveryEvent, SubscriptionEvent

GONE = 410
LEASE_SECONDS = 60.0
"""Longer than an attempt can take: it ends after some ten seconds."""
MOST = 500
"""Deliveries of one job; what is left is the next one's."""
LONGEST = 20.0
"""Seconds after which a job begins no further attempt."""

RESERVE = """
-- one row per subscription with something due that no job sends for: reserved for the job that is queued now
UPDATE webhook_subscription s SET sending_until = now() + CAST(:lease AS interval)
WHERE s.mutual_id = current_mutual() AND s.status = 'active' AND coalesce(s.rests_until, '-infinity') <= now()
  AND coalesce(s.sending_until, '-infinity') <= now()
  AND (s.client_id IS NULL OR EXISTS (SELECT FROM state_client c WHERE c.mutual_id = s.mutual_id
       AND c.client_id = s.client_id AND c.is_active))
  AND EXISTS (SELECT FROM webhook_delivery d WHERE d.mutual_id = s.mutual_id AND d.subscription_id = s.id
       AND d.status = 'waiting' AND d.next_at <= now())
RETURNING s.id
"""

TAKE = """
-- at most one row: the delivery of a subscription that is due first, taken for an attempt, with the event and the secrets
WITH held AS (
    SELECT s.id, s.url, s.secret, s.signs_messages, CASE WHEN s.old_secret_until > now() THEN s.old_secret END AS old_secret
    FROM webhook_subscription s
    WHERE s.mutual_id = current_mutual() AND s.id = :subscription_id AND s.status = 'active'
      AND coalesce(s.rests_until, '-infinity') <= now() FOR NO KEY UPDATE
), due AS (
    SELECT d.id FROM held JOIN webhook_delivery d ON d.mutual_id = current_mutual() AND d.subscription_id = held.id
    WHERE d.status = 'waiting' AND d.next_at <= now() ORDER BY d.next_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
), busy AS (
    UPDATE webhook_subscription s SET sending_until = now() + CAST(:lease AS interval)
    FROM due WHERE s.mutual_id = current_mutual() AND s.id = :subscription_id
)
UPDATE webhook_delivery d SET attempts = d.attempts + 1, round_attempts = d.round_attempts + 1,
    next_at = now() + CAST(:lease AS interval)
FROM due, held, webhook_event e
WHERE d.mutual_id = current_mutual() AND d.id = due.id AND e.mutual_id = d.mutual_id AND e.id = d.event_id
RETURNING d.id, d.mutual_id, d.subscription_id, d.event_id, d.attempts, d.round_attempts, e.type, e.version, e.subject_id,
          e.reference, e.status AS subject_status, e.occurred_at, held.url, held.secret, held.old_secret, held.signs_messages
"""

NOTE = """
-- no row: the attempt and what came of it
INSERT INTO webhook_attempt (delivery_id, number, at, http_status, answer, milliseconds)
VALUES (:id, :number, clock_timestamp(), :http_status, :answer, :milliseconds) ON CONFLICT (mutual_id, delivery_id, number) DO NOTHING
"""

DELIVERED = """
-- no row: the delivery is there, if this attempt is still the newest
UPDATE webhook_delivery SET status = :status, delivered_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :id AND attempts = :number AND status = ANY (:sources)
"""

LATER = """
-- no row: the delivery waits for its next attempt, if this one is still the newest
UPDATE webhook_delivery SET next_at = clock_timestamp() + CAST(:wait AS interval)
WHERE mutual_id = current_mutual() AND id = :id AND attempts = :number AND status = 'waiting'
"""

GIVEN_UP = """
-- no row: no attempt follows, if this one is still the newest
UPDATE webhook_delivery SET status = :status
WHERE mutual_id = current_mutual() AND id = :id AND attempts = :number AND status = ANY (:sources)
"""

WELL = """
-- no row: a subscription that takes what it is sent
UPDATE webhook_subscription SET failures = 0, failing_since = NULL, rests_until = NULL, succeeded_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :subscription_id
"""

FAILED = """
-- one row: how many attempts of a subscription failed in a row, since when, and what time it is
UPDATE webhook_subscription SET failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp())
WHERE mutual_id = current_mutual() AND id = :subscription_id RETURNING failures, failing_since, clock_timestamp() AS now
"""

REST = """
-- no row: nothing is sent to the subscription for a while
UPDATE webhook_subscription SET rests_until = greatest(rests_until, clock_timestamp() + CAST(:rest AS interval))
WHERE mutual_id = current_mutual() AND id = :subscription_id
"""

DISABLE = """
-- no row: the subscription is switched off, and waits for somebody of the staff to look at it
UPDATE webhook_subscription SET status = :status, status_reason = :reason, needs_attention = true, version = version + 1
WHERE mutual_id = current_mutual() AND id = :subscription_id AND status = ANY (:sources)
"""

RELEASE = """
-- no row: another job may send for the subscription
UPDATE webhook_subscription SET sending_until = NULL WHERE mutual_id = current_mutual() AND id = :subscription_id
"""

Sender = Callable[..., Sent]
"""``send(url, secrets, event, signed=…)`` of ``webhooks.send``, with what this process knows filled in."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a job needs to bring events out of the house."""

    open_session: Callable[[], AbstractContextManager[Session]]
    send: Sender
    actor: str
    lease: dt.timedelta
    """After so long without its end an attempt is made anew; longer than one can take."""
    mark: Callable[[str], None]
    """Called at named points, so that a test can end the process there."""


def lease_of(settings: Mapping[str, Any]) -> dt.timedelta:
    """Return after how long a mutual counts an attempt as lost."""
    return dt.timedelta(seconds=float(settings.get("webhooks", {}).get("lease_seconds", LEASE_SECONDS)))


def reserve(session: Session, lease: dt.timedelta) -> Sequence[int]:
    """Return the subscriptions that a job is to be queued for now, each reserved for it."""
    return [int(row.id) for row in db.rows(session, RESERVE, {"lease": lease})]


def deliver(carrier: Carrier, subscription_id: int) -> int:
    """Send what is due for a subscription until nothing is, it rests, or the job has run long enough; return how many.

    A second run while another is under way takes other deliveries than it.
    """
    began, made = time.monotonic(), 0
    while made < MOST and time.monotonic() - began < LONGEST:
        with carrier.open_session() as session:
            taken = db.first(session, TAKE, {"subscription_id": subscription_id, "lease": carrier.lease})
        if taken is None:
            break
        carrier.mark("webhooks.before_call")
        sent = carrier.send(taken.url, _secrets(taken), event_in(taken), signed=taken.signs_messages)
        carrier.mark("webhooks.after_call")
        with carrier.open_session() as session:
            _write_down(session, taken, sent, carrier.actor)
        made += 1
    with carrier.open_session() as session:
        db.run(session, RELEASE, {"subscription_id": subscription_id})
    return made


def _secrets(taken: Any) -> list[str]:
    return [secret for secret in (taken.secret, taken.old_secret) if secret is not None]


def _write_down(session: Session, taken: Any, sent: Sent, actor: str) -> None:
    values = {"id": taken.id, "number": taken.attempts, "subscription_id": taken.subscription_id}
    said = {"http_status": sent.http_status, "answer": sent.answer, "milliseconds": sent.milliseconds}
    # The subscription first, as everybody locks it before its deliveries.
    if sent.is_taken:
        db.run(session, WELL, values)
        db.run(session, NOTE, {**values, **said})
        db.run(session, DELIVERED, {**values, **_move(DeliveryEvent.DELIVER)})
        return
    failed = db.one(session, FAILED, values)
    db.run(session, NOTE, {**values, **said})
    wait = _wait(taken, sent)
    if wait is None:
        db.run(session, GIVEN_UP, {**values, **_move(DeliveryEvent.GIVE_UP)})
    else:
        db.run(session, LATER, {**values, "wait": wait})
    rest = sent.pause or rest_after(failed.failures, is_reached=sent.http_status is not None)
    if rest is not None:
        db.run(session, REST, {**values, "rest": rest})
    if sent.http_status == GONE:
        _disable(session, values, "the receiver answered 410 Gone", actor)
    elif must_disable(failed.failing_since, now=failed.now):
        _disable(session, values, f"nothing was taken since {failed.failing_since:%Y-%m-%d %H:%M} UTC", actor)


def _wait(taken: Any, sent: Sent) -> dt.timedelta | None:
    if sent.http_status == GONE:
        # What waits for somebody who is gone is sent when a person says that she is there again.
        return dt.timedelta()
    wait = wait_after(taken.round_attempts, secrets.randbelow(1000) / 1000)
    return wait if wait is None or sent.pause is None else max(wait, sent.pause)


def _move(event: DeliveryEvent) -> dict[str, Any]:
    return {"status": DELIVERY.target(event).value, "sources": DELIVERY.sources(event)}


def _disable(session: Session, values: dict[str, Any], reason: str, actor: str) -> None:
    event = SubscriptionEvent.DISABLE
    moved = {"status": SUBSCRIPTION.target(event).value, "sources": SUBSCRIPTION.sources(event)}
    if db.run(session, DISABLE, {**values, **moved, "reason": reason}):
        audit.record(
            session,
            actor=actor,
            action="webhook.disable",
            subject_kind="webhook",
            subject_id=values["subscription_id"],
            reason=reason,
        )
