"""The lines of an answer, decoded straight into their types, for a page has ten thousand of them.

The short way: what is not exactly as agreed is refused here without a word, and read again the long way, which says what
is wrong (``answers``).
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Annotated, Any

import msgspec

from gateway.authority.rest import read
from gateway.kit.money import Currency

Parts = tuple[tuple[str, int], ...]


class WireLine(msgspec.Struct, gc=False):
    """A line as it came; amounts are still texts, components still octets."""

    line: Annotated[int, msgspec.Meta(ge=1)]
    payroll: str
    document_type: str
    document: str
    status: str
    code: str
    message: str
    declared_wage: str
    accepted_wage: str
    additional_dependants: Annotated[int, msgspec.Meta(ge=0)]
    components: msgspec.Raw
    amount: str


class WireSaid(msgspec.Struct, gc=False):
    """What is said of many lines at once, as it came."""

    payroll: str
    document_type: str
    status: str
    code: str
    message: str
    declared_wage: str
    accepted_wage: str
    additional_dependants: Annotated[int, msgspec.Meta(ge=0)]
    components: msgspec.Raw
    amount: str


class WireGroups(msgspec.Struct):
    """Lines by what is said of them: three lists of the same length, and what the third one counts in."""

    said: list[WireSaid]
    line: list[Annotated[int, msgspec.Meta(ge=1)]]
    document: list[str]
    of: list[Annotated[int, msgspec.Meta(ge=0)]]


class _WirePage(msgspec.Struct):
    lines: list[WireLine] | None = None
    grouped: WireGroups | None = None
    filing_id: Any = None
    reception_number: Any = None
    kind: Any = None
    employer: Any = None
    period: Any = None
    counts: Any = None
    totals: Any = None
    next_cursor: Any = None


class _WirePart(msgspec.Struct, gc=False):
    code: str
    amount: str


_PAGE = msgspec.json.Decoder(_WirePage)
_LINES = msgspec.json.Decoder(list[WireLine])
_PARTS = msgspec.json.Decoder(list[_WirePart])


def page(body: bytes) -> dict[str, Any] | None:
    """Return a page's head by name, with its lines as ``WireLine`` or ``WireGroups``; None where it is not exactly as agreed."""
    try:
        if not body.isascii():
            # What is skipped is not looked at below, and an answer in no alphabet is no answer.
            body.decode()
        found = msgspec.structs.asdict(_PAGE.decode(body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if (found["lines"] is None) == (found["grouped"] is None):
        return None
    return found


def lines(values: list[Any]) -> list[WireLine] | None:
    """Return lines that were read as JSON, for example out of an event; None where one is not exactly as agreed."""
    try:
        return _LINES.decode(msgspec.json.encode(values))
    except (msgspec.MsgspecError, ValueError, RecursionError, TypeError):
        return None


@cache
def components_in(unit: Currency) -> Callable[[bytes], Parts]:
    """Return the reader of a line's components.

    What follows from a wage repeats where the wage does, to the octet: the last ones read are known again.

    The reader raises ``msgspec.MsgspecError``, ``UnreadableAnswerError`` or ``MalformedError`` where they are not as agreed.
    """
    minor = read.amounts_in(unit)

    @lru_cache(maxsize=16_384)
    def parts(octets: bytes) -> Parts:
        return tuple((part.code, minor(part.amount)) for part in _PARTS.decode(octets))

    return parts
