"""Pure rules of cash: what a count sums to, which day a receipt of the road is booked on, what makes two the same."""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.cash.errors import CountInvalidError
from gateway.kit.errors import FieldProblem

MOST_PIECES = 10_000_000
"""Of one denomination: more is a mistyped number."""


class Pieces(NamedTuple):
    """So many notes or coins of one value."""

    value_minor: int
    number: int


def counted_total(pieces: Sequence[Pieces], loose_minor: int, known_minor: Sequence[int]) -> int:
    """Return what a count sums to, in minor units.

    Args:
        pieces: Each denomination once.
        loose_minor: Small change counted as one sum.
        known_minor: The currency's denominations; empty where none are listed, and then everything is loose.

    Raises:
        CountInvalidError: A denomination the currency has not, one named twice, or a number below zero.

    Source:
        SRC-CASH, the notes and coins of each currency.
    """
    problems = [
        FieldProblem(f"/pieces/{place}", "count_invalid", wrong)
        for place, one in enumerate(pieces)
        if (wrong := _wrong(one, place, pieces, known_minor))
    ]
    if loose_minor < 0:
        problems.append(FieldProblem("/loose", "count_invalid", "small change is at least zero"))
    if problems:
        raise CountInvalidError(f"{problems[0].pointer}: {problems[0].detail}", errors=problems)
    return sum(one.value_minor * one.number for one in pieces) + loose_minor


def _wrong(one: Pieces, place: int, pieces: Sequence[Pieces], known_minor: Sequence[int]) -> str:
    if one.value_minor not in known_minor:
        return "the currency has no such note or coin; count it under loose"
    if any(earlier.value_minor == one.value_minor for earlier in pieces[:place]):
        return "this note or coin stands in an earlier line; write each once"
    if not 0 <= one.number <= MOST_PIECES:
        return f"expected a number of pieces between 0 and {MOST_PIECES}"
    return ""


def booking_day(
    claimed_on: dt.date, *, round_opened_on: dt.date, received_on: dt.date, closed_months: Collection[dt.date]
) -> dt.date:
    """Return the day a receipt of the road is booked on.

    The telephone's day is a claim. It counts where it can be true: not before the round began, not after the day the
    receipt reached us, in a month that is open. Otherwise the nearest day that can be true is taken, and for a closed
    month the day it reached us; the claim is kept beside it.

    Source:
        SRC-CASH, docs/decisions/0086-a-collectors-clock-is-a-claim.md.
    """
    day = min(max(claimed_on, round_opened_on), received_on)
    return received_on if day.replace(day=1) in closed_months else day


def fingerprint(content: Mapping[str, Any]) -> str:
    """Return the digest of what a receipt of the road says; equal receipts have equal digests.

    Source:
        SRC-CASH, the same id with the same content is the same receipt.
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()
