"""Argon2id, a few at a time: each takes tens of mebibytes while it runs."""

import threading
from functools import cache

from pwdlib import PasswordHash

_hasher = PasswordHash.recommended()
_few = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """Return the hash to keep, with its parameters and salt."""
    with _few:
        return _hasher.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Compare a password with its hash; without one it takes as long and says no."""
    with _few:
        right = _hasher.verify(password, password_hash or _nobody())
    return right and password_hash is not None


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
