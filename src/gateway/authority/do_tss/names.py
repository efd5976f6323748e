"""How a name is written for the Dominican state: A to Z, space, apostrophe and hyphen.

The state also reads Ñ; what exporters send is N, and so do we. The name as the member writes it stays in the
mutual's own tables. Source: SRC-001.
"""

import re

from gateway.authority.text.letters import APOSTROPHES, DASHES, UnwritableNameError, plain_name

__all__ = ["UnwritableNameError", "transliterate"]

_MARKS = {**dict.fromkeys(APOSTROPHES, "'"), **dict.fromkeys(DASHES, "-"), ".": " ", ",": " "}
_PLAIN = re.compile(r"[A-Z' -]*")


def transliterate(name: str) -> str:
    """Write a name in the state's alphabet; a second time changes nothing.

    Raises:
        UnwritableNameError: A character has no counterpart (a digit, another script, a control character).
    """
    if _PLAIN.fullmatch(name) and "  " not in name:
        return name.strip()
    return plain_name(name, _MARKS, _PLAIN)
