"""Write down the state's word on a claim: what it pays, or why it does not."""

import datetime as dt

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits import rules
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.errors import ClaimInvalidError
from gateway.benefits.states import CLAIM, ClaimEvent, ClaimStatus, InstalmentEvent
from gateway.benefits.steps import advance_claim, advance_instalments
from gateway.benefits.submit_claim import check_reference
from gateway.kit import db
from gateway.kit.happened import check_happened
from gateway.kit.money import plain_amount


def accept_claim(
    session: Session,
    claim_id: int,
    *,
    decided_on: dt.date,
    decided_minor: int | None = None,
    authority_reference: str | None = None,
    actor: str,
    today: dt.date,
) -> ClaimRow:
    """Take in that the state pays; another amount than ours changes what is awaited, and stands as a break.

    The state's amount is laid over the instalments in their order, the last taking the rest; where it is less than the
    earlier ones together, those that would get nothing are cancelled.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: It is not with the state.
        ClaimInvalidError: An amount of nothing, or a number that another claim has.
        NotHappenedError: The day of the state's word has not come.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    CLAIM.advance(ClaimStatus(claim.status), ClaimEvent.ACCEPT)
    check_happened(decided_on, today, "/decided_on")
    check_reference(session, claim_id, authority_reference)
    if decided_minor is not None and decided_minor <= 0:
        raise ClaimInvalidError("the state pays more than nothing, or it refuses: then say so")
    decided = claim.computed_minor if decided_minor is None else decided_minor
    reason = None
    if decided is not None and decided != claim.computed_minor:
        ours = claim.computed_minor
        told = "not known" if ours is None else plain_amount(ours, claim.currency)
        reason = f"the state pays {plain_amount(decided, claim.currency)}, ours is {told}"
        _plan_anew(session, claim, decided, actor, reason)
    values = {"decided_on": decided_on, "decided_minor": decided, "reason": reason}
    db.run(session, queries.DECIDE_CLAIM, {**values, "authority_reference": authority_reference, "id": claim_id})
    return advance_claim(session, claim, ClaimEvent.ACCEPT, actor=actor, reason=reason)


def refuse_claim(
    session: Session, claim_id: int, *, decided_on: dt.date, reason: str, actor: str, today: dt.date
) -> ClaimRow:
    """Take in that the state does not pay; what was advanced stays on the claim's receivable until two people say who bears it.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: It is not with the state.
        NotHappenedError: The day of the state's word has not come.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    CLAIM.advance(ClaimStatus(claim.status), ClaimEvent.REFUSE)
    check_happened(decided_on, today, "/decided_on")
    values = {"decided_on": decided_on, "decided_minor": 0, "reason": reason, "authority_reference": None}
    db.run(session, queries.DECIDE_CLAIM, {**values, "id": claim_id})
    advance_instalments(session, claim, InstalmentEvent.CANCEL, actor=actor, reason="the state refused the claim")
    # The state's reason may name an illness: it stands with the claim, not in the log that more people read.
    return advance_claim(session, claim, ClaimEvent.REFUSE, actor=actor)


def withdraw_claim(session: Session, claim_id: int, *, reason: str, actor: str) -> ClaimRow:
    """Give a claim up before the state has spoken.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: The state has spoken.
        ClaimInvalidError: The mutual has advanced something on it.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    CLAIM.advance(ClaimStatus(claim.status), ClaimEvent.WITHDRAW)
    if claim.outstanding_minor:
        raise ClaimInvalidError(
            f"{claim.outstanding_minor} minor units are advanced on claim {claim_id}; let the state decide it"
        )
    advance_instalments(session, claim, InstalmentEvent.CANCEL, actor=actor, reason="the claim was withdrawn")
    return advance_claim(session, claim, ClaimEvent.WITHDRAW, actor=actor, reason=reason)


def _plan_anew(session: Session, claim: ClaimRow, decided_minor: int, actor: str, reason: str) -> None:
    planned = queries.list_instalments(session, claim.id)
    amounts = rules.replanned([one.expected_minor for one in planned], decided_minor)
    for one, amount in zip(planned, amounts, strict=True):
        if amount == 0:
            advance_instalments(
                session, claim, InstalmentEvent.CANCEL, actor=actor, reason=reason, number=one.instalment_no
            )
        elif amount != one.expected_minor:
            values = {"claim_id": claim.id, "number": one.instalment_no, "expected_minor": amount}
            db.run(session, queries.REPLAN_INSTALMENT, values)
