"""A child leaves the family on her birthday by herself; the member is told sixty days before, once, in her language."""

import datetime as dt

from sqlmodel import Session

from gateway.kit.db import Database
from gateway.kit.jobs import Context
from gateway.membership import queries as membership
from gateway.membership.add_dependant import NewDependant, add_dependant
from gateway.membership.depart import depart
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.family import Kin
from gateway.membership.payrolls import open_payroll
from gateway.notices.queries import list_notices
from gateway.notices.tasks import follow_families
from gateway.notices.write import write_once

MARCH = dt.date(2026, 3, 10)
CEDULAS = ("99900000008", "99900000016")


def a_member(session: Session, payroll_id: int, cedula: str, language: str) -> int:
    person = Person("María", "Peña", "F", dt.date(1986, 7, 3), language=language)
    new = NewMember(
        person, payroll_id, enrolled_from=dt.date(2026, 1, 1), identities=[NewIdentity("national_id", cedula)]
    )
    return enrol(session, new, actor="staff:ana", today=MARCH).id


def cover(session: Session, member_id: int, name: str, birth: str, *, today: dt.date = MARCH, **more: bool) -> int:
    kin = Kin("child", dt.date.fromisoformat(birth), **more)
    return int(
        add_dependant(
            session, member_id, NewDependant(kin, name, "Peña", valid_from=today), actor="staff:ana", today=today
        ).id
    )


def run_on(database: Database, day: str) -> None:
    for _ in range(2):  # a second run does nothing
        follow_families(Context(database, lambda _zone: dt.date.fromisoformat(day)), 1)


def told(database: Database, member_id: int) -> list[tuple[str, str, str]]:
    with database.session(1) as session:
        rows = list_notices(session, member_id, before=None, limit=10)
        return [(row.language, row.text.split(" el ")[0].split(" an jou ")[0], row.status) for row in rows]


def test_a_child_leaves_by_herself_at_eighteen_or_twenty_one_and_the_member_is_told_sixty_days_before(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session, code="001", name="Choferes", employer_number=None, actor="staff:ana").id
        ana, jean = (a_member(session, payroll_id, *one) for one in zip(CEDULAS, ("es", "ht"), strict=True))
        luis = cover(session, ana, "Luis", "2008-06-10")
        cover(session, jean, "Rosa", "2005-06-10", is_student=True)
        cover(session, jean, "Marta", "2000-06-10", is_disabled=True)

    run_on(database, "2026-04-10")  # sixty-one days before
    assert told(database, ana) == told(database, jean) == []
    run_on(database, "2026-04-11")  # sixty
    assert told(database, ana) == [("es", "Luis cumple 18 años", "waiting")]
    assert told(database, jean) == [("ht", "Rosa ap gen 21", "waiting")]
    run_on(database, "2026-06-09")
    with database.session(1) as session:
        versions = [membership.get_member(session, one).version for one in (ana, jean)]
        assert all(row.end_reason is None for row in membership.list_dependants(session, ana))

    run_on(database, "2026-06-10")
    with database.session(1) as session:
        gone = next(row for row in membership.list_dependants(session, ana) if row.id == luis)
        assert (gone.valid_to, gone.end_reason) == (dt.date(2026, 6, 10), "came of age")
        kept = {row.given_names: row.end_reason for row in membership.list_dependants(session, jean)}
        assert kept == {"Rosa": "came of age", "Marta": None}
        assert [membership.get_member(session, one).version for one in (ana, jean)] == [one + 1 for one in versions]
        ends = [row for row in membership.history(session, ana) if row.kind == "dependant_end"]
        assert [row.reason for row in ends] == ["came of age"]
    assert len(told(database, ana)) == len(told(database, jean)) == 1


def test_a_renewed_cover_takes_the_notice_back_and_a_member_who_left_is_told_nothing(database: Database) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session, code="001", name="Choferes", employer_number=None, actor="staff:ana").id
        ana, jean = (a_member(session, payroll_id, one, "es") for one in CEDULAS)
        for member in (ana, jean):
            cover(session, member, f"Luis {'A' if member == ana else 'B'}", "2008-06-10")
        depart(session, jean, last_day=MARCH, reason="moved away", actor="staff:ana", today=MARCH)
    run_on(database, "2026-06-09")  # late, but not too late
    assert told(database, ana) == [("es", "Luis A cumple 18 años", "waiting")]
    assert told(database, jean) == []

    # The proof of a disability comes the day before: another rule, without an end.
    with database.session(1) as session:
        cover(session, ana, "Luis A", "2008-06-10", today=dt.date(2026, 6, 9), is_disabled=True)
    run_on(database, "2026-06-10")
    assert told(database, ana) == [("es", "Luis A cumple 18 años", "withdrawn")]
    with database.session(1) as session:
        covers = {row.rule: (row.valid_to, row.end_reason) for row in membership.list_dependants(session, ana)}
    assert covers["do.child_disabled"] == (None, None)
    assert covers["do.child_minor"] == (dt.date(2026, 6, 9), "renewed as do.child_disabled")


def test_the_same_fact_is_told_once_to_each_member(database: Database) -> None:
    values = {"child": "Luis", "age": "18", "day": "10/06/2026"}
    with database.session(1) as session:
        payroll_id = open_payroll(session, code="001", name="Choferes", employer_number=None, actor="staff:ana").id
        ana, jean = (a_member(session, payroll_id, one, "es") for one in CEDULAS)
        tell = {"kind": "child_leaves", "key": "k", "text_params": values}
        assert [write_once(session, member_id=member, **tell) for member in (ana, ana, jean)] == [True, False, True]
