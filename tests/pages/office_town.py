"""The office of a small mutual on 2 April 2026: what each role finds on her desk.

March is assessed and paid by most; its filing came back with one line rejected; the state's bill is here and not ordered;
a remittance is allotted and a batch of payouts waits for release; a credit at the bank names nobody; three members say that
something is not right, and the filing officer has taken the last of the three in hand.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cache

from sqlmodel import Session
from tests.filing.filing_town import MARCH, with_check_digit
from tests.filing.notices import notice
from tests.paying import advice, fund_in_full, line, record
from tests.reconciliation.statements import NUMBER, Booked, camt053

from gateway.benefits.allot import allot
from gateway.cash.states import TillKind
from gateway.cash.tills import register_till
from gateway.complaints import handle
from gateway.complaints.handle import Handler
from gateway.contributions.assess import assess_period
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.filing.bills import receive_notice
from gateway.filing.prepare import prepare as prepare_filing
from gateway.filing.queries import list_documents
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.kit import db, tenant
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.membership.add_dependant import NewDependant, add_dependant
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.family import Kin
from gateway.membership.funds import found_fund
from gateway.membership.payrolls import open_payroll
from gateway.payouts.order import prepare as prepare_payouts
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.run import reconcile
from gateway.selfcheck.complain import Complainer, Pointed, complain
from gateway.staff import queries as staff
from gateway.staff.login import start_session
from gateway.staff.models import Role
from gateway.staff.passwords import hash_password

TODAY = dt.date(2026, 4, 2)
PASSWORD = "tres mangos en la mesa"
OFFICER, CASHIER, MANAGER = "staff:olga", "staff:carla", "staff:mara"
PEOPLE = {
    "carla": ("Carla Cruz Peña", Role.CASHIER),
    "rosa": ("Rosa Ruiz", Role.COLLECTOR),
    "olga": ("Olga Ogando", Role.FILING_OFFICER),
    "abel": ("Abel Acosta", Role.ACCOUNTANT),
    "bruno": ("Bruno Báez", Role.BENEFITS_OFFICER),
    "mara": ("Mara Mejía Marte", Role.MANAGER),
    "aura": ("Aura Almonte", Role.AUDITOR),
}
"""User name -> full name and role."""
MEMBERS = (
    ("María José", "Peña", "Núñez", "F"),
    ("Juan Carlos", "Rodríguez", "Díaz", "M"),
    ("Altagracia", "de los Santos", "Martínez", "F"),
    ("Pedro", "Jiménez", "", "M"),
    ("Yudelka", "Ramírez", "Féliz", "F"),
    ("José Luis", "Guzmán", "Ortiz", "M"),
    ("Ángela", "Polanco", "Reyes", "F"),
    ("Rafael", "Núñez", "Peña", "M"),
    ("Carmen", "Brito", "Acosta", "F"),
    ("Wilfredo", "Santana", "Ureña", "M"),
    ("Ana Iris", "Vásquez", "Medina", "F"),
    ("Óscar", "Tejada", "", "M"),
)
WAGE = 2_322_300
ANSWERED = (
    "UPDATE filing_document SET status = 'partial', answered_at = now(), accepted_count = line_count - 1, rejected_count = 1,"
    " accepted_minor = (SELECT sum(state_minor) FROM filing_line WHERE filing_id = :id AND member_id <> :rejected)"
    " WHERE filing_id = :id",
    "UPDATE filing_line SET status = 'accepted', state_accepted_minor = state_minor, answered_at = now() WHERE filing_id = :id"
    " AND member_id <> :rejected",
    "UPDATE filing_line SET status = 'rejected', state_code = '105', state_text = 'NOMBRE INVALIDO',"
    " answered_at = now() WHERE filing_id = :id AND member_id = :rejected",
    "INSERT INTO state_log (subject_kind, subject_id, event, from_state, to_state, actor, reason)"
    " SELECT 'filing_line', id, 'reject', 'waiting', 'rejected', 'worker:1', state_code FROM filing_line"
    " WHERE filing_id = :id AND member_id = :rejected",
    "INSERT INTO filing_submission (filing_id, attempt, step, started_at, finished_at, outcome, worker)"
    " VALUES (:id, 1, 'submit:workers:1', '2026-04-01T14:00Z', '2026-04-01T14:00:03Z', 'received', 'worker:1')",
    "UPDATE filing SET status = 'partial', accepted_count = line_count - 1, rejected_count = 1 WHERE id = :id",
)


@dataclass
class Town:
    """Who and what is there, by its number."""

    members: list[int] = field(default_factory=list)
    payroll: int = 0
    fund: int = 0
    filing: int = 0
    rejected: int = 0
    """The member whose line the state rejected."""
    bill: int = 0
    remittance: int = 0
    batch: int = 0
    """Payouts that wait for release."""
    complaint: int = 0
    """Of a receipt that the cashier recorded; the town's other complaints come after it."""
    staff: dict[str, int] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """What stands in an address where no number does: place of the address -> what this town has there."""


