"""Life of a statement, of its lines, of a break and of a transfer between our own places.

statement: loaded; announced; quarantined -> loaded (when what was missing came)
line:      open -> matched | suspense; suspense -> matched (a person says whose it is)
break:     open -> proposed -> approved -> posted; proposed | approved -> rejected -> proposed; open, proposed, rejected -> vanished
transfer:  ordered -> booked; ordered -> withdrawn
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class StatementStatus(StrEnum):
    """Where a statement stands."""

    LOADED = "loaded"
    ANNOUNCED = "announced"
    """A notification of single bookings (camt.054): booked at once, proved by the statement of the day."""
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
    CLAIM = "claim"
    """A person says whose it is."""


class BreakStatus(StrEnum):
    """Where a break stands."""

    OPEN = "open"
    PROPOSED = "proposed"
    """One person, or the machine, has said how to explain it."""
    APPROVED = "approved"
    """Another person has agreed; it is posted next."""
    POSTED = "posted"
    """Explained: its entry is in the books, or none was needed."""
    REJECTED = "rejected"
    """The other person said no; it waits for another proposal."""
    VANISHED = "vanished"
    """The difference is gone by itself, for example because what was late has come."""


class BreakEvent(StrEnum):
    """What can happen to a break."""

    PROPOSE = "propose"
    APPROVE = "approve"
    POST = "post"
    REJECT = "reject"
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
        StatementLineEvent.CLAIM: (frozenset({StatementLineStatus.SUSPENSE}), StatementLineStatus.MATCHED),
    }
)

BREAK = StateMachine[BreakStatus, BreakEvent](
    {
        BreakEvent.PROPOSE: (
            frozenset({BreakStatus.OPEN, BreakStatus.PROPOSED, BreakStatus.REJECTED}),
            BreakStatus.PROPOSED,
        ),
        BreakEvent.APPROVE: (frozenset({BreakStatus.PROPOSED}), BreakStatus.APPROVED),
        BreakEvent.POST: (frozenset({BreakStatus.APPROVED}), BreakStatus.POSTED),
        BreakEvent.REJECT: (frozenset({BreakStatus.PROPOSED, BreakStatus.APPROVED}), BreakStatus.REJECTED),
        BreakEvent.VANISH: (
            frozenset({BreakStatus.OPEN, BreakStatus.PROPOSED, BreakStatus.REJECTED}),
            BreakStatus.VANISHED,
        ),
    }
)

TRANSFER = StateMachine[TransferStatus, TransferEvent](
    {
        TransferEvent.BOOK: (frozenset({TransferStatus.ORDERED}), TransferStatus.BOOKED),
        TransferEvent.WITHDRAW: (frozenset({TransferStatus.ORDERED}), TransferStatus.WITHDRAWN),
    }
)
