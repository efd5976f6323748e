"""``webhooks``: who is told what happens here, what came of it, and sending it again."""

import datetime as dt
from typing import Annotated, Any

import typer

from gateway.cli.acting import (
    Acting,
    ApplyOption,
    JsonOption,
    MutualOption,
    ReasonOption,
    acting,
    note,
    print_fields,
    print_json,
    print_table,
    reading,
)
from gateway.kit.errors import MalformedError
from gateway.webhooks import queries
from gateway.webhooks.again import send_again, send_all_again
from gateway.webhooks.queries import event_in
from gateway.webhooks.rules import body_of
from gateway.webhooks.states import DeliveryStatus, SubscriptionStatus
from gateway.webhooks.subscribe import (
    NewSubscription,
    Owner,
    Revealed,
    disable,
    enable,
    end,
    rotate,
    send_test,
    subscribe,
)

LISTED = ("id", "url", "events", "client_id", "status", "status_reason", "waiting", "failing_since", "succeeded_at")
TOLD = ("id", "webhook_id", "type", "status", "attempts", "last_http_status", "last_answer", "next_at")

NumberArgument = Annotated[int, typer.Argument(help="The subscription's number, as list shows it.", min=1)]


class SinceInvalidError(MalformedError):
    """What was given as a time is none, or it is not said what is to be sent again."""

    code = "since_invalid"
    title = "What is to be sent again?"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Who is told what happens here, and what came of it.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("add")(add)
    group.command("rotate")(rotate_)
    group.command("disable")(disable_)
    group.command("enable")(enable_)
    group.command("end")(end_)
    group.command("deliveries")(deliveries)
    group.command("redeliver")(redeliver)
    group.command("test")(test_)
    app.add_typer(group, name="webhooks")


def list_(
    status: Annotated[SubscriptionStatus | None, typer.Option(help="Only those in this state.")] = None,
    attention: Annotated[bool, typer.Option("--attention", help="Only those we disabled and nobody saw.")] = False,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the subscriptions, those of the state's own systems too, and how each is doing."""
    with reading(mutual) as at:
        rows = queries.list_subscriptions(at.session, status=status, needs_attention=attention or None)
        standing = queries.standing(at.session)._asdict()
    if as_json:
        print_json({"webhooks": [row._asdict() for row in rows], "standing": standing})
        return
    print_table(LISTED, [[_cell(getattr(row, name)) for name in LISTED] for row in rows])
    note(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in standing.items()))


