"""A bank's file is kept whole, loaded once, and put aside with the reason where it cannot be used."""

import datetime as dt

import pytest
from tests.reconciliation.statements import NUMBER, Booked, camt053

from gateway.bank.errors import StatementError
from gateway.kit.db import Database
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.errors import BankAccountKnownError
from gateway.reconciliation.load_statement import LoadedFile, load_statement
from gateway.reconciliation.queries import list_lines

DAY = dt.date(2026, 3, 3)
NEXT = DAY + dt.timedelta(days=1)
AFTER = DAY + dt.timedelta(days=2)
ACCOUNT = BankAccountRow(0, NUMBER, "Operativa", "bank", "DOP", "bank:main", "Mutual Amparo", "")


@pytest.fixture
def bank(database: Database) -> Database:
    """Mutual 1 with a bank account that holds 1,000.00."""
    with database.session(1) as session:
        register_bank_account(session, ACCOUNT, opening=Opening(100_000, DAY), actor="staff:ana")
    return database


def load(bank: Database, body: bytes) -> LoadedFile:
    with bank.session(1) as session:
        return load_statement(session, body, file_name="estado.xml", actor="staff:ana")


def amounts(bank: Database, statement_id: int) -> list[int]:
    with bank.session(1) as session:
        return [line.amount_minor for line in list_lines(session, statement_id, after=0, limit=100)]


def test_a_statement_is_loaded_with_its_lines_and_balances(bank: Database) -> None:
    loaded = load(bank, camt053(100_000, [Booked(50_000, "E1", "aporte"), Booked(-20_000)]))
    (statement,) = loaded.statements
    assert (loaded.is_new, loaded.new_line_count) == (True, 2)
    assert (statement.status, statement.opening_minor, statement.closing_minor) == ("loaded", 100_000, 130_000)
    assert amounts(bank, statement.id) == [50_000, -20_000]


def test_the_same_file_twice_has_no_effect_and_says_so(bank: Database) -> None:
    body = camt053(100_000, [Booked(50_000, "E1")])
    first, second = load(bank, body), load(bank, body)
    assert (second.is_new, second.new_line_count) == (False, 0)
    assert [row.id for row in second.statements] == [row.id for row in first.statements]


def test_two_equal_payments_on_one_day_are_both_kept(bank: Database) -> None:
    loaded = load(bank, camt053(100_000, [Booked(50_000, text="aporte"), Booked(50_000, text="aporte")]))
    assert amounts(bank, loaded.statements[0].id) == [50_000, 50_000]


def test_a_missing_day_puts_the_next_statement_aside_and_it_follows_by_itself_when_the_day_comes(
    bank: Database,
) -> None:
    load(bank, camt053(100_000, [Booked(1_000)], day=DAY))
    late = load(bank, camt053(103_000, [Booked(3_000)], day=AFTER))
    assert late.statements[0].status == "quarantined"
    assert "missing" in (late.statements[0].reason or "")
    between = load(bank, camt053(101_000, [Booked(2_000)], day=NEXT))
    assert between.new_line_count == 2
    assert load(bank, camt053(103_000, [Booked(3_000)], day=AFTER)).statements[0].status == "loaded"
    assert amounts(bank, late.statements[0].id) == [3_000]


def test_an_overlapping_statement_brings_only_what_is_new(bank: Database) -> None:
    load(bank, camt053(100_000, [Booked(1_000, "A", day=DAY)], day=DAY))
    both = [Booked(1_000, "A", day=DAY), Booked(2_000, "B", day=NEXT)]
    loaded = load(bank, camt053(100_000, both, day=DAY, until=NEXT))
    assert (loaded.statements[0].status, loaded.new_line_count) == ("loaded", 1)
    assert amounts(bank, loaded.statements[0].id) == [2_000]


def test_an_overlapping_statement_that_tells_another_story_is_put_aside(bank: Database) -> None:
    load(bank, camt053(100_000, [Booked(1_000, "A", day=DAY)], day=DAY))
    other = [Booked(1_500, "A", day=DAY), Booked(2_000, "B", day=NEXT)]
    loaded = load(bank, camt053(100_000, other, day=DAY, until=NEXT))
    assert loaded.statements[0].status == "quarantined"
    assert loaded.new_line_count == 0


def test_an_overlapping_statement_that_opens_with_another_balance_is_put_aside(bank: Database) -> None:
    first = Booked(1_000, "A", day=DAY)
    load(bank, camt053(100_000, [first], day=DAY))
    shifted = load(bank, camt053(100_500, [first, Booked(2_000, "B", day=NEXT)], day=DAY, until=NEXT))
    assert (shifted.statements[0].status, shifted.new_line_count) == ("quarantined", 0)
    assert "its new lines lead to 103000, not to its closing 103500" in (shifted.statements[0].reason or "")


def test_a_statement_whose_lines_do_not_make_its_closing_is_put_aside(bank: Database) -> None:
    loaded = load(bank, camt053(100_000, [Booked(1_000)], closing=101_001))
    assert loaded.statements[0].status == "quarantined"


def test_a_statement_of_an_account_that_is_not_ours_is_put_aside(bank: Database) -> None:
    loaded = load(bank, camt053(0, [Booked(1_000)], number="123"))
    assert loaded.statements[0].status == "quarantined"
    assert "not one of the mutual's" in (loaded.statements[0].reason or "")


def test_what_is_no_statement_is_refused_and_nothing_is_kept(bank: Database) -> None:
    with pytest.raises(StatementError):
        load(bank, b"<html>sorry</html>")


def test_a_truncated_upload_leaves_nothing_behind(bank: Database) -> None:
    body = camt053(100_000, [Booked(50_000, "E1")])
    with pytest.raises(StatementError):
        load(bank, body[: len(body) // 2])
    assert load(bank, body).is_new


def test_an_account_is_registered_once_and_its_number_belongs_to_one(bank: Database) -> None:
    with bank.session(1) as session:
        again = register_bank_account(session, ACCOUNT, opening=None, actor="staff:ana")
        assert again.id > 0
        with pytest.raises(BankAccountKnownError):
            register_bank_account(session, ACCOUNT._replace(ledger_code="bank:other"), opening=None, actor="staff:ana")
