"""Pure rules: how long things hold, what a client may be, and what a month's line means."""

import datetime as dt
import re
from collections.abc import Collection

from gateway.statelink.errors import ClientInvalidError
from gateway.statelink.states import Standing

TOKEN_MINUTES = 10
SKEW = dt.timedelta(seconds=60)
"""How far a client's clock may be off."""
LONGEST_ASSERTION = dt.timedelta(minutes=5)
KEYS_HOLD = dt.timedelta(hours=1)
"""After so long the keys at an address are read anew."""
KEYS_REST = dt.timedelta(seconds=60)
"""An unknown key makes us look at the address again, but never more often than this."""
MOST_MONTHS = 24

_CLIENT_ID = re.compile(r"sc-([1-9][0-9]{0,17})-[0-9a-f]{16}")
_TOKEN = re.compile(r"gs_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def client_id_of(mutual_id: int, secret: str) -> str:
    """Return a client's identifier; the mutual stands in it, so that one read inside its own data finds the client.

    Source:
        SRC-STATELINK.
    """
    return f"sc-{mutual_id}-{secret}"


def mutual_of(client_id: str) -> int | None:
    """Return which mutual a client's identifier says it is of, or None if it is none.

    Source:
        SRC-STATELINK.
    """
    match = _CLIENT_ID.fullmatch(client_id)
    return int(match.group(1)) if match else None


def token_text(mutual_id: int, secret: str) -> str:
    """Return an access token: which mutual, and 32 secret bytes in base64url.

    Source:
        SRC-STATELINK.
    """
    return f"gs_{mutual_id}_{secret}"


def mutual_in(token: str) -> int | None:
    """Return which mutual a token says it is of, or None if it is no token.

    Source:
        SRC-STATELINK.
    """
    match = _TOKEN.fullmatch(token)
    return int(match.group(1)) if match else None


def certificate_name(text: str) -> str:
    """Return a certificate as it is compared: its SHA-256 fingerprint in lower hexadecimal, or ``san:`` and a name.

    Raises:
        ClientInvalidError: It is neither.

    Source:
        SRC-STATELINK, RFC 8705 section 2.1.2.
    """
    bare = text.strip().lower()
    if bare.startswith("san:") and 0 < len(bare.removeprefix("san:")) <= 253:
        return bare
    fingerprint = bare.removeprefix("sha256:").replace(":", "")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise ClientInvalidError(
            f"{text[:80]!r} is no certificate: expected its SHA-256 fingerprint in hexadecimal, or san: and a name"
        )
    return fingerprint


def check_address(url: str, *, over_tls: bool) -> str:
    """Return an address of a client's that we call.

    Raises:
        ClientInvalidError: It is not https (or http where that is allowed), or holds a user name or fragment.

    Source:
        SRC-STATELINK.
    """
    schemes = "https" if over_tls else "https?"
    if not re.fullmatch(rf"{schemes}://[A-Za-z0-9.\-]+(:[0-9]{{1,5}})?(/[^\s#]*)?", url) or len(url) > 500:
        raise ClientInvalidError(f"{url[:80]!r} is no address to call: expected https:// and a host, without user or #")
    return url


def standing_of(line_status: str | None, *, is_paid: bool) -> Standing:
    """Return how far a month is: a line that was accepted, also with a change, counts as paid once its bill is.

    Source:
        SRC-STATELINK.
    """
    if line_status is None:
        return Standing.NOT_DECLARED
    if line_status in ("accepted", "changed"):
        return Standing.PAID if is_paid else Standing.ACCEPTED
    return Standing.REJECTED if line_status == "rejected" else Standing.WAITING


def best_of(standings: Collection[Standing]) -> Standing:
    """Return what counts of several payrolls' lines in one month: the furthest.

    Source:
        SRC-STATELINK.
    """
    return next((one for one in Standing if one in standings), Standing.NOT_DECLARED)
