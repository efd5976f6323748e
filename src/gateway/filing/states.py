"""Life of a filing, of its files, of its lines, and of the state's bill.

    draft -> sealed -> sending -> accepted | partial | rejected -> settled
      |                 |   ^
      v                 v   |
    discarded        unknown   (only a query by our id leads out)

``sending`` is committed before a byte leaves. A filing found in it after its lease ran out is in doubt: it becomes
``unknown`` and is asked about, never sent again unless the answer proves that it never arrived (``PROVE_ABSENT``
brings it back to ``sealed``, same id, same bytes). ``submitted`` means that the state has it and has not answered
for the lines yet; should it then say that it has none, the same files go out again under the same ids, and the
contradiction is kept (``LOSE``). What was answered never goes back. The files of a filing go out one after the other and are answered each by itself: a file is
``sealed`` until the state has it, then ``received`` until it is answered.

A line waits for its answer from the day it is written; whether it is frozen is told by its filing.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class PushSubject(StrEnum):
    """What a state tells by itself."""

    FILING = "filing"
    """How a file stands."""
    FILING_PAGE = "filing_page"
    NOTICE = "notice"
    PAYMENTS = "payments"
    """What was received for a notice."""
    REMITTANCE = "remittance"
    REMITTANCE_PAGE = "remittance_page"


class FilingKind(StrEnum):
    """Why a filing is made."""

    MONTHLY = "monthly"
    SUPPLEMENTARY = "supplementary"


class FilingStatus(StrEnum):
    """Where a filing stands."""

    DRAFT = "draft"
    DISCARDED = "discarded"
    SEALED = "sealed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    SETTLED = "settled"


class FilingEvent(StrEnum):
    """What can happen to a filing."""

    DISCARD = "discard"
    SEAL = "seal"
    START_SENDING = "start_sending"
    LOSE_SIGHT = "lose_sight"
    """The call's outcome is not known, or its worker did not come back."""
    PROVE_ABSENT = "prove_absent"
    """The state says, by our id, that it has none; or the call surely never left."""
    RECEIVE = "receive"
    """The state has it."""
    REFUSE = "refuse"
    """The state refused the whole."""
    ACCEPT = "accept"
    ACCEPT_PARTLY = "accept_partly"
    SETTLE = "settle"


class DocumentStatus(StrEnum):
    """Where one file stands with the state."""

    SEALED = "sealed"
    """Its bytes and its id are committed; the state is not known to have it."""
    RECEIVED = "received"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"


class DocumentEvent(StrEnum):
    """What can happen to a file."""

    RECEIVE = "receive"
    LOSE = "lose"
    """The state acknowledged it and says now, by our id, that it has none."""
    REFUSE = "refuse"
    """Refused at the door, or no line accepted."""
    ACCEPT = "accept"
    ACCEPT_PARTLY = "accept_partly"


class LineStatus(StrEnum):
    """Where one line stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    """Accepted with another amount than ours."""
    REJECTED = "rejected"
    """Its money went back to the member."""


class LineEvent(StrEnum):
    """What can happen to a line."""

    ACCEPT = "accept"
    ACCEPT_CHANGED = "accept_changed"
    REJECT = "reject"


class BillStatus(StrEnum):
    """Where the state's bill stands with us."""

    RECEIVED = "received"
    ORDERED = "ordered"
    """A payment order waits for a second person."""
    RELEASED = "released"
    """It may be carried to the bank."""
    BOOKED = "booked"
    """The bank has taken the money; final on our side."""
    CONFIRMED = "confirmed"
    """The state says it is paid."""
    RETURNED = "returned"
    """Its payment came to nothing after the state had replaced it; what it asked is ordered with the newer bill."""
    SUPERSEDED = "superseded"
    """The state replaced it before it was paid."""


class NoticeStatus(StrEnum):
    """How the state's notice stands, in the state's words, as of a day."""

    CURRENT = "current"
    OVERDUE = "overdue"
    PAID = "paid"
    RECALCULATED = "recalculated"
    """A newer version took an earlier one's place; of a version that was replaced, it says the same."""
    CANCELLED = "cancelled"


class BillEvent(StrEnum):
    """What can happen to a bill."""

    ORDER = "order"
    WITHDRAW = "withdraw"
    RELEASE = "release"
    CALL_OFF = "call_off"
    """The bank took the released order not at all: the bill may be ordered anew."""
    BOOK = "book"
    CONFIRM = "confirm"
    GIVE_BACK = "give_back"
    """The bank gave the payment back: the bill is to be ordered anew."""
    HAND_ON = "hand_on"
    """The payment came to nothing, and a newer bill is there to ask for it."""
    COVER = "cover"
    """The state says it is paid though nothing was ordered for it: other payments or credits cover it."""
    SUPERSEDE = "supersede"


