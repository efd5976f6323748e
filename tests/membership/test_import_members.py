"""A file of members: preview, apply, repeat, mend and send again; every bad row named."""

import datetime as dt
import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.db import Database
from gateway.kit.tabular import FileTruncatedError, read_table
from gateway.membership import queries
from gateway.membership.add_dependant import NewDependant, add_dependant
from gateway.membership.change import change
from gateway.membership.depart import depart
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.errors import DigestError, ImportNotFoundError, ImportRefusedError
from gateway.membership.family import Kin
from gateway.membership.funds import found_fund
from gateway.membership.import_members import ImportRow, apply, preview
from gateway.membership.import_queries import LIST_ROWS
from gateway.membership.payrolls import open_payroll
from gateway.membership.queries import MemberRow
from gateway.membership.refused_rows import refused_file
from gateway.membership.rules import passes_luhn
from gateway.membership.states import ImportKind, ImportPolicy

TODAY = dt.date(2026, 7, 20)
HEAD = "Cédula;NOMBRES;Primer Apellido;Segundo apellido;Sexo;Fecha de nacimiento;Teléfono;Fondo;Nómina;Salario declarado;Fecha de ingreso"


def cedula(number: int) -> str:
    """A card of the range that is not issued, with a right check digit."""
    stem = f"999{number:07d}"
    return next(stem + str(digit) for digit in range(10) if passes_luhn(stem + str(digit)))


def line(number: int, **cells: str) -> str:
    bare = cedula(number)
    values = {
        "cedula": f"{bare[:3]}-{bare[3:10]}-{bare[10]}",
        "given": "María José",
        "first": "Peña",
        "second": "Muñoz",
        "sex": "F",
        "born": "3/7/86",
        "phone": "809 555 1212",
        "fund": "f1",
        "payroll": "001",
        "wage": "15.770,00",
        "from": "1/7/26",
        **cells,
    }
    return ";".join(values.values())


def file_of(*lines: str, encoding: str = "latin-1") -> bytes:
    return "\r\n".join([HEAD, *lines, ""]).encode(encoding)


def prepare(session: Session) -> None:
    for code in ("001", "002"):
        open_payroll(session, code=code, name="Nómina", employer_number=None, actor="staff:ana")
    found_fund(session, code="F1", name="Fondo Uno", treasurer=None, actor="staff:ana")


def shown(session: Session, body: bytes, name: str = "socios.csv") -> ImportRow:
    return preview(session, body=body, file_name=name, kind=ImportKind.MEMBERS, actor="staff:ana", today=TODAY)


def taken(session: Session, body: bytes, policy: ImportPolicy = ImportPolicy.GOOD_ROWS) -> ImportRow:
    return apply(session, shown(session, body).id, policy=policy, actor="staff:eva", today=TODAY)


def counts(row: ImportRow) -> tuple[int, int, int, int]:
    return row.create_count, row.change_count, row.same_count, row.refused_count


def problems(session: Session, row: ImportRow) -> list[tuple[int, str, str]]:
    values = {"import_id": row.id, "after": 0, "action": "refuse", "limit": 1000}
    lines = db.rows(session, LIST_ROWS, values)
    return [(one.row_no, problem["column"], problem["code"]) for one in lines for problem in one.problems]


def details(session: Session, row: ImportRow) -> str:
    values = {"import_id": row.id, "after": 0, "action": "refuse", "limit": 1000}
    return " | ".join(problem["detail"] for one in db.rows(session, LIST_ROWS, values) for problem in one.problems)


def changes(session: Session, row: ImportRow) -> list[dict[str, object]]:
    values = {"import_id": row.id, "after": 0, "action": "change", "limit": 1000}
    return [one.fields for one in db.rows(session, LIST_ROWS, values)]


def member(session: Session, number: int) -> MemberRow:
    found = queries.find_member_by_identity(session, cedula(number))
    assert found is not None
    return found


def everything(session: Session) -> list[list[tuple[object, ...]]]:
    tables = ("member", "member_identity", "member_wage", "enrolment", "member_change", "dependant", "ledger_account")
    return [[tuple(row) for row in db.rows(session, f"SELECT * FROM {table} ORDER BY id")] for table in tables]


