"""What a guard does with a large statement: no plan that compares every row with every row, whatever was small before."""

import datetime as dt

import psycopg
import pytest

from gateway.kit import db
from gateway.kit.db import Database, driver
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.bulk import Head, post_lines, post_pairs
from gateway.ledger.errors import FloorBrokenError, UnbalancedError, UnknownAccountError
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance, size_of_books

DAY = dt.date(2026, 3, 3)
MANY = 20_000
LINES = (
    "SELECT id, currency, -7::bigint FROM ledger_account WHERE control = 'member:contributions'"
    f" UNION ALL SELECT id, currency, {7 * MANY}::bigint FROM ledger_account WHERE code = 'cash:a'"
)

PAIRS = """
SELECT nextval('ledger_tx_id_seq') AS tx_id, 'pair:' || a.id AS key, 'receipt' AS kind, DATE '2026-03-03' AS valid_on,
       c.id AS debit_id, a.id AS credit_id, 'DOP' AS currency, 7::bigint AS amount_minor, NULL AS evidence
FROM ledger_account a CROSS JOIN ledger_account c
WHERE a.control = 'member:contributions' AND a.owner_id <= 1500 AND c.code = 'cash:a'
"""


@pytest.fixture
def books(database: Database) -> Database:
    """Books whose tables were analysed while empty, and 20,000 members' accounts opened since."""
    with psycopg.connect(database.url, autocommit=True) as owner:
        # With VACUUM: pages that earlier tests left without a row would be in the statistics.
        owner.execute("VACUUM (ANALYZE) ledger_account, ledger_balance, ledger_tx, ledger_entry")
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:a"), NewAccount("cash:b")], "DOP")
        open_for_owners(session, "member:{}:contributions", "member", range(1, MANY + 1), "DOP")
    return database


def head(key: str) -> Head:
    return Head(key, "receipt", DAY, "staff:ana")


def test_a_large_booking_after_many_small_ones_is_joined_not_compared_row_by_row(books: Database) -> None:
    """The session has kept plans of the guards from bookings of two entries; the plans of the large one are told to us."""
    told: list[str] = []
    with books.session(1) as session:
        for number in range(7):
            lines = [Line("cash:a", 5), Line("cash:b", -5)]
            post(session, Event(f"small:{number}", "cash", DAY, lines, "staff:ana"))
        connection = driver(session)
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        connection.execute("RESET ROLE")
        connection.execute("LOAD 'auto_explain'")
        for name, value in (("log_min_duration", "0"), ("log_nested_statements", "on"), ("log_analyze", "off")):
            connection.execute(f"SET LOCAL auto_explain.{name} = '{value}'".encode())
        connection.execute("SET LOCAL client_min_messages = log")
        connection.execute("SET LOCAL ROLE gateway_app")
        post_lines(session, head("large"), LINES)
        assert post_pairs(session, PAIRS, actor="staff:ana") == 1500
        connection.execute("RESET ROLE")
        connection.execute("SET LOCAL client_min_messages = notice")
        connection.execute("SET LOCAL ROLE gateway_app")
        assert size_of_books(session).entry_count == 14 + MANY + 1 + 3000
        assert current_balance(session, f"member:{MANY}:contributions") == 7
        assert current_balance(session, "member:1:contributions") == 14
    of_guard = [
        plan for plan in told if "fresh" in plan and ("LEFT JOIN ledger_tx" in plan or "UPDATE ledger_balance" in plan)
    ]
    # Of many transactions the headers are joined; of one the header is looked up. Balances are changed all at once in both.
    assert len([plan for plan in of_guard if "BETWEEN" in plan or "WITH c AS" in plan]) == 3, told
    for plan in of_guard:
        # A nested loop is right only where its inner side is looked up by the outer side's key.
        for part in plan.split("Nested Loop")[1:]:
            inner = part.split("->")[2]
            assert inner.lstrip().startswith("Index"), plan
        assert "Materialize" not in plan


def test_a_large_statement_is_refused_with_the_row_that_is_wrong(books: Database) -> None:
    """What a large statement is asked all at once is told as of a small one."""
    nowhere = LINES.replace(f"{7 * MANY}::bigint", f"{7 * MANY + 7}::bigint") + " UNION ALL SELECT 99999999, 'DOP', -7"
    with pytest.raises(UnknownAccountError, match="names account 99999999"), books.session(1) as session:
        post_lines(session, head("nowhere"), nowhere)
    with pytest.raises(UnbalancedError, match="does not sum to zero"), books.session(1) as session:
        post_lines(session, head("skewed"), LINES.replace(f"{7 * MANY}::bigint", "6::bigint"))
    other = LINES.replace("SELECT id, currency, -7", "SELECT id, 'USD', -7")
    with pytest.raises(UnknownAccountError, match="does not exist in USD"), books.session(1) as session:
        post_lines(session, head("currency"), other)
    foreign = LINES.replace("id, currency", "id, 'USD'")
    with pytest.raises(UnknownAccountError, match="does not exist in USD"), books.session(1) as session:
        post_lines(session, head("all in another currency"), foreign)
    taken = LINES.replace("-7::bigint", "8::bigint").replace(f"{7 * MANY}::bigint", f"-{8 * MANY}::bigint")
    with pytest.raises(FloorBrokenError), books.session(1) as session:
        post_lines(session, head("floor"), taken)
    with books.session(1) as session:
        assert size_of_books(session).sum_minor == 0