def add(
    url: Annotated[str, typer.Option(help="https address to send to.")],
    event: Annotated[list[str], typer.Option("--event", help="Kind of event; may be repeated.")],
    description: Annotated[str, typer.Option(help="Whose it is.")] = "",
    signed: Annotated[bool, typer.Option("--signed", help="With an HTTP message signature besides.")] = False,
    mutual: MutualOption = None,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Subscribe an address and print its secret, this once."""
    with acting(mutual, apply=apply) as at:
        new = NewSubscription(url, event, description, signed)
        made = subscribe(at.session, new, owner=_owner(at), private=at.settings.webhooks_private)
        _reveal(made, as_json, apply=apply)


def rotate_(
    number: NumberArgument,
    overlap_hours: Annotated[int, typer.Option(help="So long the secret before signs too.", min=0, max=168)] = 24,
    mutual: MutualOption = None,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give a subscription another secret and print it, this once."""
    with acting(mutual, apply=apply) as at:
        made = rotate(at.session, number, owner=_owner(at), overlap=dt.timedelta(hours=overlap_hours))
        _reveal(made, as_json, apply=apply)


def disable_(
    number: NumberArgument, reason: ReasonOption, mutual: MutualOption = None, apply: ApplyOption = False
) -> None:
    """Send nothing to a subscription; what happens meanwhile waits. Of one we disabled, say that it was seen."""
    with acting(mutual, apply=apply) as at:
        disable(at.session, number, owner=_owner(at), reason=reason)


def enable_(
    number: NumberArgument, reason: ReasonOption, mutual: MutualOption = None, apply: ApplyOption = False
) -> None:
    """Send to a subscription again; what waited goes out now."""
    with acting(mutual, apply=apply) as at:
        row = enable(at.session, number, owner=_owner(at), reason=reason)
        note(f"{row.waiting} events wait for it.")


def end_(number: NumberArgument, reason: ReasonOption, mutual: MutualOption = None, apply: ApplyOption = False) -> None:
    """Tell a subscription nothing more, for good; what was told stays to be read."""
    with acting(mutual, apply=apply) as at:
        end(at.session, number, owner=_owner(at), reason=reason)


def deliveries(
    number: NumberArgument,
    delivery: Annotated[int | None, typer.Option(help="One of them, with its body and every attempt.", min=1)] = None,
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.", min=1)] = 50,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was told to a subscription and what waits, or show one with every attempt."""
    with reading(mutual) as at:
        queries.get_subscription(at.session, number)
        if delivery is not None:
            found = queries.get_delivery(at.session, number, delivery)
            shown = {"webhook_id": found.event.id, "status": found.delivery.status, "body": body_of(found.event)}
            _one(shown, [one._asdict() for one in found.attempts], as_json)
            return
        rows = queries.list_deliveries(at.session, number, status=status, limit=limit)
    told = [{"webhook_id": event_in(row).id, **row._asdict()} for row in rows]
    if as_json:
        print_json({"deliveries": [{name: one[name] for name in TOLD} for one in told]})
    else:
        print_table(TOLD, [[_cell(one[name]) for name in TOLD] for one in told])


def redeliver(
    number: NumberArgument,
    delivery: Annotated[int | None, typer.Option(help="One delivery.", min=1)] = None,
    since: Annotated[str | None, typer.Option(help="All since then, for example 2026-04-01T00:00:00-04:00.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="What was taken too, not only what failed.")] = False,
    mutual: MutualOption = None,
    apply: ApplyOption = False,
) -> None:
    """Send one event again, or all since a time; the receiver knows them by their ids."""
    if (delivery is None) == (since is None):
        raise SinceInvalidError("say either --delivery, or --since when")
    with acting(mutual, apply=apply) as at:
        if delivery is not None:
            send_again(at.session, number, delivery, owner=_owner(at))
            count = 1
        else:
            moment = _moment(since or "")
            count = send_all_again(at.session, number, moment, owner=_owner(at), only_failed=not everything)
        note(f"{count} {'go' if apply else 'would go'} out again.")


def test_(number: NumberArgument, mutual: MutualOption = None, apply: ApplyOption = False) -> None:  # noqa: PT028 — no test
    """Send a test event to a subscription; deliveries --delivery shows what came of it."""
    with acting(mutual, apply=apply) as at:
        delivery = send_test(at.session, number, owner=_owner(at))
        note(f"Delivery {delivery} {'goes' if apply else 'would go'} out.")


def _owner(at: Acting) -> Owner:
    return Owner(at.actor)


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise SinceInvalidError(f"{text!r} is no time with its zone; expected 2026-04-01T00:00:00-04:00")
    return found


def _reveal(made: Revealed, as_json: bool, *, apply: bool) -> None:
    # A secret that is not kept would mislead whoever copies it.
    told = {"id": made.subscription.id, "url": made.subscription.url, "secret": made.secret if apply else None}
    if as_json:
        print_json(told)
    else:
        print_fields(told)


def _one(shown: dict[str, Any], attempts: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({**shown, "attempts": attempts})
        return
    print_fields(shown)
    columns = ("number", "at", "http_status", "answer", "milliseconds")
    print_table(columns, [[_cell(one[name]) for name in columns] for one in attempts])


def _cell(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return " ".join(map(str, value)) if isinstance(value, list) else value
