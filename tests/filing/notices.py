"""The state's notices made by hand, for tests of the bill that need no state process."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlmodel import Session
from tests.filing.filing_town import MARCH, TODAY, sealed

from gateway.authority.protocol import Notice, NoticeFiling, NoticePayment, NoticePayments, RawAnswer
from gateway.filing.queries import list_documents
from gateway.filing.states import FilingKind
from gateway.kit import db
from gateway.kit.period import Period
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account

NOW = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)
DUE = dt.date(2026, 4, 6)
RAW = RawAnswer("GET", "http://state/notices", 200, {}, b"{}", NOW, NOW)
SHARES = {
    "health_worker": 70_598,
    "health_employer": 164_651,
    "pension_worker": 66_650,
    "pension_employer": 164_883,
    "work_risk": 25_545,
}
"""What a month costs a member at the wage of the town, by component."""


ANSWER_FILES = """
UPDATE filing_document d SET status = 'accepted', answered_at = now(), accepted_minor = (
    SELECT coalesce(sum(l.state_minor), 0) FROM filing_line l
    WHERE l.filing_id = d.filing_id AND l.line_no BETWEEN d.first_line_no AND d.first_line_no + d.line_count - 1)
WHERE d.filing_id = :id
"""
"""The state takes every line of a filing's files."""


def accepted(
    session: Session, payroll_id: int, period: Period = MARCH, kind: FilingKind = FilingKind.MONTHLY
) -> tuple[int, uuid.UUID]:
    """Seal a filing and let the state accept all of it; return it and its file's reference."""
    filing = sealed(session, payroll_id, period, kind)
    document = next(one for one in list_documents(session, filing.id) if one.holds == "workers")
    values = {"id": filing.id}
    db.run(session, ANSWER_FILES, values)
    db.run(
        session,
        "UPDATE filing_line SET status = 'accepted', state_accepted_minor = state_minor WHERE filing_id = :id",
        values,
    )
    db.run(session, "UPDATE filing SET status = 'accepted', accepted_count = line_count WHERE id = :id", values)
    session.expire_all()
    return filing.id, document.reference


def notice(
    references: Sequence[uuid.UUID],
    *,
    lines: int,
    reference: str = "0320260000000014",
    version: int = 1,
    period: Period = MARCH,
    payroll: str = "001",
    employer: str = "401999999",
    status: str = "current",
    **more: int,
) -> Notice:
    """Return a notice for so many members at the town's wage, with more (or less) in the components named."""
    components = {code: lines * minor for code, minor in SHARES.items()} | {"additional_dependants": 0}
    for code, minor in more.items():
        components[code] = components.get(code, 0) + minor
    total = sum(components.values())
    return Notice(
        reference=reference,
        version=version,
        replaces=None,
        replaced_by=None,
        employer=employer,
        period=period,
        payroll=payroll,
        status=status,
        issued_on=TODAY,
        due_on=DUE,
        currency="DOP",
        line_count=lines,
        components=tuple(components.items()),
        total_minor=total,
        filings=tuple(NoticeFiling(one, lines, total) for one in references),
        paid_minor=0,
        raw=RAW,
    )


def told_paid(asked: Notice, paid_minor: int) -> NoticePayments:
    """Return what the state says it received for a notice."""
    payment = NoticePayment("1", paid_minor, "DOP", TODAY, "A1", "confirmed", NOW)
    return NoticePayments(
        asked.reference, asked.employer, asked.period, "paid", "DOP", asked.total_minor, paid_minor, (payment,), RAW
    )


def open_bank(session: Session, code: str = "bank:main", number: str = "100200300") -> None:
    """Register a bank account with enough on it."""
    account = BankAccountRow(0, number, code, "bank", "DOP", code, "Mutual Amparo", "BANKDOSD")
    opening = Opening(10**9, dt.date(2026, 1, 1))
    register_bank_account(session, account, opening=opening, actor="staff:abel")
