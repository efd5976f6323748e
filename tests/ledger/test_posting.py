"""Booking an event once, and reading what the books say on either clock."""

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post, reverse
from gateway.ledger.queries import balance_of, current_balance, trial_balance

DAY = dt.date(2026, 3, 3)


def test_booking_an_event_again_writes_nothing(database: Database) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:a"), NewAccount("income:fees")], "DOP")
        event = Event("k", "fee", DAY, [Line("cash:a", 100), Line("income:fees", -100)], "cashier")
        first, second = post(session, event), post(session, event)
        assert (first.tx_id, first.is_new, second) == (second.tx_id, True, (first.tx_id, False))
        assert balance_of(session, "cash:a") == 100


def test_a_balance_is_told_as_of_the_day_it_happened_and_as_of_when_it_was_booked(database: Database) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:a"), NewAccount("income:fees")], "DOP")
        post(session, Event("late", "fee", DAY, [Line("cash:a", 100), Line("income:fees", -100)], "cashier"))
    with database.session(1) as session:
        assert balance_of(session, "cash:a", valid_on=DAY - dt.timedelta(days=1)) == 0
        assert balance_of(session, "cash:a", valid_on=DAY) == 100
        assert balance_of(session, "cash:a", recorded_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == 0


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10**9)), min_size=2, max_size=6))
def test_cash_typed_in_late_counts_on_its_day_for_whoever_asks_afterwards_and_for_nobody_who_asked_before(
    database: Database, typed: list[tuple[int, int]]
) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:a"), NewAccount("income:fees")], "DOP")
        known = db.rows(session, "SELECT valid_on, recorded_at, 0 AS minor FROM ledger_tx")
        before = balance_of(session, "cash:a")
    seen = []
    for number, (late, minor) in enumerate(typed):
        with database.session(1) as session:
            day, key = DAY - dt.timedelta(days=late), f"{len(known)}:{number}"
            booked = post(
                session, Event(key, "fee", day, [Line("cash:a", minor), Line("income:fees", -minor)], "cashier")
            )
            at = db.scalar(session, "SELECT recorded_at FROM ledger_tx WHERE id = :id", {"id": booked.tx_id})
            seen.append((day, at, minor))
    assert [at for _, at, _ in seen] == sorted(at for _, at, _ in seen)
    with database.session(1) as session:
        opened = {
            day: balance_of(session, "cash:a", valid_on=day, recorded_at=seen[0][1] - dt.timedelta(microseconds=1))
            for day, _, _ in seen
        }
        for day, _, _ in seen:
            for _, at, _ in seen:
                wanted = sum(minor for on, by, minor in seen if on <= day and by <= at)
                assert balance_of(session, "cash:a", valid_on=day, recorded_at=at) == opened[day] + wanted
        assert balance_of(session, "cash:a") == before + sum(minor for _, minor in typed)


def test_a_mutual_sees_nothing_of_another(database: Database) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:a")], "DOP")
    with database.session(2) as session:
        assert trial_balance(session) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 10**12), st.booleans()), min_size=1, max_size=8))
def test_the_books_sum_to_zero_whatever_is_booked_and_taken_back(
    database: Database, events: list[tuple[int, bool]]
) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:p"), NewAccount("member:7:contributions", "member", 7)], "DOP")
        before = current_balance(session, "member:7:contributions")
        kept = 0
        for number, (minor, undo) in enumerate(events):
            key = f"{before}:{len(events)}:{number}:{minor}:{undo}"
            lines = [Line("cash:p", minor), Line("member:7:contributions", -minor)]
            booked = post(session, Event(key, "receipt", DAY, lines, "cashier"))
            if booked.is_new:
                kept += minor
                if undo:
                    reverse(session, booked.tx_id, key=f"{key}:undo", valid_on=DAY, actor="cashier", reason="mistake")
                    kept -= minor
        assert current_balance(session, "member:7:contributions") == before + kept
        assert balance_of(session, "member:7:contributions") == before + kept
        assert balance_of(session, "cash:p") == before + kept
