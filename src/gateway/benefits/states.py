"""Life of a remittance and of each of its lines; of a claim, its instalments and what becomes of an advance.

    quarantined -> advised -> funded -> allotted
                      |         ^ |
                      v         | v
                      +------> differs

    line: matched <-> unmatched (until the remittance is allotted); unmatched -> suspense -> placed

A quarantined advice has no lines that anybody may use; a good one under the same reference takes its place. Where the
money is not what was advised, nothing is allotted until the difference has been explained and booked.

    claim: opened -> documented -> submitted -> accepted -> closed
              |          |             |  |
              +----------+-------------+  +---> refused -> closed
                         v
                     withdrawn

    instalment: expected -> received
                   |  |       ^
                   |  +-> differs -> accepted_as_is
                   v
               cancelled (its claim was refused, withdrawn or closed before it came)

    advance that nobody pays back: proposed -> approved | declined

The mutual may advance an instalment from the day a claim is submitted. What it advances stands on the claim's own
receivable until the state has paid it back, or two people have said who bears it.
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


class LineStatus(StrEnum):
    """Whose one line of a remittance is. Its money is with her once the remittance is allotted.

    A matched line is not touched by the allotment: sixty thousand rows need not be written to say what the remittance
    says of all of them.
    """

    MATCHED = "matched"
    """A member's, by her identity."""
    UNMATCHED = "unmatched"
    """Nobody's as far as is known; the allotment looks again."""
    SUSPENSE = "suspense"
    """Nobody's when it was allotted; its money waits for a person."""
    PLACED = "placed"
    """A person found out whose it is."""


class LineEvent(StrEnum):
    """What can happen to a line of a remittance."""

    MATCH = "match"
    LOSE_MATCH = "lose_match"
    """Its member cannot be given it any more, for example because she died."""
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

LINE = StateMachine[LineStatus, LineEvent](
    {
        LineEvent.MATCH: (frozenset({LineStatus.UNMATCHED}), LineStatus.MATCHED),
        LineEvent.LOSE_MATCH: (frozenset({LineStatus.MATCHED}), LineStatus.UNMATCHED),
        LineEvent.SUSPEND: (frozenset({LineStatus.UNMATCHED}), LineStatus.SUSPENSE),
        LineEvent.PLACE: (frozenset({LineStatus.SUSPENSE}), LineStatus.PLACED),
    }
)


class BenefitKind(StrEnum):
    """What the state pays back."""

    MATERNITY = "maternity"
    BREASTFEEDING = "breastfeeding"
    COMMON_ILLNESS = "common_illness"


class Place(StrEnum):
    """Where somebody is ill."""

    HOME = "home"
    HOSPITAL = "hospital"


class ClaimStatus(StrEnum):
    """Where a claim stands."""

    OPENED = "opened"
    DOCUMENTED = "documented"
    """Everything on the checklist is here."""
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    """The state owes it; its instalments are awaited."""
    REFUSED = "refused"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ClaimEvent(StrEnum):
    """What can happen to a claim."""

    COMPLETE_DOCUMENTS = "complete_documents"
    SUBMIT = "submit"
    ACCEPT = "accept"
    """The state said so, or began to pay."""
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    CLOSE = "close"


class InstalmentStatus(StrEnum):
    """Where one instalment of a claim stands."""

    EXPECTED = "expected"
    RECEIVED = "received"
    DIFFERS = "differs"
    """Money came, and it is not what was expected."""
    ACCEPTED_AS_IS = "accepted_as_is"
    """A person has found that what came is all there is."""
    CANCELLED = "cancelled"


class InstalmentEvent(StrEnum):
    """What can happen to an instalment."""

    RECEIVE = "receive"
    RECEIVE_DIFFERENTLY = "receive_differently"
    ACCEPT_AS_IS = "accept_as_is"
    CANCEL = "cancel"


class WriteOffStatus(StrEnum):
    """Where the word on an advance stands that the state does not pay back."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"


class WriteOffEvent(StrEnum):
    """What can happen to it."""

    APPROVE = "approve"
    DECLINE = "decline"


class WriteOffOutcome(StrEnum):
    """Who bears an advance that the state does not pay back."""

    OWED_BY_MEMBER = "owed_by_member"
    LOSS = "loss"


_BEFORE_THE_WORD = frozenset({ClaimStatus.OPENED, ClaimStatus.DOCUMENTED, ClaimStatus.SUBMITTED})
_AWAITED = frozenset({InstalmentStatus.EXPECTED, InstalmentStatus.DIFFERS})

CLAIM = StateMachine[ClaimStatus, ClaimEvent](
    {
        ClaimEvent.COMPLETE_DOCUMENTS: (frozenset({ClaimStatus.OPENED}), ClaimStatus.DOCUMENTED),
        ClaimEvent.SUBMIT: (frozenset({ClaimStatus.DOCUMENTED}), ClaimStatus.SUBMITTED),
        ClaimEvent.ACCEPT: (frozenset({ClaimStatus.SUBMITTED}), ClaimStatus.ACCEPTED),
        ClaimEvent.REFUSE: (frozenset({ClaimStatus.SUBMITTED}), ClaimStatus.REFUSED),
        ClaimEvent.WITHDRAW: (_BEFORE_THE_WORD, ClaimStatus.WITHDRAWN),
        ClaimEvent.CLOSE: (frozenset({ClaimStatus.ACCEPTED, ClaimStatus.REFUSED}), ClaimStatus.CLOSED),
    }
)

INSTALMENT = StateMachine[InstalmentStatus, InstalmentEvent](
    {
        InstalmentEvent.RECEIVE: (_AWAITED, InstalmentStatus.RECEIVED),
        InstalmentEvent.RECEIVE_DIFFERENTLY: (_AWAITED | {InstalmentStatus.RECEIVED}, InstalmentStatus.DIFFERS),
        InstalmentEvent.ACCEPT_AS_IS: (frozenset({InstalmentStatus.DIFFERS}), InstalmentStatus.ACCEPTED_AS_IS),
        InstalmentEvent.CANCEL: (frozenset({InstalmentStatus.EXPECTED}), InstalmentStatus.CANCELLED),
    }
)

WRITE_OFF = StateMachine[WriteOffStatus, WriteOffEvent](
    {
        WriteOffEvent.APPROVE: (frozenset({WriteOffStatus.PROPOSED}), WriteOffStatus.APPROVED),
        WriteOffEvent.DECLINE: (frozenset({WriteOffStatus.PROPOSED}), WriteOffStatus.DECLINED),
    }
)
