"""A bill component by component, ours against the state's, each difference with its likely reason: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

LATENESS = ("surcharges", "interest")
CORRECTIONS = ("adjustments", "credits")
ADDED = (*LATENESS, *CORRECTIONS)
"""Components of a notice that no line of ours is assessed for."""
KNOWN = (
    "health_worker",
    "health_employer",
    "pension_worker",
    "pension_employer",
    "work_risk",
    "additional_dependants",
    "voluntary",
    *ADDED,
)
"""The Dominican notice's components in the order it prints them; others follow as they came."""


class Likely(StrEnum):
    """Why the state's amount is likely not ours."""

    EQUAL = "equal"
    LATE = "late"
    """Charged for a payment after the due day."""
    CORRECTION = "correction"
    """The state corrected something; only it can say what."""
    CREDIT = "credit"
    """Something was taken off that we do not hold for a credit."""
    NOT_ASSESSED = "not_assessed"
    """A component that our rates do not know."""
    DEPENDANTS = "dependants"
    """A whole number of additional dependants more or fewer."""
    CHANGED_LINES = "changed_lines"
    """The state accepted lines with other amounts than ours, and said so."""
    LINES = "lines"
    """It bills other lines than those we hold for accepted."""
    ROUNDING = "rounding"
    """No more than one unit a line."""
    RATE_UNVERIFIED = "rate_unverified"
    """Our own rate is not known from two sources; it may be another."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """How well our own amount of a component is known."""

    source: str
    mark: str
    verified: bool
    per_head_minor: int = 0
    """Of a component that counts heads."""


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known of a bill and its lines."""

    their_lines: int
    our_lines: int
    changed_lines: int
    changed_minor: int
    """What the changed lines come to, less what ours did."""
    unnamed_lines: int
    """Accepted lines of filings that the notice does not name."""
    unit_minor: int = 1


@dataclass(frozen=True, slots=True)
class Compared:
    """One component, ours against theirs."""

    component: str
    ours_minor: int
    theirs_minor: int
    likely: Likely
    count: int
    """Of what the reason counts: heads, lines; else 0."""
    source: str
    mark: str
    verified: bool

    @property
    def difference_minor(self) -> int:
        """Theirs less ours."""
        return self.theirs_minor - self.ours_minor


def compare(
    theirs: Mapping[str, int], ours: Mapping[str, int], known: Mapping[str, Known], around: Around
) -> list[Compared]:
    """Return every component of either side, in the notice's order.

    Args:
        theirs: The notice's components.
        ours: What our accepted lines, our rule of lateness and the credits we hold come to.
        known: How well each of ours is known.
        around: What explains differences.
    """
    codes = [*KNOWN, *(code for code in dict.fromkeys((*theirs, *ours)) if code not in KNOWN)]
    return [
        _one(code, ours.get(code, 0), theirs.get(code, 0), known.get(code), around)
        for code in codes
        if code in theirs or code in ours
    ]


def standing(codes: Sequence[Compared]) -> bool:
    """Tell whether both sides agree on every component."""
    return all(one.likely is Likely.EQUAL for one in codes)


def _one(code: str, ours: int, theirs: int, known: Known | None, around: Around) -> Compared:
    likely, count = _why(code, theirs - ours, ours, known, around)
    told = known or Known("", "?", verified=False)
    return Compared(code, ours, theirs, likely, count, told.source, told.mark, told.verified)


def _why(code: str, difference: int, ours: int, known: Known | None, around: Around) -> tuple[Likely, int]:
    if difference == 0:
        return Likely.EQUAL, 0
    if code in LATENESS:
        return Likely.LATE, 0
    if code in CORRECTIONS:
        return Likely.CREDIT if code == "credits" else Likely.CORRECTION, 0
    if known is None and ours == 0:
        return Likely.NOT_ASSESSED, 0
    lines = around.their_lines - around.our_lines
    if lines:
        return Likely.LINES, lines
    if known is not None and known.per_head_minor and difference % known.per_head_minor == 0:
        return Likely.DEPENDANTS, difference // known.per_head_minor
    if around.changed_lines:
        return Likely.CHANGED_LINES, around.changed_lines
    if abs(difference) <= around.their_lines * around.unit_minor:
        return Likely.ROUNDING, 0
    if known is not None and not known.verified:
        return Likely.RATE_UNVERIFIED, 0
    return Likely.UNKNOWN, 0
