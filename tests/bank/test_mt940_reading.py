"""MT940 is read as strictly as camt: each amount to the unit, each reason with its line."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bank.errors import IntradayReportError, StatementError
from gateway.bank.mt940 import read_mt940
from gateway.cli.statement import describe

DAY = """{1:F01BANKDOSDXXXX0000000000}{2:O9401200260406BANKDOSDXXXX00000000002604061200N}{4:
:20:STARTUMS
:25:BAGRDOSD/1234567
:28C:45/1
:60F:C260405DOP10000,00
:61:2604060406CR500,00NTRFNONREF//B123
DEPOSITO
:86:166?00GUTSCHRIFT?20EREF+E2E-1?21SVWZ+Cuota marzo RF18?22539007547034?32Ana Pe?33ña?31DO28 1234
:61:2604060406D4923,27NTRFPAY-1//B1
:86:/EREF/NOTPROVIDED/NAME/Tesorería/IBAN/DO99TSS/REMI/USTD//aviso 0320260000000014/
:61:2512311231RC20,5NMSCNONREF
:61:2604060406RD300,NMSCREV-1
:86:devolucion de
un cargo
:61:2604060406ED70,00NMSCNONREF
:62F:C260406DOP5856,23
:64:C260406DOP5856,23
:86:texto del extracto
-}
"""


def day(old: str = "", new: str = "", count: int = -1) -> bytes:
    assert old in DAY
    return DAY.replace(old, new, count).encode()


def statement_of(body: bytes):
    read = read_mt940(body)
    assert read.quarantine is None, read.quarantine
    (statement,) = read.statements
    return statement


def test_a_day_is_read_to_the_unit():
    statement = statement_of(day())
    assert (statement.account, statement.currency, statement.reference) == ("BAGRDOSD/1234567", "DOP", "45")
    assert (str(statement.from_on), str(statement.to_on)) == ("2025-12-31", "2026-04-06")
    assert (statement.opening_minor, statement.closing_minor) == (1_000_000, 585_623)
    assert [line.amount_minor for line in statement.lines] == [50_000, -492_327, -2_050, 30_000]
    assert (statement.credits_minor, statement.debits_minor, statement.entry_count) == (80_000, 494_377, 4)
    assert (statement.unbooked_count, statement.problem, statement.is_balanced) == (1, None, True)
    assert [line.is_reversal for line in statement.lines] == [False, False, True, True]


def test_the_free_text_of_each_manner_is_taken_apart():
    coded, slashed, bare, plain = statement_of(day()).lines
    assert (coded.end_to_end_id, coded.bank_reference) == ("E2E-1", "B123")
    assert (coded.counterparty, coded.counterparty_account) == ("Ana Peña", "DO281234")
    assert coded.text == "Cuota marzo RF18539007547034 DEPOSITO"
    assert (slashed.end_to_end_id, slashed.bank_reference, slashed.counterparty) == ("PAY-1", "B1", "Tesorería")
    assert (slashed.counterparty_account, slashed.text) == ("DO99TSS", "aviso 0320260000000014")
    assert (bare.end_to_end_id, bare.text, str(bare.booked_on)) == (None, None, "2025-12-31")
    assert (plain.end_to_end_id, plain.text) == ("REV-1", "devolucion de un cargo")


SAME = {
    "with carriage returns": DAY.replace("\n", "\r\n").encode(),
    "in Latin-1": DAY.encode("latin-1"),
    "with a mark": b"\xef\xbb\xbf" + DAY.encode(),
    "without an envelope": DAY.partition("{4:")[2].replace("-}", "-").encode(),
    "without entry dates": day("2604060406", "260406"),
    "a booking day of the year before": day("2512311231RC", "2601011231RC"),
    "zeros after the last decimal": day("500,00N", "500,0000N"),
}


@pytest.mark.parametrize("name", SAME)
def test_however_it_is_written_it_is_the_same_statement(name):
    statement = statement_of(SAME[name])
    assert (statement.opening_minor, statement.closing_minor, statement.problem) == (1_000_000, 585_623, None)
    assert str(min(line.booked_on for line in statement.lines)) == "2025-12-31"


PUT_ASIDE = {
    "a third decimal": (day("500,00N", "500,001N"), "500.001 has 3 decimals", "field 61 on line 6"),
    "a dot in a balance": (day("DOP10000,00", "DOP10000.00"), "is no balance", "field 60F on line 5"),
    "a dot in a line": (day("500,00N", "500.00N"), "not as MT940 writes it", "field 61 on line 6"),
    "two commas": (day("500,00N", "5,00,0N"), "one comma", "field 61"),
    "no mark": (day("0406CR500", "0406500", 1), "not as MT940 writes it", "field 61"),
    "no such day": (day("2604060406CR", "2602300406CR"), "is no date", "field 61"),
    "no such booking day": (day("2604060406CR", "2604060231CR"), "no day near", "field 61"),
    "an unknown currency": (day("DOP", "QQQ"), "unknown currency 'QQQ'", "field 60F"),
    "two currencies": (day("C260406DOP5856,23\n:64", "C260406USD5856,23\n:64"), "several currencies: DOP, USD", "field 62F"),
    "no account": (day(":25:BAGRDOSD/1234567\n", ""), "names no account", "message 1, line 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUT_ASIDE)
def test_what_cannot_be_read_exactly_is_put_aside_with_its_place(name):
    body, reason, place = PUT_ASIDE[name]
    read = read_mt940(body)
    assert read.statements == []
    assert reason in read.quarantine.reason
    assert place in read.quarantine.place


def test_what_real_banks_write_beyond_the_standard_is_put_up_with_and_told():
    # ABN AMRO writes three lines of its own before each message, and ends the one before with a hyphen.
    two = (
        day() + day("45/1", "46/1").replace(b"10000,00", b"5856,23").replace(b"5856,23\n:6", b"1712,46\n:6", 2)
    ).decode()
    two = two[two.index(":20:") :].replace("{1:F01BANKDOSDXXXX0000000000}", "ABNANL2A\n940\nABNANL2A\n")
    two = re.sub(r"\{2:[^}]*\}\{4:\n", "", two).replace("-}", "-")
    assert "-\nABNANL2A\n940\nABNANL2A\n:20:" in two
    first, _second = read_mt940(two.encode()).statements
    assert (first.closing_minor, first.is_balanced) == (585_623, True)

    # ASN writes an account of 18 characters where a reference has its 16, and blanks for the booking day.
    line = statement_of(
        day(":61:2604060406CR500,00NTRFNONREF//B123", ":61:260406    C500,00NOVBNL47INGB9999999999")
    ).lines[0]
    assert (line.amount_minor, line.end_to_end_id, str(line.booked_on)) == (50_000, "E2E-1", "2026-04-06")
    assert "NL47INGB9999999999" in line.text

    # Zeros before an amount, more than its fifteen places.
    assert statement_of(day("DOP10000,00", "DOP0000000000010000,00")).opening_minor == 1_000_000

    # Months of thirty days: a value date that no calendar has, beside a booking day that is one.
    odd = statement_of(day(":61:2604060406CR500,00", ":61:2602300302CR500,00"))
    assert (str(odd.lines[0].value_on), str(odd.lines[0].booked_on)) == ("2026-02-28", "2026-03-02")
    assert odd.tolerances == ["a value date of 30 February is taken as the last day of that month"]
    alone = read_mt940(day(":61:2604060406CR500,00", ":61:260230CR500,00"))
    assert "260230" in alone.quarantine.reason


def test_a_statement_that_does_not_add_up_says_so():
    statement = statement_of(day("5856,23", "5856,24"))
    assert (
        "opening 10000.00 and booked -4143.77 make 5856.23 DOP, the closing balance says 5856.24" in statement.problem
    )


def test_an_overdrawn_account_has_a_negative_balance():
    assert statement_of(day("62F:C", "62F:D")).closing_minor == -585_623


def test_pages_are_put_together_and_accounts_kept_apart():
    head, middle, tail = DAY.partition(":61:2604060406D4923,27")
    first = head + ":62M:C260406DOP10500,00\n-}\n"
    second = "{4:\n:20:STARTUMS\n:25:BAGRDOSD/1234567\n:28C:45/2\n:60M:C260406DOP10500,00\n" + middle + tail
    other = DAY.replace("1234567", "999")
    read = read_mt940((first + second + other).encode())
    assert [(s.account, s.opening_minor, s.closing_minor, s.entry_count, s.problem) for s in read.statements] == [
        ("BAGRDOSD/1234567", 1_000_000, 585_623, 4, None), ("BAGRDOSD/999", 1_000_000, 585_623, 4, None),
    ]  # fmt: skip


def test_a_report_within_the_day_is_told_from_a_statement():
    body = b":20:X\n:25:1234567\n:28C:1\n:34F:DOP0,\n:13D:2604061200-0400\n:61:2604060406C5,00NTRFNONREF\n"
    with pytest.raises(IntradayReportError, match="MT942"):
        read_mt940(body)
    status, told = describe(body)
    assert (status, told["format"], told["statements"]) == (1, "mt942", [])


def test_the_command_reads_it_like_any_other():
    status, told = describe(day())
    assert (status, told["format"], told["quarantine"]) == (0, "mt940", None)
    assert told["statements"][0]["balanced"] is True


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_damage_to_a_file_crashes_the_reader_or_makes_money(data):
    body = bytearray(DAY.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        end = place + data.draw(st.integers(0, 30))
        body[place:end] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b":61:", b"\n", b"0", b"D", b",", b":62F:"])
        )
    try:
        read = read_mt940(bytes(body))
    except StatementError:
        return
    for statement in read.statements:
        if statement.problem is None:
            assert (
                statement.opening_minor + sum(line.amount_minor for line in statement.lines) == statement.closing_minor
            )
