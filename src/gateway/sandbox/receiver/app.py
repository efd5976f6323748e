"""The receiver's paths: ``/hooks/…`` for whoever sends, the levers under ``/sandbox``."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.sandbox.answering import Answer, Call, World, address_of, by_method, endpoint, read_rules, respond
from gateway.sandbox.receiver.core import KNOWN, Receiver
from gateway.sandbox.script import ON_THE_WIRE, ScriptError
from gateway.sandbox.serving import cut

Lever = Callable[[Receiver, Call], Answer]


def create_app(receiver: Receiver) -> Starlette:
    """Put the paths together around a receiver."""
    world = World(
        script=receiver.script, today=_today, token=receiver.options.token, refuse=_refusal, facts=lambda _on, _call: {},
        distort=lambda _rule, _on, _call, answer: answer, distortions={},
    )  # fmt: skip
    levers: tuple[tuple[str, str, Lever], ...] = (
        ("PUT", "/sandbox/script", _put_script),
        ("GET", "/sandbox/effects", lambda one, _call: Answer(body=one.effects())),
        ("DELETE", "/sandbox/effects", _forget),
        ("GET", "/sandbox/state", lambda one, _call: Answer(body={"is_idle": True, "events": one.told()})),
        ("PUT", "/sandbox/secrets", _put_secrets),
    )
    routes = [
        Route("/sandbox/health", _health, methods=["GET"]),
        Route("/hooks/{name:path}", partial(_take, receiver), methods=["POST"]),
        *(Route(path, endpoint(world, None, partial(lever, receiver)), methods=[method]) for method, path, lever in levers),
    ]  # fmt: skip
    return Starlette(routes=by_method(routes))


async def _take(receiver: Receiver, request: Request) -> Response:
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    facts = {"path": request.url.path, "webhook-id": headers.get("webhook-id", "")}
    rules = receiver.script.fire("webhook", ON_THE_WIRE | KNOWN["webhook"], facts, _today())
    late_ones = [rule for rule in rules if rule.get("after") or rule.do == "drop_after"]
    for rule in rules:
        if rule not in late_ones:
            early = await _misbehave(receiver, request, rule)
            if early is not None:
                return early
    digest = hashlib.sha256(body).digest()
    status, words = await run_in_threadpool(receiver.take, "POST", address_of(request), headers, body, digest)
    for rule in late_ones:
        late = await _misbehave(receiver, request, rule)
        if late is not None:
            return late
    return Response(words, status, media_type="text/plain")


async def _misbehave(receiver: Receiver, request: Request, rule: Any) -> Response | None:
    receiver.store.count("misbehaved")
    match rule.do:
        case "delay":
            await asyncio.sleep(float(rule.get("seconds", 1)))
            return None
        case "drop_before" | "drop_after" | "down":
            await cut(request.scope.get("client"))
            return Response(status_code=204)
        case "redirect":
            return Response(status_code=307, headers={"location": str(rule.get("location", "http://127.0.0.1:1/"))})
        case "drip":
            return StreamingResponse(_drip(), media_type="text/plain")
        case "rate_limit":
            return Response("slowly", 429, {"retry-after": str(rule.get("retry_after", 1))})
        case _:
            return Response("told to refuse", int(rule.get("status", 500)))


async def _drip() -> AsyncIterator[bytes]:
    while True:
        yield b"."
        await asyncio.sleep(0.2)


def _put_script(receiver: Receiver, call: Call) -> Answer:
    try:
        receiver.script.set(read_rules(call.json()))
    except (ScriptError, ValueError, TypeError, AttributeError) as broken:
        return _refusal(422, "rules_invalid", str(broken), {})
    return Answer(body={"rules": receiver.script.describe()})


def _forget(receiver: Receiver, _call: Call) -> Answer:
    receiver.forget()
    return Answer(body=receiver.effects())


def _put_secrets(receiver: Receiver, call: Call) -> Answer:
    receiver.set_secrets(list(call.json()["secrets"]))
    return Answer(body={"secrets": len(receiver.secrets())})


def _refusal(status: int, code: str, detail: str, headers: dict[str, str]) -> Answer:
    return Answer(status, {"code": code, "detail": detail}, headers)


async def _health(_request: Request) -> Response:
    return respond(Answer(body={"status": "ok"}))


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
