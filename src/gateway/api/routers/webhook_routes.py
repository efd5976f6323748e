"""Subscriptions to what happens here, kept by staff, who see all of them, or by a client of the state, which sees its own.

A client is told what its scopes let it read. An endpoint is written once, for whoever acts; ``add_routes`` gives a router all of them for one kind of caller.
"""

import datetime as dt
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Response

from gateway.api.dependencies import Act, GateDep
from gateway.api.errors import problems
from gateway.api.etag import IfMatchDep, set_tag
from gateway.api.once import Once
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
from gateway.api.state_access import StateAct
from gateway.webhooks import queries
from gateway.webhooks.again import send_again, send_all_again
from gateway.webhooks.rules import kinds_for
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus
from gateway.webhooks.subscribe import Owner, change, disable, enable, end, rotate, send_test, subscribe

Acting = Act | StateAct


def owner_of(act: Acting) -> Owner:
    """Return for whom a caller keeps subscriptions: staff for the mutual, a client of the state for itself."""
    if isinstance(act, StateAct):
        return Owner(act.actor, act.client.client_id, frozenset(act.client.scopes))
    return Owner(act.actor)


def add_routes(router: Router, *, act: Any, once: Any, who: Any) -> None:
    """Add every route of subscriptions to a router.

    Args:
        router: Of one kind of caller.
        act: Its transaction: ``ActDep`` or ``StateDep``.
        once: What keeps its requests from acting twice: ``OnceDep`` or ``StateOnceDep``.
        who: Lets in who may.
    """

    def add(
        method: str, path: str, endpoint: Callable[..., Any], model: Any, summary: str, *,
        status: int = 200, refusals: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        router.add_api_route(
            path,
            _for_caller(endpoint, {"act": act, "once": once}),
            methods=[method],
            status_code=status,
            response_model=model,
            summary=summary,
            dependencies=[who],
            responses=problems(*refusals),
        )

    add("GET", "/event-kinds", list_event_kinds, EventKindsRead, "What may be told")
    add("GET", "", list_webhooks, Page[WebhookRead], "Who is told")
    add("POST", "", create_webhook, WebhookSecretRead, "Subscribe an address", refusals=(422,), status=201)
    add("GET", "/{subscription_id}", get_webhook, WebhookRead, "One subscription", refusals=(404,))
    add(
        "PATCH",
        "/{subscription_id}",
        update_webhook,
        WebhookRead,
        "Change a subscription",
        refusals=(404, 412, 422, 428),
    )
    add(
        "POST",
        "/{subscription_id}/secret",
        create_webhook_secret,
        WebhookSecretRead,
        "Give it another secret",
        refusals=(404,),
        status=201,
    )
    add(
        "POST",
        "/{subscription_id}/disablement",
        create_webhook_disablement,
        WebhookRead,
        "Send it nothing",
        refusals=(404,),
        status=201,
    )
    add(
        "POST",
        "/{subscription_id}/enablement",
        create_webhook_enablement,
        WebhookRead,
        "Send to it again",
        refusals=(404, 409),
        status=201,
    )
    add(
        "POST",
        "/{subscription_id}/end",
        create_webhook_end,
        WebhookRead,
        "End a subscription",
        refusals=(404, 409),
        status=201,
    )
    add(
        "POST",
        "/{subscription_id}/test",
        create_webhook_test,
        WebhookTestRead,
        "Send a test event",
        refusals=(404, 409),
        status=201,
    )
    add(
        "GET",
        "/{subscription_id}/deliveries",
        list_webhook_deliveries,
        Page[WebhookDeliveryRead],
        "What was told, and what waits",
        refusals=(404,),
    )
    add(
        "GET",
        "/{subscription_id}/deliveries/{delivery_id}",
        get_webhook_delivery,
        WebhookDeliveryDetailRead,
        "One event and its attempts",
        refusals=(404,),
    )
    add(
        "POST",
        "/{subscription_id}/deliveries/{delivery_id}/redelivery",
        create_webhook_redelivery,
        WebhookDeliveryDetailRead,
        "Send one event again",
        refusals=(404, 409),
        status=201,
    )
    add(
        "POST",
        "/{subscription_id}/redeliveries",
        create_webhook_redeliveries,
        WebhookRedeliveryRead,
        "Send all again since a time",
        refusals=(404, 409),
        status=201,
    )


def _for_caller(endpoint: Callable[..., Any], asks: dict[str, Any]) -> Callable[..., Any]:
    """Return an endpoint that asks for these dependencies in the place of what it is written for."""

    @functools.wraps(endpoint)
    def run(**values: Any) -> Any:
        return endpoint(**values)

    signature = inspect.signature(endpoint)
    parameters = [one.replace(annotation=asks.get(one.name, one.annotation)) for one in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # what the framework reads
    return run


def list_event_kinds(act: Acting) -> EventKindsRead:
    """Return the kinds of events that the caller may be told, a client of the state by its scopes, with the JSON Schema of each."""
    return EventKindsRead(items=[EventKindRead.of(kind) for kind in kinds_for(owner_of(act).scopes)])


def list_webhooks(
    act: Acting,
    asked: PageDep,
    status: Annotated[SubscriptionStatus | None, Query(description="Only those in this state.")] = None,
    needs_attention: Annotated[bool | None, Query(description="Only those that we disabled and nobody saw.")] = None,
) -> Page[WebhookRead]:
    """Return the subscriptions by number, no secret among it: staff see all, a client of the state its own."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_subscriptions(
        act.session,
        client_id=owner_of(act).client_id,
        status=status,
        needs_attention=needs_attention,
        after=after,
        limit=asked.fetch,
    )
    return asked.page(rows, WebhookRead.model_validate, lambda row: (row.id,))


def create_webhook(asked: WebhookCreate, act: Acting, gate: GateDep, once: Once) -> Response:
    """Tell an address what happens from now on. The secret it checks signatures with is shown this once."""

    def do() -> WebhookSecretRead:
        private = gate.settings.webhooks_private
        return WebhookSecretRead.of(subscribe(act.session, asked.asked(), owner=owner_of(act), private=private))

    return once(do, body=asked)


def get_webhook(subscription_id: PathId, act: Acting) -> WebhookRead:
    """Return a subscription and how it is doing."""
    row = queries.get_subscription(act.session, subscription_id, client_id=owner_of(act).client_id)
    set_tag(act.response, row.version)
    return WebhookRead.model_validate(row)


def update_webhook(
    subscription_id: PathId, asked: WebhookUpdate, act: Acting, gate: GateDep, version: IfMatchDep
) -> WebhookRead:
    """Change address, kinds or description; what waits goes to the new address."""
    private = gate.settings.webhooks_private
    row = change(act.session, subscription_id, asked.asked(), owner=owner_of(act), version=version, private=private)
    set_tag(act.response, row.version)
    return WebhookRead.model_validate(row)


def create_webhook_secret(subscription_id: PathId, asked: WebhookRotation, act: Acting, once: Once) -> Response:
    """Make a new secret, shown this once; the one before signs too for as long as is said."""

    def do() -> WebhookSecretRead:
        overlap = dt.timedelta(hours=asked.overlap_hours)
        return WebhookSecretRead.of(rotate(act.session, subscription_id, owner=owner_of(act), overlap=overlap))

    return once(do, body=asked)


def create_webhook_disablement(subscription_id: PathId, asked: Because, act: Acting, once: Once) -> Response:
    """Send nothing until it is enabled; what happens meanwhile waits. Of one that we disabled, this says that you know."""

    def do() -> WebhookRead:
        row = disable(act.session, subscription_id, owner=owner_of(act), reason=asked.reason)
        return WebhookRead.model_validate(row)

    return once(do, body=asked)


def create_webhook_enablement(subscription_id: PathId, asked: Because, act: Acting, once: Once) -> Response:
    """Send again; what waited goes out now."""

    def do() -> WebhookRead:
        row = enable(act.session, subscription_id, owner=owner_of(act), reason=asked.reason)
        return WebhookRead.model_validate(row)

    return once(do, body=asked)


def create_webhook_end(subscription_id: PathId, asked: Because, act: Acting, once: Once) -> Response:
    """Tell it nothing more, for good; its secret is forgotten, what was told stays to be read."""

    def do() -> WebhookRead:
        row = end(act.session, subscription_id, owner=owner_of(act), reason=asked.reason)
        return WebhookRead.model_validate(row)

    return once(do, body=asked)


def create_webhook_test(subscription_id: PathId, act: Acting, once: Once) -> Response:
    """Send an event of the kind `gateway.test`, whatever kinds the subscription wants."""

    def do() -> WebhookTestRead:
        return WebhookTestRead(delivery_id=send_test(act.session, subscription_id, owner=owner_of(act)))

    return once(do)


def list_webhook_deliveries(
    subscription_id: PathId,
    act: Acting,
    asked: PageDep,
    status: Annotated[DeliveryStatus | None, Query(description="Only those in this state.")] = None,
) -> Page[WebhookDeliveryRead]:
    """Return the events of a subscription, newest first, with what came of the newest attempt of each."""
    queries.get_subscription(act.session, subscription_id, client_id=owner_of(act).client_id)
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_deliveries(act.session, subscription_id, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, WebhookDeliveryRead.of, lambda row: (row.id,))


def get_webhook_delivery(subscription_id: PathId, delivery_id: PathId, act: Acting) -> WebhookDeliveryDetailRead:
    """Return what is sent, and every attempt with what came of it."""
    queries.get_subscription(act.session, subscription_id, client_id=owner_of(act).client_id)
    return WebhookDeliveryDetailRead.of(queries.get_delivery(act.session, subscription_id, delivery_id))


def create_webhook_redelivery(subscription_id: PathId, delivery_id: PathId, act: Acting, once: Once) -> Response:
    """Send an event again now, whatever came of it before; its `webhook-id` stays the same."""

    def do() -> WebhookDeliveryDetailRead:
        found = send_again(act.session, subscription_id, delivery_id, owner=owner_of(act))
        return WebhookDeliveryDetailRead.of(found)

    return once(do)


def create_webhook_redeliveries(subscription_id: PathId, asked: WebhookRedelivery, act: Acting, once: Once) -> Response:
    """Send again what happened since a time: what was given up, or everything."""

    def do() -> WebhookRedeliveryRead:
        count = send_all_again(
            act.session, subscription_id, asked.since, owner=owner_of(act), only_failed=asked.only_failed
        )
        return WebhookRedeliveryRead(deliveries=count)

    return once(do, body=asked)
