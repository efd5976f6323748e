"""What happens to every request before and after its route: trace, size limit, safe headers, one log line, figures."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import Request
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import trace
from gateway.api.errors import problem_response, unexpected_response
from gateway.api.lane import Lane
from gateway.api.proxies import Network, client_of
from gateway.api.refusals import TooLargeError
from gateway.kit import logs

REQUESTS = Counter("gateway_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "gateway_http_request_seconds",
    "Time from the request's head to the last byte of its answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
)

API_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
OVER_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
QUIET = ("/health", "/ready", "/metrics")


class Edge:
    """The outermost layer of ours."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        lane: Lane,
        max_body: int,
        max_upload: int,
        over_tls: bool,
        proxies: Sequence[Network] = (),
    ) -> None:
        self.app, self.lane, self.proxies = app, lane, proxies
        self.max_body, self.max_upload = max_body, max_upload
        self.headers = (*API_HEADERS, OVER_TLS) if over_tls else API_HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see it through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"])
        trace_id = trace.begin(given.get(b"traceparent", b"").decode("latin-1"))
        scope.setdefault("state", {}).update(trace_id=trace_id, peer=scope.get("client"))
        if self.proxies and scope.get("client"):
            scope["client"] = (client_of(scope["client"][0], scope["headers"], self.proxies), 0)
        passage = _Passage(scope, send, self._extra(trace_id))
        limit = self.max_upload if given.get(b"content-type", b"").startswith(b"multipart/") else self.max_body
        try:
            await self._pass_on(scope, _limited(receive, limit), passage, given, limit)
        finally:
            passage.note()

    async def _pass_on(
        self, scope: Scope, receive: Receive, passage: "_Passage", given: dict[bytes, bytes], limit: int
    ) -> None:
        length = given.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            refusal = TooLargeError(f"the body says {length[:20].decode('latin-1')} bytes; at most {limit} are read")
            await problem_response(Request(scope), refusal)(scope, receive, passage.send)
            return
        try:
            if scope["path"] in QUIET:
                await self.app(scope, receive, passage.send)
            else:
                async with self.lane.place():
                    await self.app(scope, receive, passage.send)
        except Exception as error:
            if passage.status:
                raise
            await unexpected_response(Request(scope), error)(scope, receive, passage.send)

    def _extra(self, trace_id: str) -> list[tuple[bytes, bytes]]:
        return [*self.headers, (trace.HEADER.encode(), trace_id.encode())]


class _Passage:
    """One request on its way through."""

    def __init__(self, scope: Scope, send: Send, extra: Iterable[tuple[bytes, bytes]]) -> None:
        self._scope, self._send, self._extra = scope, send, extra
        self._began = time.perf_counter()
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send a part of the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            told = self._scope["state"].get("headers", {}).items()
            extra = (*self._extra, *((name.encode(), value.encode()) for name, value in told))
            missing = [(name, value) for name, value in extra if name not in present]
            message = {**message, "headers": [*message["headers"], *missing]}
        await self._send(message)

    def note(self) -> None:
        """Count the request and write its line."""
        seconds = time.perf_counter() - self._began
        method, route = self._scope["method"], getattr(self._scope.get("route"), "path", "unknown")
        if method not in {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            method = "other"
        REQUESTS.labels(method, route, str(self.status)).inc()
        SECONDS.labels(method, route).observe(seconds)
        if route not in QUIET:
            trace_id = self._scope["state"]["trace_id"]
            logs.note_request(
                method=method, route=route, status=self.status, ms=round(seconds * 1000, 1), trace_id=trace_id
            )


def _limited(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message: Any = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, f"the body is longer than the {limit} bytes that are read")
        return dict(message)

    return counted
