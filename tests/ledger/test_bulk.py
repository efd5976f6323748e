"""Booking by the thousand: the same promises as one by one, in a handful of statements."""

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.bulk import STAGED, Head, StagedResult, post_lines, post_staged
from gateway.ledger.errors import (
    FloorBrokenError,
    KeyReusedError,
    PeriodClosedError,
    UnbalancedError,
    UnknownAccountError,
)
from gateway.ledger.queries import balance_of, current_balance

DAY = dt.date(2026, 3, 3)
MEMBERS = range(1, 201)
SEAL = Head("filing:9:seal", "filing.seal", DAY, "staff:ana")
TAKEN = """
SELECT id AS account_id, currency, %(minor)s::bigint AS amount_minor FROM ledger_account WHERE owner_kind = 'member'
UNION ALL
SELECT id, currency, -200 * %(minor)s::bigint FROM ledger_account WHERE code = 'filing:9:reserved'
"""


@pytest.fixture
def books(database: Database) -> Database:
    """200 members in mutual 1, each with 10.00, and a filing's account."""
    with database.session(1) as session:
        assert open_for_owners(session, "member:{}:contributions", "member", list(MEMBERS), "DOP") == 200
        open_accounts(session, [NewAccount("cash:a"), NewAccount("filing:9:reserved")], "DOP")
        stage(session, ((f"receipt:{member}", member, 1_000) for member in MEMBERS))
        assert post_staged(session, "paid", actor="cashier") == StagedResult(200, 0)
    return database


def account(session: Session, code: str) -> int:
    return int(db.scalar(session, "SELECT id FROM ledger_account WHERE code = :code", {"code": code}))


