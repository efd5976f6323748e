"""Sums inside one member or one till: which of a few amounts make a total, and whether in one way alone. Pure.

Bounded: a dozen amounts, at most six of them together, and no more ways than tell one from several. Looking for sums among
strangers would find one for almost any amount.
"""

from collections.abc import Sequence
from typing import NamedTuple

MOST_AMOUNTS = 12
MOST_PARTS = 6


class Found(NamedTuple):
    """What makes a total."""

    ways: int
    """0, 1, or 2 for two or more; amounts that are equal and older ones first make one way."""
    parts: tuple[int, ...]
    """Positions of the first way found."""


def make_total(total_minor: int, amounts_minor: Sequence[int], *, fewest: int = 2) -> Found:
    """Return which amounts make a total, and whether another choice would too.

    Equal amounts are alike for the money but not for what it pays: of two equal ones of which one is needed, either would do,
    so there are two ways.

    Args:
        total_minor: What is to be made, above zero.
        amounts_minor: Each above zero, at most ``MOST_AMOUNTS``; with more, nothing is looked for.
        fewest: With how many parts it begins to be a sum.

    Source:
        SRC-LEDGER, a sum inside one member or one collector, bounded, only if it is the one solution.
    """
    if total_minor <= 0 or len(amounts_minor) > MOST_AMOUNTS or any(amount <= 0 for amount in amounts_minor):
        return Found(0, ())
    found: list[tuple[int, ...]] = []
    remaining = [0] * (len(amounts_minor) + 1)
    for place in range(len(amounts_minor) - 1, -1, -1):
        remaining[place] = remaining[place + 1] + amounts_minor[place]

    def look(place: int, left_minor: int, chosen: tuple[int, ...]) -> None:
        if left_minor == 0:
            if len(chosen) >= fewest:
                found.append(chosen)
            return
        if len(found) > 1 or len(chosen) == MOST_PARTS or place == len(amounts_minor) or left_minor > remaining[place]:
            return
        if amounts_minor[place] <= left_minor:
            look(place + 1, left_minor - amounts_minor[place], (*chosen, place))
        look(place + 1, left_minor, chosen)

    look(0, total_minor, ())
    return Found(min(len(found), 2), found[0] if found else ())
