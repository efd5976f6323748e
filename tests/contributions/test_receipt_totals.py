"""What came in over a year, told from the totals of days: to the cent what the receipts sum to."""

import datetime as dt
import time
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contributions.people import make_members

from gateway.contributions.day_totals import check_receipt_totals, keep_receipt_totals
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.reports.trends import collected

TODAY = dt.date(2026, 3, 20)
WAYS = (
    ("cash", "cash:oficina", None),
    ("collector", "cash:ruta", "staff:rosa"),
    ("collector", "cash:ruta", "staff:ana"),
)
PLAIN = """
SELECT r.currency, greatest(date_trunc('month', r.paid_on)::date, :from_on) AS begins_on, r.channel, coalesce(r.collector, '') AS collector,
       count(*) AS receipts, sum(r.amount_minor)::bigint AS received,
       coalesce(sum(r.amount_minor) FILTER (WHERE v.id IS NOT NULL), 0)::bigint AS reversed
FROM contribution_receipt r
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id AND v.reversed_on <= :valid_on AND v.at <= :recorded_at
WHERE r.mutual_id = current_mutual() AND r.paid_on BETWEEN :from_on AND :valid_on AND r.recorded_at <= :recorded_at
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
act = st.tuples(
    st.integers(0, 70),  # days between the payment and today: some are of a month before, told late
    st.integers(1, 10**7),
    st.sampled_from(WAYS),
    st.sampled_from("nnkr"),  # then nothing, totals are kept, or a receipt is taken back
)


def begin(database: Database) -> int:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:oficina"), NewAccount("cash:ruta")], "DOP")
        if known := db.scalar(session, "SELECT min(id) FROM member WHERE mutual_id = current_mutual()"):
            return int(known)
        (member,) = make_members(session, 1)
        return member


def take(database: Database, member: int, number: int, late: int, minor: int, way: tuple[str, str, str | None]) -> int:
    channel, account, collector = way
    with database.session(1) as session:
        new = NewReceipt(
            "counter", f"r{number}", channel, account, minor, "DOP", TODAY - dt.timedelta(days=late),
            [NewLine(member_id=member, amount_minor=minor)], collector=collector,
        )  # fmt: skip
        return receive(session, new, actor="cashier", today=TODAY).id


def now(database: Database) -> dt.datetime:
    with database.session(1) as session:
        at = db.scalar(session, "SELECT clock_timestamp()")
        assert isinstance(at, dt.datetime)
        return at


def keep_all(database: Database) -> None:
    """Keep totals until no booking is above them: transactions of other tests on the server hold the horizon back."""
    above = """
    SELECT count(*) FROM ledger_tx WHERE kind = 'receipt'
    AND written_xid >= coalesce((SELECT max(below_xid::text::numeric) FROM contribution_day_total), 0)::text::xid8
    """
    end = time.monotonic() + 60
    while True:
        with database.session(1) as session:
            keep_receipt_totals(session, at_least=1)
            if not db.scalar(session, above):
                return
        assert time.monotonic() < end, "the horizon never passed"
        time.sleep(0.02)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(act, min_size=2, max_size=7))
def test_what_came_in_is_the_sum_of_the_receipts_wherever_totals_were_kept(
    database: Database, acts: list[tuple[int, int, tuple[str, str, str | None], str]]
) -> None:
    member = begin(database)
    with database.session(1) as session:
        known = int(db.scalar(session, "SELECT count(*) FROM contribution_receipt"))
    instants = [now(database)]
    for number, (late, minor, way, then) in enumerate(acts, known):
        receipt = take(database, member, number, late, minor, way)
        instants.append(now(database))
        if then == "k":
            keep_all(database)
        if then == "r":
            with database.session(1) as session:
                reverse_receipt(session, receipt, reason="twice", actor="cashier", today=TODAY)
            instants.append(now(database))
    with database.session(1) as session:
        assert check_receipt_totals(session) == []
        for valid_on in (TODAY, TODAY - dt.timedelta(days=30)):
            for from_on in (dt.date(2025, 12, 1), TODAY - dt.timedelta(days=45)):
                for at in instants:
                    asked = {"from_on": from_on, "valid_on": valid_on, "recorded_at": at}
                    plain: list[Any] = [tuple(row) for row in db.rows(session, PLAIN, asked)]
                    for most_loose in (-1, 20_000):
                        told = collected(session, asked, "month", most_loose=most_loose)
                        assert [tuple(row) for row in told] == plain


def test_a_total_that_was_touched_and_one_that_is_missing_are_named_with_their_day(database: Database) -> None:
    member = begin(database)
    take(database, member, 1, 3, 1_000, WAYS[1])
    take(database, member, 2, 4, 2_000, WAYS[0])
    keep_all(database)
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE contribution_day_total SET received_minor = received_minor + 1 WHERE collector <> ''")
        owner.execute("DELETE FROM contribution_day_total WHERE collector = ''")
    with database.session(1) as session:
        found = {(one.check, one.subject) for one in check_receipt_totals(session)}
    assert found == {
        ("receipt total", "collector staff:rosa on 2026-03-17"),
        ("receipt total", "cash on 2026-03-16"),
    }


def test_few_bookings_are_left_to_their_receipts(database: Database) -> None:
    take(database, begin(database), 1, 0, 1_000, WAYS[0])
    with database.session(1) as session:
        assert keep_receipt_totals(session, at_least=2) == 0
