"""Pay a member ahead of the state, out of the mutual's float; what is advanced stands on the claim's own receivable.

The member's money goes to her account for benefits, from which the next payout brings it to her.
"""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow, InstalmentRow
from gateway.benefits.errors import AdvanceRefusedError, FloatShortError
from gateway.benefits.states import BenefitKind, ClaimStatus, InstalmentStatus
from gateway.kit import audit, db, tenant
from gateway.kit.money import currency_of, format_amount, parse_amount
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance

FLOAT = "reserve:float"
_AWAITING = (ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED)


class Float(NamedTuple):
    """What the mutual may have ahead of the state, and has."""

    limit_minor: int
    outstanding_minor: int

    @property
    def free_minor(self) -> int:
        """What may still be advanced."""
        return max(0, self.limit_minor - self.outstanding_minor)


def float_of(session: Session, currency: str) -> Float:
    """Return the float: ``benefits.float_limit`` of the mutual's settings, else what its float reserve holds."""
    limit = tenant.current(session).settings.get("benefits", {}).get("float_limit")
    minor = current_balance(session, FLOAT) if limit is None else parse_amount(str(limit), currency_of(currency))
    return Float(minor, queries.outstanding(session, currency))


def advance(session: Session, claim_id: int, *, number: int, actor: str, today: dt.date) -> ClaimRow:
    """Advance an instalment to the member; the same one again has no effect.

    Raises:
        ClaimNotFoundError, InstalmentNotFoundError: No such claim or instalment.
        AdvanceRefusedError: The claim is not with the state, the money came already, or the state pays her directly.
        FloatShortError: The float does not hold so much.
        PeriodClosedError: Today's month is closed in the books.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    instalment = queries.get_instalment(session, claim_id, number)
    if instalment.advanced_minor:
        return claim
    _check(claim, instalment)
    db.one(session, queries.LOCK_FLOAT)
    amount = instalment.expected_minor
    _check_float(session, claim, amount)
    owed = f"member:{claim.member_id}:benefits"
    open_accounts(session, [NewAccount(claim.receivable), NewAccount(owed, "member", claim.member_id)], claim.currency)
    event = Event(
        key=f"benefit-claim:{claim_id}:advance:{number}",
        kind="benefit.advance",
        valid_on=today,
        lines=[Line(claim.receivable, amount), Line(owed, -amount)],
        actor=actor,
        evidence=f"benefit_claim:{claim_id}",
    )
    tx_id = post(session, event).tx_id
    db.run(session, queries.NOTE_ADVANCE, {"id": instalment.id, "amount_minor": amount, "tx_id": tx_id})
    db.run(session, queries.ADD_TO_CLAIM, {"id": claim_id, "advanced": amount, "recovered": 0, "written_off": 0})
    audit.record(
        session,
        actor=actor,
        action="benefit_claim.advance",
        subject_kind="benefit_claim",
        subject_id=claim_id,
        detail={"instalment": number, "amount_minor": amount},
    )
    return queries.get_claim(session, claim_id)


def _check(claim: ClaimRow, instalment: InstalmentRow) -> None:
    if claim.kind == BenefitKind.BREASTFEEDING:
        raise AdvanceRefusedError("the state pays breastfeeding straight to the mother; the mutual does not advance it")
    if claim.status not in _AWAITING:
        raise AdvanceRefusedError(
            f"claim {claim.id} is {claim.status}; the mutual advances from the submission until the last instalment came"
        )
    if instalment.status != InstalmentStatus.EXPECTED or instalment.received_minor:
        raise AdvanceRefusedError(f"instalment {instalment.instalment_no} is {instalment.status}; nothing is awaited")


def _check_float(session: Session, claim: ClaimRow, amount: int) -> None:
    held, currency = float_of(session, claim.currency), currency_of(claim.currency)
    if amount > held.free_minor:
        asked, free = format_amount(amount, currency), format_amount(held.free_minor, currency)
        limit, out = format_amount(held.limit_minor, currency), format_amount(held.outstanding_minor, currency)
        raise FloatShortError(
            f"{claim.currency} {asked} are asked for and {free} are free: the float is {limit}, {out} are advanced;"
            " wait for refunds, or let a manager raise benefits.float_limit"
        )
