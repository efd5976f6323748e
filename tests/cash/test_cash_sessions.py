"""A drawer is opened with what is in it, takes receipts of one person, and is closed by a count."""

import dataclasses
import threading

import pytest
from sqlmodel import Session
from tests.cash.till_town import ABEL, BAG, CARMEN, OFFICE, TODAY, counted, held, opened, payment, settle_in

from gateway.cash import queries
from gateway.cash.count import confirm_session
from gateway.cash.errors import (
    CountReasonError,
    FloatDiffersError,
    NotYoursError,
    SamePersonError,
    SessionNeededError,
    SessionOpenError,
    TillInvalidError,
)
from gateway.cash.rules import Pieces
from gateway.cash.take import receive_cash
from gateway.contributions.receive import NewLine, receive
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.states import InvalidTransitionError


def took(session: Session, reference: str, member: int, minor: int, actor: str = CARMEN) -> None:
    receive_cash(session, payment(reference, member, minor), actor=actor, today=TODAY)


def test_cash_for_a_till_is_taken_in_ones_own_open_session_and_counted_by_note_and_coin(database: Database) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        mine = opened(session, float_minor=50_000, float_from="reserve:float")
        assert (held(session, OFFICE), held(session, "reserve:float")) == (50_000, 50_000)
        took(session, "r1", ana, 492_327)
        took(session, "r1", ana, 492_327)  # told twice, taken once
        pieces = [Pieces(200_000, 2), Pieces(10_000, 14), Pieces(100, 23)]
        done = counted(session, mine.id, 27, pieces=pieces, kept_minor=50_000)
        assert (done.status, done.expected_minor, done.counted_minor) == ("closed", 542_327, 542_327)
        assert queries.receipts_of(session, mine.id) == (1, 492_327)
        assert [tuple(one) for one in queries.list_undeposited(session)] == [
            (mine.id, CARMEN, OFFICE, TODAY, "DOP", 492_327)
        ]
        # What is set aside for the bank is not in the next drawer.
        again = opened(session, float_minor=50_000)
        assert counted(session, again.id, 50_000, kept_minor=50_000).status == "closed"


def test_without_an_open_session_of_hers_nothing_is_taken_and_a_place_that_is_no_till_asks_for_none(
    database: Database,
) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        opened(session)
    with pytest.raises(SessionNeededError), database.session(1) as session:
        took(session, "r1", ana, 100, actor="staff:olga")
    with database.session(1) as session:
        assert held(session, OFFICE) == 0
        receive_cash(session, payment("r2", ana, 700, "cash:elsewhere"), actor="staff:olga", today=TODAY)
        assert held(session, "cash:elsewhere") == 700


def test_a_payer_known_by_her_number_alone_or_by_nobody_is_taken_in_the_session_too(database: Database) -> None:
    with database.session(1) as session:
        settle_in(session)
        mine = opened(session)
        for reference, named in (("r1", "M1"), ("r2", "nobody")):
            new = dataclasses.replace(payment(reference, 0, 100), lines=[NewLine(identity=named)])
            receive_cash(session, new, actor=CARMEN, today=TODAY)
        assert queries.receipts_of(session, mine.id) == (2, 200)
    with pytest.raises(SessionNeededError), database.session(1) as session:
        new = dataclasses.replace(payment("r3", 0, 100), lines=[NewLine(identity="M1")])
        receive_cash(session, new, actor="staff:olga", today=TODAY)


@pytest.mark.parametrize(
    ("found", "account", "kept_by"), [(9_000, "expense:shortages", 1_000), (12_500, "income:surpluses", 2_500)]
)
def test_a_difference_needs_a_reason_and_a_second_person_and_goes_to_an_account_of_its_own(
    database: Database, found: int, account: str, kept_by: int
) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        mine = opened(session)
        took(session, "r1", ana, 10_000)
        with pytest.raises(CountReasonError):
            counted(session, mine.id, found)
        with pytest.raises(NotYoursError):
            counted(session, mine.id, found, actor="staff:olga", reason="miscounted")
        waiting = counted(session, mine.id, found, reason="miscounted change")
        assert waiting.status == "counted"
        with pytest.raises(SamePersonError):
            confirm_session(session, mine.id, is_confirmed=True, reason=None, actor=CARMEN, today=TODAY)
        again = confirm_session(session, mine.id, is_confirmed=False, reason="count again", actor=ABEL, today=TODAY)
        assert (again.status, again.counted_minor) == ("open", None)
        counted(session, mine.id, found, reason="still so")
        done = confirm_session(session, mine.id, is_confirmed=True, reason=None, actor=ABEL, today=TODAY)
        assert (done.status, held(session, OFFICE), held(session, account)) == ("closed", found, kept_by)
        assert [one.attempt for one in queries.counts_of(session, mine.id)] == [1, 2]
        with pytest.raises(InvalidTransitionError):
            counted(session, mine.id, found)


def test_a_float_is_what_the_books_say_or_somebody_says_where_it_came_from(database: Database) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        receive(session, payment("old", ana, 3_000, BAG), actor=ABEL, today=TODAY)
        with pytest.raises(FloatDiffersError):
            opened(session, float_minor=2_000)
        other = opened(session, BAG, "staff:pilar", 3_000)
        with pytest.raises(TillInvalidError):
            opened(session, float_minor=2_000, float_from=BAG)  # pilar answers for that money
        counted(session, other.id, 3_000, actor="staff:pilar", kept_minor=3_000)
        opened(session, float_minor=2_000, float_from=BAG)
        assert (held(session, OFFICE), held(session, BAG)) == (2_000, 1_000)


def test_of_many_who_open_at_once_one_gets_the_till_and_nobody_two(database: Database) -> None:
    with database.session(1) as session:
        settle_in(session)
    begin, opened_by, refused = threading.Barrier(8), list[str](), list[type[Exception]]()

    def attempt(till: str, holder: str) -> None:
        begin.wait(60)
        try:
            with database.session(1) as session:
                opened(session, till, holder)
            opened_by.append(f"{till} {holder}")
        except SessionOpenError as refusal:
            refused.append(type(refusal))

    pairs = [(OFFICE, f"staff:p{n}") for n in range(4)] + [(till, "staff:same") for till in (OFFICE, BAG) * 2]
    threads = [threading.Thread(target=attempt, args=pair) for pair in pairs]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert len(opened_by) + len(refused) == 8
    with database.session(1) as session:
        rows = db.rows(session, "SELECT till_id, holder FROM cash_session WHERE status <> 'closed'")
    assert len(rows) == len(opened_by) == len({row.till_id for row in rows}) == len({row.holder for row in rows})


def test_a_count_waits_for_the_receipt_in_hand_and_no_receipt_slips_in_after_it(database: Database) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        number = opened(session).id
    told: list[int] = []

    def count() -> None:
        with database.session(1) as session:
            told.append(counted(session, number, 500).expected_minor)

    with database.session(1) as session:
        took(session, "r1", ana, 500)
        thread = threading.Thread(target=count)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(60)
    assert told == [500]
    with pytest.raises(SessionNeededError), database.session(1) as session:
        took(session, "r2", ana, 500)
