"""Life of a refund to a member who left, and of a proposed rate.

refund: proposed -> owed | declined
rate:   proposed -> approved | declined
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PROPOSED = "proposed"
    OWED = "owed"
    """A second person agreed: it is among her benefits now, and goes out with the next payouts."""
    DECLINED = "declined"


class RefundEvent(StrEnum):
    """What can happen to a refund."""

    AGREE = "agree"
    DECLINE = "decline"


REFUND = StateMachine[RefundStatus, RefundEvent](
    {
        RefundEvent.AGREE: (frozenset({RefundStatus.PROPOSED}), RefundStatus.OWED),
        RefundEvent.DECLINE: (frozenset({RefundStatus.PROPOSED}), RefundStatus.DECLINED),
    }
)


class RateStatus(StrEnum):
    """Where a proposed rate stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    """Another person agreed: it counts from its day on, and is never changed."""
    DECLINED = "declined"


class RateEvent(StrEnum):
    """What can happen to a proposed rate."""

    APPROVE = "approve"
    DECLINE = "decline"


RATE = StateMachine[RateStatus, RateEvent](
    {
        RateEvent.APPROVE: (frozenset({RateStatus.PROPOSED}), RateStatus.APPROVED),
        RateEvent.DECLINE: (frozenset({RateStatus.PROPOSED}), RateStatus.DECLINED),
    }
)