_IN_FLIGHT = frozenset({FilingStatus.SENDING, FilingStatus.UNKNOWN, FilingStatus.SUBMITTED})

FILING = StateMachine[FilingStatus, FilingEvent](
    {
        FilingEvent.DISCARD: (frozenset({FilingStatus.DRAFT}), FilingStatus.DISCARDED),
        FilingEvent.SEAL: (frozenset({FilingStatus.DRAFT}), FilingStatus.SEALED),
        FilingEvent.START_SENDING: (frozenset({FilingStatus.SEALED}), FilingStatus.SENDING),
        FilingEvent.LOSE_SIGHT: (frozenset({FilingStatus.SENDING}), FilingStatus.UNKNOWN),
        FilingEvent.PROVE_ABSENT: (_IN_FLIGHT, FilingStatus.SEALED),
        FilingEvent.RECEIVE: (
            frozenset({FilingStatus.SEALED, FilingStatus.SENDING, FilingStatus.UNKNOWN}),
            FilingStatus.SUBMITTED,
        ),
        FilingEvent.REFUSE: (_IN_FLIGHT, FilingStatus.REJECTED),
        FilingEvent.ACCEPT: (_IN_FLIGHT, FilingStatus.ACCEPTED),
        FilingEvent.ACCEPT_PARTLY: (_IN_FLIGHT, FilingStatus.PARTIAL),
        FilingEvent.SETTLE: (frozenset({FilingStatus.ACCEPTED, FilingStatus.PARTIAL}), FilingStatus.SETTLED),
    }
)

_AT_THE_STATE = frozenset({DocumentStatus.RECEIVED})

DOCUMENT = StateMachine[DocumentStatus, DocumentEvent](
    {
        DocumentEvent.RECEIVE: (frozenset({DocumentStatus.SEALED}), DocumentStatus.RECEIVED),
        DocumentEvent.LOSE: (_AT_THE_STATE, DocumentStatus.SEALED),
        DocumentEvent.REFUSE: (_AT_THE_STATE | {DocumentStatus.SEALED}, DocumentStatus.REJECTED),
        DocumentEvent.ACCEPT: (_AT_THE_STATE, DocumentStatus.ACCEPTED),
        DocumentEvent.ACCEPT_PARTLY: (_AT_THE_STATE, DocumentStatus.PARTIAL),
    }
)

LINE = StateMachine[LineStatus, LineEvent](
    {
        LineEvent.ACCEPT: (frozenset({LineStatus.WAITING}), LineStatus.ACCEPTED),
        LineEvent.ACCEPT_CHANGED: (frozenset({LineStatus.WAITING}), LineStatus.CHANGED),
        LineEvent.REJECT: (frozenset({LineStatus.WAITING}), LineStatus.REJECTED),
    }
)

BILL = StateMachine[BillStatus, BillEvent](
    {
        BillEvent.ORDER: (frozenset({BillStatus.RECEIVED}), BillStatus.ORDERED),
        BillEvent.WITHDRAW: (frozenset({BillStatus.ORDERED}), BillStatus.RECEIVED),
        BillEvent.RELEASE: (frozenset({BillStatus.ORDERED}), BillStatus.RELEASED),
        BillEvent.CALL_OFF: (frozenset({BillStatus.RELEASED}), BillStatus.RECEIVED),
        BillEvent.BOOK: (frozenset({BillStatus.RELEASED}), BillStatus.BOOKED),
        BillEvent.CONFIRM: (frozenset({BillStatus.RELEASED, BillStatus.BOOKED}), BillStatus.CONFIRMED),
        BillEvent.GIVE_BACK: (frozenset({BillStatus.BOOKED}), BillStatus.RECEIVED),
        BillEvent.HAND_ON: (frozenset({BillStatus.RELEASED, BillStatus.BOOKED}), BillStatus.RETURNED),
        BillEvent.COVER: (frozenset({BillStatus.RECEIVED, BillStatus.RETURNED}), BillStatus.CONFIRMED),
        BillEvent.SUPERSEDE: (
            frozenset({BillStatus.RECEIVED, BillStatus.ORDERED, BillStatus.RETURNED}),
            BillStatus.SUPERSEDED,
        ),
    }
)