def test_a_preview_says_what_would_happen_and_writes_no_member(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        row = shown(session, file_of(line(1), line(2), line(3, born="31/2/80")))
        assert counts(row) == (2, 0, 0, 1)
        assert (row.row_count, row.state, row.dialect["encoding"], row.dialect["separator"]) == (
            3,
            "previewed",
            "cp1252",
            ";",
        )
        assert db.scalar(session, "SELECT count(*) FROM member") == 0


def test_applying_takes_members_in_with_identity_place_wage_and_accounts(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        row = taken(session, file_of(line(1), line(2, phone="", fund="", wage="")))
        assert (row.state, counts(row), row.applied_by) == ("applied", (2, 0, 0, 0), "staff:eva")
        one = member(session, 1)
        assert (one.given_names, one.first_surname, one.second_surname) == ("María José", "Peña", "Muñoz")
        assert (one.phone, one.birth_date, one.number) == ("+18095551212", dt.date(1986, 7, 3), f"M{one.id:07d}")
        assert one.fund_id is not None
        assert queries.wage_on(session, one.id, TODAY) == (1_577_000, "DOP")
        (place,) = db.rows(session, queries.ENROLMENTS_OF, {"member_ids": [one.id]})
        assert (place.payroll_code, place.valid_from, place.valid_to) == ("001", dt.date(2026, 7, 1), None)
        assert queries.wage_on(session, member(session, 2).id, TODAY) is None
        assert db.scalar(session, "SELECT count(*) FROM ledger_account WHERE owner_kind = 'member'") == 4
        assert [change.action for change in audit.list_changes(session, "member_import", row.id)] == ["members.import"]
        assert queries.list_members(session, queries.Search(text="munoz"), today=TODAY) == [
            member(session, 1),
            member(session, 2),
        ]


def test_importing_the_same_file_twice_changes_nothing_and_says_so(database: Database) -> None:
    body = file_of(line(1), line(2))
    with database.session(1) as session:
        prepare(session)
        first = taken(session, body)
        before = everything(session)
        again = taken(session, body)
        assert (counts(again), again.repeats_id) == ((0, 0, 2, 0), first.id)
        assert apply(session, first.id, policy=ImportPolicy.GOOD_ROWS, actor="staff:luz", today=TODAY) == first
        assert everything(session) == before


def test_the_same_file_does_not_undo_what_was_changed_by_hand_since(database: Database) -> None:
    body = file_of(line(1))
    with database.session(1) as session:
        prepare(session)
        taken(session, body)
        one = member(session, 1)
        change(session, one.id, {"phone": "+18295550000"}, expected_version=1, actor="staff:ana", today=TODAY)
        depart(session, one.id, last_day=TODAY, reason="moved", actor="staff:ana", today=TODAY)
        before = everything(session)
        assert counts(taken(session, body)) == (0, 0, 1, 0)
        assert everything(session) == before


def test_the_same_rows_in_another_file_change_nothing_either(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1), line(2)))
        before = everything(session)
        shouted = line(2, given="MARIA JOSE", first="PENA", second="MUNOZ")
        again = taken(session, file_of(line(1), shouted, encoding="utf-8"))
        assert (counts(again), again.repeats_id) == ((0, 0, 2, 0), None)
        assert everything(session) == before


