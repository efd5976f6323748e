"""A name in the letters a state's files hold: capitals without accents, and what few marks the state allows."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

LETTERS = {
    "ß": "SS", "ẞ": "SS", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L",
    "Đ": "D", "đ": "D", "Ð": "D", "ð": "D", "Þ": "TH", "þ": "TH", "ı": "I",
}  # fmt: skip
"""Letters that are no accented ones of the plain alphabet, and how they are written."""
APOSTROPHES = "'’‘ʼ´`"
DASHES = "-‐‑–—"
_BLANKS = re.compile(r"\s+")


class UnwritableNameError(ValueError):
    """A name holds a character that has no counterpart in the state's alphabet."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character


@lru_cache(16)
def _table(marks: tuple[tuple[str, str], ...]) -> dict[int, str]:
    return str.maketrans({**LETTERS, **dict(marks)})


def plain_name(name: str, marks: Mapping[str, str], allowed: "re.Pattern[str]") -> str:
    """Write a name in capitals without accents; a second time changes nothing.

    Args:
        name: As the member writes it.
        marks: What becomes of single characters that are no letters, for example of an apostrophe.
        allowed: The state's alphabet, as a pattern of a whole name.

    Raises:
        UnwritableNameError: A character has no counterpart (a digit, another script, a control character).
    """
    table = _table(tuple(marks.items()))
    known = name.translate(table)
    if not known.isascii():
        decomposed = unicodedata.normalize("NFKD", known)
        known = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(table)
    plain = _BLANKS.sub(" ", known.upper()).strip()
    if allowed.fullmatch(plain) is None:
        raise UnwritableNameError(next(c for c in plain if allowed.fullmatch(c) is None))
    return plain