def test_a_large_statement_of_two_currencies_balances_in_each_of_them(books: Database) -> None:
    """It is looked at as a small one is: whose account is whose currency, and each currency by itself."""
    with books.session(1) as session:
        open_accounts(session, [NewAccount("cash:usd"), NewAccount("suspense:usd")], "USD")
    dollars = (
        " UNION ALL SELECT id, currency, 3::bigint FROM ledger_account WHERE code = 'cash:usd'"
        " UNION ALL SELECT id, currency, {}::bigint FROM ledger_account WHERE code = 'suspense:usd'"
    )
    skewed = LINES.replace(f"{7 * MANY}::bigint", f"{7 * MANY - 1}::bigint") + dollars.format(-2)
    with pytest.raises(UnbalancedError, match="in each currency"), books.session(1) as session:
        post_lines(session, head("skewed"), skewed)
    with books.session(1) as session:
        post_lines(session, head("both"), LINES + dollars.format(-3))
        assert current_balance(session, f"member:{MANY}:contributions") == 7
        assert current_balance(session, "cash:usd") == 3


SOME = (9_001, 11_500)


def some(minor: int, *, paid_from: str, extra: str = "") -> str:
    """Return the lines of a booking of a few members in the middle, from an account far from theirs."""
    total = -minor * (SOME[1] - SOME[0] + 1)
    return (
        f"SELECT id, currency, {minor}::bigint FROM ledger_account"
        f" WHERE control = 'member:contributions' AND owner_id BETWEEN {SOME[0]} AND {SOME[1]}"
        f" UNION ALL SELECT id, currency, {total}::bigint FROM ledger_account WHERE code = '{paid_from}'{extra}"
    )


def test_a_booking_of_a_part_of_the_members_changes_their_balances_and_those_far_from_them(books: Database) -> None:
    """Members' accounts lie together; what they are paid from was opened long before or after: all are changed, none twice."""
    with books.session(1) as session:
        open_accounts(session, [NewAccount("cash:late"), NewAccount("fund:late")], "DOP")
        post_lines(session, head("before them"), some(-7, paid_from="cash:a"))
        post_lines(session, head("after them"), some(-5, paid_from="cash:late"))
        late = " UNION ALL SELECT id, currency, -9::bigint FROM ledger_account WHERE code = 'fund:late'"
        early = " UNION ALL SELECT id, currency, 9::bigint FROM ledger_account WHERE code = 'cash:b'"
        post_lines(session, head("on both sides"), some(-1, paid_from="cash:late", extra=late + early))
        held = [current_balance(session, f"member:{n}:contributions") for n in (SOME[0] - 1, *SOME, SOME[1] + 1)]
        assert held == [0, 13, 13, 0]
        assert [current_balance(session, code) for code in ("cash:a", "cash:late", "cash:b", "fund:late")] == [
            7 * 2500, 6 * 2500, 9, 9,
        ]  # fmt: skip
        kept = "SELECT sum(held_minor * normal_side) AS held FROM ledger_balance"
        booked = (
            "SELECT sum(e.amount_minor) AS held FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id"
            " WHERE a.floor_minor IS NOT NULL"
        )
        assert db.one(session, kept).held == db.one(session, booked).held
    with pytest.raises(FloorBrokenError), books.session(1) as session:
        more = " UNION ALL SELECT id, currency, 10::bigint FROM ledger_account WHERE code = 'fund:late'"
        less = " UNION ALL SELECT id, currency, -10::bigint FROM ledger_account WHERE code = 'cash:b'"
        post_lines(session, head("more than the fund has"), some(-1, paid_from="cash:a", extra=more + less))
    with pytest.raises(UnknownAccountError, match="names account 99999999"), books.session(1) as session:
        nowhere = " UNION ALL SELECT 99999999, 'DOP', -7 UNION ALL SELECT id, currency, 7 FROM ledger_account WHERE code = 'cash:a'"
        post_lines(session, head("nowhere"), some(-1, paid_from="cash:late", extra=nowhere))


@pytest.mark.parametrize("count", [2, 300])
def test_late_lines_are_refused_in_small_and_in_large_statements(books: Database, count: int) -> None:
    """A second set of lines under a header of the same transaction: balanced, and as many as the header says."""
    entries = (
        "INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor)"
        " SELECT 900, {first} + n, id, 'DOP', CASE n %% 2 WHEN 1 THEN 5 ELSE -5 END"
        f" FROM ledger_account, generate_series(1, {count}) n WHERE code = 'cash:a'"
    ).replace("%%", "%")
    header = (
        "INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor)"
        f" VALUES (900, 'attack', 'x', 'attack', '2026-03-03', {count}, 'mallory')"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match=f"has lines {count + 1} to"), books.session(1) as session:
        driver(session).execute(f"WITH e AS ({entries.format(first=0)}) {header}".encode())
        driver(session).execute(entries.format(first=count).encode())
