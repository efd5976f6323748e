"""Bring one signed message to one address, and nowhere it must not go.

The name is looked up once, every address it has is checked, and the connection goes to the checked one: a name that
answers differently a moment later changes nothing. Redirects are not followed and the environment's proxies not used.
"""

import datetime as dt
import json
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import Webhook

from gateway.webhooks.errors import WebhookAddressError
from gateway.webhooks.rules import Known, body_of, is_public

TIMEOUT = 10.0
KEPT = 500
"""So much of an answer is kept in the log, in characters."""
_MOST_READ = 4096


class Sent(NamedTuple):
    """What came of an attempt."""

    http_status: int | None
    answer: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.http_status is not None and 200 <= self.http_status < 300


def check_url(url: str, *, private: bool) -> None:
    """Refuse what is no usable address by its form; that of a name is checked each time it is used.

    Raises:
        WebhookAddressError: Not http(s), not https where only public addresses are allowed, with a user or a fragment.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise WebhookAddressError("this is no address; expected https://host/path") from None
    if parts.scheme not in (("http", "https") if private else ("https",)) or not host or port == 0:
        raise WebhookAddressError("expected an https address; http is only for sandboxes on private networks")
    if (
        parts.username
        or parts.password
        or parts.fragment
        or len(url) > 2000
        or not url.isascii()
        or not url.isprintable()
    ):
        raise WebhookAddressError(
            "the address must hold no user, password or fragment, in at most 2000 ASCII characters"
        )
    if not private:
        _public_address(host, port or 443)


def send(url: str, secrets: Sequence[str], event: Known, *, private: bool) -> Sent:
    """Make one attempt; it never raises for what the other side does.

    Args:
        url: Where to.
        secrets: In force, the newest first; each gives a signature.
        event: What is told.
        private: Whether addresses that are not of the open Internet are allowed.
    """
    started = time.monotonic()
    try:
        status, answer = _post(url, _headers(secrets, event), _written(event), private=private)
    except WebhookAddressError as refusal:
        status, answer = None, refusal.detail
    except (httpx.HTTPError, OSError, UnicodeError) as problem:
        status, answer = None, f"no answer: {type(problem).__name__}"
    return Sent(status, answer[:KEPT], int((time.monotonic() - started) * 1000))


def _written(event: Known) -> bytes:
    return json.dumps(body_of(event), separators=(",", ":"), sort_keys=True).encode()


def _headers(secrets: Sequence[str], event: Known) -> dict[str, str]:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 — the moment of this attempt is part of the message
    body = _written(event).decode()
    return {
        "content-type": "application/json",
        "user-agent": "mutual-gateway-webhooks/1",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event.id, now, body) for secret in secrets),
    }


def _post(url: str, headers: dict[str, str], body: bytes, *, private: bool) -> tuple[int, str]:
    target = httpx.URL(url)
    # Without idna the name of the certificate is the name that was typed.
    name, extensions = target.host, {}
    if not private:
        address = _public_address(name, target.port or 443)
        target = target.copy_with(host=address)
        extensions = {"sni_hostname": name}
        headers = {**headers, "host": httpx.URL(url).netloc.decode("ascii")}
    timeout = httpx.Timeout(TIMEOUT, connect=5.0)
    end = time.monotonic() + TIMEOUT
    with (
        httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", target, content=body, headers=headers, extensions=extensions) as answer,
    ):
        kept = b""
        for piece in answer.iter_raw(1024):
            kept += piece
            if len(kept) >= _MOST_READ or time.monotonic() > end:
                break
    return answer.status_code, kept.decode("utf-8", "replace").replace("\x00", "�")


def _public_address(host: str, port: int) -> str:
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise WebhookAddressError(f"the name {host[:80]} cannot be looked up") from None
    if not found or not all(is_public(address.partition("%")[0]) for address in found):
        raise WebhookAddressError(
            f"{host[:80]} is, or may be, an address inside a private network; nothing is sent there"
        )
    return sorted(found, key=lambda address: (":" in address, address))[0]
