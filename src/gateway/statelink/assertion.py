"""Who a client is: its signed assertion (RFC 7523) checked by the keys it registered, and nothing else."""

import base64
import datetime as dt
import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from gateway.kit import http_signatures
from gateway.statelink.errors import ClientRefusedError
from gateway.statelink.rules import LONGEST_ASSERTION, SKEW

ALGORITHMS = ["Ed25519", "EdDSA", "ES256", "PS256"]
"""Asymmetric ones alone: neither ``none`` nor a public key taken for a shared secret is ever looked at."""
LONGEST = 8_000
_JTI = re.compile(r"[\x21-\x7e]{8,255}")


class _Registry(JWSRegistry):
    """Knows Ed25519 by its older name too, which most libraries still write."""

    def get_alg(self, name: str) -> Any:
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


class Claimed(NamedTuple):
    """What an assertion says before it is checked."""

    client_id: str
    key_id: str


class Assertion(NamedTuple):
    """A checked assertion."""

    jti: str
    expires_at: dt.datetime


def claimed(text: str) -> Claimed:
    """Return whom an assertion says it is from and with which key, to know what to check it against.

    Raises:
        ClientRefusedError: It cannot be read.
    """
    parts = text.split(".")
    if len(parts) != 3 or len(text) > LONGEST:
        raise ClientRefusedError("client_assertion must be a signed JWT (RFC 7523)")
    header, claims = _plain(parts[0]), _plain(parts[1])
    issuer, key_id = claims.get("iss"), header.get("kid")
    if not isinstance(issuer, str) or not isinstance(key_id, str):
        raise ClientRefusedError("client_assertion needs a kid in its header and iss among its claims")
    return Claimed(issuer, key_id)


def check(
    jwks: Mapping[str, Any], text: str, *, client_id: str, audiences: Collection[str], now: dt.datetime
) -> Assertion:
    """Check an assertion: its signature, that it is from the client, for us, of now, and has an identifier of its own.

    Raises:
        ClientRefusedError: It does not hold, in words that name the claim.
    """
    usable = http_signatures.read_keys(jwks)
    public = [http_signatures.public_part(key) for key in (jwks["keys"] if usable else ()) if _kid(key) in usable]
    try:
        token = jwt.decode(
            text,
            KeySet.import_key_set({"keys": public}),
            algorithms=ALGORITHMS,
            registry=_Registry(algorithms=ALGORITHMS),
        )
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        reason = type(problem).__name__
        raise ClientRefusedError(f"client_assertion does not hold by the client's keys ({reason})") from None
    claims = token.claims
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise ClientRefusedError("iss and sub of client_assertion must both be the client's id")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(one, str) and one in audiences for one in named):
        raise ClientRefusedError(f"aud of client_assertion must be {' or '.join(sorted(audiences))}")
    expires_at = _instant(claims, "exp")
    if expires_at is None:
        raise ClientRefusedError("client_assertion needs exp, at most five minutes ahead")
    if expires_at + SKEW < now:
        raise ClientRefusedError("client_assertion has expired")
    if expires_at > now + LONGEST_ASSERTION + SKEW:
        raise ClientRefusedError("exp of client_assertion is more than five minutes ahead")
    for name in ("nbf", "iat"):
        begins = _instant(claims, name)
        if begins is not None and begins > now + SKEW:
            raise ClientRefusedError(f"{name} of client_assertion lies ahead")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise ClientRefusedError("client_assertion needs a jti of 8 to 255 printable characters, another each time")
    return Assertion(jti, expires_at)


def _kid(key: Any) -> Any:
    return key.get("kid") if isinstance(key, Mapping) else None


def _plain(part: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        raise ClientRefusedError("client_assertion must be a signed JWT (RFC 7523)") from None
    return found if isinstance(found, dict) else {}


def _instant(claims: Mapping[str, Any], name: str) -> dt.datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ClientRefusedError(f"{name} of client_assertion must be seconds since 1970")
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise ClientRefusedError(f"{name} of client_assertion is no time") from None
