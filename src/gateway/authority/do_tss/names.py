"""How a name is written for the Dominican state: A to Z, space, apostrophe and hyphen.

The state also reads Ñ; what exporters send is N, and so do we. The name as the member writes it stays in the
mutual's own tables. Source: SRC-001.
"""

import re
import unicodedata

_SPECIAL = str.maketrans(
    {
        "ß": "SS",
        "ẞ": "SS",
        "Æ": "AE",
        "æ": "AE",
        "Œ": "OE",
        "œ": "OE",
        "Ø": "O",
        "ø": "O",
        "Ł": "L",
        "ł": "L",
        "Đ": "D",
        "đ": "D",
        "Ð": "D",
        "ð": "D",
        "Þ": "TH",
        "þ": "TH",
        "ı": "I",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "´": "'",
        "`": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        ".": " ",
        ",": " ",
    }
)
_PLAIN = re.compile(r"[A-Z' -]*")
_BLANKS = re.compile(r"\s+")


class UnwritableNameError(ValueError):
    """A name holds a character that has no counterpart in the state's alphabet."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character


def transliterate(name: str) -> str:
    """Write a name in the state's alphabet; a second time changes nothing.

    Raises:
        UnwritableNameError: A character has no counterpart (a digit, another script, a control character).
    """
    if _PLAIN.fullmatch(name) and "  " not in name:
        return name.strip()
    decomposed = unicodedata.normalize("NFKD", name.translate(_SPECIAL))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPECIAL).upper()
    plain = _BLANKS.sub(" ", letters).strip()
    if _PLAIN.fullmatch(plain) is None:
        raise UnwritableNameError(next(c for c in plain if _PLAIN.fullmatch(c) is None))
    return plain
