"""Text in the letters that a PDF's own fonts have (Latin-1)."""

import unicodedata

_NEAREST = str.maketrans(
    {
        "\u202f": "\u00a0",
        "\u2019": "'",
        "\u2013": "-",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "ı": "i",
        "œ": "oe",
        "Œ": "OE",
    }
)
"""Letters that the fonts lack and that do not come apart into a letter and an accent."""


def printable(text: str) -> str:
    """Return a text in Latin-1: other letters lose their accent or become ``?``."""
    kept = (
        letter
        if letter.encode("latin-1", errors="ignore")
        else unicodedata.normalize("NFKD", letter).encode("latin-1", errors="ignore").decode("latin-1") or "?"
        for letter in text.translate(_NEAREST)
    )
    return "".join(kept)