def test_good_rows_are_applied_and_the_bad_go_back_mended_and_are_taken(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        row = taken(session, file_of(line(1), line(2, born="31/2/80", wage="-5"), line(3, payroll="777")))
        assert counts(row) == (1, 0, 0, 2)
        assert problems(session, row) == [
            (3, "Fecha de nacimiento", "date_invalid"),
            (3, "Salario declarado", "amount_invalid"),
            (4, "Nómina", "code_invalid"),
        ]
        sent = refused_file(session, row.id, language="es")
        assert (sent.file_name, sent.media_type) == ("socios-refused.csv", "text/csv")
        text = sent.body.decode("cp1252")
        assert text.splitlines()[0] == HEAD + ";motivo"
        assert "there is no payroll '777'" in text.splitlines()[2]
        mended = text.replace("31/2/80", "28/2/80").replace("-5", "15770").replace("777", "002").encode("cp1252")
        assert counts(taken(session, mended)) == (2, 0, 0, 0)
        assert member(session, 2).birth_date == dt.date(1980, 2, 28)


def test_a_refused_row_is_taken_from_the_same_file_once_what_it_lacked_is_there(database: Database) -> None:
    body = file_of(line(1), line(2, payroll="003"))
    with database.session(1) as session:
        prepare(session)
        assert counts(taken(session, body)) == (1, 0, 0, 1)
        open_payroll(session, code="003", name="Nueva", employer_number=None, actor="staff:ana")
        assert counts(taken(session, body)) == (1, 0, 1, 0)


def test_all_or_nothing_applies_nothing_when_a_row_is_bad(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        before = everything(session)
        with pytest.raises(ImportRefusedError, match="1 rows are refused") as refused:
            taken(session, file_of(line(1), line(2, sex="H")), ImportPolicy.ALL_OR_NOTHING)
        (problem,) = refused.value.errors
        assert (problem.pointer, problem.code) == ("line 3, column Sexo", "sex_invalid")
        assert everything(session) == before
        assert counts(taken(session, file_of(line(1), line(2)), ImportPolicy.ALL_OR_NOTHING)) == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"cedula": "12"}, "Cédula", "identity_invalid"),
        ({"cedula": ""}, "Cédula", "identity_missing"),
        ({"given": "4"}, "NOMBRES", "name_invalid"),
        ({"given": ""}, "NOMBRES", "missing_given_names"),
        ({"sex": "x"}, "Sexo", "sex_invalid"),
        ({"born": "3/7/20"}, "Fecha de nacimiento", "birth_date_invalid"),
        ({"born": "2030-01-01"}, "Fecha de nacimiento", "date_in_future"),
        ({"phone": "12"}, "Teléfono", "phone_invalid"),
        ({"fund": "F9"}, "Fondo", "code_invalid"),
        ({"payroll": ""}, "Nómina", "missing_payroll"),
        ({"wage": "1,234"}, "Salario declarado", "amount_invalid"),
        ({"wage": "10.005"}, "Salario declarado", "amount_invalid"),
        ({"from": "1/12/26"}, "Fecha de ingreso", "date_in_future"),
    ],
)
def test_every_bad_cell_is_named_with_row_column_and_reason(
    database: Database, cells: dict[str, str], column: str, code: str
) -> None:
    with database.session(1) as session:
        prepare(session)
        row = shown(session, file_of(line(1), line(2, **cells)))
        assert counts(row) == (1, 0, 0, 1)
        assert problems(session, row) == [(3, column, code)]


def test_one_identity_twice_in_a_file_keeps_the_first_of_the_same_name_and_neither_of_two_names(
    database: Database,
) -> None:
    with database.session(1) as session:
        prepare(session)
        row = taken(session, file_of(line(1), line(1), line(2), line(2, given="Rosa")))
        assert counts(row) == (1, 0, 0, 3)
        assert problems(session, row) == [
            (3, "Cédula", "repeated_document"),
            (4, "Cédula", "identity_of_two"),
            (5, "Cédula", "identity_of_two"),
        ]
        assert "the lines from 4 to 5 give this identity to persons of different names" in details(session, row)


def test_a_row_that_changes_a_member_is_flagged_with_what_it_replaces(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1)))
        row = taken(session, file_of(line(1, phone="829 555 0000", wage="20000", payroll="2", **{"from": "15/7/26"})))
        assert counts(row) == (0, 1, 0, 0)
        (fields,) = changes(session, row)
        one = member(session, 1)
        places = db.rows(session, queries.ENROLMENTS_OF, {"member_ids": [one.id]})
        assert fields["phone"] == ["+18095551212", "+18295550000"]
        assert fields["wage_minor"] == [1_577_000, 2_000_000]
        assert fields["payroll_id"] == [places[1].payroll_id, places[0].payroll_id]
        assert [(place.payroll_code, place.valid_from, place.valid_to) for place in places] == [
            ("002", dt.date(2026, 7, 15), None),
            ("001", dt.date(2026, 7, 1), dt.date(2026, 7, 15)),
        ]
        assert (one.phone, one.version) == ("+18295550000", 2)
        (kept,) = db.rows(session, queries.CHANGES_OF, {"member_id": one.id})
        assert kept.before == {"phone": "+18095551212"}
        assert queries.wage_on(session, one.id, TODAY) == (2_000_000, "DOP")


