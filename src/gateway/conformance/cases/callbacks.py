"""What her system tells of its own accord: signed, again until it is taken, and true when it is told."""

import datetime as dt
import json
from typing import Any

from gateway.conformance import contract
from gateway.conformance.bench import ANSWERED, Bench, Sent
from gateway.conformance.case import Departure, NotTried, case
from gateway.conformance.exchange import Exchange
from gateway.conformance.inspect import INSTANTS, members
from gateway.conformance.receiver import TRY_AGAIN, Receiver, Told
from gateway.kit import signing

_ANSWERED = "webhooks › filing.answered › post"
_NOTICE = "webhooks › notice.issued › post › summary"
_SIGNED = "components › parameters › WebhookSignature › description"


def _receiver(bench: Bench) -> Receiver:
    if bench.receiver is None:
        raise NotTried("no_receiver")
    return bench.receiver


def _event(told: Told) -> dict[str, Any]:
    try:
        found = json.loads(told.body)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _about(told: Told, kind: str, **facts: str) -> bool:
    event = _event(told)
    data = event.get("data")
    return event.get("type") == kind and isinstance(data, dict) and facts.items() <= data.items()


def _ours(bench: Bench) -> list[Told]:
    """Return what was told of this employer; an earlier run's may still come."""
    names = (bench.employer.encode(), bench.kept["good"].filing_id.encode())
    return [told for told in _receiver(bench).told() if any(name in told.body for name in names)]


def _show(bench: Bench, told: Told) -> None:
    """Put a callback among the exchanges of the case."""
    url = bench.target.callback_url or ""
    bench.exchanges.append(Exchange("POST", url, url, told.headers, told.body, told.answered))


@case("callbacks.answered", f"{_ANSWERED} › summary", "A filing has an answer, or a new one", needs=["query.answered"])
def answered(bench: Bench) -> None:
    """That a filing is answered is told."""
    sent: Sent = bench.kept["good"]
    told = _receiver(bench).wait_for(
        lambda one: _about(one, "filing.answered", filing_id=sent.filing_id), bench.target.wait
    )
    if told is None:
        raise Departure("not_told", kind="filing.answered", seconds=bench.target.wait)


@case("callbacks.true", f"{_ANSWERED} › description", "and then asks for the truth", needs=["callbacks.answered"])
def true_when_told(bench: Bench) -> None:
    """Asked the moment it is told, her system gives the answer that it tells of."""
    receiver, sent = _receiver(bench), bench.submit(bench.file(1))
    told = receiver.wait_for(lambda one: _about(one, "filing.answered", filing_id=sent.filing_id), bench.target.wait)
    if told is None:
        raise Departure("not_told", kind="filing.answered", seconds=bench.target.wait)
    _show(bench, told)
    found = bench.get(f"filings/{sent.filing_id}")
    if found.get("status") not in ANSWERED:
        raise Departure("told_too_soon", status=found.get("status"))


@case("callbacks.signed", _SIGNED, "one of them must be the HMAC-SHA256", needs=["callbacks.answered"])
def signed(bench: Bench) -> None:
    """Each callback is signed with the shared secret over its id, its moment and its bytes, and sent now."""
    if bench.target.secret is None:
        raise NotTried("no_secret")
    for told in _ours(bench):
        now = dt.datetime.fromtimestamp(told.at, dt.UTC)
        try:
            signing.verify([bench.target.secret], told.headers, told.body, now=now)
        except signing.SignatureError as problem:
            _show(bench, told)
            raise Departure("not_signed", problem=problem.detail) from None


@case(
    "callbacks.repeated", f"{_ANSWERED} › responses › default › description",
    "Anything else is sent again later with the same webhook-id", needs=["callbacks.answered"],
)  # fmt: skip
def repeated(bench: Bench) -> None:
    """The first callback was answered with 503: it comes again, under the same id and with the same content."""
    receiver = _receiver(bench)
    first = next(told for told in receiver.told() if told.answered == TRY_AGAIN)
    _show(bench, first)
    if not first.event_id:
        raise Departure("member", name="webhook-id")
    again = receiver.wait_for(lambda one: one is not first and one.event_id == first.event_id, bench.target.wait)
    if again is None:
        raise Departure("not_repeated", event_id=first.event_id, seconds=bench.target.wait)
    if again.body != first.body:
        raise Departure("not_the_same")


@case("callbacks.notice", _NOTICE, "A payment notice was issued, recalculated, replaced or cancelled", needs=["notices.issued", "callbacks.answered"])  # fmt: skip
def notice(bench: Bench) -> None:
    """That a bill was issued or changed is told."""
    reference = bench.kept["notice"]["reference"]
    wanted = {"reference": reference, "employer": bench.employer, "period": str(bench.period)}
    told = _receiver(bench).wait_for(lambda one: _about(one, "notice.issued", **wanted), bench.target.wait)
    if told is None:
        raise Departure("not_told", kind="notice.issued", seconds=bench.target.wait)


@case("callbacks.shape", f"{_ANSWERED} › requestBody › required", "True", needs=["callbacks.answered"])
def shape(bench: Bench) -> None:
    """Each callback is of a kind the contract has, and of its shape."""
    for told in _ours(bench):
        event = _event(told)
        schema = contract.event_schema(str(event.get("type")))
        departures = ["$.type"] if schema is None else contract.departures(schema, event)
        departures += [
            place
            for place, name, value in members(event)
            if name in INSTANTS and isinstance(value, str) and not contract.is_instant(value)
        ]
        if departures:
            _show(bench, told)
            raise Departure("schema", where="; ".join(departures))
