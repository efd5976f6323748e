"""Life of a payout batch and of each payout in it.

    draft -> released -> sending -> submitted -> finished
                           |  ^        ^
                           v  |        |
                         unknown ------+      (only a query by our id leads out)

A payout: ordered -> paid | failed; paid -> returned. Failed and returned money is owed to the member again; a new
payout with a new id, linked to the old, pays it anew.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class BatchStatus(StrEnum):
    """Where a batch stands."""

    DRAFT = "draft"
    DISCARDED = "discarded"
    RELEASED = "released"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    FINISHED = "finished"


class BatchEvent(StrEnum):
    """What can happen to a batch."""

    DISCARD = "discard"
    RELEASE = "release"
    START_SENDING = "start_sending"
    LOSE_SIGHT = "lose_sight"
    PROVE_ABSENT = "prove_absent"
    RECEIVE = "receive"
    FINISH = "finish"


class PayoutStatus(StrEnum):
    """Where one payout stands."""

    ORDERED = "ordered"
    CANCELLED = "cancelled"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"


class PayoutEvent(StrEnum):
    """What can happen to a payout."""

    CANCEL = "cancel"
    PAY = "pay"
    FAIL = "fail"
    RETURN = "return"


_ON_ITS_WAY = frozenset({BatchStatus.SENDING, BatchStatus.UNKNOWN})

BATCH = StateMachine[BatchStatus, BatchEvent](
    {
        BatchEvent.DISCARD: (frozenset({BatchStatus.DRAFT}), BatchStatus.DISCARDED),
        BatchEvent.RELEASE: (frozenset({BatchStatus.DRAFT}), BatchStatus.RELEASED),
        BatchEvent.START_SENDING: (frozenset({BatchStatus.RELEASED}), BatchStatus.SENDING),
        BatchEvent.LOSE_SIGHT: (frozenset({BatchStatus.SENDING}), BatchStatus.UNKNOWN),
        BatchEvent.PROVE_ABSENT: (_ON_ITS_WAY, BatchStatus.RELEASED),
        BatchEvent.RECEIVE: (_ON_ITS_WAY, BatchStatus.SUBMITTED),
        BatchEvent.FINISH: (frozenset({BatchStatus.SUBMITTED}), BatchStatus.FINISHED),
    }
)

PAYOUT = StateMachine[PayoutStatus, PayoutEvent](
    {
        PayoutEvent.CANCEL: (frozenset({PayoutStatus.ORDERED}), PayoutStatus.CANCELLED),
        PayoutEvent.PAY: (frozenset({PayoutStatus.ORDERED}), PayoutStatus.PAID),
        PayoutEvent.FAIL: (frozenset({PayoutStatus.ORDERED}), PayoutStatus.FAILED),
        PayoutEvent.RETURN: (frozenset({PayoutStatus.PAID}), PayoutStatus.RETURNED),
    }
)
