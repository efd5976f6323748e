"""When members are told what is coming, and what a mutual's own words for it may be: pure."""

import datetime as dt
import math
import string
from collections.abc import Collection
from typing import NamedTuple

from gateway.kit.errors import FieldProblem

DAYS_BEFORE_CHILD_LEAVES = 60
"""So many days before a child leaves her family the member is told: time to bring proof of studies or a disability."""


def latest_leaving(today: dt.date) -> dt.date:
    """Return the last leaving day that is told of today or before.

    Source:
        SRC-MUTUAL, the same practice seen from today.
    """
    return today + dt.timedelta(days=DAYS_BEFORE_CHILD_LEAVES)


ONE_MESSAGE, ONE_OF_SEVERAL = 160, 153
WIDE_MESSAGE, WIDE_OF_SEVERAL = 70, 67
LONGEST_WORDS = 600
"""What a mutual's own words may have at most, places not yet filled."""
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")


class Length(NamedTuple):
    """How long a text is as a short message."""

    letters: int
    """As they are counted in its alphabet."""
    is_wide: bool
    """It has a letter that only the wide alphabet has, for example á: a message holds less than half of it then."""
    parts: int
    """Messages it is sent in; each is paid for."""


def length_of(text: str) -> Length:
    """Return how long a text is as a short message.

    Source:
        SRC-SMS, the alphabets of short messages and what one holds.
    """
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        letters = sum(2 if letter in _GSM_TWICE else 1 for letter in text)
        return Length(letters, False, _parts(letters, ONE_MESSAGE, ONE_OF_SEVERAL))
    letters = len(text.encode("utf-16-be")) // 2
    return Length(letters, True, _parts(letters, WIDE_MESSAGE, WIDE_OF_SEVERAL))


def check_words(text: str, places: Collection[str], required: Collection[str]) -> list[FieldProblem]:
    """Return everything that is wrong with a mutual's own words for a kind of notice.

    Args:
        text: The words, with places like ``{amount}``.
        places: Names that are filled for this kind.
        required: Those that may not be left out.

    Source:
        SRC-MUTUAL, the mutual words its own messages; what they tell stays.
    """
    if not text.strip() or len(text) > LONGEST_WORDS or not text.replace("\n", "").isprintable():
        return [FieldProblem("/text", "length", f"expected 1 to {LONGEST_WORDS} printable characters")]
    try:
        found = list(string.Formatter().parse(text))
    except ValueError:
        return [FieldProblem("/text", "braces", "a brace is not closed; a place is written {name}")]
    problems = [
        FieldProblem("/text", "place_form", f"write the place {{{name}}} without anything besides its name")
        for _, name, form, conversion in found
        if name is not None and (form or conversion)
    ]
    used = {name for _, name, _, _ in found if name is not None}
    problems += [
        FieldProblem("/text", "place_unknown", f"{{{name}}} is filled by nothing here; there are {_list(places)}")
        for name in sorted(used - set(places))
    ]
    problems += [
        FieldProblem("/text", "place_missing", f"{{{name}}} may not be left out: nobody could act on the message")
        for name in sorted(set(required) - used)
    ]
    return problems


def _parts(letters: int, one: int, several: int) -> int:
    return 1 if letters <= one else math.ceil(letters / several)


def _list(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
