"""A payroll with members, wages, money and an assessed month, for the tests of filing."""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping

import psycopg
from sqlmodel import Session

from gateway.contributions.assess import assess_period
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.filing.models import Filing
from gateway.filing.prepare import prepare
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.post import Event, Line, post

MARCH = Period(2026, 3)
APRIL = Period(2026, 4)
TODAY = dt.date(2026, 4, 1)
WAGE = 2_322_300
COST = 492_327
"""What a month at WAGE costs without the mutual's fee, as the law's own example says."""
OFFICER = "staff:olga"
_numbers = itertools.count(1)

MEMBERS = """
INSERT INTO member (number, given_names, first_surname, second_surname, sex, birth_date, search_name)
SELECT 'M' || n, 'María José', 'Peña', 'Núñez', 'F', '1980-01-01', 'maria jose pena nunez'
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n ORDER BY n RETURNING id
"""
IDENTITIES = """
INSERT INTO member_identity (member_id, kind, value, is_primary)
SELECT id, 'national_id', document, true FROM unnest(CAST(:ids AS bigint[]), CAST(:documents AS text[])) AS m (id, document)
"""
WAGES = """
INSERT INTO member_wage (member_id, valid_from, wage_minor, currency, reason, actor)
SELECT id, CAST(:valid_from AS date), :wage, 'DOP', 'declared', 'staff:olga' FROM unnest(CAST(:ids AS bigint[])) AS m (id)
"""
ENROLMENTS = """
INSERT INTO enrolment (member_id, payroll_id, valid_from, start_reason, actor)
SELECT id, :payroll_id, '2026-01-01', 'joined', 'staff:olga' FROM unnest(CAST(:ids AS bigint[])) AS m (id)
"""
DEPENDANT = """
INSERT INTO dependant (member_id, category, relation, given_names, first_surname, search_name, identity_kind, identity_value, rule,
    valid_from, actor)
VALUES (:member_id, 'additional', 'parent', 'Rosa', 'Peña', 'rosa pena', :kind, :document, 'additional', '2026-01-01', 'staff:olga')
RETURNING id
"""


def with_check_digit(number: int) -> str:
    """Return an identity number of the range that is not issued, with a right check digit."""
    body = f"999{number:07d}"
    total = 0
    for place, letter in enumerate(body):
        digit = int(letter) * (1 + place % 2)
        total += digit // 10 + digit % 10
    return f"{body}{-total % 10}"


def open_payroll(session: Session, code: str = "001") -> int:
    """Open a payroll of the mutual."""
    statement = "INSERT INTO payroll (code, name, employer_number) VALUES (:code, 'Choferes', '401999999') RETURNING id"
    return int(db.scalar(session, statement, {"code": code}))


def enrol(session: Session, payroll_id: int, count: int, *, wage: int | None = WAGE) -> list[int]:
    """Enrol new members with a wage, an identity and an account; return their ids."""
    first = next(_numbers)
    for _ in range(count - 1):
        last = next(_numbers)
    last = first + count - 1
    ids = [row.id for row in db.rows(session, MEMBERS, {"first": first, "last": last})]
    documents = [with_check_digit(number) for number in range(first, last + 1)]
    db.run(session, IDENTITIES, {"ids": ids, "documents": documents})
    if wage is not None:
        declare(session, ids, wage)
    db.run(session, ENROLMENTS, {"ids": ids, "payroll_id": payroll_id})
    open_for_owners(session, "member:{}:contributions", "member", ids, "DOP")
    return ids


def declare(session: Session, ids: list[int], wage: int, valid_from: dt.date = dt.date(2026, 1, 1)) -> None:
    """Declare a wage from a day on."""
    db.run(session, WAGES, {"ids": ids, "wage": wage, "valid_from": valid_from})


def add_head(session: Session, member_id: int, document: str | None = None) -> int:
    """Give a member an additional dependant."""
    kind = None if document is None else "national_id"
    return int(db.scalar(session, DEPENDANT, {"member_id": member_id, "kind": kind, "document": document}))


def assess(session: Session, payroll_id: int, period: Period = MARCH) -> None:
    """Assess the month."""
    assess_period(session, payroll_id=payroll_id, period=period, actor=OFFICER)


def pay(session: Session, amounts: Mapping[int, int], *, on: dt.date = dt.date(2026, 3, 20)) -> None:
    """Receive money from members, one receipt for all."""
    lines = [NewLine(amount_minor=minor, member_id=member) for member, minor in amounts.items()]
    new = NewReceipt(
        source="api:test",
        source_reference=f"r{next(_numbers)}",
        channel="cash",
        account_code="cash:main",
        amount_minor=sum(amounts.values()),
        currency="DOP",
        paid_on=on,
        lines=lines,
    )
    open_accounts(session, [NewAccount("cash:main")], "DOP")
    receive(session, new, actor="staff:carla", today=TODAY)


def endow(session: Session, code: str, minor: int) -> None:
    """Put money into a fund or the reserve."""
    open_accounts(session, [NewAccount("cash:main"), NewAccount(code)], "DOP")
    lines = [Line("cash:main", minor), Line(code, -minor)]
    post(session, Event(f"endow:{code}:{next(_numbers)}", "endowment", TODAY, lines, "staff:mara"))


def draft(session: Session, payroll_id: int, period: Period = MARCH, kind: FilingKind = FilingKind.MONTHLY) -> Filing:
    """Prepare a filing."""
    return prepare(session, payroll_id=payroll_id, period=period, kind=kind, actor=OFFICER, today=TODAY)


def sealed(session: Session, payroll_id: int, period: Period = MARCH, kind: FilingKind = FilingKind.MONTHLY) -> Filing:
    """Prepare and seal a filing."""
    return seal(session, draft(session, payroll_id, period, kind).id, actor=OFFICER, today=TODAY)


def payroll_of(session: Session, count: int, *, paid: Iterable[int] | None = None) -> tuple[int, list[int]]:
    """Make a payroll of members who paid what March costs (those at the places named, or all), assessed."""
    payroll_id = open_payroll(session)
    ids = enrol(session, payroll_id, count)
    assess(session, payroll_id)
    payers = [ids[place] for place in (range(count) if paid is None else paid)]
    if payers:
        pay(session, dict.fromkeys(payers, COST))
    return payroll_id, ids


def tell_state_account(database: Database) -> None:
    """Write the account that the state's bills are paid to into mutual 1's settings, as the operator does."""
    settings = '{"state_account": {"name": "Tesorería", "account": "9900000001", "bank_identifier": "BCRDDOSD"}}'
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE mutual SET settings = settings || %s::jsonb WHERE mutual_id = 1", [settings])
