"""Match a benefit that the state pays as a credit on its bill: no money comes, the bill asks for so much less.

The bill's booking has put what it asks for less on ``suspense:state``; from there it is the member's, or pays back what
the mutual has advanced to her.
"""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits.errors import CreditUnclaimedError
from gateway.benefits.queries import require_member
from gateway.benefits.recover import Recovered, follow
from gateway.kit import audit, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post

DIFFERENCE = "suspense:state"

ONE_SUM = """
SELECT %(source_id)s::bigint AS source_id, %(member_id)s::bigint AS member_id, %(benefit_kind)s::text AS benefit_kind,
       %(claim_reference)s::text AS claim_reference, %(instalment)s::int AS instalment, %(amount_minor)s::bigint AS amount_minor
"""

MEMBER_OF_REFERENCE = """
-- at most one row: whose claim has a number of the state
SELECT member_id, kind FROM benefit_claim WHERE mutual_id = current_mutual() AND authority_reference = :reference
"""

MATCHED = """
-- at most one row: what was made of a credit before
SELECT 1 AS claims, recovered_minor FROM benefit_claim_receipt
WHERE mutual_id = current_mutual() AND source = 'bill_credit' AND source_id = :credit_id
"""


class BillCredit(NamedTuple):
    """A benefit that a bill carries as a credit."""

    id: int
    """Of the credit, unique among credits."""
    amount_minor: int
    """By how much the bill asks for less; above zero."""
    currency: str
    claim_reference: str | None = None
    """The state's number of the claim; without it the member and the kind say which one it is."""
    member_id: int | None = None
    benefit_kind: str | None = None
    instalment: int | None = None


def match_credit(
    session: Session, bill_credit: BillCredit, *, actor: str, today: dt.date, account_code: str = DIFFERENCE
) -> Recovered:
    """Bring a credit of a bill to the one claim it is for, from the account it waits on. The same credit again: no effect.

    Args:
        session: The open transaction, in which the bill was booked or later.
        bill_credit: The credit.
        actor: Who matches it.
        today: The day it is booked on.
        account_code: Where the bill's booking has put the difference.

    Raises:
        CreditUnclaimedError: No claim, or more than one, is known for it; it stays where it is.
        BeneficiaryUnknownError: No such member.
        PeriodClosedError: Today's month is closed in the books.
    """
    known = db.first(session, MATCHED, {"credit_id": bill_credit.id})
    if known is not None:
        return Recovered(int(known.claims), int(known.recovered_minor))
    member_id, kind = _whose(session, bill_credit)
    require_member(session, member_id)
    owed = f"member:{member_id}:benefits"
    open_accounts(session, [NewAccount(account_code), NewAccount(owed, "member", member_id)], bill_credit.currency)
    with session.begin_nested():
        event = Event(
            key=f"bill-credit:{bill_credit.id}:benefit",
            kind="benefit.credit",
            valid_on=today,
            lines=[Line(account_code, bill_credit.amount_minor), Line(owed, -bill_credit.amount_minor)],
            actor=actor,
            evidence=f"bill_credit:{bill_credit.id}",
        )
        post(session, event)
        values = {
            "source": "bill_credit",
            "source_id": bill_credit.id,
            "member_id": member_id,
            "benefit_kind": kind,
            "claim_reference": bill_credit.claim_reference,
            "instalment": bill_credit.instalment,
            "amount_minor": bill_credit.amount_minor,
        }
        about = f"bill-credit:{bill_credit.id}"
        followed = follow(session, ONE_SUM, values, about=about, actor=actor, today=today)
        if followed.claims != 1:
            raise CreditUnclaimedError(
                f"no one claim of member {member_id} awaits the credit {bill_credit.id}; open the claim, or give it the"
                " state's number, and match it again"
            )
    audit.record(
        session,
        actor=actor,
        action="benefit_claim.credit",
        subject_kind="bill_credit",
        subject_id=bill_credit.id,
        detail={"member_id": member_id, "amount_minor": bill_credit.amount_minor},
    )
    return followed


def _whose(session: Session, credit: BillCredit) -> tuple[int, str]:
    if credit.claim_reference is not None:
        row = db.first(session, MEMBER_OF_REFERENCE, {"reference": credit.claim_reference})
        if row is not None:
            return int(row.member_id), str(row.kind)
    if credit.member_id is None or credit.benefit_kind is None:
        raise CreditUnclaimedError(
            f"credit {credit.id} names no claim we know, and no member and benefit; ask the state what it is for"
        )
    return credit.member_id, credit.benefit_kind
