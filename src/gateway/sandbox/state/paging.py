"""Cursors and page sizes of the contract."""

import base64
import binascii
from collections.abc import Mapping


class PageError(ValueError):
    """A cursor that is not ours, or a size out of bounds."""


def cursor_of(after: int) -> str:
    """Write where the next page begins."""
    return base64.urlsafe_b64encode(f"after:{after}".encode()).decode().rstrip("=")


def read_page(query: Mapping[str, str], *, usual: int, most: int) -> tuple[int, int]:
    """Return after which number the page begins, and how many may stand on it.

    Raises:
        PageError: The cursor or the limit is not valid.
    """
    text = query.get("limit", str(min(usual, most)))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= most:
        raise PageError(f"limit: expected 1 to {most}")
    cursor = query.get("cursor")
    if cursor is None:
        return 0, int(text)
    try:
        word = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        name, _, number = word.partition(":")
        if name != "after" or cursor_of(int(number)) != cursor:
            raise PageError("cursor: not one of ours")
    except (binascii.Error, ValueError) as broken:
        raise PageError("cursor: not one of ours; begin again without it") from broken
    return int(number), int(text)
