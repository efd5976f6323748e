"""Life of a remittance and of each of its lines.

    quarantined -> advised -> funded -> allotted
                      |         ^ |
                      v         | v
                      +------> differs

    line: matched <-> unmatched (until the remittance is allotted); unmatched -> suspense -> placed

A quarantined advice has no lines that anybody may use; a good one under the same reference takes its place. Where the
money is not what was advised, nothing is allotted until the difference has been explained and booked.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class RemittanceStatus(StrEnum):
    """Where a remittance stands."""

    QUARANTINED = "quarantined"
    """The advice contradicts itself, or is not for us; nothing of it is used."""
    ADVISED = "advised"
    """The lines are here, the money is not."""
    DIFFERS = "differs"
    """Money is here, and it is not as much as was advised."""
    FUNDED = "funded"
    """Both are here and agree."""
    ALLOTTED = "allotted"
    """Every line is with its member or in suspense with a reason."""


class RemittanceEvent(StrEnum):
    """What can happen to a remittance."""

    MEND = "mend"
    """The state gave a good advice under the same reference."""
    FUND = "fund"
    """Money came and makes up what was advised."""
    FUND_DIFFERENTLY = "fund_differently"
    """Money came and does not make up what was advised."""
    ALLOT = "allot"


class LineStatus(StrEnum):
    """Whose one line of a remittance is. Its money is with her once the remittance is allotted.

    A matched line is not touched by the allotment: sixty thousand rows need not be written to say what the remittance
    says of all of them.
    """

    MATCHED = "matched"
    """A member's, by her identity."""
    UNMATCHED = "unmatched"
    """Nobody's as far as is known; the allotment looks again."""
    SUSPENSE = "suspense"
    """Nobody's when it was allotted; its money waits for a person."""
    PLACED = "placed"
    """A person found out whose it is."""


class LineEvent(StrEnum):
    """What can happen to a line of a remittance."""

    MATCH = "match"
    LOSE_MATCH = "lose_match"
    """Its member cannot be given it any more, for example because she died."""
    SUSPEND = "suspend"
    PLACE = "place"


_WITHOUT_ITS_MONEY = frozenset({RemittanceStatus.ADVISED, RemittanceStatus.DIFFERS})

REMITTANCE = StateMachine[RemittanceStatus, RemittanceEvent](
    {
        RemittanceEvent.MEND: (frozenset({RemittanceStatus.QUARANTINED}), RemittanceStatus.ADVISED),
        RemittanceEvent.FUND: (_WITHOUT_ITS_MONEY | {RemittanceStatus.FUNDED}, RemittanceStatus.FUNDED),
        RemittanceEvent.FUND_DIFFERENTLY: (_WITHOUT_ITS_MONEY | {RemittanceStatus.FUNDED}, RemittanceStatus.DIFFERS),
        RemittanceEvent.ALLOT: (frozenset({RemittanceStatus.FUNDED}), RemittanceStatus.ALLOTTED),
    }
)

LINE = StateMachine[LineStatus, LineEvent](
    {
        LineEvent.MATCH: (frozenset({LineStatus.UNMATCHED}), LineStatus.MATCHED),
        LineEvent.LOSE_MATCH: (frozenset({LineStatus.MATCHED}), LineStatus.UNMATCHED),
        LineEvent.SUSPEND: (frozenset({LineStatus.UNMATCHED}), LineStatus.SUSPENSE),
        LineEvent.PLACE: (frozenset({LineStatus.SUSPENSE}), LineStatus.PLACED),
    }
)
