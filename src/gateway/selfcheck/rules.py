"""How members get in: codes, tokens, limits. Pure."""

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

CODE_DIGITS = 6
CODE_MINUTES = 10
CODE_TRIES = 5
ACCESS_MINUTES = 15
REFRESH_DAYS = 30
SESSION_DAYS = 180
GRACE_SECONDS = 10
"""So long a refresh token that was used gives the same successors again: the answer may have been lost on the way."""
WINDOW_SECONDS = 900
MOST_HELPERS = 3

_ACCESS = re.compile(r"gm_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")
_REFRESH = re.compile(r"gr_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")


class Limits(NamedTuple):
    """How many codes or tries a window of a quarter of an hour allows."""

    number: int
    """For one telephone and identity number."""
    address: int
    """From one network address; many telephones share one at a carrier."""
    overall: int


def asked_digest(phone: str, identity: str) -> str:
    """Return what is kept of a telephone and identity number as somebody typed them.

    Source:
        SRC-SELFCHECK, our own rule: what a stranger types is not kept in clear.
    """
    return digest(f"{phone}\x1f{identity}")


def digest(text: str) -> str:
    """Return the digest of a secret of 256 bits, or of what only needs to be compared.

    Source:
        SRC-SELFCHECK.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def access_token(mutual_id: int, secret: bytes) -> str:
    """Return an access token: which mutual, and 32 secret bytes.

    Source:
        SRC-SELFCHECK, as SRC-STAFF: the mutual in it lets one read inside its own data find the session.
    """
    return f"gm_{mutual_id}_{_text(secret)}"


def refresh_token(mutual_id: int, secret: bytes) -> str:
    """Return a refresh token of the same form.

    Source:
        SRC-SELFCHECK.
    """
    return f"gr_{mutual_id}_{_text(secret)}"


def mutual_of_access(token: str) -> int | None:
    """Return the mutual an access token says it is of; None where it is none.

    Source:
        SRC-SELFCHECK.
    """
    found = _ACCESS.fullmatch(token)
    return int(found[1]) if found else None


def mutual_of_refresh(token: str) -> int | None:
    """Return the mutual a refresh token says it is of; None where it is none.

    Source:
        SRC-SELFCHECK.
    """
    found = _REFRESH.fullmatch(token)
    return int(found[1]) if found else None


def successors(refresh: str, nonce: str) -> tuple[bytes, bytes]:
    """Return the secrets of the access and refresh token that follow a refresh token.

    They need the token, which only its bearer has, and the nonce, which only the database has: neither alone gives
    them, and a repeat of the same call gives the same.

    Source:
        SRC-SELFCHECK, RFC 9700 section 4.14 (rotation), HMAC as a derivation function (RFC 5869, extract).
    """
    key = refresh.encode()
    return (
        hmac.digest(key, f"{nonce}:access".encode(), "sha256"),
        hmac.digest(key, f"{nonce}:refresh".encode(), "sha256"),
    )


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
