"""Subscribe an address to kinds of events, change that, give it another secret, switch it off and on, try it."""

import base64
import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.errors import PreconditionError
from gateway.webhooks import queries
from gateway.webhooks.errors import WebhookDisabledError
from gateway.webhooks.rules import TEST, check_types, check_url
from gateway.webhooks.states import (
    DELIVERY,
    SUBSCRIPTION,
    DeliveryEvent,
    SubscriptionEvent,
    SubscriptionStatus,
)

INSERT = """
-- one row: the new subscription's id
INSERT INTO webhook_subscription (url, description, events, client_id, secret, signs_messages, created_by)
VALUES (:url, :description, :events, :client_id, :secret, :signs_messages, :actor) RETURNING id
"""

CHANGE = """
-- no row: the subscription as it is to be from now on
UPDATE webhook_subscription SET url = :url, description = coalesce(:description, description), events = :events,
    signs_messages = coalesce(:signs_messages, signs_messages), version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

ROTATE = """
-- no row: a new secret; the one before signs too for a while, one that is older no longer
UPDATE webhook_subscription SET
    old_secret = CASE WHEN CAST(:overlap AS interval) > interval '0' THEN secret END,
    old_secret_until = CASE WHEN CAST(:overlap AS interval) > interval '0' THEN now() + CAST(:overlap AS interval) END,
    secret = :secret, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

SWITCH = """
-- no row: the subscription in its new state; somebody knows of it, and what failed before counts no more
UPDATE webhook_subscription SET status = :status, status_reason = :reason, needs_attention = false, failures = 0,
    failing_since = NULL, rests_until = NULL, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

END = """
-- no row: the subscription is over; nothing can be signed for it any more
UPDATE webhook_subscription SET status = :status, status_reason = :reason, needs_attention = false, secret = '',
    old_secret = NULL, old_secret_until = NULL, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

ABANDON = """
-- no row: what waited for a subscription that is over
UPDATE webhook_delivery SET status = :status
WHERE mutual_id = current_mutual() AND subscription_id = :id AND status = ANY (:sources)
"""

TRY = """
-- one row: the delivery of a test event
WITH told AS (
    INSERT INTO webhook_event (type, version, source, source_id, subject_id, status, occurred_at)
    VALUES (:type, 1, 'test', 0, :subscription_id, 'test', clock_timestamp()) RETURNING id)
INSERT INTO webhook_delivery (subscription_id, event_id) SELECT :subscription_id, id FROM told RETURNING id
"""

