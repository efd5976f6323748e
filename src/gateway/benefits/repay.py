"""Take back what a member owes of an advance, out of money of hers that the mutual holds; she has agreed to it.

What she brings for it is received as any money is, with a receipt, and taken from there.
"""

import datetime as dt
from enum import StrEnum

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.errors import NothingOutstandingError
from gateway.kit import audit, db
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance

ACTION = "benefit_claim.repay"

COUNT_BEFORE = """
-- one row: how often something was taken back for a claim
SELECT count(*) AS times FROM audit_log
WHERE mutual_id = current_mutual() AND subject_kind = 'benefit_claim' AND subject_id = :claim_id AND action = :action
"""


class HeldAs(StrEnum):
    """Which of the member's money it is taken from."""

    BENEFITS = "benefits"
    CONTRIBUTIONS = "contributions"


def repay(
    session: Session, claim_id: int, *, amount_minor: int, held_as: HeldAs, reason: str, actor: str, today: dt.date
) -> ClaimRow:
    """Take an amount that the member owes from money of hers; each call takes anew.

    Raises:
        ClaimNotFoundError: No such claim.
        NothingOutstandingError: She does not owe so much.
        FloorBrokenError: She does not hold so much there.
        PeriodClosedError: Today's month is closed in the books.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    owed = f"member:{claim.member_id}:owed"
    open_minor = current_balance(session, owed)
    if not 0 < amount_minor <= open_minor:
        raise NothingOutstandingError(
            f"member {claim.member_id} owes {open_minor} minor units; {amount_minor} cannot be taken"
        )
    before = db.scalar(session, COUNT_BEFORE, {"claim_id": str(claim_id), "action": ACTION})
    event = Event(
        key=f"benefit-claim:{claim_id}:repayment:{int(before) + 1}",
        kind="benefit.repay",
        valid_on=today,
        lines=[Line(f"member:{claim.member_id}:{held_as.value}", amount_minor), Line(owed, -amount_minor)],
        actor=actor,
        reason=reason,
        evidence=f"benefit_claim:{claim_id}",
    )
    post(session, event)
    audit.record(
        session,
        actor=actor,
        action=ACTION,
        subject_kind="benefit_claim",
        subject_id=claim_id,
        reason=reason,
        detail={"amount_minor": amount_minor, "held_as": held_as.value},
    )
    return claim
