"""What the database itself refuses, asked as the application's role."""

import datetime as dt
import threading

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from gateway.kit.db import Database, driver
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import AlreadyReversedError, FloorBrokenError, KeyReusedError, UnbalancedError
from gateway.ledger.post import Event, Line, post, reverse
from gateway.ledger.queries import balance_of, current_balance

DAY = dt.date(2026, 3, 3)
CASH, MEMBER = "cash:office", "member:1:contributions"


@pytest.fixture
def books(database: Database) -> Database:
    """Two accounts and one receipt of 500.00 in mutual 1."""
    with database.session(1) as session:
        open_accounts(session, [NewAccount(CASH), NewAccount(MEMBER, "member", 1)], "DOP")
        post(session, receipt("first", 50_000))
    return database


def receipt(key: str, minor: int) -> Event:
    return Event(key, "receipt", DAY, [Line(CASH, minor), Line(MEMBER, -minor)], "cashier")


def attack(books: Database, *statements: str, mutual: int = 1) -> str:
    """Run statements as the application's role in one transaction; return what the database said."""
    with pytest.raises((psycopg.Error, DBAPIError)) as refusal, books.session(mutual) as session:
        connection = driver(session)
        for statement in statements:
            connection.execute(statement)
    return str(refusal.value)


HEADER = (
    "INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor)"
    " VALUES (900, 'attack', 'x', 'attack', '2026-03-03', {n}, 'mallory')"
)
ENTRY = (
    "INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor)"
    " SELECT {tx}, {line}, id, '{currency}', {amount} FROM ledger_account WHERE code = '{code}'"
)


def entry(tx: str, line: int, amount: int, code: str = CASH, currency: str = "DOP") -> str:
    return ENTRY.format(tx=tx, line=line, amount=amount, code=code, currency=currency)


def select(insert: str) -> str:
    """Return the rows that an INSERT … SELECT would write."""
    return insert[insert.index("SELECT") :]


def at_once(header: str, *entries: str) -> str:
    """Return one statement that writes a header and entries together, as the guard asks of everybody."""
    parts = ", ".join(f"part_{number} AS ({one})" for number, one in enumerate(entries))
    return f"WITH {parts} {header}"


FIRST = "(SELECT id FROM ledger_tx WHERE idempotency_key = 'first')"


def test_a_balanced_pair_added_to_an_old_transaction_is_refused(books: Database) -> None:
    said = attack(
        books,
        entry(FIRST, 3, 100)
        + " UNION ALL SELECT "
        + FIRST
        + f", 4, id, 'DOP', -100 FROM ledger_account WHERE code = '{CASH}'",
    )
    assert "earlier database transaction" in said


def test_a_balanced_pair_that_forges_its_writer_is_refused(books: Database) -> None:
    forged = (
        "INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor, written_xid)"
        " SELECT t.id, g, a.id, 'DOP', CASE g WHEN 3 THEN 100 ELSE -100 END, t.written_xid"
        f" FROM ledger_tx t, ledger_account a, generate_series(3, 4) g WHERE t.idempotency_key = 'first' AND a.code = '{CASH}'"
    )
    assert "another writer" in attack(books, forged)


def test_a_transaction_without_entries_is_refused(books: Database) -> None:
    assert "has 0 entries" in attack(books, HEADER.format(n=2))


def test_a_transaction_with_one_entry_is_refused(books: Database) -> None:
    assert "n_entries" in attack(books, at_once(HEADER.format(n=1), entry("900", 1, 5)))


def test_entries_before_their_header_are_refused_at_once(books: Database) -> None:
    assert "no header in ledger_tx" in attack(books, entry("900", 1, 5), entry("900", 2, -5), HEADER.format(n=2))


def test_a_header_before_its_entries_is_refused_at_once(books: Database) -> None:
    assert "has 0 entries" in attack(books, HEADER.format(n=2), entry("900", 1, 5), entry("900", 2, -5))


def test_entries_without_a_header_are_refused(books: Database) -> None:
    assert "no header in ledger_tx" in attack(books, f"{entry('901', 1, 5)} UNION ALL {select(entry('901', 2, -5))}")


def test_a_transaction_that_balances_only_across_currencies_is_refused(books: Database) -> None:
    with books.session(1) as session:
        open_accounts(session, [NewAccount("bank:usd")], "USD")
    pair = entry("900", 1, 100), entry("900", 2, -100, "bank:usd", "USD")
    assert "sum to zero in each currency" in attack(books, at_once(HEADER.format(n=2), *pair))


