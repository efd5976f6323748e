"""Pure rules: what a username and a password may be, how tokens are made and when an account locks."""

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence

from gateway.staff.errors import PasswordWeakError, UsernameInvalidError

MIN_PASSWORD = 12
MAX_PASSWORD = 200
TRIES_BEFORE_LOCK = 5
LOCK_MINUTES = 15
STEP_SECONDS = 30
AWAITING_MINUTES = 10
"""How long somebody has for the second factor after the password."""
RECOVERY_CODES = 10
_CLEAR = "23456789abcdefghjkmnpqrstuvwxyz"

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


def new_recovery_codes(randoms: Sequence[bytes]) -> list[str]:
    """Return recovery codes as people write them down: twice five letters and figures, none of which looks like another.

    Source:
        SRC-STAFF, after NIST SP 800-63B: look-up secrets of at least 20 bits, used once; these have 49.
    """
    return [
        "-".join("".join(_CLEAR[byte % len(_CLEAR)] for byte in random[at : at + 5]) for at in (0, 5))
        for random in randoms
    ]


def bare_code(text: str) -> str:
    """Return a code as it is compared: without spaces and dashes, in lower case.

    Source:
        SRC-STAFF.
    """
    return re.sub(r"[\s-]", "", text).lower()


def step_of(now: dt.datetime) -> int:
    """Return the half minute that an instant is in, counted from 1970.

    Source:
        SRC-TOTP, section 4: T = (now - T0) / 30 s.
    """
    return int(now.timestamp()) // STEP_SECONDS


def steps_taken(now: dt.datetime, last_step: int) -> list[int]:
    """Return the half minutes whose code is taken now: this one and its neighbours, and none that was used before.

    Source:
        SRC-TOTP, section 5.2: at most one step of delay either way; a code is taken once.
    """
    here = step_of(now)
    return [step for step in (here, here - 1, here + 1) if step > last_step]


def needs_factor(roles: Collection[str], settings: Mapping[str, object]) -> bool:
    """Tell whether a mutual asks somebody with these roles for a second factor.

    Args:
        roles: Of the person.
        settings: The mutual's; ``second_factor_roles`` lists the roles.

    Source:
        SRC-STAFF, our own rule: a mutual decides for which work a password is not enough.
    """
    asked = settings.get("second_factor_roles")
    return isinstance(asked, list) and bool(set(roles) & set(asked))


def locked_until(failed_logins: int, now: dt.datetime) -> dt.datetime | None:
    """Return until when an account is locked after so many failures in a row, or None.

    Source:
        SRC-STAFF, our own rule.
    """
    return now + dt.timedelta(minutes=LOCK_MINUTES) if failed_logins >= TRIES_BEFORE_LOCK else None


_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
"""What a browser writes of itself -> what people call it. Most name others as well: the first that fits counts."""
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


def device_of(user_agent: str) -> str:
    """Return browser and system as people call them, for example ``Firefox, Windows``; a program's own name where it is none.

    Nothing else of what is sent is kept: versions and the rest tell a person nothing, and somebody else too much.

    Source:
        SRC-STAFF, our own rule.
    """
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if not browser:
        program = _PROGRAM.match(user_agent)
        browser = program.group() if program and not user_agent.startswith("Mozilla/") else ""
    return ", ".join(part for part in (browser, system) if part)
