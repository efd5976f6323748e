"""Match a benefit that the state pays as a credit on its bill: no money comes, the bill asks for so much less.

The bill's booking has put what it asks for less on ``suspense:state``; from there it is the member's, or pays back what
the mutual has advanced to her.
"""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.errors import CreditUnclaimedError
from gateway.benefits.queries import require_member
from gateway.benefits.recover import Recovered, follow
from gateway.kit import audit, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post

DIFFERENCE = "suspense:state"

ONE_SUM = """
-- one row: the sum, as ``recover.follow`` takes them
SELECT %(source_id)s::bigint AS source_id, %(member_id)s::bigint AS member_id, %(benefit_kind)s::text AS benefit_kind,
       %(claim_reference)s::text AS claim_reference, %(instalment)s::int AS instalment, %(amount_minor)s::bigint AS amount_minor
"""

CREDITED_BILL = """
-- at most one row: a bill that counts, by how much it asks for less than our lines and than what it took off for an earlier
-- notice, and how much of that is known to be benefits
SELECT b.id, b.currency, (b.ours_minor - b.total_minor + coalesce((
    SELECT sum(c.amount_minor) FROM bill_credit c
    WHERE c.mutual_id = b.mutual_id AND c.bill_id = b.id AND c.kind = 'used'), 0))::bigint AS less_minor, coalesce((
    SELECT sum(k.amount_minor) FROM benefit_credit k WHERE k.mutual_id = b.mutual_id AND k.bill_id = b.id), 0)::bigint AS known_minor
FROM bill b WHERE b.mutual_id = current_mutual() AND b.id = :bill_id AND b.status <> 'superseded'
"""

FIND_CREDIT = """
-- at most one row: the credit of a bill for an instalment of a claim
SELECT id, amount_minor FROM benefit_credit
WHERE mutual_id = current_mutual() AND bill_id = :bill_id AND claim_id = :claim_id AND instalment_no = :instalment_no
"""

INSERT_CREDIT = """
-- one row: the credit's id
INSERT INTO benefit_credit (bill_id, claim_id, instalment_no, amount_minor, actor)
VALUES (:bill_id, :claim_id, :instalment_no, :amount_minor, :actor) RETURNING id
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


class CreditedBenefit(NamedTuple):
    """A benefit that a bill carries as a credit."""

    id: int
    """Of the ``benefit_credit``."""
    amount_minor: int
    """By how much the bill asks for less; above zero."""
    currency: str
    claim_reference: str | None = None
    """The state's number of the claim; without it the member and the kind say which one it is."""
    member_id: int | None = None
    benefit_kind: str | None = None
    instalment: int | None = None


def credit_claim(
    session: Session, claim_id: int, *, bill_id: int, instalment: int, amount_minor: int, actor: str, today: dt.date
) -> ClaimRow:
    """Say that a bill asks for less because the state pays an instalment of a claim by it. The same again: no effect.

    Raises:
        ClaimNotFoundError, InstalmentNotFoundError: No such claim or instalment.
        CreditUnclaimedError: No such bill, it does not ask for so much less than our lines, or the claim awaits nothing.
        PeriodClosedError: Today's month is closed in the books.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    queries.get_instalment(session, claim_id, instalment)
    place = {"bill_id": bill_id, "claim_id": claim_id, "instalment_no": instalment}
    known = db.first(session, FIND_CREDIT, place)
    if known is not None and known.amount_minor == amount_minor:
        return claim
    db.one(session, queries.LOCK_FLOAT)
    bill = db.first(session, CREDITED_BILL, {"bill_id": bill_id})
    left = 0 if bill is None else bill.less_minor - bill.known_minor
    if bill is None or known is not None or not 0 < amount_minor <= left:
        raise CreditUnclaimedError(
            f"bill {bill_id} asks for {left} minor units less than our lines that nothing explains yet; {amount_minor} cannot be"
            " a benefit on it: look at the bill's components again"
        )
    credit_id = int(db.scalar(session, INSERT_CREDIT, {**place, "amount_minor": amount_minor, "actor": actor}))
    credit = CreditedBenefit(
        credit_id, amount_minor, claim.currency, claim.authority_reference, claim.member_id, claim.kind, instalment
    )
    match_credit(session, credit, actor=actor, today=today)
    return queries.get_claim(session, claim_id)


def match_credit(
    session: Session, bill_credit: CreditedBenefit, *, actor: str, today: dt.date, account_code: str = DIFFERENCE
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
            key=f"benefit-credit:{bill_credit.id}:benefit",
            kind="benefit.credit",
            valid_on=today,
            lines=[Line(account_code, bill_credit.amount_minor), Line(owed, -bill_credit.amount_minor)],
            actor=actor,
            evidence=f"benefit_credit:{bill_credit.id}",
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
        about = f"benefit-credit:{bill_credit.id}"
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
        subject_kind="benefit_credit",
        subject_id=bill_credit.id,
        detail={"member_id": member_id, "amount_minor": bill_credit.amount_minor},
    )
    return followed


def _whose(session: Session, credit: CreditedBenefit) -> tuple[int, str]:
    if credit.claim_reference is not None:
        row = db.first(session, MEMBER_OF_REFERENCE, {"reference": credit.claim_reference})
        if row is not None:
            return int(row.member_id), str(row.kind)
    if credit.member_id is None or credit.benefit_kind is None:
        raise CreditUnclaimedError(
            f"credit {credit.id} names no claim we know, and no member and benefit; ask the state what it is for"
        )
    return credit.member_id, credit.benefit_kind
