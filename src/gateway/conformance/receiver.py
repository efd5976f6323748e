"""A small receiver of callbacks: keeps what comes, and refuses one of them once to see it come again."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

TAKEN, TRY_AGAIN = 204, 503
_LARGEST = 1 << 20


@dataclass(frozen=True)
class Told:
    """One message as it came."""

    headers: Mapping[str, str]
    body: bytes
    at: float
    """Seconds since 1970."""
    answered: int

    @property
    def event_id(self) -> str:
        """Return what the sender calls the event; empty where it says nothing."""
        return self.headers.get("webhook-id", "")


class Receiver:
    """Listens where her system was told to call."""

    def __init__(self, url: str, listen: str | None = None) -> None:
        address = urlsplit(f"//{listen}" if listen else url)
        self._host = address.hostname or "127.0.0.1"
        self._port = address.port or (443 if urlsplit(url).scheme == "https" else 80)
        self._told: list[Told] = []
        self._bell = threading.Condition()
        self._refuses: bytes | None = None

    def __enter__(self) -> Self:
        """Open the port.

        Raises:
            OSError: It cannot be had.
        """
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("content-length") or 0), _LARGEST)
                body = self.rfile.read(length)
                status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer((self._host, self._port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a message and return the status it is answered with."""
        with self._bell:
            status = TAKEN
            if self._refuses is not None and self._refuses in body:
                status, self._refuses = TRY_AGAIN, None
            self._told.append(Told(headers, body, time.time(), status))
            self._bell.notify_all()
        return status

    def refuse_once(self, about: str) -> None:
        """Answer the first message that has this text in it with 503: what is told again from an earlier run is taken."""
        with self._bell:
            self._refuses = about.encode()

    def told(self) -> Sequence[Told]:
        """Return what came until now, oldest first."""
        with self._bell:
            return list(self._told)

    def wait_for(self, wanted: Callable[[Told], bool], seconds: float) -> Told | None:
        """Return the first message that is wanted, once it is there; None when time is up."""
        end = time.monotonic() + seconds
        with self._bell:
            while True:
                found = next((told for told in self._told if wanted(told)), None)
                left = end - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._bell.wait(left)
