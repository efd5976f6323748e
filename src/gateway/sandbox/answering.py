"""How a request is answered: read it, follow the script, ask the handler, follow the script again."""

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.message_signatures import ForgedError, Signatures, UnsignedError
from gateway.sandbox.script import AT_THE_DOOR, ON_THE_WIRE, Rule, Script
from gateway.sandbox.serving import cut


@dataclass
class Call:
    """A request, read."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    spooled: Any = None
    """What ``spool`` made of a body too large to hold."""
    url: str = ""

    def json(self) -> Any:
        """Read the body as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body or b"null")


@dataclass
class Answer:
    """An answer before it is written: an object that will be JSON, or the bytes themselves."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def written(self) -> bytes:
        """Return the bytes of the body."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


Handler = Callable[[Call], Answer]
Refusal = Callable[[int, str, str, dict[str, str]], Answer]
"""Make an error of the world's own shape: status, code, detail, headers."""


class DroppedError(Exception):
    """The script says that the caller gets no answer."""


@dataclass(frozen=True)
class World:
    """What every endpoint of one process shares."""

    script: Script
    today: Callable[[], dt.date]
    token: str
    refuse: Refusal
    facts: Callable[[str, Call], Mapping[str, Any]]
    """What is known of a request, for rules to match."""
    distort: Callable[[Rule, str, Call, Answer], Answer]
    """Change an answer as a rule of this world says."""
    distortions: Mapping[str, frozenset[str]]
    """By endpoint, what ``distort`` can do to its answers; a handler may follow further rules by itself."""
    signatures: Signatures | None = None
    """Every request but those of the levers must be signed, where given."""

    def is_allowed(self, request: Request, on: str | None) -> bool:
        """Tell whether the caller shows the token, or the script lets everybody in there."""
        if on and self.script.fire(on, AT_THE_DOOR, {}, self.today()):
            return True
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode())


