"""A file of dependants: who is taken under which rule, and who is refused by name."""

import datetime as dt

import pytest
from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.kit.db import Database
from gateway.membership import queries
from gateway.membership.depart import depart
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.import_members import ImportRow, apply, preview
from gateway.membership.import_queries import LIST_ROWS
from gateway.membership.payrolls import open_payroll
from gateway.membership.refused_rows import refused_file
from gateway.membership.states import ImportKind, ImportPolicy

TODAY = dt.date(2026, 7, 20)
ONE, TWO, MOTHER, WIFE, FOREIGN = "99900000008", "99900000016", "99900000024", "99900000032", "HT123456"
HEAD = "Cédula del Titular;Parentesco;Categoría;Nombres;Apellidos;Primer Apellido;Sexo;Fecha de nacimiento;Documento;Estudiante;Discapacidad;Hijos en común;Desde"


def line(holder: str = ONE, **cells: str) -> str:
    values = {
        "holder": f"{holder[:3]}-{holder[3:10]}-{holder[10:]}" if holder.isdigit() else holder,
        "relation": "Hijo",
        "category": "",
        "given": "Luis",
        "ignored": "x",
        "first": "Peña",
        "sex": "masculino",
        "born": "5/5/15",
        "document": "",
        "student": "No",
        "disabled": "",
        "children": "",
        "from": "1/7/26",
        **cells,
    }
    return ";".join(values.values())


def file_of(*lines: str) -> bytes:
    return "\r\n".join([HEAD, *lines, ""]).encode("latin-1")


def prepare(session: Session) -> None:
    payroll = open_payroll(session, code="001", name="Nómina", employer_number=None, actor="staff:ana")
    for kind, value in (("national_id", ONE), ("national_id", TWO), ("passport", FOREIGN)):
        person = Person("Ana", "Luz", "F", dt.date(1980, 1, 1))
        new = NewMember(person, payroll.id, dt.date(2026, 1, 1), [NewIdentity(kind, value)])
        enrol(session, new, actor="staff:ana", today=TODAY)


def shown(session: Session, body: bytes) -> ImportRow:
    return preview(
        session, body=body, file_name="familia.csv", kind=ImportKind.DEPENDANTS, actor="staff:ana", today=TODAY
    )


def taken(session: Session, body: bytes) -> ImportRow:
    return apply(session, shown(session, body).id, policy=ImportPolicy.GOOD_ROWS, actor="staff:eva", today=TODAY)


def counts(row: ImportRow) -> tuple[int, int, int, int]:
    return row.create_count, row.change_count, row.same_count, row.refused_count


def problems(session: Session, row: ImportRow) -> list[tuple[int, str, str]]:
    lines = db.rows(session, LIST_ROWS, {"import_id": row.id, "after": 0, "action": "refuse", "limit": 100})
    return [(one.row_no, problem["code"], problem["detail"]) for one in lines for problem in one.problems]


def covers(session: Session, member_id: int = 1) -> list[tuple[str, str, str, dt.date | None]]:
    rows = db.rows(session, queries.DEPENDANTS_OF, {"member_id": member_id})
    return [(row.given_names, row.category, row.rule, row.valid_to) for row in rows]


def test_each_row_is_covered_under_its_rule(database: Database) -> None:
    body = file_of(
        line(),
        line(relation="Madre", given="Rosa", born="1/2/1950", document=MOTHER),
        line(relation="esposa", given="Eva", born="", sex="F", document=WIFE),
        line(relation="HIJA", given="Sol", born="1/1/2007", student="Sí"),
        line(relation="hijo", given="Leo", born="1/1/1990", disabled="x"),
        line(relation="hija", given="Mar", born="1/1/1990", category="Adicional"),
        line(TWO, relation="compañero", given="Juan", born="", children="si"),
    )
    with database.session(1) as session:
        prepare(session)
        assert counts(taken(session, body)) == (7, 0, 0, 0)
        assert sorted(covers(session)) == [
            ("Eva", "direct", "do.spouse", None),
            ("Leo", "direct", "do.child_disabled", None),
            ("Luis", "direct", "do.child_minor", dt.date(2033, 5, 5)),
            ("Mar", "additional", "do.additional_relative", None),
            ("Rosa", "additional", "do.additional_relative", None),
            ("Sol", "direct", "do.child_student", dt.date(2028, 1, 1)),
        ]
        july = {"payroll_id": 1, "start": dt.date(2026, 7, 1), "end": dt.date(2026, 7, 31)}
        heads = [row for chunk in bulk.read_chunks(session, queries.ADDITIONAL_DEPENDANTS, july) for row in chunk]
        assert [row[4] for row in heads] == ["Rosa", "Mar"]
        assert queries.get_member(session, 1).version == 2


