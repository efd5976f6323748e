"""A bank's table is read by the mapping that staff made for it, and by nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bank.camt_entry import Unreadable
from gateway.bank.cells import read_day, read_signed
from gateway.bank.currencies import CURRENCIES
from gateway.bank.errors import MappingError, StatementError
from gateway.bank.mapping import read_mapping
from gateway.bank.table import read_table
from gateway.cli.statement import describe

TABLE = """Banco de Prueba;;;;
Cuenta;1234 567;;;
Saldo inicial;;;;1.000,00
Fecha;Concepto;Débito;Crédito;Saldo
05/04/2026;COMISION;12,50;;987,50
06/04/2026;"DEPOSITO; RF18539007547034";;1.500,00;2.487,50
06/04/2026;TOTAL DE CUOTAS;;0,50;2.488,00
Total;;12,50;1.500,50;
Saldo final;;;;2.488,00
"""
GIVEN = {
    "name": "Banco de Prueba",
    "account": "1234 567",
    "currency": "DOP",
    "header_rows": 4,
    "columns": {"booked_on": "Fecha", "text": "Concepto", "debit": "Débito", "credit": "Crédito", "balance": "Saldo"},
    "date_format": "DD/MM/YYYY",
    "decimal_mark": ",",
    "opening_balance": {"label": "Saldo inicial"},
    "closing_balance": {"label": "Saldo final"},
    "ignored_rows": ["Total"],
}
PLAIN = {
    "account": "1",
    "currency": "DOP",
    "columns": {"booked_on": "Day", "amount": "Amount", "text": "Text"},
    "date_format": "YYYY-MM-DD",
}


def mapped(**changes):
    return read_mapping({**GIVEN, **changes})


def statement_of(table: str, mapping):
    read = read_table(table.encode(), mapping)
    assert read.quarantine is None, read.quarantine
    (statement,) = read.statements
    return statement


@pytest.mark.parametrize("zero", ["0,00;", ";0,00", "0,00;0,00"])
def test_an_entry_of_zero_is_left_out_and_told_as_in_camt(zero):
    statement = statement_of(TABLE.replace("Total;", f"06/04/2026;AVISO;{zero};2.488,00\nTotal;", 1), mapped())
    assert (statement.entry_count, len(statement.lines), statement.is_balanced) == (4, 3, True)
    assert "an entry of zero is left out" in statement.tolerances


def test_a_table_is_read_to_the_unit():
    statement = statement_of(TABLE, mapped())
    assert (statement.account, statement.currency, str(statement.from_on), str(statement.to_on)) == (
        "1234567", "DOP", "2026-04-05", "2026-04-06",
    )  # fmt: skip
    assert [line.amount_minor for line in statement.lines] == [-1_250, 150_000, 50]
    assert (statement.opening_minor, statement.closing_minor, statement.problem) == (100_000, 248_800, None)
    assert statement.lines[1].text == "DEPOSITO; RF18539007547034"


def test_the_newest_row_may_come_first():
    rows = TABLE.splitlines()
    turned = "\n".join([*rows[:4], *rows[6:3:-1], *rows[7:]])
    statement = statement_of(
        turned, mapped(opening_balance=None, closing_balance=None, ignored_rows=["Total", "Saldo"])
    )
    assert (statement.opening_minor, statement.closing_minor, statement.problem) == (100_000, 248_800, None)
    assert [line.amount_minor for line in statement.lines] == [-1_250, 150_000, 50]


def test_a_running_balance_that_does_not_follow_puts_the_table_aside_with_its_line():
    status, told = describe(TABLE.replace("2.487,50", "2.487,51").encode(), json.dumps(GIVEN).encode())
    assert status == 1
    assert "line 6" in told["quarantine"]["reason"]


def test_one_signed_column_either_way_round_or_with_words_for_the_direction():
    table = "Day,Amount,Side,Text\n2026-04-06,-5.00,,a\n2026-04-06,7.25,,b\n"
    assert [line.amount_minor for line in statement_of(table, read_mapping(PLAIN)).lines] == [-500, 725]
    turned = read_mapping({**PLAIN, "sign_convention": "reversed"})
    assert [line.amount_minor for line in statement_of(table, turned).lines] == [500, -725]
    words = {
        **PLAIN,
        "columns": {**PLAIN["columns"], "direction": "Side"},
        "credit_words": ["CR"],
        "debit_words": ["Débito"],
    }
    told = "Day,Amount,Side,Text\n2026-04-06,5.00,debito,a\n2026-04-06,7.25,cr,b\n"
    assert [line.amount_minor for line in statement_of(told, read_mapping(words)).lines] == [-500, 725]


def test_a_table_without_a_header_names_its_columns_by_number():
    mapping = read_mapping({**PLAIN, "header_rows": 0, "columns": {"booked_on": 1, "amount": 2, "text": [3, 4]}})
    assert statement_of("2026-04-06,7.25,a,b\n", mapping).lines[0].text == "a b"


def test_a_table_without_balances_is_read_and_says_that_nothing_proves_it():
    status, told = describe(b"Day,Amount,Text\n2026-04-06,7.25,a\n", json.dumps(PLAIN).encode())
    assert (status, told["statements"][0]["balanced"], told["statements"][0]["opening_minor"]) == (0, False, None)
    assert told["tolerances"] == ["the table has no balances, so nothing proves that it is whole"]


def test_two_equal_rows_are_two_lines():
    table = "Day,Amount,Text\n2026-04-06,7.25,a\n2026-04-06,7.25,a\n"
    assert len(statement_of(table, read_mapping(PLAIN)).lines) == 2


def test_several_accounts_and_currencies_stand_in_one_table():
    columns = {"booked_on": "Day", "amount": "Amount", "account": "Account", "currency": "Ccy"}
    mapping = read_mapping({"columns": columns, "date_format": "YYYY-MM-DD"})
    read = read_table(
        b"Day,Amount,Account,Ccy\n2026-04-06,7.25,1,DOP\n2026-04-06,7,1,JPY\n2026-04-06,1.5,2,DOP\n", mapping
    )
    assert [(s.account, s.currency, s.credits_minor) for s in read.statements] == [
        ("1", "DOP", 725),
        ("1", "JPY", 7),
        ("2", "DOP", 150),
    ]


PUT_ASIDE = {
    "the other decimal mark": ("1.500,00;2.487,50", "1,500.00;2.487,50", "is no amount", "line 6"),
    "a third decimal": ("12,50;;", "12,505;;", "3 decimals", "line 5"),
    "month first": ("05/04/2026", "04/25/2026", "no day of the calendar", "line 5"),
    "another date": ("05/04/2026", "2026-04-05", "is no date; expected DD/MM/YYYY", "line 5"),
    "debit and credit": (";;1.500,00", ";3,00;1.500,00", "a debit and a credit", "line 6"),
    "no amount": (";;1.500,00", ";;", "without an amount", "line 6"),
    "no day": ("05/04/2026", "", "without a day", "line 5"),
    "a footer nobody named": ("Total;;", "Suma;;", "is no date", "line 8"),
    "another header": ("Crédito", "Abono", "no column 'Crédito' for credit", "line 4"),
    "a column twice": ("Concepto", "Fecha", "2 columns 'Fecha'", "line 4"),
    "no running balance in one row": (";987,50", ";", "some rows have a running balance", "line 5"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUT_ASIDE)
def test_what_the_mapping_does_not_explain_puts_the_table_aside_with_its_line(name):
    old, new, reason, place = PUT_ASIDE[name]
    assert old in TABLE
    read = read_table(TABLE.replace(old, new, 1).encode(), mapped())
    assert read.statements == []
    assert reason in read.quarantine.reason
    assert place in read.quarantine.place


REFUSED = {
    "a million columns": b"Day" + b"," * 1_000_000 + b"\n",
    "many columns": b"Day" + b"," * 300 + b"\n",
    "a NUL": b"Day,Amount\n2026-04-06,1\0.00\n",
    "UTF-8 and Latin-1": "Día,Año\n".encode() + b"Pe\xf1a,1\n",
    "a quotation mark that never closes": b'Day,Amount,Text\n2026-04-06,1.00,"a\n',
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_made_to_do_harm_is_refused_with_its_line(name):
    with pytest.raises(StatementError, match=r"line [0-9]"):
        read_table(REFUSED[name], read_mapping(PLAIN))


WRONG = {
    "/columns/booked_on": {"columns": {"amount": "Amount"}},
    "/columns/amount": {"columns": {"booked_on": "Day", "amount": "A", "debit": "D"}},
    "/columns/nonsense": {"columns": {"booked_on": "Day", "amount": "A", "nonsense": "D"}},
    "/date_format": {"date_format": "DD/MM"},
    "/decimal_mark": {"decimal_mark": ";"},
    "/thousands_mark": {"thousands_mark": "."},
    "/sign_convention": {"sign_convention": "both"},
    "/header_rows": {"header_rows": 0},
    "/currency": {"currency": "QQQ"},
    "/account": {"account": ""},
    "/delimiter": {"delimiter": "x"},
    "/opening_balance": {"opening_balance": {"label": "Saldo"}},
    "/surprise": {"surprise": 1},
}


@pytest.mark.parametrize("pointer", WRONG)
def test_a_mapping_that_cannot_be_used_says_where(pointer):
    with pytest.raises(MappingError) as refused:
        read_mapping({**PLAIN, **WRONG[pointer]})
    assert pointer in [problem.pointer for problem in refused.value.errors]


def test_a_mapping_that_is_no_mapping_is_refused():
    assert describe(b"a,b\n", b"[1]")[0] == 2
    assert describe(b"a,b\n", b"{")[0] == 2


@given(
    st.integers(-(10**12), 10**12), st.sampled_from([",", "."]), st.booleans(), st.sampled_from(["DOP", "JPY", "KWD"])
)
def test_whatever_is_written_by_the_mapping_is_read_back_to_the_unit(minor, mark, grouped, code):
    unit = CURRENCIES[code]
    thousands = "." if mark == "," else ","
    whole, rest = divmod(abs(minor), unit.unit)
    text = f"{whole:,}".replace(",", thousands) if grouped else str(whole)
    text += f"{mark}{rest:0{unit.exponent}d}" if unit.exponent else ""
    assert read_signed(f"-{text}" if minor < 0 else text, mark, thousands, unit) == minor


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [("6-abr-26", "D-MMM-YY", "2026-04-06"), ("20260406", "YYYYMMDD", "2026-04-06"), ("2026-04-06 10:15", "YYYY-MM-DD", "2026-04-06"),
     ("06.04.2026", "DD.MM.YYYY", "2026-04-06"), ("4/6/26", "M/D/YY", "2026-04-06"), ("06 août 2026", "DD MMM YYYY", "2026-08-06")],
)  # fmt: skip
def test_a_day_is_read_as_the_mapping_says(text, form, day):
    assert str(read_day(text, form)) == day


@pytest.mark.parametrize("text", ["(12,50)", "12,50-", "-12,50", "RD$ -12,50", "−12,50"])
def test_an_amount_below_zero_is_written_in_many_ways(text):
    assert read_signed(text, ",", ".", CURRENCIES["DOP"]) == -1_250


@pytest.mark.parametrize("text", ["1.2.3", "12,5,0", "1e3", "", "1.50", "١٢", "12;50"])
def test_what_is_no_amount_is_never_guessed(text):
    with pytest.raises(Unreadable):
        read_signed(text, ",", ".", CURRENCIES["DOP"])
