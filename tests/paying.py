"""Members who are owed benefits, and remittances of the state, for the tests of benefits and payouts."""

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlmodel import Session

from gateway.authority.protocol import Advice, AdviceLine, RawAnswer
from gateway.benefits.allot import allot
from gateway.benefits.queries import RemittanceRow
from gateway.benefits.receive import fund, record_advice
from gateway.kit import db, evidence
from gateway.kit.period import Period
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account

TODAY = dt.date(2026, 4, 20)
ADVISED_AT = dt.datetime(2026, 4, 15, 13, 0, tzinfo=dt.UTC)
BANK = "bank:main"
FLOAT = "momo:orange"

MEMBERS = """
WITH made AS (
    INSERT INTO member (number, given_names, first_surname, sex, birth_date, phone, search_name)
    SELECT 'M' || n, 'Ana', 'Pérez', 'F', '1990-01-01', '+1809' || lpad(n::text, 7, '0'), 'ana perez'
    FROM generate_series(%(first)s::int, %(last)s::int) n RETURNING id, number
)
INSERT INTO member_identity (member_id, kind, value, is_primary)
SELECT id, 'national_id', document_of(substr(number, 2)::int), true FROM made
"""


def document_of(number: int) -> str:
    """Return the identity number of the n-th member."""
    return f"999{number:08d}"


def make_members(session: Session, count: int, *, first: int = 1) -> list[int]:
    """Make members with an identity and a telephone each; return their ids in order."""
    statement = MEMBERS.replace("document_of(substr(number, 2)::int)", "'999' || lpad(substr(number, 2), 8, '0')")
    db.driver(session).execute(statement, {"first": first, "last": first + count - 1})
    found = db.rows(session, "SELECT id FROM member ORDER BY id DESC LIMIT :count", {"count": count})
    return [row.id for row in reversed(found)]


def open_bank(session: Session, *, minor: int = 10**12) -> None:
    """Register a bank account and a provider's float with money on them."""
    for number, code, kind in (("DO01", BANK, "bank"), ("829000001", FLOAT, "mobile_money")):
        account = BankAccountRow(0, number, code, kind, "DOP", code, "Mutual", "BPDODOSX")
        register_bank_account(session, account, opening=Opening(minor, dt.date(2026, 1, 1)), actor="staff:ana")


def line(number: int, document: str, minor: int, **changes: object) -> AdviceLine:
    """Return one line of an advice."""
    usual = AdviceLine(number, "national_id", document, "maternity", f"C{number}", Period(2026, 3), minor, 1, 4)
    return usual._replace(**changes)


def advice(lines: Sequence[AdviceLine], reference: str = "S202604000001", **changes: object) -> Advice:
    """Return an advice that agrees with its lines, save for what is changed."""
    values: dict[str, object] = {
        "remittance_id": reference,
        "employer": "401999999",
        "currency": "DOP",
        "status": "paid",
        "advised_at": ADVISED_AT,
        "paid_on": dt.date(2026, 4, 15),
        "line_count": len(lines),
        "total_minor": sum(line.amount_minor for line in lines),
        "by_benefit": (),
        "end_to_end_id": f"E2E-{reference}",
        "bank_reference": None,
        "account": "DO01",
        "raw": RawAnswer("GET", "/remittances", 200, {}, b"{}", ADVISED_AT, ADVISED_AT),
    }
    return Advice(**{**values, **changes})  # type: ignore[arg-type]


def record(session: Session, told: Advice, lines: Iterable[AdviceLine]) -> RemittanceRow:
    """Record an advice with its evidence."""
    kept = evidence.keep(session, kind="state.remittance", source="state", media_type="application/json", body=b"{}")
    return record_advice(session, told, lines, advised_on=dt.date(2026, 4, 15), evidence_id=kept, actor="worker:w")


def fund_in_full(session: Session, told: Advice, *, statement_line: int = 1) -> RemittanceRow:
    """Book the bank's money for an advice."""
    return fund(
        session,
        transfer_reference=told.end_to_end_id,
        amount_minor=told.total_minor,
        booked_on=dt.date(2026, 4, 16),
        statement_line_id=statement_line,
        bank_code=BANK,
        actor="worker:w",
    )


def owe(session: Session, amounts: Sequence[int], *, reference: str = "S202604000001", first: int = 1) -> list[int]:
    """Make members and allot each an amount of a remittance; return their ids."""
    members = make_members(session, len(amounts), first=first)
    lines = [line(n, document_of(first + n - 1), minor) for n, minor in enumerate(amounts, 1)]
    told = advice(lines, reference)
    remittance = record(session, told, lines)
    fund_in_full(session, told, statement_line=first)
    allot(session, remittance.id, actor="staff:ana", today=TODAY)
    return members
