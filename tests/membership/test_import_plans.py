"""A large file is compared with the register in one pass, whatever the database believes about the size of its tables."""

import dataclasses
import datetime as dt

import pytest
from tests.comparisons import comparisons, forget_statistics, gather_statistics

from gateway.demo.files import dependants_file, members_file
from gateway.demo.people import FUNDS, cedula
from gateway.demo.scene import DOMINICAN
from gateway.kit import bulk
from gateway.kit.db import Database
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.funds import found_fund
from gateway.membership.import_members import ImportRow, apply, preview
from gateway.membership.payrolls import open_payroll
from gateway.membership.states import ImportKind, ImportPolicy

TODAY, FIRST = dt.date(2026, 1, 14), dt.date(2026, 1, 1)
MANY = 1_200
PASSES = 60
"""How often a row may be read or compared in one transaction; row by row it would be as often as there are rows."""
BY_HAND = 7
"""So many single enrolments, and a connection keeps the plans of foreign keys and guards that it made for an empty house."""
HEAD = "Cédula del titular;Parentesco;Nombres;Primer Apellido;Sexo;Fecha de nacimiento;Documento"


def loaded(database: Database, kind: ImportKind, body: bytes) -> ImportRow:
    with database.session(1) as session:
        upload = preview(session, body=body, file_name="a.csv", kind=kind, actor="staff:ana", today=TODAY)
    with database.session(1) as session:
        return apply(session, upload.id, policy=ImportPolicy.GOOD_ROWS, actor="staff:eva", today=TODAY)


def payrolls_and_funds(database: Database) -> None:
    with database.session(1) as session:
        for code in FUNDS:
            found_fund(session, code=code, name=code, treasurer=None, actor="staff:ana")
        for code in DOMINICAN.payrolls:
            open_payroll(session, code=code, name=code, employer_number=None, actor="staff:ana")


def first_days(database: Database) -> None:
    """Take in a handful of persons one by one, and their children in short files."""
    payrolls_and_funds(database)
    for number in range(BY_HAND):
        by_hand(database, number)


def by_hand(database: Database, number: int) -> None:
    """Take in one person, and her child in a file of one line."""
    with database.session(1) as session:
        identity = NewIdentity("national_id", cedula(9_900_000 + number))
        person = Person("Ana", "Luz", "F", dt.date(1980, 1, 1))
        enrol(session, NewMember(person, 1, FIRST, [identity]), actor="staff:ana", today=TODAY)
    child = f"{identity.value};Hijo;Luis;Luz;M;5/5/2015;{cedula(9_800_000 + number)}"
    assert loaded(database, ImportKind.DEPENDANTS, f"{HEAD}\n{child}\n".encode()).create_count == 1


@pytest.mark.parametrize("analysed", ["never", "while empty", "while small", "between the files"])
def test_a_large_file_is_read_in_one_pass_whatever_the_statistics_say(database: Database, analysed: str) -> None:
    """After a few members by hand, on the same connection: no row of either file is compared with every other."""
    folk = list(DOMINICAN.people(MANY, 7))
    forget_statistics(database.url)
    if analysed == "while empty":
        gather_statistics(database.url)
    database = Database(database.url, pool_size=1)
    with comparisons(database) as counted:
        first_days(database)
        if analysed == "while small":
            gather_statistics(database.url)
        members = loaded(database, ImportKind.MEMBERS, members_file(folk, FIRST, DOMINICAN.words))
        if analysed == "between the files":
            gather_statistics(database.url)
        dependants = loaded(database, ImportKind.DEPENDANTS, dependants_file(folk, FIRST, DOMINICAN.words))
        changed = [dataclasses.replace(member, occupation="Sastre") for member in folk]
        again = loaded(database, ImportKind.MEMBERS, members_file(changed, FIRST, DOMINICAN.words))
        families = b"\n" + dependants_file(folk, FIRST, DOMINICAN.words)
        once_more = loaded(database, ImportKind.DEPENDANTS, families)
    database.close()
    assert members.create_count == again.change_count == MANY
    assert dependants.create_count == once_more.same_count > 2 * MANY
    assert counted.too_many(PASSES * dependants.create_count) == []


CROWD = (
    "INSERT INTO member (number, given_names, first_surname, sex, birth_date, search_name)"
    f" SELECT 'X' || n, 'Ana', 'Luz', 'F', '1980-01-01', 'ana luz' FROM generate_series(1, {MANY}) n",
    "INSERT INTO enrolment (member_id, payroll_id, valid_from, start_reason, actor)"
    " SELECT id, 1, '2026-01-01', 'all at once', 'staff:ana' FROM member WHERE number LIKE 'X%' ORDER BY id",
    "INSERT INTO dependant (member_id, category, relation, given_names, first_surname, identity_kind, identity_value, rule,"
    " search_name, valid_from, actor) SELECT id, 'direct', 'child', 'Luis', 'Luz', 'national_id', number, 'do.child_minor',"
    " 'luis luz', '2026-01-01', 'staff:ana' FROM member WHERE number LIKE 'X%' ORDER BY id",
)


def test_the_guards_of_places_and_covers_do_not_keep_the_plan_of_one_row(database: Database) -> None:
    """One person by hand, then thousands in one statement on the same connection, which nobody told to plan anew."""
    forget_statistics(database.url)
    gather_statistics(database.url)
    database = Database(database.url, pool_size=1)
    with comparisons(database) as counted:
        payrolls_and_funds(database)
        by_hand(database, 0)
        with database.session(1) as session:
            for statement in CROWD:
                bulk.execute(session, statement.replace("%", "%%"))
    database.close()
    assert counted.too_many(PASSES * MANY) == []
