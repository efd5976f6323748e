"""Who wants to be told, what happened, and how telling went."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from gateway.kit.columns import (
    TenantTable,
    Xid8,
    big,
    check,
    instant,
    one_of,
    refers,
    unique,
    whole,
    word_list,
    words,
)
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus


class Snapshot(UserDefinedType[str]):
    """PostgreSQL's list of the transactions that had ended at a moment."""

    cache_ok = True

    def get_col_spec(self, **_kwargs: Any) -> str:
        """Return the type's name."""
        return "pg_snapshot"


ischema_names["pg_snapshot"] = Snapshot  # so that a generated migration reads the type back

NO = {"server_default": text("false")}


class WebhookSubscription(TenantTable, table=True):
    """An address that wants to be told of kinds of events."""

    __tablename__ = "webhook_subscription"
    __table_args__ = (
        one_of("status", SubscriptionStatus),
        check("cardinality(events) > 0", "events"),
        check("num_nonnulls(old_secret, old_secret_until) IN (0, 2)", "old_secret"),
    )
    url: str = words()
    description: str = words()
    events: list[str] = word_list()
    client_id: str | None = words(nullable=True)
    """The client of the state whose subscription it is; empty where the staff keep it for a partner."""
    secret: str = words()
    """``whsec_`` and base64; signs. Kept in clear: a signature cannot be made from a digest."""
    old_secret: str | None = words(nullable=True)
    """The one before, which signs too until ``old_secret_until``."""
    old_secret_until: dt.datetime | None = instant(nullable=True)
    signs_messages: bool = Field(default=False, sa_column_kwargs=NO)
    """Whether what is sent bears an HTTP message signature (RFC 9421) besides."""
    status: str = words(server="'active'")
    status_reason: str | None = words(nullable=True)
    needs_attention: bool = Field(default=False, sa_column_kwargs=NO)
    """We switched it off, and nobody has said yet that she knows."""
    failures: int = whole(server="0")
    """Failed attempts since the last success."""
    failing_since: dt.datetime | None = instant(nullable=True)
    """The first of them."""
    succeeded_at: dt.datetime | None = instant(nullable=True)
    rests_until: dt.datetime | None = instant(nullable=True)
    """Nothing is sent before: the receiver could not be reached, or asked for a pause."""
    sending_until: dt.datetime | None = instant(nullable=True)
    """A job sends for it; when it does not come back, another may from then on."""
    since: str = Field(
        default=None,
        sa_type=Snapshot,
        sa_column_kwargs={"server_default": text("pg_current_snapshot()")},
        nullable=False,
    )
    """What could be seen when it was made; told is what could not: whatever was committed afterwards."""
    version: int = whole(server="1")
    created_at: dt.datetime = instant(now=True)
    created_by: str = words()


class WebhookCursor(TenantTable, table=True):
    """How far the logs were read: everything written by transactions before it. One row a mutual."""

    __tablename__ = "webhook_cursor"
    __table_args__ = (unique("name"),)
    name: str = words(server="'log'")
    below_xid: int = Field(sa_type=Xid8, nullable=False)


class WebhookEvent(TenantTable, table=True):
    """Something that happened and that somebody wanted to be told. Insert only; deleted when it is old."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        Index(
            "uq_webhook_event_source",
            "mutual_id",
            "source",
            "source_id",
            "type",
            unique=True,
            postgresql_where=text("source <> 'test'"),
        ),
        Index(None, "mutual_id", "created_at"),
    )
    type: str = words()
    version: int = whole()
    source: str = words()
    """``state_log``, ``audit_log`` or ``test``."""
    source_id: int = big()
    """The row it was made of: that a step makes one event is the database's to see."""
    subject_id: str = words()
    reference: str | None = words(nullable=True)
    """What the state knows the subject by: the id of a filing, the number of a bill or of a remittance."""
    status: str = words()
    occurred_at: dt.datetime = instant()
    created_at: dt.datetime = instant(now=True)


class WebhookDelivery(TenantTable, table=True):
    """One event on its way to one subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        unique("subscription_id", "event_id"),
        refers("subscription_id", "webhook_subscription"),
        refers("event_id", "webhook_event"),
        one_of("status", DeliveryStatus),
        Index(
            "ix_webhook_delivery_due",
            "mutual_id",
            "subscription_id",
            "next_at",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(None, "mutual_id", "event_id"),
    )
    subscription_id: int = big()
    event_id: int = big()
    status: str = words(server="'waiting'")
    attempts: int = whole(server="0")
    """The newest attempt's number. It stands in the attempt's final update: a worker that wakes up late is refused."""
    round_attempts: int = whole(server="0")
    """Attempts since it was first due, or was last sent again on request: the schedule counts these."""
    next_at: dt.datetime = instant(now=True)
    """When it is due; while an attempt runs, when its lease ends."""
    delivered_at: dt.datetime | None = instant(nullable=True)


class WebhookAttempt(TenantTable, table=True):
    """One attempt and what came of it. Insert only; a number that is missing is of a worker that did not come back."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (refers("delivery_id", "webhook_delivery"), unique("delivery_id", "number"))
    delivery_id: int = big()
    number: int = whole()
    at: dt.datetime = instant(now=True)
    http_status: int | None = whole(nullable=True)
    """Empty where no answer came."""
    answer: str = words()
    """The first characters of the answer, or why there is none."""
    milliseconds: int = whole()
