"""What is read of subscriptions, of what was told to them, and of how far the logs were read."""

from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.webhooks.errors import WebhookDeliveryNotFoundError, WebhookNotFoundError
from gateway.webhooks.rules import Known, webhook_id

MOST_ID = 2**63 - 1

_SUBSCRIPTION = """id, url, description, events, client_id, signs_messages, status, status_reason, needs_attention, failures,
       failing_since, succeeded_at, rests_until, old_secret_until, version, created_at, created_by,
       (SELECT count(*) FROM webhook_delivery d WHERE d.mutual_id = s.mutual_id AND d.subscription_id = s.id
            AND d.status = 'waiting') AS waiting"""

SUBSCRIPTIONS = f"""
-- one row per subscription after an id that its owner may see, by id
SELECT {_SUBSCRIPTION} FROM webhook_subscription s
WHERE mutual_id = current_mutual() AND id > :after AND (CAST(:client_id AS text) IS NULL OR client_id = :client_id)
  AND (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:needs_attention AS boolean) IS NULL OR needs_attention = :needs_attention)
ORDER BY id LIMIT :limit
"""

SUBSCRIPTION = f"""
-- at most one row: a subscription that its owner may see
SELECT {_SUBSCRIPTION} FROM webhook_subscription s
WHERE mutual_id = current_mutual() AND id = :id AND (CAST(:client_id AS text) IS NULL OR client_id = :client_id)
"""

LOCKED = """
-- at most one row: a subscription that its owner may change, locked
SELECT id, url, events, client_id, status, version, secret FROM webhook_subscription
WHERE mutual_id = current_mutual() AND id = :id AND (CAST(:client_id AS text) IS NULL OR client_id = :client_id)
FOR NO KEY UPDATE
"""

_DELIVERY = """d.id, d.subscription_id, d.event_id, d.mutual_id, d.status, d.attempts, d.delivered_at,
       CASE WHEN d.status = 'waiting' THEN d.next_at END AS next_at, e.type, e.version, e.subject_id, e.reference,
       e.status AS subject_status, e.occurred_at"""

DELIVERIES = f"""
-- one row per delivery of a subscription with its newest attempt, newest first, before an id
SELECT {_DELIVERY}, a.at AS last_at, a.http_status AS last_http_status, a.answer AS last_answer
FROM webhook_delivery d
JOIN webhook_event e ON e.mutual_id = d.mutual_id AND e.id = d.event_id
LEFT JOIN webhook_attempt a ON a.mutual_id = d.mutual_id AND a.delivery_id = d.id AND a.number = d.attempts
WHERE d.mutual_id = current_mutual() AND d.subscription_id = :subscription_id AND d.id < :before
  AND (CAST(:status AS text) IS NULL OR d.status = :status)
ORDER BY d.id DESC LIMIT :limit
"""

DELIVERY = f"""
-- at most one row: a delivery of a subscription
SELECT {_DELIVERY} FROM webhook_delivery d JOIN webhook_event e ON e.mutual_id = d.mutual_id AND e.id = d.event_id
WHERE d.mutual_id = current_mutual() AND d.subscription_id = :subscription_id AND d.id = :id
"""

ATTEMPTS = """
-- one row per attempt of a delivery, in their order
SELECT number, at, http_status, answer, milliseconds FROM webhook_attempt
WHERE mutual_id = current_mutual() AND delivery_id = :delivery_id ORDER BY number
"""

STANDING = """
-- one row: how the telling stands, for a page of the staff's
SELECT count(*) FILTER (WHERE s.status = 'active') AS active, count(*) FILTER (WHERE s.needs_attention) AS needing_attention,
       count(*) FILTER (WHERE s.status = 'active' AND s.failures > 0) AS failing,
       (SELECT count(*) FROM webhook_delivery d WHERE d.mutual_id = current_mutual() AND d.status = 'waiting') AS waiting,
       (SELECT count(*) FROM webhook_delivery d WHERE d.mutual_id = current_mutual() AND d.status = 'failed') AS failed
FROM webhook_subscription s WHERE s.mutual_id = current_mutual()
"""


class Attempted(NamedTuple):
    """A delivery with everything that was tried."""

    delivery: Any
    event: Known
    attempts: list[Any]


def list_subscriptions(
    session: Session,
    *,
    client_id: str | None = None,
    status: str | None = None,
    needs_attention: bool | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[Any]:
    """Return the subscriptions that somebody may see, by id.

    Args:
        session: The open transaction.
        client_id: The client of the state who asks; None for the staff, who see all.
        status: Only those in this state.
        needs_attention: Only those that we switched off and of which nobody took note yet, or only the others.
        after: Only those after this id.
        limit: At most so many.
    """
    values = {"client_id": client_id, "status": status, "needs_attention": needs_attention}
    return db.rows(session, SUBSCRIPTIONS, {**values, "after": after, "limit": limit})


def get_subscription(session: Session, subscription_id: int, *, client_id: str | None = None) -> Any:
    """Return a subscription as its owner may see it: without its secret.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
    """
    return _found(subscription_id, db.first(session, SUBSCRIPTION, {"id": subscription_id, "client_id": client_id}))


def lock_subscription(session: Session, subscription_id: int, *, client_id: str | None = None) -> Any:
    """Return a subscription, held until the transaction ends.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
    """
    return _found(subscription_id, db.first(session, LOCKED, {"id": subscription_id, "client_id": client_id}))


def list_deliveries(
    session: Session, subscription_id: int, *, status: str | None = None, before: int = MOST_ID, limit: int = 100
) -> list[Any]:
    """Return what was told to a subscription, or waits to be, newest first, with the newest attempt of each."""
    values = {"subscription_id": subscription_id, "status": status, "before": before, "limit": limit}
    return db.rows(session, DELIVERIES, values)


def get_delivery(session: Session, subscription_id: int, delivery_id: int) -> Attempted:
    """Return a delivery with the event as it is sent and every attempt.

    Raises:
        WebhookDeliveryNotFoundError: The subscription has none of this number.
    """
    row = db.first(session, DELIVERY, {"subscription_id": subscription_id, "id": delivery_id})
    if row is None:
        raise WebhookDeliveryNotFoundError(
            f"webhook {subscription_id} has no delivery {delivery_id}; its list has those that are kept"
        )
    return Attempted(row, event_in(row), db.rows(session, ATTEMPTS, {"delivery_id": delivery_id}))


def event_in(row: Any) -> Known:
    """Return the event that a row of a delivery is about, as it is told."""
    named = webhook_id(row.mutual_id, row.event_id)
    return Known(named, row.type, row.version, row.occurred_at, row.subject_id, row.reference, row.subject_status)


def standing(session: Session) -> Any:
    """Return how many subscriptions are active, failing and in need of attention, and what waits or was given up."""
    return db.one(session, STANDING)


def _found(subscription_id: int, row: Any | None) -> Any:
    if row is None:
        raise WebhookNotFoundError(f"no webhook {subscription_id}; the list has those that there are")
    return row
