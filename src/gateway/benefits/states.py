"""Life of a remittance and of each of its lines.

    quarantined -> advised -> funded -> allotted
                      |         ^ |
                      v         | v
                      +------> differs

    line: waiting -> allotted | suspense; suspense -> allotted (a person finds out whose it is)

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


class AllotmentStatus(StrEnum):
    """Where one line of a remittance stands."""

    WAITING = "waiting"
    ALLOTTED = "allotted"
    SUSPENSE = "suspense"


class AllotmentEvent(StrEnum):
    """What can happen to a line of a remittance."""

    ALLOT = "allot"
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

LINE = StateMachine[AllotmentStatus, AllotmentEvent](
    {
        AllotmentEvent.ALLOT: (frozenset({AllotmentStatus.WAITING}), AllotmentStatus.ALLOTTED),
        AllotmentEvent.SUSPEND: (frozenset({AllotmentStatus.WAITING}), AllotmentStatus.SUSPENSE),
        AllotmentEvent.PLACE: (frozenset({AllotmentStatus.SUSPENSE}), AllotmentStatus.ALLOTTED),
    }
)
