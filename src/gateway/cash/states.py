"""Life of a cash session.

    open -> closed              counted, and it is what the books say
    open -> counted -> closed   it is not: with a reason, then a second person's word
            counted -> open     the second person asks for another count

A handover between two people:

    given -> received             counted by whoever gets it, and it is what was given
    given -> counted -> received  it is not: with a reason, then a third person's word
             counted -> given     the third person asks for another count
    given -> taken_back           nobody has counted it, and the giver has it again

A round has no life of its own: it takes receipts while its session is open.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class TillKind(StrEnum):
    """Where a till stands."""

    COUNTER = "counter"
    """In the office: closed every evening."""
    ROUTE = "route"
    """A collector's bag, which may be out for days."""


class SessionStatus(StrEnum):
    """Where a cash session stands."""

    OPEN = "open"
    COUNTED = "counted"
    """Counted, with a difference that waits for a second person."""
    CLOSED = "closed"


class SessionEvent(StrEnum):
    """What can happen to a cash session."""

    AGREE = "agree"
    """The count is what the books say."""
    DIFFER = "differ"
    RECOUNT = "recount"
    """The second person asks for another count."""
    CONFIRM = "confirm"
    """The second person gives her word for the difference."""


SESSION = StateMachine[SessionStatus, SessionEvent](
    {
        SessionEvent.AGREE: (frozenset({SessionStatus.OPEN}), SessionStatus.CLOSED),
        SessionEvent.DIFFER: (frozenset({SessionStatus.OPEN}), SessionStatus.COUNTED),
        SessionEvent.RECOUNT: (frozenset({SessionStatus.COUNTED}), SessionStatus.OPEN),
        SessionEvent.CONFIRM: (frozenset({SessionStatus.COUNTED}), SessionStatus.CLOSED),
    }
)


class HandoverStatus(StrEnum):
    """Where cash stands that one person hands to another."""

    GIVEN = "given"
    """In transit: out of one drawer, not counted into the other."""
    COUNTED = "counted"
    """Counted, with a difference that waits for a third person."""
    RECEIVED = "received"
    TAKEN_BACK = "taken_back"


class HandoverEvent(StrEnum):
    """What can happen to a handover."""

    AGREE = "agree"
    DIFFER = "differ"
    RECOUNT = "recount"
    """The third person asks for another count."""
    CONFIRM = "confirm"
    """The third person gives her word for the difference."""
    TAKE_BACK = "take_back"


HANDOVER = StateMachine[HandoverStatus, HandoverEvent](
    {
        HandoverEvent.AGREE: (frozenset({HandoverStatus.GIVEN}), HandoverStatus.RECEIVED),
        HandoverEvent.DIFFER: (frozenset({HandoverStatus.GIVEN}), HandoverStatus.COUNTED),
        HandoverEvent.RECOUNT: (frozenset({HandoverStatus.COUNTED}), HandoverStatus.GIVEN),
        HandoverEvent.CONFIRM: (frozenset({HandoverStatus.COUNTED}), HandoverStatus.RECEIVED),
        HandoverEvent.TAKE_BACK: (frozenset({HandoverStatus.GIVEN}), HandoverStatus.TAKEN_BACK),
    }
)