def endpoint(
    world: World, on: str | None, handler: Handler, spool: Callable[[Request], Awaitable[Any]] | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint; ``on`` names it in the script, None keeps it out of the script's reach."""

    async def answer(request: Request) -> Response:
        if not world.is_allowed(request, on):
            return respond(
                world.refuse(
                    401, "unauthorised", "send the agreed token as a Bearer token", {"WWW-Authenticate": "Bearer"}
                )
            )
        call = None
        try:
            call = await _read(request, spool)
            unsigned = await run_in_threadpool(_check_signed, world, request, call) if on else None
            if unsigned is not None:
                return respond(unsigned)
            given = await _follow(world, on, handler, call) if on else await run_in_threadpool(handler, call)
        except (DroppedError, ClientDisconnect):
            await cut(request.scope.get("client"))
            return Response(status_code=204)
        finally:
            if call is not None and call.spooled is not None:
                call.spooled.discard()
        return respond(given)

    return answer


def respond(answer: Answer) -> Response:
    """Write an answer."""
    body = answer.written()
    if answer.status == 204:
        return Response(status_code=204, headers=answer.headers)
    return Response(body, status_code=answer.status, headers=answer.headers, media_type=answer.media_type)


async def _read(request: Request, spool: Callable[[Request], Awaitable[Any]] | None) -> Call:
    call = Call(
        path=dict(request.path_params),
        query=dict(request.query_params),
        headers={name.lower(): value for name, value in request.headers.items()},
        url=str(request.url),
    )
    if spool is None:
        call.body = await request.body()
    else:
        call.spooled = await spool(request)
    return call


def _check_signed(world: World, request: Request, call: Call) -> Answer | None:
    if world.signatures is None:
        return None
    digest = (
        call.spooled.digest if call.spooled is not None else hashlib.sha256(call.body).digest() if call.body else None
    )
    try:
        world.signatures.check(request.method, address_of(request), call.headers, digest)
    except UnsignedError:
        return world.refuse(401, "signature_missing", "sign the request as RFC 9421 has it", {})
    except ForgedError as reason:
        return world.refuse(401, "signature_invalid", str(reason), {})
    return None


def address_of(request: Request) -> str:
    """Return a request's address as its sender wrote it."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"").decode("latin-1")
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}{raw.decode('latin-1')}" + (f"?{query}" if query else "")


async def _follow(world: World, on: str, handler: Handler, call: Call) -> Answer:
    facts = await run_in_threadpool(world.facts, on, call)
    rules = world.script.fire(on, ON_THE_WIRE | world.distortions.get(on, frozenset()), facts, world.today())
    for rule in rules:
        early = await _before(world, rule)
        if early is not None:
            return early
    answer = await run_in_threadpool(handler, call)
    for rule in rules:
        answer = await _after(world, rule, on, call, answer)
    return answer


async def _before(world: World, rule: Rule) -> Answer | None:
    match rule.do:
        case "delay" if not rule.get("after"):
            await asyncio.sleep(float(rule.get("seconds", 1)))
        case "drop_before" | "down":
            raise DroppedError
        case "rate_limit":
            return world.refuse(429, "rate_limited", "too many requests; come back later", _retry_after(rule))
        case "maintenance":
            return world.refuse(503, "maintenance", "closed for maintenance", _retry_after(rule))
        case "status" if rule.get("when") == "before":
            return world.refuse(int(rule.get("status", 500)), "internal_error", "an unexpected error", {})
    return None


async def _after(world: World, rule: Rule, on: str, call: Call, answer: Answer) -> Answer:
    match rule.do:
        case "delay" if rule.get("after"):
            await asyncio.sleep(float(rule.get("seconds", 1)))
            return answer
        case "drop_after":
            raise DroppedError
        case "status":
            return world.refuse(int(rule.get("status", 500)), "internal_error", "an unexpected error", {})
        case "no_content_204":
            return Answer(204)
        case "truncate":
            body = answer.written()
            return Answer(answer.status, body[: int(len(body) * float(rule.get("share", 0.5)))], answer.headers)
        case "refuse_with_200" if answer.status >= 400:
            return Answer(200, answer.body, answer.headers)
        case "plain_errors" if answer.status >= 400:
            return Answer(answer.status, b"<h1>Error</h1>", answer.headers, "text/html")
        case "media_type" if answer.status < 300:
            return Answer(answer.status, answer.written(), answer.headers, "text/plain")
        case "refuse_with_200" | "plain_errors" | "media_type":
            return answer
        case "non_utf8":
            return Answer(answer.status, _spoil(answer.written()), answer.headers, answer.media_type)
        case _:
            return await run_in_threadpool(world.distort, rule, on, call, answer)


def _retry_after(rule: Rule) -> dict[str, str]:
    seconds = rule.get("retry_after")
    return {} if seconds is None else {"Retry-After": str(seconds)}


def _spoil(body: bytes) -> bytes:
    # A text in latin-1 inside an answer that calls itself UTF-8, as old systems send it.
    for mark in (b'"message":', b'"message": ', b'"code":', b'"status":', b'"status": '):
        at = body.find(mark + b'"')
        if at >= 0:
            cut_at = at + len(mark) + 1
            return body[:cut_at] + "Línea ñ ".encode("latin-1") + body[cut_at:]
    return body[:-1] + "ñ".encode("latin-1") + body[-1:]


def read_rules(body: Any) -> Sequence[Mapping[str, Any]]:
    """Return the rules of a request: a list, or an object with ``rules``."""
    rules = body.get("rules") if isinstance(body, dict) else body
    return rules if isinstance(rules, list) else []


def by_method(routes: list[Route]) -> list[Route]:
    """Make one route of those that share a path: Starlette stops at the first path that matches, whatever its method."""
    by_path: dict[str, dict[str, Any]] = {}
    for route in routes:
        for method in (route.methods or set()) - {"HEAD"}:
            by_path.setdefault(route.path, {})[method] = route.endpoint

    def choose(known: Mapping[str, Any]) -> Callable[[Request], Any]:
        async def chosen(request: Request) -> Response:
            found: Response = await known[request.method](request)
            return found

        return chosen

    return [Route(path, choose(known), methods=list(known)) for path, known in by_path.items()]
