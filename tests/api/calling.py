"""Call the application as a client would, without a socket: requests run on a loop of their own thread."""

import asyncio
import threading
import uuid
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import Any, Self

import httpx
from fastapi import FastAPI


class InProcess:
    """The application behind an HTTP client, usable from many threads at once."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway.test")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        """Send a request and return the whole answer."""
        call = self._client.request(method, url, **arguments)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(120)

    @property
    def cookies(self) -> CookieJar:
        """What the application asked to be kept, as a browser keeps it."""
        return self._client.cookies.jar

    async def _close(self) -> None:
        await self._client.aclose()
        await self._loop.shutdown_default_executor()


class Caller:
    """Somebody who calls the API; every POST gets an idempotency key of its own unless one is given."""

    def __init__(self, transport: InProcess, headers: Mapping[str, str]) -> None:
        self._transport, self.headers = transport, dict(headers)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **arguments: Any
    ) -> httpx.Response:
        """Send a request with this caller's headers."""
        return self._transport.request(method, url, headers={**self.headers, **(headers or {})}, **arguments)

    def get(self, url: str, **arguments: Any) -> httpx.Response:
        """Read something."""
        return self.request("GET", url, **arguments)

    def post(self, url: str, json: Any = None, *, key: str | None = None, **arguments: Any) -> httpx.Response:
        """Ask for something to be done, under an idempotency key."""
        given = dict(arguments.pop("headers", None) or {})
        headers = {"idempotency-key": key or str(uuid.uuid4()), **given}
        body = {} if json is None else {"json": json}
        return self.request("POST", url, headers=headers, **body, **arguments)

    def patch(self, url: str, json: Any = None, *, etag: str | None = None, **arguments: Any) -> httpx.Response:
        """Change something, if it is still what ``etag`` says."""
        headers = {} if etag is None else {"if-match": etag}
        return self.request(
            "PATCH", url, headers={**headers, **dict(arguments.pop("headers", None) or {})}, json=json, **arguments
        )

    def put(self, url: str, **arguments: Any) -> httpx.Response:
        """Put something."""
        return self.request("PUT", url, **arguments)

    def delete(self, url: str, **arguments: Any) -> httpx.Response:
        """End something."""
        return self.request("DELETE", url, **arguments)
