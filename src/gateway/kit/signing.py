"""Signatures of messages between servers, as Standard Webhooks 1.0 has them (HMAC-SHA256 over id, time and raw body).

A secret is written ``whsec_`` and base64. Two secrets may be in force while one replaces the other: the sender signs
with both, the receiver accepts either.
"""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.kit.errors import UnauthenticatedError

PREFIX = "whsec_"
TOLERANCE = dt.timedelta(minutes=5)


class SignatureError(UnauthenticatedError):
    """A message that does not come from whom it says, or not now."""

    code = "signature_invalid"
    title = "The signature does not fit the message"


class Signed(NamedTuple):
    """What a verified message says of itself."""

    event_id: str
    sent_at: dt.datetime


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("a webhook secret is base64, with or without the prefix whsec_") from None


def _signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    content = f"{event_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest()).decode()


def sign(secrets: Sequence[str], event_id: str, body: bytes, *, now: dt.datetime) -> dict[str, str]:
    """Return the headers that sign a message with every secret in force.

    Args:
        secrets: The newest first.
        event_id: The same on every retry.
        body: The exact bytes that are sent.
        now: When this attempt is made.
    """
    timestamp = str(int(now.timestamp()))
    signatures = " ".join(f"v1,{_signature(secret, event_id, timestamp, body)}" for secret in secrets)
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: dt.datetime) -> Signed:
    """Check a message's signature over its raw bytes and that it was sent within five minutes of now.

    That an event comes once only is the inbox's to see: its identifier is unique there.

    Raises:
        SignatureError: A header is missing, the time is too far off, or no secret in force fits.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        event_id, timestamp, listed = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        sent_at = dt.datetime.fromtimestamp(int(timestamp), dt.UTC)
    except KeyError as missing:
        raise SignatureError(f"the header {missing.args[0]} is missing") from None
    except (ValueError, OverflowError, OSError):
        raise SignatureError("webhook-timestamp is not a time in seconds since 1970") from None
    if abs(now - sent_at) > TOLERANCE:
        raise SignatureError("the message was signed more than five minutes before or after now")
    offered = [part.removeprefix("v1,").encode() for part in listed.split() if part.startswith("v1,")]
    wanted = [_signature(secret, event_id, timestamp, body).encode() for secret in secrets]
    if not any(hmac.compare_digest(ours, theirs) for ours in wanted for theirs in offered):
        raise SignatureError("no secret in force gives the signature of this message")
    return Signed(event_id, sent_at)