def test_an_empty_cell_and_a_missing_column_change_nothing(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1)))
        before = everything(session)
        row = taken(session, f"cedula,telefono,salario\n{cedula(1)},,\n".encode())
        assert counts(row) == (0, 0, 1, 0)
        assert everything(session) == before
        row = taken(session, f"cedula,salario,salario desde\n{cedula(1)},16000,2026-08-01\n".encode())
        assert counts(row) == (0, 1, 0, 0)
        assert queries.wage_on(session, member(session, 1).id, dt.date(2026, 8, 1)) == (1_600_000, "DOP")


def test_an_identity_of_somebody_else_is_refused_by_name(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1)))
        row = shown(session, file_of(line(1, given="Rosa", born="1/1/1990")))
        assert problems(session, row) == [(2, "Cédula", "somebody_else")]
        assert "María José Peña, whose name and birth date are others" in details(session, row)


def test_who_left_comes_back_with_a_later_day_and_stays_gone_with_an_earlier_one(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1)))
        one = member(session, 1)
        depart(session, one.id, last_day=dt.date(2026, 7, 10), reason="moved", actor="staff:ana", today=TODAY)
        assert counts(taken(session, file_of(line(1), ""))) == (0, 0, 1, 0)
        row = taken(session, file_of(line(1, **{"from": "15/7/26"})))
        assert changes(session, row)[0]["status"] == ["left", "active"]
        assert member(session, 1).status == "active"
        assert [step.event for step in audit.list_transitions(session, "member", one.id)] == ["leave", "come_back"]
        depart(session, one.id, last_day=TODAY, is_death=True, reason="died", actor="staff:ana", today=TODAY)
        row = shown(session, file_of(line(1, **{"from": "30/7/26"})))
        assert problems(session, row) == [(2, "Cédula", "deceased")]


def test_somebody_covered_as_a_dependant_is_refused_with_the_holders_name(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1)))
        mother = NewDependant(Kin("parent"), "Rosa", "Peña", TODAY, identity=NewIdentity("national_id", cedula(2)))
        add_dependant(session, member(session, 1).id, mother, actor="staff:ana", today=TODAY)
        row = shown(session, file_of(line(2)))
        assert problems(session, row) == [(2, "Cédula", "covered")]
        assert "through member M0000001, María José Peña" in details(session, row)


def test_numbers_and_social_security_find_a_member_and_give_her_what_she_lacks(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        payroll_id = queries.list_payrolls(session)[0].id
        person = Person("Ana", "Luz", "F", dt.date(1990, 1, 1))
        new = NewMember(person, payroll_id, dt.date(2026, 1, 1), [NewIdentity("passport", "HT12345")], number="A-17")
        one = enrol(session, new, actor="staff:ana", today=TODAY)
        row = taken(session, f"numero,cedula,nss\nA-17,{cedula(1)},123456789\n".encode())
        assert counts(row) == (0, 1, 0, 0)
        held = db.rows(session, queries.IDENTITIES_OF, {"member_ids": [one.id]})
        assert [(identity.kind, identity.is_primary) for identity in held] == [
            ("national_id", True),
            ("passport", False),
            ("social_security", False),
        ]
        row = shown(session, f"numero,cedula,nss\nA-17,{cedula(2)},\nA-18,{cedula(1)},\n,,999999\n".encode())
        assert [(no, code) for no, _, code in problems(session, row)] == [
            (2, "document_differs"),
            (3, "repeated_member"),
            (3, "number_differs"),
            (4, "missing_given_names"),
            (4, "missing_first_surname"),
            (4, "missing_sex"),
            (4, "missing_birth_date"),
            (4, "missing_payroll"),
        ]


def test_a_spreadsheet_with_date_cells_and_numbers_without_zeros_is_read(database: Database) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    # A card that begins with zeros, as a spreadsheet keeps it: a number.
    stem = "0011391820"
    card = next(stem + str(digit) for digit in range(10) if passes_luhn(stem + str(digit)))
    sheet.append(["Cedula", "Nombres", "Apellido", "Sexo", "Fecha nacimiento", "Clave de nómina", "Sueldo"])
    sheet.append([int(card), "Ana", "Luz", "mujer", dt.date(1990, 1, 2), 1, 15770.5])
    written = io.BytesIO()
    book.save(written)
    with database.session(1) as session:
        prepare(session)
        row = shown(session, written.getvalue(), "socios.xlsx")
        assert counts(row) == (1, 0, 0, 0)
        apply(session, row.id, policy=ImportPolicy.GOOD_ROWS, actor="staff:ana", today=TODAY)
        one = queries.find_member_by_identity(session, card)
        assert one is not None
        assert queries.wage_on(session, one.id, TODAY) == (1_577_050, "DOP")
        assert db.rows(session, queries.IDENTITIES_OF, {"member_ids": [one.id]})[0].warning == "leading_zeros_added"


def test_a_card_whose_check_digit_fails_is_taken_with_a_warning(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(1, cedula="999-0000000-1")))
        one = queries.find_member_by_identity(session, "99900000001")
        assert one is not None
        assert db.rows(session, queries.IDENTITIES_OF, {"member_ids": [one.id]})[0].warning == "check_digit"


