"""A client of the state keeps its own subscriptions: it sees and changes no other, and is told what its scopes let it read."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import GateDep
from gateway.api.errors import problems
from gateway.api.etag import IfMatchDep, set_tag
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.api.schemas.webhooks import (
    EventKindRead,
    EventKindsRead,
    WebhookCreate,
    WebhookDeliveryDetailRead,
    WebhookDeliveryRead,
    WebhookRead,
    WebhookRedelivery,
    WebhookRedeliveryRead,
    WebhookRotation,
    WebhookSecretRead,
    WebhookTestRead,
    WebhookUpdate,
)
from gateway.api.state_access import StateAct, StateDep, StateOnceDep, needs
from gateway.statelink.states import Scope
from gateway.webhooks import queries
from gateway.webhooks.again import send_again, send_all_again
from gateway.webhooks.rules import kinds_for
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus
from gateway.webhooks.subscribe import Owner, change, disable, enable, end, rotate, send_test, subscribe

router = Router(prefix="/v1/state/webhooks", tags=["webhooks"])
KEEPS = needs(Scope.MANAGE_WEBHOOKS)


def _owner(act: StateAct) -> Owner:
    return Owner(act.actor, act.client.client_id, frozenset(act.client.scopes))


@router.get("/event-kinds", response_model=EventKindsRead, summary="What may be told", dependencies=[KEEPS])
def list_event_kinds(act: StateDep) -> EventKindsRead:
    """Return the kinds of events that this client may be told, by its token's scopes, with the JSON Schema of what is sent."""
    return EventKindsRead(items=[EventKindRead.of(kind) for kind in kinds_for(frozenset(act.client.scopes))])


