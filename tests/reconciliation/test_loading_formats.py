"""MT940 and a bank's table are loaded as camt is; another version of a statement shows what is different in it."""

import datetime as dt

import pytest
from tests.reconciliation.statements import NUMBER, Booked, camt053

from gateway.bank.errors import IntradayReportError, StatementError
from gateway.kit.db import Database
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.reconciliation import mappings
from gateway.reconciliation.errors import MappingUnknownError
from gateway.reconciliation.load_statement import LoadedFile, TypedBalances, load_statement
from gateway.reconciliation.queries import list_lines

DAY = dt.date(2026, 3, 3)
ACCOUNT = BankAccountRow(0, NUMBER, "Operativa", "bank", "DOP", "bank:main", "Mutual Amparo", "")
CONTENT = {
    "account": NUMBER,
    "currency": "DOP",
    "columns": {"booked_on": "Fecha", "amount": "Monto", "text": "Concepto"},
    "date_format": "DD/MM/YYYY",
    "decimal_mark": ",",
}
TABLE = b"Fecha;Concepto;Monto\n03/03/2026;aporte;500,00\n03/03/2026;aporte;500,00\n03/03/2026;comision;-1,50\n"


@pytest.fixture
def bank(database: Database) -> Database:
    """Mutual 1 with a bank account that holds 1,000.00."""
    with database.session(1) as session:
        register_bank_account(session, ACCOUNT, opening=Opening(100_000, DAY), actor="staff:ana")
    return database


def load(bank: Database, body: bytes, **how) -> LoadedFile:
    with bank.session(1) as session:
        return load_statement(session, body, file_name="estado", actor="staff:ana", **how)


def save(bank: Database, **changes) -> mappings.MappingRow:
    with bank.session(1) as session:
        return mappings.save_mapping(session, name="Banco", content={**CONTENT, **changes}, actor="staff:ana")


def mt940(opening: int, closing: int, *lines: str, day: str = "260303", page: str = "1") -> bytes:
    body = "\n".join(f":61:{day}{day[2:]}{line}NTRFNONREF" for line in lines)
    return (
        f":20:ST\n:25:{NUMBER}\n:28C:7/{page}\n:60F:C{day}DOP{opening // 100},{opening % 100:02d}\n{body}\n"
        f":62F:C{day}DOP{closing // 100},{closing % 100:02d}\n"
    ).encode()


def test_mt940_is_loaded_and_the_day_after_follows_it_whatever_its_format(bank: Database) -> None:
    loaded = load(bank, mt940(100_000, 149_850, "C500,00", "D1,50"))
    assert [(one.status, one.line_count) for one in loaded.statements] == [("loaded", 2)]
    after = load(bank, camt053(149_850, [Booked(1_000)], day=DAY + dt.timedelta(days=1)))
    assert (after.statements[0].status, after.new_line_count) == ("loaded", 1)


def test_a_table_without_balances_is_put_aside_until_somebody_types_those_of_the_banks_page(bank: Database) -> None:
    mapping = save(bank)
    bare = load(bank, TABLE, mapping_id=mapping.id)
    assert (bare.statements[0].status, bare.new_line_count) == ("quarantined", 0)
    assert "nothing proves that it is whole" in (bare.statements[0].reason or "")
    wrong = load(bank, TABLE, mapping_id=mapping.id, typed=TypedBalances(100_000, 200_000))
    assert "the closing balance says 2000.00" in (wrong.statements[0].reason or "")
    typed = load(bank, TABLE, mapping_id=mapping.id, typed=TypedBalances(100_000, 199_850))
    (statement,) = typed.statements
    assert (statement.status, typed.new_line_count) == ("loaded", 3)
    assert statement.tolerances[-1] == "the balances were typed by staff:ana"
    with bank.session(1) as session:
        lines = list_lines(session, statement.id, after=0, limit=10)
    assert [line.amount_minor for line in lines] == [50_000, 50_000, -150]
    assert not load(bank, TABLE, mapping_id=mapping.id, typed=TypedBalances(1, 2)).is_new


def test_a_table_that_waited_for_the_day_before_is_read_again_by_the_mapping_it_came_with(bank: Database) -> None:
    load(bank, camt053(100_000, [Booked(1_000)], day=DAY - dt.timedelta(days=2)))
    old = save(bank)
    waits = load(bank, TABLE, mapping_id=old.id, typed=TypedBalances(103_000, 202_850))
    assert waits.statements[0].status == "quarantined"
    save(bank, columns={"booked_on": "Otra", "amount": "Cosa"})
    between = load(bank, camt053(101_000, [Booked(2_000)], day=DAY - dt.timedelta(days=1)))
    assert between.new_line_count == 4


def test_a_mapping_is_saved_once_and_changed_by_another_version(bank: Database) -> None:
    first, again = save(bank), save(bank)
    second = save(bank, decimal_mark=".")
    assert (first.id, first.version, second.version) == (again.id, 1, 2)
    with bank.session(1) as session:
        assert mappings.find_mapping(session, "Banco").id == second.id
        assert [row.version for row in mappings.list_mappings(session, after="", limit=5)] == [2]
    with bank.session(2) as session, pytest.raises(MappingUnknownError):
        mappings.get_mapping(session, first.id)


def test_what_is_no_statement_is_refused_by_its_kind(bank: Database) -> None:
    with pytest.raises(StatementError, match="mapping"):
        load(bank, TABLE)
    with pytest.raises(IntradayReportError, match=r"camt\.052"):
        load(bank, camt053(0, []).replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"))


def test_another_version_of_a_statement_shows_what_is_different_and_is_not_used_where_it_contradicts(
    bank: Database,
) -> None:
    load(bank, camt053(100_000, [Booked(500, "A"), Booked(700, "B")]))
    same = load(bank, camt053(100_000, [Booked(700, "B"), Booked(500, "A")])).statements[0]
    assert (same.version, same.status, same.difference["added_count"]) == (2, "loaded", 0)
    other = load(bank, camt053(100_000, [Booked(500, "A"), Booked(700, "C")])).statements[0]
    assert (other.version, other.status) == (3, "quarantined")
    assert (other.difference["added_count"], other.difference["missing_count"]) == (1, 1)
    assert other.difference["missing"] == [{"booked_on": "2026-03-03", "amount_minor": 700, "text": ""}]


def test_a_shorter_version_that_happens_to_add_up_is_not_used(bank: Database) -> None:
    load(bank, camt053(100_000, [Booked(500, "A"), Booked(700, "B"), Booked(-700, "C")]))
    short = load(bank, camt053(100_000, [Booked(500, "A")])).statements[0]
    assert (short.status, short.difference["missing_count"]) == ("quarantined", 2)
    assert "lacks 2 lines" in (short.reason or "")


def test_two_statements_of_one_day_follow_each_other(bank: Database) -> None:
    load(bank, camt053(100_000, [Booked(500, "A")], reference="1"))
    second = load(bank, camt053(100_500, [Booked(700, "B")], reference="2"))
    assert (second.statements[0].status, second.new_line_count) == ("loaded", 1)