def test_an_entry_in_another_currency_than_its_account_is_refused(books: Database) -> None:
    pair = entry("900", 1, 100, currency="USD"), entry("900", 2, -100, currency="USD")
    assert "foreign key" in attack(books, at_once(HEADER.format(n=2), *pair))


def test_an_entry_on_an_account_that_does_not_exist_is_refused(books: Database) -> None:
    nowhere = (
        "INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor) VALUES (900, 2, 77777, 'DOP', -100)"
    )
    said = attack(books, at_once(HEADER.format(n=2), entry("900", 1, 100), nowhere))
    assert "names account 77777, which does not exist in DOP" in said


def test_an_entry_on_an_account_that_another_transaction_has_not_committed_is_refused(books: Database) -> None:
    """What may still be rolled back is not there yet: an entry can never outlive its account."""
    with books.session(1) as theirs:
        open_accounts(theirs, [NewAccount("cash:new")], "DOP")
        found = driver(theirs).execute("SELECT id FROM ledger_account WHERE code = 'cash:new'").fetchone()
        assert found is not None
        guessed = f"INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor) VALUES (900, 2, {found[0]}, 'DOP', -100)"
        assert "does not exist" in attack(books, at_once(HEADER.format(n=2), entry("900", 1, 100), guessed))


def test_a_late_line_in_the_same_database_transaction_is_refused(books: Database) -> None:
    whole = at_once(HEADER.format(n=2), entry("900", 1, 100), entry("900", 2, -100))
    assert "has 1 entries, its header says 2" in attack(books, whole, entry("900", 3, 7))


def test_a_late_balanced_pair_in_the_same_database_transaction_is_refused(books: Database) -> None:
    """As many lines as the header promises, and they balance: only their numbers tell that they are a second set."""
    whole = at_once(HEADER.format(n=2), entry("900", 1, 100), entry("900", 2, -100))
    late = f"{entry('900', 3, 7)} UNION ALL {select(entry('900', 4, -7))}"
    assert "has lines 3 to 4, its header says 2" in attack(books, whole, late)
    again = f"{entry('900', 1, 7)} UNION ALL {select(entry('900', 2, -7))}"
    assert "pk_ledger_entry" in attack(books, whole, again)


def test_lines_with_a_gap_are_refused_so_that_nothing_can_be_put_in_it(books: Database) -> None:
    gap = at_once(HEADER.format(n=2), entry("900", 1, 100), entry("900", 3, -100))
    assert "has lines 1 to 3" in attack(books, gap)


def test_a_header_that_forges_an_earlier_writer_is_refused(books: Database) -> None:
    forged = HEADER.format(n=2).replace("actor)", "actor, written_xid)").replace("'mallory')", "'mallory', '5'::xid8)")
    said = attack(books, at_once(forged, entry("900", 1, 100), entry("900", 2, -100)))
    assert "earlier database transaction" in said


def test_a_late_line_slipped_in_by_a_second_session_is_refused(books: Database) -> None:
    """Neither session sees the other: a header that is not there for the second one is no header."""
    with books.session(1) as ours:
        header = HEADER.format(n=2).replace("900", "902")
        driver(ours).execute(at_once(header, entry("902", 1, 100), entry("902", 2, -100)))
        assert "no header in ledger_tx" in attack(books, entry("902", 3, 7))


