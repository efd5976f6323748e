"""The balance of any day on either clock, told from the totals of days: to the cent what the entries sum to."""

import datetime as dt
import time

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import trial_balance
from gateway.ledger.snapshots import keep_totals
from gateway.ledger.verify import verify

DAY = dt.date(2026, 3, 3)
PLACES = ("cash:a", "bank:b", "income:fees")
PLAIN = """
SELECT a.control, (coalesce(sum(e.amount_minor), 0) * min(a.normal_side))::bigint AS minor
FROM ledger_account a
LEFT JOIN (ledger_entry e JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
           AND t.valid_on <= :valid_on AND t.recorded_at <= :recorded_at)
    ON e.mutual_id = a.mutual_id AND e.account_id = a.id
WHERE a.mutual_id = current_mutual() GROUP BY a.control, a.kind, a.currency
"""
LATE = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
booking = st.tuples(
    st.integers(0, 5), st.integers(1, 10**9), st.permutations(PLACES).map(lambda two: two[:2]), st.sampled_from("nnk")
)


def book(database: Database, number: int, late: int, minor: int, two: list[str]) -> dt.datetime:
    with database.session(1) as session:
        lines = [Line(two[0], minor), Line(two[1], -minor)]
        booked = post(session, Event(f"k:{number}", "fee", DAY - dt.timedelta(days=late), lines, "cashier"))
        at = db.scalar(session, "SELECT recorded_at FROM ledger_tx WHERE id = :id", {"id": booked.tx_id})
        assert isinstance(at, dt.datetime)
        return at


def keep_all(database: Database) -> None:
    """Keep totals until no transaction is above them: those of other tests on the server hold the horizon back."""
    above = """
    SELECT count(*) FROM ledger_tx
    WHERE written_xid >= coalesce((SELECT max(below_xid::text::numeric) FROM ledger_day_total), 0)::text::xid8
    """
    end = time.monotonic() + 60
    while True:
        with database.session(1) as session:
            keep_totals(session, at_least=1)
            if not db.scalar(session, above):
                return
        assert time.monotonic() < end, "the horizon never passed"
        time.sleep(0.02)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(booking, min_size=1, max_size=7))
def test_the_balance_of_every_day_and_instant_is_the_sum_of_the_entries_wherever_totals_were_kept(
    database: Database, typed: list[tuple[int, int, list[str], str]]
) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount(code) for code in PLACES], "DOP")
        known = int(db.scalar(session, "SELECT count(*) FROM ledger_tx"))
    instants = []
    for number, (late, minor, two, then) in enumerate(typed, known):
        instants.append(book(database, number, late, minor, two))
        if then == "k":
            keep_all(database)
    with database.session(1) as session:
        for day in (DAY - dt.timedelta(days=late) for late in range(-1, 7)):
            for at in [*instants, instants[0] - dt.timedelta(microseconds=1), None]:
                told = {row.control: row.balance_minor for row in trial_balance(session, valid_on=day, recorded_at=at)}
                plain = db.rows(session, PLAIN, {"valid_on": day, "recorded_at": at or LATE})
                assert told == {row.control: row.minor for row in plain}
        assert verify(session) == []


def test_a_total_that_was_touched_is_named_with_its_day(database: Database) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount(code) for code in PLACES], "DOP")
    book(database, 1, 0, 1_000, ["cash:a", "income:fees"])
    keep_all(database)
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE ledger_day_total SET sum_minor = sum_minor + 1 WHERE control LIKE 'cash%'")
    with database.session(1) as session:
        assert [(one.check, one.subject) for one in verify(session)] == [("day total", f"cash:a on {DAY}")]


def test_few_transactions_are_left_to_their_entries(database: Database) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount(code) for code in PLACES], "DOP")
    book(database, 1, 0, 1_000, ["cash:a", "income:fees"])
    with database.session(1) as session:
        assert keep_totals(session, at_least=2) == 0
