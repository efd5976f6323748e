"""Opaque cursors for pages in key order: where the last page ended, in a form that nobody should read or make."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

from gateway.kit.errors import MalformedError

_READ: dict[type, Callable[[Any], Any]] = {
    int: lambda value: value if type(value) is int else _refuse(),
    str: lambda value: value if isinstance(value, str) else _refuse(),
    bool: lambda value: value if isinstance(value, bool) else _refuse(),
    dt.date: dt.date.fromisoformat,
    dt.datetime: dt.datetime.fromisoformat,
}


class CursorError(MalformedError):
    """A cursor that did not come from the list it was given to."""

    code = "cursor_invalid"
    title = "The cursor is not of this list"


def _refuse() -> Any:
    raise TypeError


def encode(values: Sequence[int | str | bool | dt.date | dt.datetime]) -> str:
    """Return the cursor that stands for the key of a page's last row."""
    plain = [value.isoformat() if isinstance(value, dt.date) else value for value in values]
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str, types: Sequence[type]) -> tuple[Any, ...]:
    """Return the key that a cursor stands for.

    Args:
        text: What ``encode`` gave.
        types: Type of each value: ``int``, ``str``, ``bool``, ``datetime.date`` or ``datetime.datetime``.

    Raises:
        CursorError: The text is no cursor, or one of another list.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        plain = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        if not isinstance(plain, list):
            _refuse()
        return tuple(_READ[kind](value) for kind, value in zip(types, plain, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise CursorError("this cursor is not of this list; take next_cursor from the page before, unchanged") from None
