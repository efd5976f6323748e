"""Declare what a member earns, from a day on. Nothing is overwritten: the newest record for a day counts."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.kit.money import AmountError, CurrencyError
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version
from gateway.membership.enrol import insert_wage
from gateway.membership.queries import MemberRow
from gateway.membership.rules import check_day_ahead, check_wage


def declare_wage(
    session: Session,
    member_id: int,
    wage_minor: int,
    *,
    currency: str,
    valid_from: dt.date,
    reason: str,
    actor: str,
    today: dt.date,
    payroll_id: int | None = None,
    expected_version: int | None = None,
) -> MemberRow:
    """Record a wage that counts from a day on and return the member.

    Declaring the wage that is in force since that very day again writes nothing. A day in the past changes what is
    assessed again for that month, never what was filed. With ``payroll_id`` it is what she earns in that payroll besides
    what she earns in others; the state sums and caps them together.

    Raises:
        MemberNotFoundError, PayrollNotFoundError: No such member or payroll.
        AmountError: A wage of one payroll of zero.
        AmountError: Below zero.
        CurrencyError: Not the mutual's currency.
        DayTooFarError: More than thirty days ahead.
    """
    mutual = tenant.current(session)
    own = mutual.currency
    if currency != own:
        raise CurrencyError(f"a wage in {currency}; wages of this mutual are in {own}")
    check_wage(wage_minor, own, mutual.country)
    check_day_ahead(valid_from, today=today, what="the wage from")
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    known = _known(session, member_id, payroll_id, valid_from)
    if known is not None and (known.valid_from, known.wage_minor) == (valid_from, wage_minor):
        return member
    if payroll_id is None:
        insert_wage(session, member_id, wage_minor, own, valid_from, reason=reason, actor=actor)
    else:
        if not wage_minor:
            raise AmountError(
                "a wage of one payroll is above zero; end the place in the payroll where nothing is earned there"
            )
        values = {"member_id": member_id, "payroll_id": payroll_id, "valid_from": valid_from, "wage_minor": wage_minor}
        more = {"currency": own, "reason": reason, "actor": actor}
        db.scalar(session, write_queries.INSERT_PAYROLL_WAGE, {**values, **more})
    db.scalar(session, write_queries.NEXT_VERSION, {"member_id": member_id})
    audit.record(
        session,
        actor=actor,
        action="member.declare_wage",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail={"valid_from": valid_from, "payroll_id": payroll_id},
    )
    return queries.get_member(session, member_id)


def _known(session: Session, member_id: int, payroll_id: int | None, day: dt.date) -> Any | None:
    if payroll_id is None:
        return db.first(session, queries.WAGE_ON, {"member_id": member_id, "day": day, "recorded_at": None})
    queries.get_payroll(session, payroll_id)
    return db.first(session, queries.PAYROLL_WAGE_ON, {"member_id": member_id, "payroll_id": payroll_id, "day": day})