@router.get("", response_model=Page[WebhookRead], summary="Who is told", dependencies=[KEEPS])
def list_webhooks(
    act: StateDep,
    asked: PageDep,
    status: Annotated[SubscriptionStatus | None, Query(description="Only those in this state.")] = None,
    needs_attention: Annotated[bool | None, Query(description="Only those that we disabled and nobody saw.")] = None,
) -> Page[WebhookRead]:
    """Return this client's own subscriptions, by number; no secret is among it."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_subscriptions(
        act.session,
        client_id=act.client.client_id,
        status=status,
        needs_attention=needs_attention,
        after=after,
        limit=asked.fetch,
    )
    return asked.page(rows, WebhookRead.model_validate, lambda row: (row.id,))


@router.post(
    "",
    status_code=201,
    response_model=WebhookSecretRead,
    summary="Subscribe an address",
    dependencies=[KEEPS],
    responses=problems(422),
)
def create_webhook(asked: WebhookCreate, act: StateDep, gate: GateDep, once: StateOnceDep) -> Response:
    """Tell an address what happens from now on. The secret it checks signatures with is shown this once."""

    def do() -> WebhookSecretRead:
        private = gate.settings.webhooks_private
        return WebhookSecretRead.of(subscribe(act.session, asked.asked(), owner=_owner(act), private=private))

    return once(do, body=asked)


@router.get(
    "/{subscription_id}",
    response_model=WebhookRead,
    summary="One subscription",
    dependencies=[KEEPS],
    responses=problems(404),
)
def get_webhook(subscription_id: PathId, act: StateDep) -> WebhookRead:
    """Return a subscription and how it is doing."""
    row = queries.get_subscription(act.session, subscription_id, client_id=act.client.client_id)
    set_tag(act.response, row.version)
    return WebhookRead.model_validate(row)


@router.patch(
    "/{subscription_id}",
    response_model=WebhookRead,
    summary="Change a subscription",
    dependencies=[KEEPS],
    responses=problems(404, 412, 422, 428),
)
def update_webhook(
    subscription_id: PathId, asked: WebhookUpdate, act: StateDep, gate: GateDep, version: IfMatchDep
) -> WebhookRead:
    """Change address, kinds or description; what waits goes to the new address."""
    private = gate.settings.webhooks_private
    row = change(act.session, subscription_id, asked.asked(), owner=_owner(act), version=version, private=private)
    set_tag(act.response, row.version)
    return WebhookRead.model_validate(row)


@router.post(
    "/{subscription_id}/secret",
    status_code=201,
    response_model=WebhookSecretRead,
    summary="Give it another secret",
    dependencies=[KEEPS],
    responses=problems(404),
)
def create_webhook_secret(
    subscription_id: PathId, asked: WebhookRotation, act: StateDep, once: StateOnceDep
) -> Response:
    """Make a new secret, shown this once; the one before signs too for as long as is said."""

    def do() -> WebhookSecretRead:
        overlap = dt.timedelta(hours=asked.overlap_hours)
        return WebhookSecretRead.of(rotate(act.session, subscription_id, owner=_owner(act), overlap=overlap))

    return once(do, body=asked)


@router.post(
    "/{subscription_id}/disablement",
    status_code=201,
    response_model=WebhookRead,
    summary="Send it nothing",
    dependencies=[KEEPS],
    responses=problems(404),
)
def create_webhook_disablement(subscription_id: PathId, asked: Because, act: StateDep, once: StateOnceDep) -> Response:
    """Send nothing until it is enabled; what happens meanwhile waits. Of one that we disabled, this says that you know."""

    def do() -> WebhookRead:
        row = disable(act.session, subscription_id, owner=_owner(act), reason=asked.reason)
        return WebhookRead.model_validate(row)

    return once(do, body=asked)


@router.post(
    "/{subscription_id}/enablement",
    status_code=201,
    response_model=WebhookRead,
    summary="Send to it again",
    dependencies=[KEEPS],
    responses=problems(404, 409),
)
def create_webhook_enablement(subscription_id: PathId, asked: Because, act: StateDep, once: StateOnceDep) -> Response:
    """Send again; what waited goes out now."""

    def do() -> WebhookRead:
        row = enable(act.session, subscription_id, owner=_owner(act), reason=asked.reason)
        return WebhookRead.model_validate(row)

    return once(do, body=asked)


@router.post(
    "/{subscription_id}/end",
    status_code=201,
    response_model=WebhookRead,
    summary="End a subscription",
    dependencies=[KEEPS],
    responses=problems(404, 409),
)
def create_webhook_end(subscription_id: PathId, asked: Because, act: StateDep, once: StateOnceDep) -> Response:
    """Tell it nothing more, for good; its secret is forgotten, what was told stays to be read."""

    def do() -> WebhookRead:
        row = end(act.session, subscription_id, owner=_owner(act), reason=asked.reason)
        return WebhookRead.model_validate(row)

    return once(do, body=asked)


@router.post(
    "/{subscription_id}/test",
    status_code=201,
    response_model=WebhookTestRead,
    summary="Send a test event",
    dependencies=[KEEPS],
    responses=problems(404, 409),
)
def create_webhook_test(subscription_id: PathId, act: StateDep, once: StateOnceDep) -> Response:
    """Send an event of the kind `gateway.test`, whatever kinds the subscription wants."""

    def do() -> WebhookTestRead:
        return WebhookTestRead(delivery_id=send_test(act.session, subscription_id, owner=_owner(act)))

    return once(do)


@router.get(
    "/{subscription_id}/deliveries",
    response_model=Page[WebhookDeliveryRead],
    summary="What was told, and what waits",
    dependencies=[KEEPS],
    responses=problems(404),
)
def list_webhook_deliveries(
    subscription_id: PathId,
    act: StateDep,
    asked: PageDep,
    status: Annotated[DeliveryStatus | None, Query(description="Only those in this state.")] = None,
) -> Page[WebhookDeliveryRead]:
    """Return the events of a subscription, newest first, with what came of the newest attempt of each."""
    queries.get_subscription(act.session, subscription_id, client_id=act.client.client_id)
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_deliveries(act.session, subscription_id, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, WebhookDeliveryRead.of, lambda row: (row.id,))


@router.get(
    "/{subscription_id}/deliveries/{delivery_id}",
    response_model=WebhookDeliveryDetailRead,
    summary="One event and its attempts",
    dependencies=[KEEPS],
    responses=problems(404),
)
def get_webhook_delivery(subscription_id: PathId, delivery_id: PathId, act: StateDep) -> WebhookDeliveryDetailRead:
    """Return what is sent, and every attempt with what came of it."""
    queries.get_subscription(act.session, subscription_id, client_id=act.client.client_id)
    return WebhookDeliveryDetailRead.of(queries.get_delivery(act.session, subscription_id, delivery_id))


@router.post(
    "/{subscription_id}/deliveries/{delivery_id}/redelivery",
    status_code=201,
    response_model=WebhookDeliveryDetailRead,
    summary="Send one event again",
    dependencies=[KEEPS],
    responses=problems(404, 409),
)
def create_webhook_redelivery(
    subscription_id: PathId, delivery_id: PathId, act: StateDep, once: StateOnceDep
) -> Response:
    """Send an event again now, whatever came of it before; its `webhook-id` stays the same."""

    def do() -> WebhookDeliveryDetailRead:
        found = send_again(act.session, subscription_id, delivery_id, owner=_owner(act))
        return WebhookDeliveryDetailRead.of(found)

    return once(do)


@router.post(
    "/{subscription_id}/redeliveries",
    status_code=201,
    response_model=WebhookRedeliveryRead,
    summary="Send all again since a time",
    dependencies=[KEEPS],
    responses=problems(404, 409),
)
def create_webhook_redeliveries(
    subscription_id: PathId, asked: WebhookRedelivery, act: StateDep, once: StateOnceDep
) -> Response:
    """Send again what happened since a time: what was given up, or everything."""

    def do() -> WebhookRedeliveryRead:
        count = send_all_again(
            act.session, subscription_id, asked.since, owner=_owner(act), only_failed=asked.only_failed
        )
        return WebhookRedeliveryRead(deliveries=count)

    return once(do, body=asked)
