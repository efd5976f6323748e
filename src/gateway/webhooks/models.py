"""Who wants to be told, what happened, and how telling went."""

import datetime as dt

from sqlalchemy import Index, text

from gateway.kit.columns import TenantTable, big, instant, one_of, refers, unique, whole, word_list, words
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus


class WebhookSubscription(TenantTable, table=True):
    """An address that wants to be told of kinds of events."""

    __tablename__ = "webhook_subscription"
    __table_args__ = (one_of("status", SubscriptionStatus),)
    url: str = words()
    description: str = words()
    events: list[str] = word_list()
    secret: str = words()
    """``whsec_`` and base64; signs. Kept in clear: a signature cannot be made from a digest."""
    old_secret: str | None = words(nullable=True)
    """The one before, which signs too until ``old_secret_until``."""
    old_secret_until: dt.datetime | None = instant(nullable=True)
    status: str = words(server="'active'")
    status_reason: str | None = words(nullable=True)
    failing_since: dt.datetime | None = instant(nullable=True)
    """The first failure since the last success."""
    created_at: dt.datetime = instant(now=True)
    created_by: str = words()


class WebhookEvent(TenantTable, table=True):
    """Something that happened, told to whoever subscribed. Insert only."""

    __tablename__ = "webhook_event"
    __table_args__ = (unique("source", "source_id", "type"),)
    type: str = words()
    version: int = whole()
    source: str = words()
    """``state_log``, ``audit_log`` or ``test``."""
    source_id: int = big()
    """The row it was made of: that a step makes one event is the database's to see."""
    subject_id: str = words()
    status: str = words()
    occurred_at: dt.datetime = instant()


class WebhookDelivery(TenantTable, table=True):
    """One event on its way to one subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        unique("subscription_id", "event_id"),
        refers("subscription_id", "webhook_subscription"),
        refers("event_id", "webhook_event"),
        one_of("status", DeliveryStatus),
        Index("ix_webhook_delivery_due", "mutual_id", "next_at", postgresql_where=text("status = 'waiting'")),
    )
    subscription_id: int = big()
    event_id: int = big()
    status: str = words(server="'waiting'")
    attempts: int = whole(server="0")
    """Of this round; an attempt's number stands in its final update, so that a worker that wakes up late is refused."""
    next_at: dt.datetime = instant(now=True)
    """When it is due; while an attempt runs, when its lease ends."""


class WebhookAttempt(TenantTable, table=True):
    """One attempt and what came of it. Insert only."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (refers("delivery_id", "webhook_delivery"), Index(None, "mutual_id", "delivery_id"))
    delivery_id: int = big()
    at: dt.datetime = instant(now=True)
    http_status: int | None = whole(nullable=True)
    """Empty where no answer came."""
    answer: str = words()
    """The first bytes of the answer, or why there is none."""
    milliseconds: int = whole()