@pytest.mark.parametrize("table", ["ledger_tx", "ledger_entry", "ledger_account", "audit_log", "evidence"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET mutual_id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_history_cannot_be_changed(books: Database, table: str, verb: str) -> None:
    assert "permission denied" in attack(books, verb.format(table))


@pytest.mark.parametrize("table", ["ledger_tx", "ledger_entry"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET mutual_id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_history_cannot_be_changed_even_by_the_owner(books: Database, table: str, verb: str) -> None:
    with psycopg.connect(books.url) as owner, pytest.raises(psycopg.Error, match="insert only"):
        owner.execute(verb.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {}",
        "UPDATE {} SET id = id + 1000",
        "UPDATE ledger_account SET currency = 'USD'",
        "UPDATE ledger_tx SET written_xid = '5'::xid8",
    ],
)
@pytest.mark.parametrize("table", ["ledger_tx", "ledger_account"])
def test_what_has_entries_stays_even_where_the_owner_takes_the_first_guard_away(
    books: Database, table: str, statement: str
) -> None:
    with psycopg.connect(books.url) as owner, pytest.raises(psycopg.errors.ForeignKeyViolation, match="foreign key"):
        for each in ("ledger_tx", "ledger_account"):
            owner.execute(f"ALTER TABLE {each} DISABLE TRIGGER no_change")
        owner.execute("ALTER TABLE ledger_balance DROP CONSTRAINT fk_ledger_balance_mutual_id_account_id")
        owner.execute(statement.format(table))


def test_a_stored_balance_cannot_be_written_by_the_application(books: Database) -> None:
    assert "permission denied" in attack(books, "UPDATE ledger_balance SET held_minor = 1")


def test_an_entry_on_another_mutuals_account_is_refused(books: Database) -> None:
    """As the application by row-level security; as the owner, who passes it by, by the guard itself."""
    columns = "INSERT INTO ledger_entry (mutual_id, tx_id, line, account_id, currency, amount_minor)"
    theirs = f"{columns} SELECT 2, 900, n, id, 'DOP', 5 * (3 - 2 * n) FROM ledger_account, generate_series(1, 2) n WHERE code = '{CASH}'"
    assert "row-level security" in attack(books, theirs)
    with psycopg.connect(books.url) as owner, pytest.raises(psycopg.Error, match="foreign key"):
        owner.execute("SELECT set_config('gateway.mutual_id', '2', true)")
        owner.execute(at_once(HEADER.format(n=2), theirs))


def test_a_second_reversal_is_refused_by_the_database(books: Database) -> None:
    with books.session(1) as session:
        first = post(session, receipt("first", 50_000)).tx_id
        reverse(session, first, key="undo", valid_on=DAY, actor="accountant", reason="typed twice")
    lines = entry("900", 1, -50_000), entry("900", 2, 50_000)
    header = HEADER.format(n=2).replace("actor)", "actor, reverses)").replace("'mallory')", f"'mallory', {first})")
    assert "uq_ledger_tx_mutual_id_reverses" in attack(books, at_once(header, *lines))
    with pytest.raises(AlreadyReversedError), books.session(1) as session:
        reverse(session, first, key="undo again", valid_on=DAY, actor="accountant", reason="again")


def test_a_reversal_of_nothing_is_refused_by_the_database(books: Database) -> None:
    lines = entry("900", 1, -50_000), entry("900", 2, 50_000)
    header = HEADER.format(n=2).replace("actor)", "actor, reverses)").replace("'mallory')", "'mallory', 123456)")
    assert "reverses 123456, which does not exist (foreign key)" in attack(books, at_once(header, *lines))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ledger_tx WHERE id = {first}",
        "UPDATE ledger_tx SET id = id + 1000 WHERE id = {first}",
        "UPDATE ledger_tx SET reverses = 123456 WHERE reverses = {first}",
    ],
)
def test_what_was_reversed_stays_even_where_its_entries_are_gone(books: Database, statement: str) -> None:
    with books.session(1) as session:
        first = post(session, receipt("first", 50_000)).tx_id
        reverse(session, first, key="undo", valid_on=DAY, actor="accountant", reason="typed twice")
    with psycopg.connect(books.url) as owner, pytest.raises(psycopg.errors.ForeignKeyViolation, match="foreign key"):
        for each in ("ledger_tx", "ledger_entry"):
            owner.execute(f"ALTER TABLE {each} DISABLE TRIGGER no_change")
        owner.execute("DELETE FROM ledger_entry WHERE tx_id = %s", [first])
        owner.execute(statement.format(first=first))


def test_a_floor_is_not_broken_by_two_transactions_at_once(books: Database) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def take(key: str) -> None:
        try:
            with books.session(1) as session:
                ready.wait()
                post(session, receipt(key, -30_000))
            outcomes.append("taken")
        except FloorBrokenError:
            outcomes.append("refused")

    threads = [threading.Thread(target=take, args=(key,)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "taken"]
    with books.session(1) as session:
        assert current_balance(session, MEMBER) == balance_of(session, MEMBER) == 20_000


def test_nothing_is_booked_in_a_closed_month(books: Database) -> None:
    with books.session(1) as session:
        driver(session).execute(
            "INSERT INTO ledger_period (period_start, is_closed, actor, reason) VALUES ('2026-03-01', true, 'manager', 'done')"
        )
    whole = at_once(HEADER.format(n=2), entry("900", 1, 100), entry("900", 2, -100))
    assert "2026-03 is closed" in attack(books, whole)


def test_a_key_used_for_another_event_is_refused(books: Database) -> None:
    with pytest.raises(KeyReusedError), books.session(1) as session:
        post(session, receipt("first", 60_000))


def test_lines_that_do_not_balance_are_refused_in_words(books: Database) -> None:
    with pytest.raises(UnbalancedError, match="sum to zero"), books.session(1) as session:
        post(session, Event("skewed", "receipt", DAY, [Line(CASH, 2), Line(MEMBER, -1)], "cashier"))
