"""Life of a complaint.

    open -> in_hand <-> asked
               |  ^       |
               |  |       |        her own word brings it back in hand, and so do thirty days of silence
               v  |       v
             answered -> resolved -> in_hand (reopened)

    open, in_hand, asked, answered -> withdrawn (she says it is right after all; pressing again opens another)

An answer waits fourteen days for her objection and then counts as a resolution.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class ComplaintStatus(StrEnum):
    """How far a complaint is."""

    OPEN = "open"
    """Nobody has taken it."""
    IN_HAND = "in_hand"
    ASKED = "asked"
    """The member was asked something."""
    ANSWERED = "answered"
    """She was told; she may still object."""
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class ComplaintEvent(StrEnum):
    """What can happen to a complaint."""

    TAKE = "take"
    ASK = "ask"
    REPLY = "reply"
    ANSWER = "answer"
    RESOLVE = "resolve"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    HEAR_NOTHING = "hear_nothing"
    """Thirty days passed after a question."""
    LET_STAND = "let_stand"
    """Fourteen days passed after an answer."""


class Resolution(StrEnum):
    """How a complaint ended."""

    CORRECTED = "corrected"
    """Something was wrong and was put right; no money moved."""
    MONEY_MOVED = "money_moved"
    """Something was wrong; the posting that put it right is named."""
    EXPLAINED = "explained"
    """It was right; she was told why."""
    WITH_STATE = "with_state"
    """The state has to put it right, and was told."""
    NO_OBJECTION = "no_objection"
    """She was answered and said nothing against it; the gateway's own."""


class Voice(StrEnum):
    """What a text in a case is."""

    OPENING = "opening"
    REPLY = "reply"
    QUESTION = "question"
    ANSWER = "answer"
    NOTE = "note"
    """Between staff; she does not see it."""


LIVE = frozenset({ComplaintStatus.OPEN, ComplaintStatus.IN_HAND, ComplaintStatus.ASKED, ComplaintStatus.ANSWERED})
"""A row has at most one case in these."""
OURS_TO_MOVE = frozenset({ComplaintStatus.OPEN, ComplaintStatus.IN_HAND})
"""Where a case waits for staff: its due day counts."""

COMPLAINT = StateMachine[ComplaintStatus, ComplaintEvent](
    {
        ComplaintEvent.TAKE: (OURS_TO_MOVE, ComplaintStatus.IN_HAND),
        ComplaintEvent.ASK: (frozenset({ComplaintStatus.IN_HAND}), ComplaintStatus.ASKED),
        ComplaintEvent.REPLY: (frozenset({ComplaintStatus.ASKED, ComplaintStatus.ANSWERED}), ComplaintStatus.IN_HAND),
        ComplaintEvent.ANSWER: (
            frozenset({ComplaintStatus.IN_HAND, ComplaintStatus.ASKED}),
            ComplaintStatus.ANSWERED,
        ),
        ComplaintEvent.RESOLVE: (
            frozenset({ComplaintStatus.IN_HAND, ComplaintStatus.ASKED, ComplaintStatus.ANSWERED}),
            ComplaintStatus.RESOLVED,
        ),
        ComplaintEvent.WITHDRAW: (LIVE, ComplaintStatus.WITHDRAWN),
        ComplaintEvent.REOPEN: (frozenset({ComplaintStatus.RESOLVED}), ComplaintStatus.IN_HAND),
        ComplaintEvent.HEAR_NOTHING: (frozenset({ComplaintStatus.ASKED}), ComplaintStatus.IN_HAND),
        ComplaintEvent.LET_STAND: (frozenset({ComplaintStatus.ANSWERED}), ComplaintStatus.RESOLVED),
    }
)