WAKE = """
-- no row: a subscription that rests no longer, because a person wants to see something happen
UPDATE webhook_subscription SET rests_until = NULL WHERE mutual_id = current_mutual() AND id = :id
"""


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What is asked for."""

    url: str
    events: Sequence[str]
    description: str = ""
    signs_messages: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be otherwise; None leaves it."""

    url: str | None = None
    events: Sequence[str] | None = None
    description: str | None = None
    signs_messages: bool | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who keeps a subscription."""

    actor: str
    """For the log."""
    client_id: str | None = None
    """The client of the state whose own it is; None for the staff, who keep those of partners and see all."""
    scopes: frozenset[str] | None = None
    """Of the client: it is told only what it may read. None for the staff."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """A subscription with its new secret, which is shown this once."""

    subscription: Any
    secret: str


def subscribe(session: Session, new: NewSubscription, *, owner: Owner, private: bool) -> Revealed:
    """Make a subscription; told is what happens from now on.

    Args:
        session: The open transaction.
        new: What is asked for.
        owner: Who asks.
        private: Whether an address inside a private network is allowed, for sandboxes.

    Raises:
        WebhookAddressError: Nothing may be sent to the address.
        WebhookEventUnknownError: A kind is not in the owner's list.
    """
    secret = new_secret()
    values = {
        "url": check_url(new.url, private=private),
        "description": new.description,
        "events": check_types(new.events, scopes=owner.scopes),
        "client_id": owner.client_id,
        "secret": secret,
        "signs_messages": new.signs_messages,
        "actor": owner.actor,
    }
    subscription_id = int(db.scalar(session, INSERT, values))
    kept = {"url": new.url, "events": values["events"], "client_id": owner.client_id}
    _note(session, owner, "webhook.create", subscription_id, detail=kept)
    return Revealed(queries.get_subscription(session, subscription_id), secret)


def change(
    session: Session, subscription_id: int, changes: Changes, *, owner: Owner, version: int, private: bool
) -> Any:
    """Change a subscription; what waits for it is sent to the new address.

    Args:
        session: The open transaction.
        subscription_id: Which.
        changes: What is to be otherwise.
        owner: Who asks.
        version: The one that was read.
        private: As for a new one.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
        PreconditionError: Somebody changed it meanwhile.
        WebhookAddressError: Nothing may be sent to the address.
        WebhookEventUnknownError: A kind is not in the owner's list.
        WebhookDisabledError: It has ended.
    """
    before = _living(session, subscription_id, owner)
    if version != before.version:
        raise PreconditionError(
            f"this is version {before.version}, the change was made to version {version}; read it again"
        )
    url = before.url if changes.url is None else check_url(changes.url, private=private)
    events = before.events if changes.events is None else check_types(changes.events, scopes=owner.scopes)
    said = {"description": changes.description, "signs_messages": changes.signs_messages}
    db.run(session, CHANGE, {"id": subscription_id, "url": url, "events": events, **said})
    _note(session, owner, "webhook.change", subscription_id, detail={"url": url, "events": events})
    return queries.get_subscription(session, subscription_id)


def rotate(session: Session, subscription_id: int, *, owner: Owner, overlap: dt.timedelta) -> Revealed:
    """Give a subscription another secret; the one before signs too for as long as ``overlap``.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
        WebhookDisabledError: It has ended.
    """
    _living(session, subscription_id, owner)
    secret = new_secret()
    db.run(session, ROTATE, {"id": subscription_id, "secret": secret, "overlap": overlap})
    _note(session, owner, "webhook.rotate", subscription_id, detail={"overlap_seconds": int(overlap.total_seconds())})
    return Revealed(queries.get_subscription(session, subscription_id), secret)


def disable(session: Session, subscription_id: int, *, owner: Owner, reason: str) -> Any:
    """Send nothing until it is enabled; what happens meanwhile waits. One that we disabled is thereby taken note of.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
        InvalidTransitionError: It has ended.
    """
    before = queries.lock_subscription(session, subscription_id, client_id=owner.client_id)
    if before.status != SubscriptionStatus.DISABLED:
        SUBSCRIPTION.advance(SubscriptionStatus(before.status), SubscriptionEvent.DISABLE)
    values = {"id": subscription_id, "status": SubscriptionStatus.DISABLED.value, "reason": reason}
    db.run(session, SWITCH, values)
    _note(session, owner, "webhook.disable", subscription_id, reason=reason)
    return queries.get_subscription(session, subscription_id)


def enable(session: Session, subscription_id: int, *, owner: Owner, reason: str | None = None) -> Any:
    """Send again; what waited goes out now.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
        InvalidTransitionError: It is active, or has ended.
    """
    before = queries.lock_subscription(session, subscription_id, client_id=owner.client_id)
    status = SUBSCRIPTION.advance(SubscriptionStatus(before.status), SubscriptionEvent.ENABLE)
    db.run(session, SWITCH, {"id": subscription_id, "status": status.value, "reason": None})
    _note(session, owner, "webhook.enable", subscription_id, reason=reason)
    return queries.get_subscription(session, subscription_id)


def end(session: Session, subscription_id: int, *, owner: Owner, reason: str) -> Any:
    """Tell a subscription nothing more, for good; what waits is abandoned, what was told stays to be read.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
        InvalidTransitionError: It has ended before.
    """
    before = queries.lock_subscription(session, subscription_id, client_id=owner.client_id)
    status = SUBSCRIPTION.advance(SubscriptionStatus(before.status), SubscriptionEvent.END)
    db.run(session, END, {"id": subscription_id, "status": status.value, "reason": reason})
    event = DeliveryEvent.ABANDON
    moved = {"status": DELIVERY.target(event).value, "sources": DELIVERY.sources(event)}
    db.run(session, ABANDON, {"id": subscription_id, **moved})
    _note(session, owner, "webhook.end", subscription_id, reason=reason)
    return queries.get_subscription(session, subscription_id)


def send_test(session: Session, subscription_id: int, *, owner: Owner) -> int:
    """Queue a test event for one subscription, whatever kinds it wants; return the delivery's number.

    Raises:
        WebhookNotFoundError: There is none, or it is not hers.
        WebhookDisabledError: Nothing is sent to it now.
    """
    require_active(queries.lock_subscription(session, subscription_id, client_id=owner.client_id))
    delivery_id = int(db.scalar(session, TRY, {"type": TEST, "subscription_id": subscription_id}))
    db.run(session, WAKE, {"id": subscription_id})
    _note(session, owner, "webhook.test", subscription_id)
    return delivery_id


def require_active(subscription: Any) -> None:
    """Check that something is sent to a subscription.

    Raises:
        WebhookDisabledError: Nothing is.
    """
    if subscription.status != SubscriptionStatus.ACTIVE:
        raise WebhookDisabledError(f"webhook {subscription.id} is {subscription.status}; nothing is sent to it")


def new_secret() -> str:
    """Return a secret of 32 random bytes as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _living(session: Session, subscription_id: int, owner: Owner) -> Any:
    found = queries.lock_subscription(session, subscription_id, client_id=owner.client_id)
    if found.status == SubscriptionStatus.ENDED:
        raise WebhookDisabledError(f"webhook {subscription_id} has ended; make another")
    return found


def _note(
    session: Session, owner: Owner, action: str, subscription_id: int, *, reason: str | None = None, detail: Any = None
) -> None:
    audit.record(
        session,
        actor=owner.actor,
        action=action,
        subject_kind="webhook",
        subject_id=subscription_id,
        reason=reason,
        detail=detail,
    )