def test_the_same_file_twice_and_the_same_rows_in_another_change_nothing(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        first = taken(session, file_of(line()))
        again = taken(session, file_of(line()))
        assert (counts(again), again.repeats_id) == ((0, 0, 1, 0), first.id)
        assert counts(taken(session, file_of(line(given="LUÍS", first="PENA"), ""))) == (0, 0, 1, 0)
        assert len(covers(session)) == 1


def test_a_child_renewed_as_a_student_ends_the_earlier_cover(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        taken(session, file_of(line(born="1/8/2008")))
        row = taken(session, file_of(line(born="1/8/2008", student="si", **{"from": "1/8/26"})))
        assert counts(row) == (1, 0, 0, 0)
        row = taken(session, file_of(line(born="1/8/2008", disabled="si", **{"from": "15/8/26"})))
        assert counts(row) == (0, 1, 0, 0)
        assert covers(session) == [
            ("Luis", "direct", "do.child_disabled", None),
            ("Luis", "direct", "do.child_student", dt.date(2026, 8, 15)),
            ("Luis", "direct", "do.child_minor", dt.date(2026, 8, 1)),
        ]


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        ({"holder": "99900000099"}, "holder_unknown", "enrol the holder first"),
        ({"holder": ""}, "cell_missing", "holder's identity or number is needed"),
        ({"relation": "primo"}, "dependant_not_eligible", "'primo' is no relation to the third degree"),
        ({"relation": ""}, "cell_missing", "this is needed"),
        ({"born": "1/1/2000"}, "dependant_not_eligible", "declare the category additional"),
        ({"born": ""}, "dependant_not_eligible", "needs a birth date"),
        ({"relation": "compañero"}, "dependant_not_eligible", "after 3 years together"),
        ({"category": "Adicional"}, "dependant_not_eligible", "is a direct dependant, not an additional one"),
        ({"category": "otro"}, "code_invalid", "directo or adicional"),
        ({"student": "quizás"}, "code_invalid", "neither yes nor no"),
        ({"document": ONE}, "is_holder", "the holder's own"),
        ({"document": TWO}, "is_member", "is member M0000002, Ana Luz"),
        ({"holder": FOREIGN, "relation": "madre", "born": "1/1/1950"}, "holder_foreign", "direct dependants only"),
    ],
)
def test_who_cannot_be_covered_is_refused_in_words(
    database: Database, cells: dict[str, str], code: str, words: str
) -> None:
    with database.session(1) as session:
        prepare(session)
        row = shown(session, file_of(line(**cells)))
        ((row_no, found, detail),) = problems(session, row)
        assert (row_no, found) == (2, code)
        assert words in detail


def test_a_dependant_declared_by_two_holders_is_refused_by_name(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        row = shown(session, file_of(line(ONE), line(TWO), line(TWO, given="Sol")))
        assert counts(row) == (1, 0, 0, 2)
        assert [no for no, *_ in problems(session, row)] == [2, 3]
        assert "Luis Peña is declared by two holders in this file (lines 2 and 3)" in problems(session, row)[0][2]
        mothers = [line(holder, relation="madre", given="Rosa", born="", document=MOTHER) for holder in (ONE, TWO)]
        row = shown(session, file_of(*mothers))
        assert [(no, code) for no, code, _ in problems(session, row)] == [
            (2, "identity_of_two"),
            (3, "identity_of_two"),
        ]
        taken(session, file_of(line(ONE), mothers[0]))
        row = taken(session, file_of(line(TWO), mothers[1]))
        assert [(no, code) for no, code, _ in problems(session, row)] == [
            (2, "dependant_declared_elsewhere"),
            (3, "dependant_declared_elsewhere"),
        ]
        assert "Rosa Peña is covered through member M0000001, Ana Luz" in problems(session, row)[1][2]
        assert covers(session, 2) == []


def test_a_repeated_row_is_refused_and_goes_back_with_the_line_it_repeats(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        row = taken(session, file_of(line(), line()))
        assert counts(row) == (1, 0, 0, 1)
        sent = refused_file(session, row.id).body.decode("cp1252").splitlines()
        assert len(sent) == 2
        assert sent[0] == HEAD + ";reason"
        assert "line 2 seems to be the same person" in sent[1]


def test_nobody_is_covered_through_a_member_who_left(database: Database) -> None:
    with database.session(1) as session:
        prepare(session)
        depart(session, 1, last_day=TODAY, reason="moved", actor="staff:ana", today=TODAY)
        assert [code for _, code, _ in problems(session, shown(session, file_of(line())))] == ["holder_left"]
