"""Pure rules: what a username and a password may be, how tokens are made and when an account locks."""

import base64
import datetime as dt
import hashlib
import re

from gateway.staff.errors import PasswordWeakError, UsernameInvalidError

MIN_PASSWORD = 12
MAX_PASSWORD = 200
TRIES_BEFORE_LOCK = 5
LOCK_MINUTES = 15

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_TOKEN = re.compile(r"gw_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")


def check_username(username: str) -> str:
    """Return the username in lower case.

    Raises:
        UsernameInvalidError: Other characters than letters, digits, dot, dash and underscore, or too short or long.

    Source:
        SRC-STAFF, our own rule: readable in a log, and safe in an actor's name.
    """
    lowered = username.strip().lower()
    if not _USERNAME.fullmatch(lowered):
        raise UsernameInvalidError(
            f"{username!r} is not a username; expected 2 to 40 of a-z, 0-9, dot, dash, underscore, a letter first"
        )
    return lowered


def check_password(password: str, username: str) -> None:
    """Check that a new password is long enough and not the obvious.

    Raises:
        PasswordWeakError: Says which.

    Source:
        SRC-STAFF, after NIST SP 800-63B: length matters, composition rules do not.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise PasswordWeakError(
            f"the password has {len(password)} characters; expected {MIN_PASSWORD} to {MAX_PASSWORD}, a sentence is fine"
        )
    if username in password.lower() or len(set(password)) < 5:
        raise PasswordWeakError(
            "the password holds the username or repeats a few characters; choose a sentence instead"
        )


def token_of(mutual_id: int, secret: bytes) -> str:
    """Return the bearer token: which mutual, and 32 secret bytes.

    Source:
        SRC-STAFF, the mutual stands in the token so that one read inside its own data finds the session.
    """
    return f"gw_{mutual_id}_{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


def mutual_in(token: str) -> int | None:
    """Return which mutual a token says it is of, or None if it is no token.

    Source:
        SRC-STAFF.
    """
    match = _TOKEN.fullmatch(token)
    return int(match.group(1)) if match else None


def digest_of(token: str) -> str:
    """Return what is kept of a token; a secret of 256 bits needs no salt.

    Source:
        SRC-STAFF.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def locked_until(failed_logins: int, now: dt.datetime) -> dt.datetime | None:
    """Return until when an account is locked after so many failures in a row, or None.

    Source:
        SRC-STAFF, our own rule.
    """
    return now + dt.timedelta(minutes=LOCK_MINUTES) if failed_logins >= TRIES_BEFORE_LOCK else None