def build(database: Database) -> Town:
    """Make the town in mutual 1."""
    town = Town()
    with database.session(1, actor="test") as session:
        for name, (full_name, role) in PEOPLE.items():
            values = {"username": name, "full_name": full_name, "roles": [role.value], "language": "es"}
            row = db.one(session, staff.INSERT_USER, {**values, "password_hash": hashed()})
            town.staff[name] = row.id
    with database.session(1, actor=OFFICER) as session:
        register_till(session, code="cash:oficina", name="Ventanilla 1", kind=TillKind.COUNTER, actor=OFFICER)
        register_till(session, code="cash:ruta-1", name="Ruta Herrera", kind=TillKind.ROUTE, actor=OFFICER)
        _members(session, town)
        _march(session, town)
        _benefits(session, town)
    with database.session(1, actor="staff:abel") as session:
        stray = Booked(250_000, text="DEPOSITO APORTE SIN NOMBRE")
        load_statement(session, camt053(10**8, [stray], day=TODAY), file_name="extracto.xml", actor="staff:abel")
        reconcile(session, today=TODAY)
    with database.session(1, actor="test") as session:
        _complaints(session, town)
    return town


def _members(session: Session, town: Town) -> None:
    town.payroll = open_payroll(session, code="001", name="Choferes", employer_number="401999999", actor=OFFICER).id
    town.fund = found_fund(session, code="F01", name="Los Alcarrizos", treasurer="Nilda Cruz", actor=OFFICER).id
    for place, (given, first, second, sex) in enumerate(MEMBERS, 1):
        born, phone = dt.date(1970 + place, place, 10 + place), f"809555{100 + place:04d}"
        person = Person(given, first, sex, born, second, phone, "Chofer", "Santo Domingo Oeste", fund_id=town.fund)
        identity = NewIdentity("national_id", with_check_digit(5000 + place))
        new = NewMember(person, town.payroll, dt.date(2026, 1, 1), [identity], wage_minor=WAGE)
        town.members.append(enrol(session, new, actor=OFFICER, today=dt.date(2026, 1, 1)).id)
    child = NewDependant(Kin("child", dt.date(2015, 5, 5)), "Luis", "Peña", dt.date(2026, 1, 1), sex="M")
    add_dependant(session, town.members[0], child, actor=OFFICER, today=dt.date(2026, 1, 1))


def _march(session: Session, town: Town) -> None:
    assess_period(session, payroll_id=town.payroll, period=MARCH, actor=OFFICER)
    open_accounts(session, [NewAccount("cash:main")], "DOP")
    for place, member in enumerate(town.members[:10], 1):
        paid_on, amount = dt.date(2026, 3, 9 + place), 500_000 + 1_000 * place
        lines = [NewLine(amount_minor=amount, member_id=member)]
        new = NewReceipt("api:carla", f"v{place}", "cash", "cash:main", amount, "DOP", paid_on, lines)
        receive(session, new, actor=CASHIER, today=TODAY)
    kind = FilingKind.MONTHLY
    draft = prepare_filing(session, payroll_id=town.payroll, period=MARCH, kind=kind, actor=OFFICER, today=TODAY)
    filing = seal(session, draft.id, actor=OFFICER, today=TODAY)
    document = next(one for one in list_documents(session, filing.id) if one.holds == "workers")
    town.filing, town.rejected = filing.id, town.members[3]
    for statement in ANSWERED:
        values = {"id": town.filing, "rejected": town.rejected}
        db.run(session, statement, {name: value for name, value in values.items() if f":{name}" in statement})
    session.expire_all()
    bill = receive_notice(session, notice([document.reference], lines=9), actor="worker:1", today=TODAY)
    assert bill is not None
    town.bill = bill.id


def _benefits(session: Session, town: Town) -> None:
    for number, code, kind, name in (
        (NUMBER, "bank:main", "bank", "Banco Popular"),
        ("829000001", "momo:orange", "mobile_money", "Orange Money"),
    ):
        account = BankAccountRow(0, number, name, kind, "DOP", code, "Mutual Amparo", "BPDODOSX")
        register_bank_account(session, account, opening=Opening(10**8, dt.date(2026, 3, 1)), actor="staff:abel")
    lines = [line(place, with_check_digit(5000 + place), 120_000 + 1_150 * place) for place in range(1, 7)]
    lines.append(line(7, "99999999999", 80_000))
    told = advice(lines, advised_at=dt.datetime(2026, 4, 1, 13, tzinfo=dt.UTC), paid_on=dt.date(2026, 4, 1))
    town.remittance = record(session, told, lines).id
    fund_in_full(session, told)
    allot(session, town.remittance, actor="staff:bruno", today=TODAY)
    town.batch = prepare_payouts(session, provider="orange", actor="staff:bruno", today=TODAY).batches[0].id


def _complaints(session: Session, town: Town) -> None:
    receipt = int(db.scalar(session, "SELECT min(id) FROM contribution_receipt"))
    for place, what, days, words in (
        (0, Pointed("receipt", receipt), 5, "Pagué 5,100 y dice 5,010. Mi cédula es 00112345678."),
        (1, Pointed("missing_payment"), 1, "Pagué el lunes en la ruta y no aparece."),
        (2, Pointed("month", period=MARCH), 0, None),
    ):
        member, mutual, day = town.members[place], tenant.current(session), TODAY - dt.timedelta(days=days)
        opened = complain(session, what, Complainer(member, f"member:{member}", mutual, day, "page"), words)
        town.complaint = town.complaint or opened.id
    handle.take(session, opened.id, Handler("olga", OFFICER, [Role.FILING_OFFICER], TODAY))


@cache
def hashed() -> str:
    """The hash of everybody's password, made once."""
    return hash_password(PASSWORD)


def token_of(database: Database, name: str, mutual: int = 1) -> str:
    """Return the token of a new session of somebody."""
    with database.session(mutual, actor="test") as session:
        user = db.one(session, staff.FIND_LOGIN, {"username": name})
        return start_session(session, user, hours=12).token
