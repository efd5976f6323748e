"""Send again what was sent, or given up: one delivery, or all of a subscription since a time."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.webhooks import queries
from gateway.webhooks.errors import WebhookDeliveryNotFoundError
from gateway.webhooks.states import DELIVERY, DeliveryEvent
from gateway.webhooks.subscribe import WAKE, Owner, require_active

ONE = """
-- at most one row: the delivery that is due now, with a schedule of its own; its numbers of attempts go on
UPDATE webhook_delivery SET status = :status, round_attempts = 0, next_at = now()
WHERE mutual_id = current_mutual() AND subscription_id = :subscription_id AND id = :id AND status = ANY (:sources) RETURNING id
"""

SINCE = """
-- no row: the deliveries of what happened since then
UPDATE webhook_delivery d SET status = :status, round_attempts = 0, next_at = now()
FROM webhook_event e
WHERE d.mutual_id = current_mutual() AND d.subscription_id = :subscription_id AND e.mutual_id = d.mutual_id
  AND e.id = d.event_id AND e.occurred_at >= :since AND d.status = ANY (:wanted) AND d.status = ANY (:sources)
"""


def send_again(session: Session, subscription_id: int, delivery_id: int, *, owner: Owner) -> Any:
    """Let one delivery be due now, whatever came of it before; the ``webhook-id`` stays. Return it.

    Raises:
        WebhookNotFoundError: There is no such subscription, or it is not hers.
        WebhookDeliveryNotFoundError: The subscription has none of this number.
        WebhookDisabledError: Nothing is sent to it now.
    """
    _open(session, subscription_id, owner)
    values = {"subscription_id": subscription_id, "id": delivery_id, **_move()}
    if db.first(session, ONE, values) is None:
        raise WebhookDeliveryNotFoundError(f"webhook {subscription_id} has no delivery {delivery_id}")
    _note(session, owner, subscription_id, {"delivery": delivery_id})
    return queries.get_delivery(session, subscription_id, delivery_id)


def send_all_again(
    session: Session, subscription_id: int, since: dt.datetime, *, owner: Owner, only_failed: bool
) -> int:
    """Let all that happened since a time be due now; return how many deliveries that are.

    Args:
        session: The open transaction.
        subscription_id: Which.
        since: What happened at this moment or later.
        owner: Who asks.
        only_failed: Only what was given up; else also what the receiver took.

    Raises:
        WebhookNotFoundError: There is no such subscription, or it is not hers.
        WebhookDisabledError: Nothing is sent to it now.
    """
    _open(session, subscription_id, owner)
    wanted = ["failed"] if only_failed else ["failed", "delivered"]
    count = db.run(session, SINCE, {"subscription_id": subscription_id, "since": since, "wanted": wanted, **_move()})
    _note(session, owner, subscription_id, {"since": since, "only_failed": only_failed, "deliveries": count})
    return count


def _open(session: Session, subscription_id: int, owner: Owner) -> None:
    require_active(queries.lock_subscription(session, subscription_id, client_id=owner.client_id))
    db.run(session, WAKE, {"id": subscription_id})


def _move() -> dict[str, Any]:
    event = DeliveryEvent.SEND_AGAIN
    return {"status": DELIVERY.target(event).value, "sources": DELIVERY.sources(event)}


def _note(session: Session, owner: Owner, subscription_id: int, detail: dict[str, Any]) -> None:
    audit.record(
        session,
        actor=owner.actor,
        action="webhook.redeliver",
        subject_kind="webhook",
        subject_id=subscription_id,
        detail=detail,
    )
