"""Other systems that are told what happens: who, of what, how it went, and what is told again."""

import datetime as dt
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.webhooks import queries
from gateway.webhooks.again import send_again, send_all_again
from gateway.webhooks.rules import kinds_for
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus
from gateway.webhooks.subscribe import (
    Changes,
    NewSubscription,
    Owner,
    change,
    disable,
    enable,
    rotate,
    send_test,
    subscribe,
)

AT = "/administration/webhooks"
OVERLAP = dt.timedelta(hours=24)
FIELDS = {"webhook_address": "url", "webhook_event_unknown": "events"}
ABOUT = {
    "filing.sealed": N_("A month's filing is frozen."),
    "filing.submitted": N_("The state has received a filing."),
    "filing.answered": N_("The state answered a filing."),
    "filing.settled": N_("A filing's bill is paid and confirmed."),
    "bill.received": N_("The state's bill is here."),
    "bill.paid": N_("The bank has taken a bill's money."),
    "bill.confirmed": N_("The state says a bill is paid."),
    "remittance.advised": N_("The state announced benefits."),
    "remittance.allotted": N_("Benefits stand on members' accounts."),
    "claim.decided": N_("The state decided a claim."),
    "payout.paid": N_("A benefit has reached its member."),
    "payout.returned": N_("A benefit did not arrive."),
    "member.status_changed": N_("A member went on leave, left, died or came back."),
    "day.closed": N_("A day of the house was signed off."),
    "gateway.test": N_("A test, to see that it arrives."),
}
"""What each kind of event means; one that is not here is shown in the words of its list."""
DELIVERIES = {
    DeliveryStatus.WAITING: (N_("waits"), "wait"),
    DeliveryStatus.DELIVERED: (N_("told"), "good"),
    DeliveryStatus.FAILED: (N_("given up"), "bad"),
}


def _owner(desk: Desk) -> Owner:
    return Owner(desk.actor)


def _standing(desk: Desk, row: Any) -> tuple[str, str]:
    words = desk.words
    if row.status == SubscriptionStatus.DISABLED:
        return (words.say("switched off by us"), "bad") if row.needs_attention else (words.say("switched off"), "plain")
    return (words.say("failing"), "bad") if row.failures else (words.say("is told"), "good")


def _kinds(desk: Desk) -> list[tuple[str, str]]:
    return [(kind.type, desk.words.say(ABOUT.get(kind.type, kind.about))) for kind in kinds_for(None)]


def _event(desk: Desk, kind: str) -> str:
    """Return what an event says; one that has no words stands for itself."""
    return desk.words.say(ABOUT[kind]) if kind in ABOUT else kind


def _field(kind: str) -> str:
    return f"event-{kind.replace('.', '-')}"


@area.page(AT, *MANAGER)
def webhooks(desk: Desk) -> Response:
    """List who is told."""
    found = desk.listing(
        [
            Column(N_("Address"), lambda row: row.url, link=lambda row: f"{AT}/{row.id}"),
            Column(N_("What for"), lambda row: row.description),
            Column(N_("Kinds of events"), lambda row: len(row.events), "count"),
            Column(N_("Waiting"), lambda row: row.waiting, "count"),
            Column(N_("Last success"), lambda row: row.succeeded_at, "instant"),
            Column(
                N_("Status"), lambda row: _standing(desk, row)[0], "status", tone=lambda row: _standing(desk, row)[1]
            ),
        ],
        lambda after, limit: queries.list_subscriptions(desk.session, after=after[0] if after else 0, limit=limit),
        key=lambda row: (row.id,),
        empty=N_("No other system is told anything."),
    )
    if isinstance(found, Response):
        return found
    return desk.page(
        "administration/webhooks.html", list=found, may=desk.may(MANAGER), crumbs=crumbs(desk, (N_("Who is told"), ""))
    )


def _show_new(desk: Desk, form: Form) -> Response:
    return desk.page(
        "administration/webhook_new.html",
        form=form,
        kinds=[(_field(kind), kind, about) for kind, about in _kinds(desk)],
        crumbs=crumbs(desk, (N_("Who is told"), AT), (N_("Tell another system"), "")),
    )


def _events(desk: Desk, form: Form) -> list[str]:
    chosen = [kind for kind, _ in _kinds(desk) if form.has(_field(kind))]
    if not chosen:
        form.fault(_field("filing.sealed"), N_("Choose at least one kind of event."))
    return chosen


