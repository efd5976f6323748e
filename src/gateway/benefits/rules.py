"""Pure rules of remittances: whether an advice and its pages belong together, and how a document is compared."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What an advice, or a page of it, says about the whole."""

    reference: str
    employer: str
    currency: str
    line_count: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What the lines themselves add up to."""

    line_count: int
    distinct_lines: int
    total_minor: int
    smallest_minor: int
    """The smallest amount; 0 where there is no line."""


def advice_problem(advice: ControlTotals, *, employers: Collection[str], currency: str) -> str | None:
    """Say why an advice is not for us, or None.

    Source:
        SRC-AUTHORITY, remittance advices: each names the employer it is owed to and its currency.
    """
    if advice.employer not in employers:
        return f"it is for the employer {advice.employer}, not for {', '.join(sorted(employers))}"
    if advice.currency != currency:
        return f"it is in {advice.currency}; this mutual's money is {currency}"
    if advice.total_minor <= 0 or advice.line_count <= 0:
        return f"it advises {advice.line_count} lines and a total of {advice.total_minor} minor units"
    return None


def page_problem(advice: ControlTotals, page: ControlTotals) -> str | None:
    """Say in what a page contradicts the advice it should belong to, or None.

    Source:
        SRC-AUTHORITY, every page repeats the remittance's id, count and total, so that a mixed-up answer shows.
    """
    for name in ControlTotals.__slots__:
        ours, theirs = getattr(advice, name), getattr(page, name)
        if ours != theirs:
            return f"a page of its lines says {name} {theirs}, the advice says {ours}"
    return None


def lines_problem(advice: ControlTotals, lines: Counted) -> str | None:
    """Say in what the lines contradict the advice, or None.

    Source:
        SRC-AUTHORITY, the amounts of all lines sum to the total.
    """
    if lines.line_count != advice.line_count:
        return f"{lines.line_count} lines came, {advice.line_count} were advised"
    if lines.distinct_lines != lines.line_count:
        return f"{lines.line_count - lines.distinct_lines} line numbers came twice"
    if lines.total_minor != advice.total_minor:
        return f"the lines add up to {lines.total_minor} minor units, {advice.total_minor} were advised"
    if lines.smallest_minor <= 0:
        return f"a line has the amount {lines.smallest_minor}; every benefit is above zero"
    return None


def bare_document(text: str) -> str:
    """Return a document number as identities are kept: no dashes, dots or spaces, upper case.

    Source:
        SRC-AUTHORITY, documents stand as in the files; members' identities are kept bare.
    """
    return "".join(character for character in text if character.isalnum()).upper()
