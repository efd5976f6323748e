"""Write down that a claim has gone to the state: the member is entitled, and what it should bring is fixed."""

import datetime as dt
import json

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.eligibility import eligibility_of, require_eligible
from gateway.benefits.errors import ClaimInvalidError
from gateway.benefits.estimate import estimate
from gateway.benefits.states import CLAIM, BenefitKind, ClaimEvent, ClaimStatus
from gateway.benefits.steps import advance_claim
from gateway.kit import db
from gateway.kit.happened import check_happened


def submit_claim(
    session: Session,
    claim_id: int,
    *,
    submitted_on: dt.date,
    authority_reference: str | None = None,
    actor: str,
    today: dt.date,
) -> ClaimRow:
    """Fix what a claim should bring, by instalment, on the day it went to the state. Late is written down, not refused.

    Args:
        session: The open transaction.
        claim_id: Which claim.
        submitted_on: The day it was handed in.
        authority_reference: The state's number of it, where it has one already.
        actor: Who handed it in.
        today: No claim is handed in after it.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: Documents are missing, or it was submitted before.
        NotEligibleError: Too few paid months, or a wage above the last band; says what is missing.
        WageUnknownError, BenefitAmountMissingError, BenefitLawUnknownError: Nothing says what it comes to.
        ClaimInvalidError: A number that another claim has.
        NotHappenedError: The day it was handed in has not come.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    CLAIM.advance(ClaimStatus(claim.status), ClaimEvent.SUBMIT)
    check_happened(submitted_on, today, "/submitted_on")
    check_reference(session, claim_id, authority_reference)
    found = eligibility_of(session, claim.member_id, kind=BenefitKind(claim.kind), on=claim.starts_on)
    require_eligible(found)
    expected = estimate(session, claim, found)
    values = {
        "id": claim_id,
        "submitted_on": submitted_on,
        "authority_reference": authority_reference,
        "wage_minor": expected.wage_minor,
        "computed_minor": sum(expected.amounts_minor),
        "basis": json.dumps(expected.basis),
        "ends_on": expected.ends_on,
    }
    db.run(session, queries.SUBMIT_CLAIM, values)
    amounts = list(expected.amounts_minor)
    planned = {"numbers": list(range(1, len(amounts) + 1)), "days": list(expected.days), "amounts": amounts}
    db.run(session, queries.INSERT_INSTALMENTS, {"claim_id": claim_id, **planned})
    late = claim.submit_by is not None and submitted_on > claim.submit_by
    reason = f"after its last day, {claim.submit_by}" if late else None
    return advance_claim(session, claim, ClaimEvent.SUBMIT, actor=actor, reason=reason)


def check_reference(session: Session, claim_id: int, reference: str | None) -> None:
    """Check that no other claim has the state's number.

    Raises:
        ClaimInvalidError: Another has it.
    """
    if reference is None:
        return
    other = db.first(session, queries.CLAIM_OF_REFERENCE, {"reference": reference})
    if other is not None and other.id != claim_id:
        raise ClaimInvalidError(
            f"the state's number {reference!r} is that of claim {other.id}; look at the paper again"
        )