def stage(session: Session, receipts: Iterable[tuple[str, int, int]], *, day: dt.date = DAY) -> None:
    cash = account(session, "cash:a")
    members = dict(
        db.rows(session, "SELECT owner_id, id FROM ledger_account WHERE owner_kind = 'member' AND code LIKE '%s'")
    )
    rows = []
    for key, member, minor in receipts:
        rows.append((key, "receipt", day, 1, cash, minor, f"evidence:{key}"))
        rows.append((key, "receipt", day, 2, members.get(member, -1), -minor, f"evidence:{key}"))
    bulk.stage(session, "paid", STAGED, rows)


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Gather what the driver sends to the server, whoever asks it to."""
    seen: list[str] = []
    connection = db.driver(session).pgconn
    with tempfile.TemporaryFile() as trace:
        connection.trace(trace.fileno())
        yield seen
        connection.untrace()
        trace.seek(0)
        seen += [line for line in trace.read().decode(errors="replace").splitlines() if "\tF\t" in line]
        seen[:] = [line for line in seen if "\tExecute\t" in line or "\tQuery\t" in line]


def test_opening_the_same_accounts_again_opens_none(books: Database) -> None:
    with books.session(1) as session:
        assert open_for_owners(session, "member:{}:contributions", "member", [1, 2, 201], "DOP") == 1
        assert current_balance(session, "member:201:contributions") == 0


def test_each_staged_event_is_booked_once_and_told_where_it_stands(books: Database) -> None:
    with books.session(1) as session:
        stage(session, [("receipt:1", 1, 1_000), ("receipt:new", 2, 500)])
        assert post_staged(session, "paid", actor="cashier") == StagedResult(new=1, repeated=1)
        told = {row.key: (row.tx_id, row.is_new) for row in db.rows(session, "SELECT * FROM paid_tx")}
        booked = dict(db.rows(session, "SELECT idempotency_key, id FROM ledger_tx"))
        assert told == {"receipt:1": (booked["receipt:1"], False), "receipt:new": (booked["receipt:new"], True)}
        assert balance_of(session, "cash:a") == 200_500
        assert current_balance(session, "member:2:contributions") == 1_500
        (header,) = db.rows(session, "SELECT * FROM ledger_tx WHERE idempotency_key = 'receipt:new'")
        assert (header.kind, header.valid_on, header.actor) == ("receipt", DAY, "cashier")
        assert (header.evidence, header.n_entries) == ("evidence:receipt:new", 2)


def test_a_staged_key_that_stands_for_another_event_is_refused_by_name(books: Database) -> None:
    with pytest.raises(KeyReusedError, match="'receipt:2'"), books.session(1) as session:
        stage(session, [("receipt:1", 1, 1_000), ("receipt:2", 2, 999)])
        post_staged(session, "paid", actor="cashier")
    with pytest.raises(KeyReusedError, match="'receipt:1'"), books.session(1) as session:
        stage(session, [("receipt:1", 1, 1_000)], day=DAY + dt.timedelta(days=1))
        post_staged(session, "paid", actor="cashier")


def test_one_key_for_two_days_in_one_file_is_refused_by_name(books: Database) -> None:
    with pytest.raises(KeyReusedError, match="'receipt:x'"), books.session(1) as session:
        stage(session, [("receipt:x", 1, 1_000)])
        db.run(session, "UPDATE paid SET valid_on = valid_on + 1 WHERE line = 2")
        post_staged(session, "paid", actor="cashier")


def test_a_staged_event_on_an_account_that_does_not_exist_is_refused(books: Database) -> None:
    with pytest.raises(UnknownAccountError), books.session(1) as session:
        stage(session, [("receipt:x", 999, 1_000)])
        post_staged(session, "paid", actor="cashier")


def test_a_staged_event_that_does_not_balance_is_refused(books: Database) -> None:
    with pytest.raises(UnbalancedError), books.session(1) as session:
        stage(session, [("receipt:x", 1, 1_000)])
        db.run(session, "UPDATE paid SET amount_minor = 1001 WHERE line = 1")
        post_staged(session, "paid", actor="cashier")


def test_staged_events_that_take_more_than_is_held_are_refused_together(books: Database) -> None:
    with pytest.raises(FloorBrokenError), books.session(1) as session:
        stage(session, [("receipt:x", 1, 1_000), ("back", 2, -1_001)])
        post_staged(session, "paid", actor="cashier")
    with books.session(1) as session:
        assert current_balance(session, "member:1:contributions") == 1_000


def test_staged_events_of_a_closed_month_are_refused(books: Database) -> None:
    with books.session(1) as session:
        assert periods.close(session, Period(2026, 3), actor="manager", reason="done")
    with pytest.raises(PeriodClosedError), books.session(1) as session:
        stage(session, [("receipt:x", 1, 1_000)])
        post_staged(session, "paid", actor="cashier")


def test_one_transaction_takes_from_everybody_and_is_booked_once(books: Database) -> None:
    with books.session(1) as session:
        first = post_lines(session, SEAL, TAKEN, {"minor": 400})
        again = post_lines(session, SEAL, TAKEN, {"minor": 400})
        assert (first.is_new, again) == (True, (first.tx_id, False))
        assert current_balance(session, "filing:9:reserved") == 80_000
        assert {current_balance(session, f"member:{member}:contributions") for member in MEMBERS} == {600}
        assert db.scalar(session, "SELECT n_entries FROM ledger_tx WHERE id = :id", {"id": first.tx_id}) == 201
        with pytest.raises(KeyReusedError, match="filing:9:seal"):
            post_lines(session, SEAL, TAKEN, {"minor": 401})


def test_one_transaction_refuses_what_one_by_one_would(books: Database) -> None:
    refused = [
        ({"minor": 1_001}, TAKEN, FloorBrokenError),
        ({"minor": 0}, TAKEN, UnbalancedError),
        ({"minor": 1}, TAKEN.replace("-200", "-199"), UnbalancedError),
        ({"minor": 1}, TAKEN.replace("currency", "'USD'"), UnknownAccountError),
        ({"minor": 1}, TAKEN.replace("SELECT id AS", "SELECT NULL::bigint AS"), UnknownAccountError),
    ]
    for values, query, error in refused:
        with pytest.raises(error), books.session(1) as session:
            post_lines(session, SEAL, query, values)


def test_a_thousand_events_take_as_many_statements_as_one(books: Database) -> None:
    counts = []
    for size in (1, 1_000):
        with books.session(1) as session:
            stage(session, ((f"many:{size}:{number}", number % 200 + 1, 1) for number in range(size)))
            with statements(session) as seen:
                post_staged(session, "paid", actor="cashier")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 200), st.integers(1, 10**9)), min_size=1, max_size=20), st.randoms())
def test_the_order_of_a_file_changes_nothing(books: Database, receipts: list[tuple[int, int]], random) -> None:
    numbered = [(f"r:{number}", member, minor) for number, (member, minor) in enumerate(receipts)]
    with books.session(1) as session:
        stage(session, numbered)
        assert post_staged(session, "paid", actor="cashier").new == len(numbered)
        before = balance_of(session, "cash:a")
        random.shuffle(numbered)
        stage(session, numbered)
        assert post_staged(session, "paid", actor="cashier") == StagedResult(0, len(numbered))
        assert balance_of(session, "cash:a") == before
        session.rollback()


def test_a_month_is_closed_and_opened_once_each_and_says_who_and_why(books: Database) -> None:
    with books.session(1) as session:
        march = Period(2026, 3)
        assert not periods.is_closed(session, DAY)
        assert periods.close(session, march, actor="manager", reason="reconciled")
        assert not periods.close(session, march, actor="manager", reason="reconciled")
        assert periods.is_closed(session, DAY)
        assert not periods.is_closed(session, DAY + dt.timedelta(days=31))
        assert periods.reopen(session, march, actor="manager", reason="late receipt")
        assert not periods.reopen(session, march, actor="manager", reason="late receipt")
        assert not periods.is_closed(session, DAY)
        told = db.rows(session, "SELECT action, actor, reason, subject_id FROM audit_log ORDER BY id")
        assert [tuple(row) for row in told] == [
            ("books.close", "manager", "reconciled", "2026-03"),
            ("books.reopen", "manager", "late receipt", "2026-03"),
        ]
