"""Life of a notice.

    waiting -> sending -> sent -> delivered
       ^  |       |  |      |
       |  v       |  +------+-> failed -> waiting (tried again)
       | withdrawn|
       +----------+            (the carrier surely has none of it)

``sending`` is committed before a carrier is called: one found in it after a crash may have gone out, and is asked
about, not sent again blindly.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class NoticeStatus(StrEnum):
    """How far a notice got."""

    WAITING = "waiting"
    """Written, not yet carried."""
    SENDING = "sending"
    """In a carrier's hands, as far as we know."""
    SENT = "sent"
    """The carrier has taken it."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """The carrier could not bring it; there may be no telephone."""
    WITHDRAWN = "withdrawn"
    """No longer true before it was carried."""


class NoticeEvent(StrEnum):
    """What can happen to a notice."""

    START_SENDING = "start_sending"
    PROVE_UNSENT = "prove_unsent"
    """The carrier has none of it; it may be sent again."""
    SEND = "send"
    DELIVER = "deliver"
    FAIL = "fail"
    TRY_AGAIN = "try_again"
    WITHDRAW = "withdraw"


_CARRIED = frozenset({NoticeStatus.SENDING, NoticeStatus.SENT})

NOTICE = StateMachine[NoticeStatus, NoticeEvent](
    {
        NoticeEvent.START_SENDING: (frozenset({NoticeStatus.WAITING}), NoticeStatus.SENDING),
        NoticeEvent.PROVE_UNSENT: (frozenset({NoticeStatus.SENDING}), NoticeStatus.WAITING),
        NoticeEvent.SEND: (frozenset({NoticeStatus.SENDING}), NoticeStatus.SENT),
        NoticeEvent.DELIVER: (_CARRIED, NoticeStatus.DELIVERED),
        NoticeEvent.FAIL: (_CARRIED | {NoticeStatus.WAITING}, NoticeStatus.FAILED),
        NoticeEvent.TRY_AGAIN: (frozenset({NoticeStatus.FAILED}), NoticeStatus.WAITING),
        NoticeEvent.WITHDRAW: (frozenset({NoticeStatus.WAITING}), NoticeStatus.WITHDRAWN),
    }
)
