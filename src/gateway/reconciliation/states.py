"""Life of a statement, of its lines, of a break and of a transfer between our own places.

statement: loaded; quarantined -> loaded (when what was missing came)
line:      open -> matched | suspense
break:     open -> proposed -> resolved; proposed -> open (the second person says no); open -> vanished
transfer:  ordered -> booked; ordered -> withdrawn
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class StatementStatus(StrEnum):
    """Where a statement stands."""

    LOADED = "loaded"
    QUARANTINED = "quarantined"


class StatementEvent(StrEnum):
    """What can happen to a statement."""

    RELEASE = "release"


class StatementLineStatus(StrEnum):
    """Where a statement line stands."""

    OPEN = "open"
    MATCHED = "matched"
    SUSPENSE = "suspense"


class StatementLineEvent(StrEnum):
    """What can happen to a statement line."""

    MATCH = "match"
    GIVE_UP = "give_up"
    """No rule knows it: its money waits in suspense."""


class BreakStatus(StrEnum):
    """Where a break stands."""

    OPEN = "open"
    PROPOSED = "proposed"
    RESOLVED = "resolved"
    VANISHED = "vanished"
    """The difference is gone by itself, for example because what was late has come."""


class BreakEvent(StrEnum):
    """What can happen to a break."""

    PROPOSE = "propose"
    DECLINE = "decline"
    RESOLVE = "resolve"
    VANISH = "vanish"


class TransferStatus(StrEnum):
    """Where a transfer between our own places stands."""

    ORDERED = "ordered"
    BOOKED = "booked"
    WITHDRAWN = "withdrawn"


class TransferEvent(StrEnum):
    """What can happen to a transfer."""

    BOOK = "book"
    WITHDRAW = "withdraw"


STATEMENT = StateMachine[StatementStatus, StatementEvent](
    {StatementEvent.RELEASE: (frozenset({StatementStatus.QUARANTINED}), StatementStatus.LOADED)}
)

STATEMENT_LINE = StateMachine[StatementLineStatus, StatementLineEvent](
    {
        StatementLineEvent.MATCH: (frozenset({StatementLineStatus.OPEN}), StatementLineStatus.MATCHED),
        StatementLineEvent.GIVE_UP: (frozenset({StatementLineStatus.OPEN}), StatementLineStatus.SUSPENSE),
    }
)

BREAK = StateMachine[BreakStatus, BreakEvent](
    {
        BreakEvent.PROPOSE: (frozenset({BreakStatus.OPEN, BreakStatus.PROPOSED}), BreakStatus.PROPOSED),
        BreakEvent.DECLINE: (frozenset({BreakStatus.PROPOSED}), BreakStatus.OPEN),
        BreakEvent.RESOLVE: (frozenset({BreakStatus.PROPOSED}), BreakStatus.RESOLVED),
        BreakEvent.VANISH: (frozenset({BreakStatus.OPEN, BreakStatus.PROPOSED}), BreakStatus.VANISHED),
    }
)

TRANSFER = StateMachine[TransferStatus, TransferEvent](
    {
        TransferEvent.BOOK: (frozenset({TransferStatus.ORDERED}), TransferStatus.BOOKED),
        TransferEvent.WITHDRAW: (frozenset({TransferStatus.ORDERED}), TransferStatus.WITHDRAWN),
    }
)
