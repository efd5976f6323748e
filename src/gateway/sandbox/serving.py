"""A web server whose connections can be cut in the middle, as a broken network would cut them."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_OPEN: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """HTTP/1.1, remembering the connection of each caller so that it can be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a TCP transport is given
        """Take a connection and remember it."""
        super().connection_made(transport)
        if self.client is not None:
            _OPEN[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that is over."""
        if self.client is not None:
            _OPEN.pop(self.client, None)
        super().connection_lost(exc)


async def cut(client: Sequence[Any] | None) -> None:
    """End the caller's connection without an answer."""
    if client is not None:
        transport = _OPEN.get((client[0], client[1]))
        if transport is not None:
            transport.abort()
    # The loss is told to the protocol on the next turns of the loop; only then may the application return.
    for _ in range(3):
        await asyncio.sleep(0)


def serve(app: ASGIApp, *, host: str, port: int, name: str) -> None:
    """Serve until told to end; say where on standard output once the port is open (port 0 takes a free one)."""
    # The server raises the signal that ended it once more when it is done: what was passing is then cleared away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Named as TCP, since asyncio sends small pieces at once only on a socket that says so: else an answer, whose head and
    # body are written apart, waits 40 ms for the acknowledgement of its head.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(512)
    except (OSError, OverflowError) as error:
        listening.close()
        sys.exit(f"{name}: cannot listen on {host}, port {port}: {getattr(error, 'strerror', None) or error}")
    address = f"http://{host}:{listening.getsockname()[1]}"
    print(f"{name} listening on {address}", flush=True)
    config = uvicorn.Config(
        app, http=CuttableProtocol, ws="none", log_level="warning", access_log=False, timeout_keep_alive=60,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