@area.act(f"{AT}/new", *MANAGER, show=_show_new, fields=FIELDS)
def tell(desk: Desk, form: Form) -> Response:
    """Tell another system from now on, and show the secret that signs; once."""
    url, description = form.text("url", required=True, most=2000), form.text("description", required=True)
    events = _events(desk, form)
    form.check()
    new = NewSubscription(url, events, description, form.has("signs_messages"))
    made = subscribe(desk.session, new, owner=_owner(desk), private=desk.gate.settings.webhooks_private)
    return _secret(desk, made.subscription, made.secret)


def _secret(desk: Desk, row: Any, secret: str) -> Response:
    return desk.page(
        "administration/webhook_secret.html",
        row=row,
        secret=secret,
        crumbs=crumbs(desk, (N_("Who is told"), AT), (row.url, f"{AT}/{row.id}"), (N_("Its secret"), "")),
    )


def _show(desk: Desk, form: Form, subscription_id: int) -> Any:
    row = queries.get_subscription(desk.session, subscription_id)
    words = desk.words
    wanted = next((one.value for one in DeliveryStatus if one.value == desk.asked("status")), None)
    deliveries = desk.listing(
        [
            Column(
                N_("When it happened"),
                lambda one: one.occurred_at,
                "instant",
                link=lambda one: f"{AT}/{subscription_id}/deliveries/{one.id}",
            ),
            Column(N_("What"), lambda one: _event(desk, one.type)),
            Column(N_("Of what"), lambda one: one.reference or one.subject_id, "code"),
            Column(N_("Attempts"), lambda one: one.attempts, "count"),
            Column(N_("Last answer"), lambda one: one.last_http_status or one.last_answer),
            Column(
                N_("Status"),
                lambda one: words.say(DELIVERIES[DeliveryStatus(one.status)][0]),
                "status",
                tone=lambda one: DELIVERIES[DeliveryStatus(one.status)][1],
            ),
        ],
        lambda after, limit: queries.list_deliveries(
            desk.session, subscription_id, status=wanted, before=after[0] if after else queries.MOST_ID, limit=limit
        ),
        key=lambda one: (one.id,),
        filters=(
            Filter("status", N_("Status"), [(one.value, words.say(said)) for one, (said, _) in DELIVERIES.items()]),
        ),
        empty=N_("Nothing was told yet."),
    )
    if isinstance(deliveries, Response):
        return deliveries
    present: dict[str, Any] = {
        "url": row.url,
        "description": row.description,
        "signs_messages": "1" if row.signs_messages else None,
    }
    present |= {_field(kind): "1" if kind in row.events else None for kind, _ in _kinds(desk)}
    form.over(present, row.version)
    said, tone = _standing(desk, row)
    return desk.page(
        "administration/webhook.html",
        form=form,
        row=row,
        said=said,
        tone=tone,
        deliveries=deliveries,
        kinds=[(_field(kind), kind, about) for kind, about in _kinds(desk)],
        is_active=row.status == SubscriptionStatus.ACTIVE,
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("Who is told"), AT), (row.url, "")),
    )


@area.act(f"{AT}/{{subscription_id:int}}", *MANAGER, show=_show, fields=FIELDS)
def change_webhook(desk: Desk, form: Form, subscription_id: int) -> Go:
    """Change where and of what another system is told."""
    url, description = form.text("url", required=True, most=2000), form.text("description", required=True)
    events = _events(desk, form)
    form.check()
    changes = Changes(url, events, description, form.has("signs_messages"))
    private = desk.gate.settings.webhooks_private
    change(desk.session, subscription_id, changes, owner=_owner(desk), version=form.version, private=private)
    return Go(f"{AT}/{subscription_id}", N_("Changed."))


@area.act(f"{AT}/{{subscription_id:int}}/test", *MANAGER, show=_show, at=f"{AT}/{{subscription_id:int}}")
def test(desk: Desk, _form: Form, subscription_id: int) -> Go:
    """Send a test event."""
    send_test(desk.session, subscription_id, owner=_owner(desk))
    return Go(f"{AT}/{subscription_id}", N_("A test event is on its way; look again in a moment."))


