"""The characters that every bank takes, and how other writing is brought into them."""

import re
import unicodedata

ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9/\-?:().,'+]{1,35}")
_BANK = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?")
_SPECIAL = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l",
        "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "ı": "i", "€": "EUR", "&": "+", "@": "(at)",
        "_": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "’": "'", "‘": "'", "´": "'", "`": "'", '"': "'", "“": "'",
        "”": "'", "«": "'", "»": "'", ";": ",", "*": ".", "#": ".", "%": ".", "=": "-", "[": "(", "]": ")", "{": "(",
        "}": ")", "!": ".", "|": "/", "\\": "/", "¿": "?", "¡": ".", "º": "o", "ª": "a", "°": "o", "~": "-", "<": "(",
        ">": ")", "$": ".", "^": ".",
    }
)  # fmt: skip


def restrict(text: str) -> str:
    """Bring text into the characters every bank takes; what has no counterpart becomes a question mark."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPECIAL)
    return " ".join("".join(c if ALLOWED.fullmatch(c) else " " if c.isspace() else "?" for c in plain).split())


def is_identifier(text: str) -> bool:
    """Tell whether a bank carries this id unchanged: 1 to 35 plain characters, no slash at an end and no two in a row."""
    return bool(_IDENTIFIER.fullmatch(text)) and not (text[0] == "/" or text[-1] == "/" or "//" in text)


def is_iban(number: str) -> bool:
    """Tell whether a number is an IBAN with right check digits (ISO 13616, ISO 7064 mod 97-10)."""
    if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", number) is None:
        return False
    rearranged = number[4:] + number[:4]
    return int("".join(str(int(c, 36)) for c in rearranged)) % 97 == 1


def is_bank_identifier(text: str) -> bool:
    """Tell whether a text is a BIC (ISO 9362) as every version of the orders takes it."""
    return _BANK.fullmatch(text) is not None
