"""A name in the letters a state's files hold: capitals without accents, and what few marks the state allows."""

import re
import unicodedata
from collections.abc import Mapping

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


def plain_name(name: str, marks: Mapping[str, str], allowed: "re.Pattern[str]") -> str:
    """Write a name in capitals without accents; a second time changes nothing.

    Args:
        name: As the member writes it.
        marks: What becomes of single characters that are no letters, for example of an apostrophe.
        allowed: The state's alphabet, as a pattern of a whole name.

    Raises:
        UnwritableNameError: A character has no counterpart (a digit, another script, a control character).
    """
    table = str.maketrans({**LETTERS, **marks})
    decomposed = unicodedata.normalize("NFKD", name.translate(table))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(table).upper()
    plain = _BLANKS.sub(" ", letters).strip()
    if allowed.fullmatch(plain) is None:
        raise UnwritableNameError(next(c for c in plain if allowed.fullmatch(c) is None))
    return plain