def test_a_truncated_upload_is_refused_and_nothing_is_kept(database: Database) -> None:
    body = file_of(line(1), line(2))
    with database.session(1) as session:
        prepare(session)
    with pytest.raises(FileTruncatedError, match="line 3"), database.session(1) as session:
        shown(session, body[:-30])
    with database.session(1) as session:
        with pytest.raises(DigestError, match="send the file again"):
            preview(
                session,
                body=body[:-3],
                file_name="x",
                kind=ImportKind.MEMBERS,
                actor="staff:ana",
                today=TODAY,
                sha256="0" * 64,
            )
        assert db.scalar(session, "SELECT count(*) FROM member_import") == 0


def test_an_unknown_upload_is_refused(database: Database) -> None:
    with database.session(1) as session, pytest.raises(ImportNotFoundError):
        apply(session, 99, policy=ImportPolicy.GOOD_ROWS, actor="staff:ana", today=TODAY)


def test_an_aged_preview_does_not_decide_what_is_applied(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        old = shown(session, file_of(line(1), line(2)))
        taken(session, file_of(line(1), ""))
        done = apply(session, old.id, policy=ImportPolicy.GOOD_ROWS, actor="staff:ana", today=TODAY)
        assert counts(done) == (1, 0, 1, 0)
        values = {"import_id": old.id, "after": 0, "action": None, "limit": 10}
        assert [row.action for row in db.rows(session, LIST_ROWS, values)] == ["same", "create"]


def test_a_mutual_sees_no_upload_of_another(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        row = taken(session, file_of(line(1)))
    with database.session(2) as session, pytest.raises(ImportNotFoundError):
        refused_file(session, row.id)


BAD = st.sampled_from(
    [{"born": "31/2/80"}, {"wage": "1,234"}, {"sex": "x"}, {"payroll": "777"}, {"cedula": "12"}, {"given": "=1+1"}]
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.just({}), BAD), min_size=1, max_size=8), st.sampled_from(["cp1252", "utf-8", "utf-16"]))
def test_whatever_is_refused_goes_back_and_once_mended_is_taken(
    database: Database, rows: list[dict[str, str]], encoding: str
) -> None:
    with database.session(1) as session:
        if not queries.list_payrolls(session):
            prepare(session)
        start = db.scalar(session, "SELECT count(*) FROM member") + 1000
        lines = [line(start + place, **cells) for place, cells in enumerate(rows)]
        row = taken(session, file_of(*lines, encoding=encoding))
        bad = [place for place, cells in enumerate(rows) if cells]
        assert counts(row) == (len(rows) - len(bad), 0, 0, len(bad))
        assert [no for no, *_ in problems(session, row)] == [place + 2 for place in bad]
        sent = refused_file(session, row.id).body
        back = read_table(sent, "x", {"document": ("cedula",), "reason": ()}, required=["document", "reason"])
        assert [bool(one.fields["reason"]) for one in back.rows] == [True] * len(bad)
        mended = file_of(*(line(start + place) for place in bad), encoding=encoding)
        assert counts(taken(session, mended)) == (len(bad), 0, 0, 0)
