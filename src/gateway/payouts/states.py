"""Life of a payout batch and of each payout in it.

    draft -> released -> sending -> submitted -> finished
      |        ^           |  ^        |  ^
      v        |           v  |        |  |
    discarded  +------- unknown -------|--+      (only a query by our id leads out)
               |           |           v  ^
               |           +------> refused      (the provider takes none of it)
               +---------------------> submitted (carried to the bank by a person, or waiting at the counter)

``sending`` is committed before a byte leaves, with a lease and a number of the attempt. A batch found in it after its
lease is in doubt: it becomes ``unknown`` and is asked about. ``PROVE_ABSENT`` brings it back to ``released``: the same
id, the same bytes.

Money that mobile money paid may be taken back while nobody listens: a batch that is ``finished`` or ``refused`` is asked about
again for days (``recheck_on``), less and less often.

A payout: ordered -> paid | failed; paid -> returned; ordered -> cancelled with its draft. Failed and returned money is
owed to the member again; a new payout with a new id, linked to the old, pays it anew.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class Means(StrEnum):
    """How a member gets their money."""

    MOBILE = "mobile"
    BANK = "bank"
    CASH = "cash"


class BatchStatus(StrEnum):
    """Where a batch stands."""

    DRAFT = "draft"
    DISCARDED = "discarded"
    RELEASED = "released"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    FINISHED = "finished"
    REFUSED = "refused"
    """The provider took none of it; every payout is owed again."""


class BatchEvent(StrEnum):
    """What can happen to a batch."""

    DISCARD = "discard"
    RELEASE = "release"
    START_SENDING = "start_sending"
    LOSE_SIGHT = "lose_sight"
    PROVE_ABSENT = "prove_absent"
    HAND_OVER = "hand_over"
    """A person has carried the file to the bank, once; or the money waits at the counter."""
    RECEIVE = "receive"
    FINISH = "finish"
    REFUSE = "refuse"


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
        BatchEvent.HAND_OVER: (frozenset({BatchStatus.RELEASED}), BatchStatus.SUBMITTED),
        BatchEvent.RECEIVE: (_ON_ITS_WAY, BatchStatus.SUBMITTED),
        BatchEvent.FINISH: (frozenset({BatchStatus.SUBMITTED}), BatchStatus.FINISHED),
        BatchEvent.REFUSE: (_ON_ITS_WAY | {BatchStatus.SUBMITTED}, BatchStatus.REFUSED),
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
