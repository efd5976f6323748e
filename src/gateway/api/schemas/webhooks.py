"""Subscriptions to what happens here, and how telling went."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, StringConstraints

from gateway.api.schemas.common import ReadModel, WriteModel, example
from gateway.webhooks.queries import Attempted
from gateway.webhooks.rules import (
    LONGEST_ADDRESS,
    LONGEST_OVERLAP,
    OVERLAP,
    Kind,
    Known,
    body_of,
    schema_of,
    webhook_id,
)
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus
from gateway.webhooks.subscribe import Changes, NewSubscription, Revealed

Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ADDRESS)]
Events = Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=100)]
About = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]
MOST_OVERLAP = int(LONGEST_OVERLAP.total_seconds() // 3600)


class EventKindRead(ReadModel):
    """A kind of event that may be subscribed to."""

    type: str
    version: int
    description: str
    body_schema: dict[str, Any]
    """JSON Schema of what is sent."""

    @classmethod
    def of(cls, kind: Kind) -> Self:
        """Return a kind as it is shown."""
        return cls(type=kind.type, version=kind.version, description=kind.about, body_schema=dict(schema_of(kind)))


class EventKindsRead(ReadModel):
    """What may be subscribed to."""

    items: list[EventKindRead]


class WebhookCreate(WriteModel):
    """An address that wants to be told."""

    model_config = example({"url": "https://partner.example/hooks/mutual", "events": ["filing.answered"]})

    url: Address
    """https; nothing is sent inside private networks, and no redirect is followed."""
    events: Events
    """Kinds, as ``GET …/event-kinds`` lists them."""
    description: About = ""
    signs_messages: bool = False
    """Whether what is sent bears an HTTP message signature (RFC 9421) besides, by a key of ``/.well-known/jwks.json``."""

    def asked(self) -> NewSubscription:
        """Return what is asked for."""
        return NewSubscription(**self.model_dump())


class WebhookUpdate(WriteModel):
    """What is to be otherwise; what is not named stays."""

    model_config = example({"events": ["filing.answered", "filing.settled"]})

    url: Address | None = None
    events: Events | None = None
    description: About | None = None
    signs_messages: bool | None = None

    def asked(self) -> Changes:
        """Return what is to be otherwise."""
        return Changes(**self.model_dump())


class WebhookRead(ReadModel):
    """A subscription; its secret is shown only when it is made."""

    id: int
    url: str
    description: str
    events: list[str]
    client_id: str | None
    """The client of the state whose own it is."""
    signs_messages: bool
    status: SubscriptionStatus
    status_reason: str | None
    needs_attention: bool
    """We disabled it, and nobody has enabled or disabled it since."""
    waiting: int
    """Events that are to be sent."""
    failures: int
    """Failed attempts since the last success."""
    failing_since: dt.datetime | None
    succeeded_at: dt.datetime | None
    rests_until: dt.datetime | None
    """Nothing is sent before: it could not be reached, or asked for a pause."""
    old_secret_until: dt.datetime | None
    """Until then the secret before the rotation signs too."""
    version: int
    created_at: dt.datetime
    created_by: str


class WebhookSecretRead(ReadModel):
    """A subscription with its new secret: keep it, it is not shown again."""

    webhook: WebhookRead
    secret: str

    @classmethod
    def of(cls, made: Revealed) -> Self:
        """Return what is shown this once."""
        return cls(webhook=WebhookRead.model_validate(made.subscription), secret=made.secret)


class WebhookRotation(WriteModel):
    """Another secret."""

    model_config = example({"overlap_hours": 24})

    overlap_hours: Annotated[int, Field(ge=0, le=MOST_OVERLAP)] = int(OVERLAP.total_seconds() // 3600)
    """So long the secret before signs too; 0 where it has been seen by somebody."""


class WebhookRedelivery(WriteModel):
    """What is to be sent again."""

    model_config = example({"since": "2026-04-01T00:00:00-04:00", "only_failed": True})

    since: Annotated[AwareDatetime, Field(examples=["2026-04-01T00:00:00-04:00"])]
    """What happened at this moment or later."""
    only_failed: bool = True
    """Only what was given up; else also what was taken."""


class WebhookRedeliveryRead(ReadModel):
    """How much is sent again."""

    deliveries: int


class WebhookTestRead(ReadModel):
    """A test event on its way."""

    delivery_id: int


class WebhookAttemptRead(ReadModel):
    """One attempt; a number that is missing is of a worker that did not come back."""

    number: int
    at: dt.datetime
    http_status: int | None
    answer: str
    """The first characters of the answer, or why there is none."""
    milliseconds: int


class WebhookDeliveryRead(ReadModel):
    """One event on its way to a subscription."""

    id: int
    webhook_id: str
    """The same on every attempt: what a receiver knows an event by."""
    type: str
    status: DeliveryStatus
    attempts: int
    occurred_at: dt.datetime
    next_at: dt.datetime | None
    """When it is tried next."""
    delivered_at: dt.datetime | None
    last_http_status: int | None
    last_answer: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return a delivery of a list as it is shown."""
        return cls(webhook_id=webhook_id(row.mutual_id, row.event_id), **_shown(row))


class WebhookDeliveryDetailRead(ReadModel):
    """One event on its way, what is sent, and every attempt."""

    id: int
    webhook_id: str
    type: str
    status: DeliveryStatus
    attempts: list[WebhookAttemptRead]
    occurred_at: dt.datetime
    next_at: dt.datetime | None
    delivered_at: dt.datetime | None
    body: dict[str, Any]

    @classmethod
    def of(cls, found: Attempted) -> Self:
        """Return a delivery as it is shown."""
        event: Known = found.event
        shown: Mapping[str, Any] = {
            name: getattr(found.delivery, name) for name in ("id", "type", "status", "occurred_at", "next_at", "delivered_at")
        }  # fmt: skip
        attempts = [WebhookAttemptRead.model_validate(one) for one in found.attempts]
        return cls(webhook_id=event.id, body=body_of(event), attempts=attempts, **shown)


def _shown(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in WebhookDeliveryRead.model_fields if name != "webhook_id"}
