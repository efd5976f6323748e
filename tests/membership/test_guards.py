"""Days that may not overlap are refused by the database, as the application's role, two sessions at once included."""

import datetime as dt
import threading

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.kit import db
from gateway.kit.db import Database
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.payrolls import open_payroll

TODAY = dt.date(2026, 3, 10)

PLACE = """
-- no row: a place in payroll 1
INSERT INTO enrolment (member_id, payroll_id, valid_from, valid_to, start_reason, actor)
VALUES (:member_id, 1, :first, :after, 'attack', 'attacker')
"""
COVER = """
-- no row: a cover
INSERT INTO dependant (member_id, category, relation, given_names, first_surname, identity_kind, identity_value, rule,
                       search_name, valid_from, valid_to, actor)
VALUES (:member_id, 'direct', 'child', 'Luis', 'Peña', 'national_id', :value, 'attack', 'luis', :first, :after, 'attacker')
"""


@pytest.fixture
def members(database: Database) -> list[int]:
    """Two members in payroll 1 from 2026-01-01."""
    with database.session(1) as session:
        payroll = open_payroll(session, code="001", name="Nómina", employer_number=None, actor="staff:ana")
        return [
            enrol(
                session,
                NewMember(
                    Person("Ana", "Luz", "F", dt.date(1980, 1, 1)),
                    payroll.id,
                    dt.date(2026, 1, 1),
                    [NewIdentity("national_id", cedula)],
                ),
                actor="staff:ana",
                today=TODAY,
            ).id
            for cedula in ("99900000008", "99900000016")
        ]


def days(first: str, after: str | None) -> dict[str, dt.date | None]:
    return {"first": dt.date.fromisoformat(first), "after": dt.date.fromisoformat(after) if after else None}


@pytest.mark.parametrize("span", [("2026-02-01", None), ("2025-12-01", "2026-01-02"), ("2026-02-01", "2026-03-01")])
def test_a_second_place_in_a_payroll_on_the_same_days_is_refused(
    database: Database, members: list[int], span: tuple[str, str | None]
) -> None:
    with (
        pytest.raises(IntegrityError, match=r"on these days already|uq_enrolment_open"),
        database.session(1) as session,
    ):
        db.run(session, PLACE, {"member_id": members[0], **days(*span)})


def test_a_place_that_ends_where_the_next_begins_is_taken_and_not_stretched_over_it(
    database: Database, members: list[int]
) -> None:
    with database.session(1) as session:
        db.run(session, PLACE, {"member_id": members[0], **days("2025-12-01", "2026-01-01")})
    with pytest.raises(IntegrityError, match="on these days already"), database.session(1) as session:
        db.run(session, "UPDATE enrolment SET valid_to = '2026-01-02' WHERE valid_to IS NOT NULL")


def test_two_covers_of_one_identity_on_the_same_days_are_refused(database: Database, members: list[int]) -> None:
    first, second = members
    with database.session(1) as session:
        db.run(session, COVER, {"member_id": first, "value": "1", **days("2026-01-01", "2026-06-01")})
        db.run(session, COVER, {"member_id": second, "value": "1", **days("2026-06-01", None)})
        db.run(session, COVER, {"member_id": second, "value": "2", **days("2026-01-01", None)})
    for change in (
        "UPDATE dependant SET valid_to = NULL WHERE identity_value = '1'",
        "UPDATE dependant SET identity_value = '1' WHERE identity_value = '2'",
    ):
        with (
            pytest.raises(IntegrityError, match="is covered on these days through member"),
            database.session(1) as session,
        ):
            db.run(session, change)


def test_one_identity_may_be_covered_at_two_mutuals(database: Database, members: list[int]) -> None:
    with database.session(1) as session:
        db.run(session, COVER, {"member_id": members[0], "value": "1", **days("2026-01-01", None)})
    with database.session(2) as session:
        payroll = open_payroll(session, code="001", name="Nómina", employer_number=None, actor="staff:ana")
        new = NewMember(Person("Ana", "Luz", "F", dt.date(1980, 1, 1)), payroll.id, dt.date(2026, 1, 1))
        other = enrol(session, new, actor="staff:ana", today=TODAY)
        db.run(session, COVER, {"member_id": other.id, "value": "1", **days("2026-01-01", None)})


@pytest.mark.parametrize("what", ["place", "cover"])
def test_two_sessions_at_once_write_one_of_two_overlapping_rows(
    database: Database, members: list[int], what: str
) -> None:
    """The second waits for the first to end, and then sees what it committed."""
    spans = [days("2025-01-01", "2025-06-01"), days("2025-03-01", "2025-09-01")]
    statement, value = (PLACE, {}) if what == "place" else (COVER, {"value": "1"})
    whose = [members[0], members[0]] if what == "place" else members
    outcomes: list[str] = []
    begun = threading.Event()

    def late() -> None:
        begun.wait(60)
        try:
            with database.session(1) as session:
                db.run(session, statement, {"member_id": whose[1], **value, **spans[1]})
            outcomes.append("written")
        except IntegrityError:
            outcomes.append("refused")

    thread = threading.Thread(target=late)
    thread.start()
    with database.session(1) as session:
        db.run(session, statement, {"member_id": whose[0], **value, **spans[0]})
        begun.set()
        thread.join(0.5)
        assert thread.is_alive(), "the second did not wait"
    thread.join(60)
    assert outcomes == ["refused"]