def _sure_of_switch(desk: Desk, form: Form, subscription_id: int) -> Confirmation | None:
    row, words = queries.get_subscription(desk.session, subscription_id), desk.words
    form.text("reason", required=True, most=500)
    if row.status == SubscriptionStatus.DISABLED:
        sentence = words.say(
            "Tell {url} again, and send what waited: {n} events", url=row.url, n=words.number(row.waiting)
        )
        return Confirmation(sentence, words.say("Tell it again"), f"{AT}/{subscription_id}")
    sentence = words.say("Tell {url} nothing until it is switched on again; what happens meanwhile waits", url=row.url)
    return Confirmation(sentence, words.say("Switch it off"), f"{AT}/{subscription_id}")


@area.act(
    f"{AT}/{{subscription_id:int}}/switch",
    *MANAGER,
    show=_show,
    confirm=_sure_of_switch,
    at=f"{AT}/{{subscription_id:int}}",
)
def switch(desk: Desk, form: Form, subscription_id: int) -> Go:
    """Switch telling off, or on again."""
    reason = form.text("reason", required=True, most=500)
    form.check()
    if queries.get_subscription(desk.session, subscription_id).status == SubscriptionStatus.DISABLED:
        enable(desk.session, subscription_id, owner=_owner(desk), reason=reason)
        return Go(f"{AT}/{subscription_id}", N_("It is told again."))
    disable(desk.session, subscription_id, owner=_owner(desk), reason=reason)
    return Go(f"{AT}/{subscription_id}", N_("It is told nothing now."))


def _sure_of_secret(desk: Desk, _form: Form, subscription_id: int) -> Confirmation:
    row, words = queries.get_subscription(desk.session, subscription_id), desk.words
    return Confirmation(
        words.say("Give {url} a new secret; the old one signs too for 24 hours more", url=row.url),
        words.say("Make a new secret"),
        f"{AT}/{subscription_id}",
        warnings=[words.say("The new secret is shown once. Have the other side at the telephone.")],
    )


@area.act(
    f"{AT}/{{subscription_id:int}}/secret",
    *MANAGER,
    show=_show,
    confirm=_sure_of_secret,
    at=f"{AT}/{{subscription_id:int}}",
)
def new_secret(desk: Desk, _form: Form, subscription_id: int) -> Response:
    """Give it another secret, and show it; once."""
    made = rotate(desk.session, subscription_id, owner=_owner(desk), overlap=OVERLAP)
    return _secret(desk, made.subscription, made.secret)


@area.act(f"{AT}/{{subscription_id:int}}/again", *MANAGER, show=_show, at=f"{AT}/{{subscription_id:int}}")
def everything_again(desk: Desk, form: Form, subscription_id: int) -> Go:
    """Tell again what was given up since a day."""
    since = form.day("since", required=True)
    form.check()
    assert since is not None
    at = dt.datetime.combine(since, dt.time(), dt.UTC)
    count = send_all_again(desk.session, subscription_id, at, owner=_owner(desk), only_failed=not form.has("all"))
    return Go(f"{AT}/{subscription_id}", N_("{n} events are told again."), {"n": desk.words.number(count)})


def _show_delivery(desk: Desk, form: Form, subscription_id: int, delivery_id: int) -> Response:
    row = queries.get_subscription(desk.session, subscription_id)
    found = queries.get_delivery(desk.session, subscription_id, delivery_id)
    said, tone = DELIVERIES[DeliveryStatus(found.delivery.status)]
    return desk.page(
        "administration/delivery.html",
        form=form,
        row=row,
        delivery=found.delivery,
        event=found.event,
        what=_event(desk, found.event.type),
        attempts=found.attempts,
        said=desk.words.say(said),
        tone=tone,
        may=desk.may(MANAGER) and row.status == SubscriptionStatus.ACTIVE,
        crumbs=crumbs(desk, (N_("Who is told"), AT), (row.url, f"{AT}/{subscription_id}"), (f"{delivery_id}", "")),
    )


@area.act(f"{AT}/{{subscription_id:int}}/deliveries/{{delivery_id:int}}", *MANAGER, show=_show_delivery)
def again(desk: Desk, _form: Form, subscription_id: int, delivery_id: int) -> Go:
    """Tell one event again."""
    send_again(desk.session, subscription_id, delivery_id, owner=_owner(desk))
    return Go(f"{AT}/{subscription_id}/deliveries/{delivery_id}", N_("It is told again now."))
