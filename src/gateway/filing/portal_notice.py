"""The state's bill, and its receipt for the payment, typed in by hand from the portal; taken in like any other."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.authority.protocol import Notice, NoticeFiling, NoticePayment, NoticePayments, RawAnswer
from gateway.filing import queries
from gateway.filing.bills import receive_notice
from gateway.filing.errors import NoticeInvalidError
from gateway.filing.models import Bill
from gateway.filing.pay import confirm_payment
from gateway.filing.sql import portal as sql
from gateway.kit import audit, db, tenant
from gateway.kit.errors import FieldProblem
from gateway.kit.happened import check_begun, check_happened
from gateway.kit.period import Period
from gateway.membership.queries import get_payroll


class TypedNotice(NamedTuple):
    """A payment notice as somebody read it on the portal."""

    payroll_id: int
    period: Period
    reference: str
    version: int
    """Counts recalculations under one reference; 1 for the first."""
    replaces: str | None
    issued_on: dt.date
    due_on: dt.date
    components: Sequence[tuple[str, int]]
    """Code and amount in minor units; adjustments and credits may be below zero."""
    total_minor: int
    filing_ids: Sequence[int] | None = None
    """Which filings it covers; None: every accepted one of the payroll and month."""


def type_notice(session: Session, typed: TypedNotice, *, actor: str, today: dt.date) -> Bill:
    """Take a bill in and return it; the same again returns the bill it made.

    Raises:
        PayrollNotFoundError: No such payroll.
        NotHappenedError: Its month has not begun, or its day has not come.
        NoticeInvalidError: Its components do not come to its total, or it covers no accepted filing of ours.
    """
    payroll = get_payroll(session, typed.payroll_id)
    check_begun(typed.period, today, "/period")
    check_happened(typed.issued_on, today, "/issued_on")
    _check(typed)
    values = {"payroll_id": payroll.id, "start": typed.period.start, "filing_ids": _listed(typed.filing_ids)}
    covered = db.rows(session, sql.OURS_OF_MONTH, values)
    if not covered:
        raise NoticeInvalidError(
            f"no filing of payroll {payroll.code} for {typed.period} is accepted; load the state's answer first"
        )
    raw = _raw(session, "notice", _plain(typed), actor=actor, today=today)
    notice = Notice(
        reference=typed.reference,
        version=typed.version,
        replaces=typed.replaces,
        replaced_by=None,
        employer=payroll.employer_number,
        period=typed.period,
        payroll=payroll.code,
        status="current",
        issued_on=typed.issued_on,
        due_on=typed.due_on,
        currency=tenant.current(session).currency,
        line_count=sum(row.line_count for row in covered),
        components=tuple(typed.components),
        total_minor=typed.total_minor,
        filings=tuple(NoticeFiling(row.reference, row.line_count, row.amount_minor) for row in covered),
        paid_minor=0,
        raw=raw,
    )
    bill = receive_notice(session, notice, actor=actor, today=today)
    if bill is None:
        raise NoticeInvalidError(
            f"notice {typed.reference} cannot be taken in now: a newer version of it counts, or a file of the month has"
            " no answer yet"
        )
    detail = {"notice": typed.reference, "version": typed.version, "total_minor": typed.total_minor}
    audit.record(session, actor=actor, action="bill.type_in", subject_kind="bill", subject_id=bill.id, detail=detail)
    return bill


def type_confirmation(
    session: Session,
    bill_id: int,
    *,
    amount_minor: int,
    paid_on: dt.date,
    authorisation: str,
    actor: str,
    today: dt.date,
) -> bool:
    """Write down that the portal shows a bill as paid, and settle what it covers; return whether that is all of it.

    Raises:
        BillUnknownError: No such bill.
        NotHappenedError: The day of the payment has not come.
        NoticeInvalidError: Less than the bill asks for.
    """
    check_happened(paid_on, today, "/paid_on")
    bill = queries.get_bill(session, bill_id, lock=True)
    if amount_minor < bill.total_minor:
        raise NoticeInvalidError(
            f"bill {bill_id} asks for {bill.total_minor} minor units and {amount_minor} were confirmed; it stays open"
        )
    told = {"reference": bill.notice_reference, "amount_minor": amount_minor, "paid_on": paid_on.isoformat(),
            "authorisation": authorisation}  # fmt: skip
    raw = _raw(session, "payments", told, actor=actor, today=today)
    payment = NoticePayment(
        authorisation, amount_minor, bill.currency, paid_on, authorisation, "confirmed", raw.finished_at
    )
    payroll = get_payroll(session, bill.payroll_id)
    payments = NoticePayments(
        reference=bill.notice_reference,
        employer=payroll.employer_number,
        period=Period.of(bill.period_start),
        status="paid",
        currency=bill.currency,
        total_minor=bill.total_minor,
        paid_minor=amount_minor,
        payments=(payment,),
        raw=raw,
    )
    return confirm_payment(session, bill_id, payments, actor=actor)


def _check(typed: TypedNotice) -> None:
    problems = []
    found = sum(minor for _, minor in typed.components)
    if found != typed.total_minor:
        detail = (
            f"the components come to {found} minor units, the total is {typed.total_minor}; look for the mistyped one"
        )
        problems.append(FieldProblem("/total", "total_differs", detail))
    codes = [code for code, _ in typed.components]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            problems.append(FieldProblem(f"/components/{place}/code", "component_twice", f"{code} stands there twice"))
    if typed.due_on < typed.issued_on:
        problems.append(FieldProblem("/due_on", "due_before_issued", "it is due before it was issued"))
    if problems:
        raise NoticeInvalidError(f"{problems[0].pointer}: {problems[0].detail}", errors=problems)


def _listed(filing_ids: Sequence[int] | None) -> list[int] | None:
    return None if filing_ids is None else list(filing_ids)


def _plain(typed: TypedNotice) -> dict[str, Any]:
    return {**typed._asdict(), "period": str(typed.period), "components": [list(part) for part in typed.components]}


def _raw(session: Session, what: str, told: dict[str, Any], *, actor: str, today: dt.date) -> RawAnswer:
    now = queries.now(session)
    body = json.dumps({**told, "typed_by": actor, "day": today}, default=str, sort_keys=True).encode()
    return RawAnswer(
        "PORTAL", f"portal:{what}:{uuid.uuid4()}", None, {"content-type": "application/json"}, body, now, now
    )
