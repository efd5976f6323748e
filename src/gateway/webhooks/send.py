"""Bring one signed message to one address, and nowhere it must not go.

The name is looked up once, every address it has is checked, and the connection goes to the checked one: a name that
answers differently a moment later changes nothing. Redirects are not followed and the environment's proxies not used.
"""

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import httpx
from standardwebhooks.webhooks import Webhook

from gateway.kit import http_signatures
from gateway.kit.authorities import trusted
from gateway.kit.own_keys import OwnKeys, OwnKeysError
from gateway.webhooks.errors import WebhookAddressError
from gateway.webhooks.rules import Known, body_of, check_url, is_public, pause_asked

TIMEOUT = 10.0
"""Seconds for a whole attempt."""
CONNECT_TIMEOUT = 5.0
KEPT = 500
"""So much of an answer is kept in the log, in characters."""
_MOST_READ = 4096


class Sent(NamedTuple):
    """What came of an attempt."""

    http_status: int | None
    answer: str
    milliseconds: int
    pause: dt.timedelta | None = None
    """How long the receiver asks us to wait (``Retry-After``)."""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.http_status is not None and 200 <= self.http_status < 300


def send(url: str, secrets: Sequence[str], event: Known, *, signed: bool, keys: OwnKeys | None, private: bool) -> Sent:
    """Make one attempt; it never raises for what the other side does.

    Args:
        url: Where to.
        secrets: In force, the newest first; each gives a signature.
        event: What is told.
        signed: Whether it must bear an HTTP message signature besides; without a key nothing is sent then.
        keys: Our own.
        private: Whether http and addresses that are not of the open Internet are allowed.
    """
    started = time.monotonic()
    body = json.dumps(body_of(event), separators=(",", ":"), sort_keys=True).encode()
    status, answer, pause = None, "", None
    try:
        headers = _headers(secrets, event, body)
        if signed:
            headers |= _message_signature(keys, url, headers, body)
        status, answer, pause = _post(check_url(url, private=private), headers, body, private=private)
    except (WebhookAddressError, OwnKeysError) as refusal:
        answer = f"not sent: {refusal.detail}"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as problem:
        answer = f"no answer: {type(problem).__name__}"
    return Sent(status, answer[:KEPT], int((time.monotonic() - started) * 1000), pause)


def _headers(secrets: Sequence[str], event: Known, body: bytes) -> dict[str, str]:
    now = _now()
    return {
        "content-type": "application/json",
        "user-agent": "mutual-gateway-webhooks/1",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event.id, now, body.decode()) for secret in secrets),
    }


def _message_signature(keys: OwnKeys | None, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    if keys is None:
        raise OwnKeysError("there is no key to sign messages with; set GATEWAY_MESSAGE_KEYS_FILE")
    # The address as the client writes it on the wire: what the receiver sees is what was signed.
    target = str(httpx.URL(url))
    return http_signatures.sign(keys.signing(), method="POST", url=target, headers=headers, body=body, now=_now())


def _post(url: str, headers: dict[str, str], body: bytes, *, private: bool) -> tuple[int, str, dt.timedelta | None]:
    target = httpx.URL(url)
    extensions: dict[str, Any] = {}
    if not private:
        # Without idna the name of the certificate is the name that was typed.
        name = target.host
        headers = {**headers, "host": target.netloc.decode("ascii")}
        target = target.copy_with(host=_public_address(name, target.port or 443))
        extensions["sni_hostname"] = name
    with (
        _deadline(extensions),
        httpx.Client(
            timeout=httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
            follow_redirects=False,
            trust_env=False,
            verify=trusted(),
        ) as client,
        client.stream("POST", target, content=body, headers=headers, extensions=extensions) as answer,
    ):
        kept = b""
        for piece in answer.iter_raw(1024):
            kept += piece
            if len(kept) >= _MOST_READ:
                break
    pause = pause_asked(answer.headers.get("retry-after"), now=_now()) if answer.status_code in (429, 503) else None
    return answer.status_code, kept.decode("utf-8", "replace").replace("\x00", "�"), pause


@contextmanager
def _deadline(extensions: dict[str, Any]) -> Iterator[None]:
    """End the connection after the time of an attempt: one that drips an octet at a time never runs into a timeout."""
    open_now: list[Any] = []

    def seen(event: str, told: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            open_now[:] = [told["return_value"].get_extra_info("socket")]

    def end() -> None:
        for connection in open_now:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    extensions["trace"] = seen
    timer = threading.Timer(TIMEOUT, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _public_address(host: str, port: int) -> str:
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise WebhookAddressError(f"the name {host[:80]} cannot be looked up") from None
    if not found or not all(is_public(address.partition("%")[0]) for address in found):
        raise WebhookAddressError(f"{host[:80]} is, or may be, inside a private network; nothing is sent there")
    return sorted(found, key=lambda address: (":" in address, address))[0]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251 — the moment of an attempt is part of the message, and of no rule
