"""A remittance reaches its members whole, once, and what nobody knows waits with a reason."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from tests.paying import (
    BANK,
    TODAY,
    advice,
    document_of,
    fund_in_full,
    line,
    make_members,
    open_bank,
    record,
)

from gateway.benefits.allot import SUSPENSE, allot
from gateway.benefits.errors import (
    BeneficiaryUnknownError,
    MoneyMissingError,
    NotInSuspenseError,
    RemittanceNotFoundError,
)
from gateway.benefits.place import place
from gateway.benefits.queries import get_remittance, list_lines
from gateway.benefits.receive import fund
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.queries import balance_of, current_balance

WAITING = "state:S202604000001:undistributed"


def of_members(session):
    found = db.rows(
        session,
        "SELECT coalesce(sum(b.held_minor), 0) AS minor FROM ledger_balance b JOIN ledger_account a"
        " ON a.mutual_id = b.mutual_id AND a.id = b.account_id WHERE a.control = 'member:benefits'",
    )
    return int(found[0].minor)


def test_every_line_reaches_its_member_or_suspense_and_nothing_is_left(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = make_members(session, 3)
        db.run(session, "UPDATE member SET status = 'deceased' WHERE id = :id", {"id": members[2]})
        lines = [
            line(1, document_of(1), 500_00),
            line(2, "999-0000000-2", 300_01),
            line(3, document_of(3), 70_00),
            line(4, document_of(4), 60_00),
            line(5, "X1", 50_00, holder_document_kind="Z"),
            line(6, document_of(1), 1_00),
        ]
        told = advice(lines)
        remittance = record(session, told, lines)
        assert fund_in_full(session, told).status == "funded"
        done = allot(session, remittance.id, actor="staff:ana", today=TODAY)
        assert (done.is_new, done.remittance.status) == (True, "allotted")
        assert done.remittance.allotted_minor == 801_01
        assert done.remittance.suspense_minor == 180_00
        assert current_balance(session, f"member:{members[0]}:benefits") == 501_00
        assert current_balance(session, f"member:{members[1]}:benefits") == 300_01
        assert current_balance(session, SUSPENSE) == 180_00
        assert current_balance(session, WAITING) == 0
        reasons = {row.line_no: row.reason for row in list_lines(session, remittance.id, status="suspense")}
        assert reasons == {3: "deceased", 4: "unknown_identity", 5: "unknown_document_kind"}


def test_allotting_again_has_no_effect(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        make_members(session, 1)
        lines = [line(1, document_of(1), 500_00)]
        told = advice(lines)
        remittance = record(session, told, lines)
        fund_in_full(session, told)
        first = allot(session, remittance.id, actor="staff:ana", today=TODAY)
        second = allot(session, remittance.id, actor="staff:eva", today=TODAY)
        assert second == (first.remittance, False)
        assert of_members(session) == 500_00
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'benefit.allot'") == 1


def test_a_member_who_is_enrolled_after_the_advice_gets_her_benefit(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        lines = [line(1, document_of(1), 500_00)]
        told = advice(lines)
        remittance = record(session, told, lines)
        assert list_lines(session, remittance.id)[0].reason == "unknown_identity"
        (member,) = make_members(session, 1)
        fund_in_full(session, told)
        allot(session, remittance.id, actor="staff:ana", today=TODAY)
        (kept,) = list_lines(session, remittance.id)
        assert (kept.status, kept.member_id, kept.reason) == ("allotted", member, None)


def test_whose_a_line_is_is_looked_at_again_when_the_money_is_here(database: Database) -> None:
    """Between the advice and the money one member died, one gave her number to another, one lost hers, one has a second."""
    with database.session(1) as session:
        open_bank(session)
        members = make_members(session, 5)
        lines = [line(n, document_of(n), n * 100_00) for n in range(1, 6)]
        told = advice(lines)
        remittance = record(session, told, lines)
        assert [row.member_id for row in list_lines(session, remittance.id)] == members
        db.run(session, "UPDATE member SET status = 'deceased' WHERE id = :id", {"id": members[0]})
        take = "UPDATE member_identity SET value = :new WHERE member_id = :id"
        db.run(session, take, {"id": members[1], "new": "00100000099"})
        db.run(session, take, {"id": members[3], "new": document_of(2)})
        second = (
            "INSERT INTO member_identity (member_id, kind, value, is_primary) VALUES (:id, 'passport', 'P1', false)"
        )
        db.run(session, second, {"id": members[4]})
        fund_in_full(session, told)
        done = allot(session, remittance.id, actor="staff:ana", today=TODAY)
        kept = {row.line_no: (row.status, row.member_id, row.reason) for row in list_lines(session, remittance.id)}
        assert kept == {
            1: ("suspense", None, "deceased"),
            2: ("allotted", members[3], None),
            3: ("allotted", members[2], None),
            4: ("suspense", None, "unknown_identity"),
            5: ("allotted", members[4], None),
        }
        assert (done.remittance.allotted_minor, done.remittance.suspense_minor) == (1000_00, 500_00)
        assert current_balance(session, f"member:{members[3]}:benefits") == 200_00
        assert current_balance(session, SUSPENSE) == 500_00


def test_nothing_is_allotted_before_the_money_is_here(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        lines = [line(1, document_of(1), 500_00)]
        remittance = record(session, advice(lines), lines)
        with pytest.raises(MoneyMissingError, match=r"DOP 500\.00 and 0\.00 has come"):
            allot(session, remittance.id, actor="staff:ana", today=TODAY)


def test_money_that_differs_stays_visible_until_the_difference_is_booked(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        make_members(session, 1)
        lines = [line(1, document_of(1), 500_00)]
        told = advice(lines)
        remittance = record(session, told, lines)
        came = {"transfer_reference": told.end_to_end_id, "booked_on": TODAY, "bank_code": BANK, "actor": "worker:w"}
        short = fund(session, **came, amount_minor=450_00, statement_line_id=7)
        assert (short.status, short.funded_minor, short.total_minor) == ("differs", 450_00, 500_00)
        assert fund(session, **came, amount_minor=450_00, statement_line_id=7) == short, "the same line again"
        with pytest.raises(MoneyMissingError):
            allot(session, remittance.id, actor="staff:ana", today=TODAY)
        whole = fund(session, **came, amount_minor=50_00, statement_line_id=8)
        assert (whole.status, whole.funded_minor) == ("funded", 500_00)
        surplus = fund(session, **came, amount_minor=9_00, statement_line_id=9)
        assert surplus.status == "differs"
        moved = {**came, "bank_code": "reserve:float"}
        back = fund(session, **moved, amount_minor=-9_00, statement_line_id=None, key="break:1", reason="kept apart")
        assert back.status == "funded"
        allot(session, remittance.id, actor="staff:ana", today=TODAY)
        assert current_balance(session, WAITING) == 0
        late = fund(session, **came, amount_minor=5_00, statement_line_id=10)
        assert (late.status, late.funded_minor) == ("allotted", 505_00)
        assert current_balance(session, WAITING) == 5_00, "it stands on the clearing account for a person"


def test_money_nobody_advised_is_refused(database: Database) -> None:
    with database.session(1) as session, pytest.raises(RemittanceNotFoundError, match="E2E-UNKNOWN"):
        fund(
            session,
            transfer_reference="E2E-UNKNOWN",
            amount_minor=1,
            booked_on=TODAY,
            statement_line_id=1,
            bank_code=BANK,
            actor="worker:w",
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"total_minor": 501_00}, "add up to 50000 minor units, 50100 were advised"),
        ({"line_count": 2}, "1 lines came, 2 were advised"),
    ],
)
def test_an_advice_whose_lines_contradict_it_is_quarantined_and_a_good_one_takes_its_place(
    database: Database, changes: dict[str, int], said: str
) -> None:
    with database.session(1) as session:
        lines = [line(1, document_of(1), 500_00)]
        bad = record(session, advice(lines, **changes), lines)
        assert bad.status == "quarantined"
        assert said in (bad.problem or "")
        assert list_lines(session, bad.id) == []
        with pytest.raises(RemittanceNotFoundError):
            fund_in_full(session, advice(lines))
        mended = record(session, advice(lines), lines)
        assert (mended.id, mended.status, mended.problem) == (bad.id, "advised", None)
        assert len(list_lines(session, bad.id)) == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([line(1, "A", 500_00), line(1, "B", 1)], "1 line numbers came twice"),
        ([line(1, "A", 500_00), line(2, "B", 0)], "every benefit is above zero"),
    ],
)
def test_lines_that_cannot_be_are_quarantined(database: Database, lines, said: str) -> None:
    with database.session(1) as session:
        assert said in (record(session, advice(lines), lines).problem or "")


def test_the_same_advice_again_changes_nothing(database: Database) -> None:
    with database.session(1) as session:
        lines = [line(1, document_of(1), 500_00)]
        first = record(session, advice(lines), lines)
        other = [line(1, document_of(2), 900_00)]
        assert record(session, advice(other), other) == first
        assert [row.amount_minor for row in list_lines(session, first.id)] == [500_00]


def test_a_person_places_a_suspended_line_with_a_reason(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = make_members(session, 2)
        lines = [line(1, document_of(9), 500_00)]
        told = advice(lines)
        remittance = record(session, told, lines)
        fund_in_full(session, told)
        allot(session, remittance.id, actor="staff:ana", today=TODAY)
        waiting = list_lines(session, remittance.id)[0]
        say = {"reason": "her old card number", "actor": "staff:eva", "today": TODAY}
        with pytest.raises(BeneficiaryUnknownError):
            place(session, waiting.id, member_id=999_999, **say)
        placed = place(session, waiting.id, member_id=members[0], **say)
        assert (placed.status, placed.member_id) == ("allotted", members[0])
        assert place(session, waiting.id, member_id=members[0], **say) == placed
        with pytest.raises(NotInSuspenseError):
            place(session, waiting.id, member_id=members[1], **say)
        assert current_balance(session, SUSPENSE) == 0
        assert current_balance(session, f"member:{members[0]}:benefits") == 500_00
        after = get_remittance(session, remittance.id)
        assert (after.allotted_minor, after.suspense_minor) == (500_00, 0)


def test_a_line_that_was_matched_is_not_placed(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = make_members(session, 1)
        lines = [line(1, document_of(1), 500_00)]
        told = advice(lines)
        remittance = record(session, told, lines)
        fund_in_full(session, told)
        allot(session, remittance.id, actor="staff:ana", today=TODAY)
        matched = list_lines(session, remittance.id)[0]
        with pytest.raises(NotInSuspenseError):
            place(session, matched.id, member_id=members[0], reason="again", actor="staff:eva", today=TODAY)


def test_a_mutual_cannot_reach_another_mutuals_remittance(database: Database) -> None:
    with database.session(1) as session:
        lines = [line(1, document_of(1), 500_00)]
        remittance = record(session, advice(lines), lines)
    with database.session(2) as session, pytest.raises(RemittanceNotFoundError):
        allot(session, remittance.id, actor="staff:bob", today=TODAY)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lots=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 10**9)), min_size=1, max_size=12),
    short=st.integers(0, 3),
)
def test_a_remittance_is_the_sum_of_its_allotments_and_what_is_in_suspense(
    database: Database, lots: list[tuple[int, int]], short: int
) -> None:
    with database.session(1) as session:
        if db.first(session, "SELECT 1 FROM member LIMIT 1") is None:
            open_bank(session)
            make_members(session, 3)
        before, held = of_members(session), balance_of(session, SUSPENSE)
        number = int(db.scalar(session, "SELECT count(*) FROM benefit_remittance"))
        lines = [line(n, document_of(whose), minor) for n, (whose, minor) in enumerate(lots, 1)]
        told = advice(lines, f"S{number}")
        remittance = record(session, told, lines)
        fund_in_full(session, told, statement_line=number)
        done = allot(session, remittance.id, actor="staff:ana", today=TODAY + dt.timedelta(days=short)).remittance
        assert done.allotted_minor == sum(minor for whose, minor in lots if whose <= 3)
        assert done.allotted_minor + done.suspense_minor == told.total_minor
        assert of_members(session) - before == done.allotted_minor
        assert balance_of(session, SUSPENSE) - held == done.suspense_minor
        assert balance_of(session, f"state:S{number}:undistributed") == 0


def test_the_number_of_statements_does_not_grow_with_the_lines(database: Database) -> None:
    counts = []
    for number, size in enumerate((2, 40)):
        with database.session(1) as session:
            if number == 0:
                open_bank(session)
            make_members(session, size, first=1000 * (number + 1))
            lines = [line(n + 1, document_of(1000 * (number + 1) + n), 100) for n in range(size)]
            told = advice(lines, f"S{number}")
            remittance = record(session, told, lines)
            fund_in_full(session, told, statement_line=number)
            said: list[str] = []
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda _c, _cu, sql, *_: said.append(sql))  # noqa: B023
            allot(session, remittance.id, actor="staff:ana", today=TODAY)
            counts.append(len(said))
    assert counts[0] == counts[1]
    assert counts[0] < 20
