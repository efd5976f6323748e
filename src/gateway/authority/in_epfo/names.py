"""How a name is written for the fund: one field of letters, spaces and full stops. Source: SRC-020.

The name as the member writes it stays in the mutual's own tables.
"""

from functools import lru_cache

from gateway.authority.in_epfo.record import NAME_MARKS
from gateway.authority.text.letters import APOSTROPHES, DASHES, plain_name

_MARKS = {**dict.fromkeys(APOSTROPHES, ""), **dict.fromkeys(DASHES, " "), ",": " "}


@lru_cache(65_536)
def whole_name(given_names: str, first_surname: str, second_surname: str) -> str:
    """Return a member's name as the file holds it: given names first.

    Raises:
        UnwritableNameError: A character has no counterpart among letters, spaces and full stops.
    """
    return plain_name(f"{given_names} {first_surname} {second_surname}", _MARKS, NAME_MARKS)
