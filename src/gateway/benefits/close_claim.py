"""Close a claim: everything came or was explained, and the mutual has its advance back or knows who bears it."""

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.errors import AdvanceOutstandingError, InstalmentsOpenError
from gateway.benefits.states import CLAIM, ClaimEvent, ClaimStatus, InstalmentEvent, InstalmentStatus
from gateway.benefits.steps import advance_claim, advance_instalments


def close_claim(session: Session, claim_id: int, *, actor: str, reason: str | None = None) -> ClaimRow:
    """Close a claim. With a reason, what is still awaited or differs is given up; without, it must all have come.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: The state has not spoken, or it is closed.
        AdvanceOutstandingError: What was advanced has not come back and nobody bears it.
        InstalmentsOpenError: Instalments are awaited or differ, and no reason is given.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    CLAIM.advance(ClaimStatus(claim.status), ClaimEvent.CLOSE)
    if claim.outstanding_minor:
        raise AdvanceOutstandingError(
            f"{claim.outstanding_minor} minor units are advanced on claim {claim_id} and have not come back;"
            " wait for the state, or let two people say who bears it"
        )
    awaited = (InstalmentStatus.EXPECTED, InstalmentStatus.DIFFERS)
    left = [one.instalment_no for one in queries.list_instalments(session, claim_id) if one.status in awaited]
    if left and reason is None:
        numbers = ", ".join(str(number) for number in left)
        raise InstalmentsOpenError(f"instalments {numbers} of claim {claim_id} are open; say why nothing more comes")
    if left:
        for event in (InstalmentEvent.ACCEPT_AS_IS, InstalmentEvent.CANCEL):
            advance_instalments(session, claim, event, actor=actor, reason=reason)
    return advance_claim(session, claim, ClaimEvent.CLOSE, actor=actor, reason=reason)
