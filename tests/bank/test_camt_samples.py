"""Statements of other people's banks, file by file, with what is truly in each.

They come with the samples of this project's work place (genkgo/camt, test data, MIT) and are not part of the
repository: a folder ``samples/camt`` beside it, or one named by ``GATEWAY_CAMT_SAMPLES``.
"""

import os
from pathlib import Path

import pytest
from tests.conftest import ROOT

from gateway.bank.camt import read_statement
from gateway.bank.errors import StatementError

_NAMED = os.environ.get("GATEWAY_CAMT_SAMPLES")
FOLDER = Path(_NAMED) if _NAMED else next(iter(sorted(ROOT.parent.glob("*/samples/camt"))), None)
pytestmark = pytest.mark.skipif(
    FOLDER is None or not FOLDER.is_dir(),
    reason="no folder with the samples: set GATEWAY_CAMT_SAMPLES to genkgo/camt's test/data",
)

NOT_A_STATEMENT = {
    "camt052.v1.xml": "camt.052",
    "camt052.v2.other-account.xml": "camt.052",
    "camt052.v2.with-account-name.xml": "camt.052",
    "camt052.v2.xml": "camt.052",
    "camt052.v4.xml": "camt.052",
    "camt052.v6.Amt-zero.xml": "camt.052",
    "camt052.v6.xml": "camt.052",
    "camt052.v8.xml": "camt.052",
    "camt053.v2.wrong.xml": "holds no statement",
}
TWO_CURRENCIES = "one account in several currencies: EUR, SEK"
NO_DATE = "without a booking date"
PUT_ASIDE = {
    "camt053.v2.minimal.xml": ("camt.053.001.02", TWO_CURRENCIES),
    "camt053.v2.minimal.ultimate.xml": ("camt.053.001.02", TWO_CURRENCIES),
    "camt053.v2.with-party-ids.xml": ("camt.053.001.02", TWO_CURRENCIES),
    "camt053.v3.xml": ("camt.053.001.03", TWO_CURRENCIES),
    "camt053.v4.xml": ("camt.053.001.04", TWO_CURRENCIES),
    "camt053.v8.xml": ("camt.053.001.08", TWO_CURRENCIES),
    "camt53.only-Dt-with-DtTm.xml": ("camt.053.001.02", "unknown currency 'RON'"),
    "camt054.v2.xml": ("camt.054.001.02", "unknown currency 'SEK'"),
    "camt054.v4.xml": ("camt.054.001.04", "unknown currency 'SEK'"),
    "camt054.v8.xml": ("camt.054.001.08", "unknown currency 'SEK'"),
    "camt054.v2.with-account-name.xml": ("camt.054.001.02", NO_DATE),
    "camt054.v8-with-UETR.xml": ("camt.054.001.08", NO_DATE),
    "camt054.v8-with-financial-institution.xml": ("camt.054.001.08", NO_DATE),
}
# account, currency, opening, lines, closing, what keeps it from being posted
READ = {
    "camt053.v2.multi.statement.xml": [
        ("NL26VAYB8060476890", "EUR", 1815, [885], 2700, None),
        ("NL26VAYB8060476890", "EUR", 2700, [-700], 2000, None),
    ],
    "camt053.v2.five.decimals.xml": [("NL26VAYB8060476890", "EUR", 1815, [885], 2705, "27.00 EUR")],
    "camt053.v2.all-balance-types.xml": [("CH2801234000123456789", "EUR", 101, [885], 404, "9.86 EUR")],
    "camt053.v2.with-account-name.xml": [("CH2801234000123456789", "EUR", None, [885], None, "opening")],
}


def body_of(name):
    return (FOLDER / name).read_bytes()


def test_every_sample_is_looked_at():
    looked_at = {*NOT_A_STATEMENT, *PUT_ASIDE, *READ}
    assert looked_at == {path.name for path in FOLDER.glob("*.xml")}


@pytest.mark.parametrize("name", NOT_A_STATEMENT)
def test_what_is_no_statement_is_refused_in_words(name):
    with pytest.raises(StatementError, match=NOT_A_STATEMENT[name]):
        read_statement(body_of(name))


@pytest.mark.parametrize("name", PUT_ASIDE)
def test_what_cannot_be_read_exactly_is_put_aside_with_place_and_reason(name):
    form, reason = PUT_ASIDE[name]
    read = read_statement(body_of(name))
    assert read.format == form
    assert read.statements == []
    assert reason in read.quarantine.reason
    assert read.quarantine.place.startswith("statement 1, line ")


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_has_its_true_totals(name):
    read = read_statement(body_of(name))
    assert read.quarantine is None
    found = [
        (s.account, s.currency, s.opening_minor, [line.amount_minor for line in s.lines], s.closing_minor)
        for s in read.statements
    ]
    assert found == [wanted[:5] for wanted in READ[name]]
    for statement, wanted in zip(read.statements, READ[name], strict=True):
        if wanted[5] is None:
            assert statement.problem is None
            assert statement.opening_minor + sum(wanted[3]) == statement.closing_minor
        else:
            assert wanted[5] in statement.problem


def test_zeros_after_the_last_decimal_are_put_up_with_and_written_down():
    (statement,) = read_statement(body_of("camt053.v2.five.decimals.xml")).statements
    assert "zeros after the currency's last decimal" in statement.tolerances


def test_details_of_the_two_statements_in_one_file():
    first, second = read_statement(body_of("camt053.v2.multi.statement.xml")).statements
    assert (first.reference, first.sequence, str(first.from_on)) == ("253EURNL26VAYB8060476890", "12312", "2007-10-18")
    assert (second.reference, second.sequence) == ("254EURNL26VAYB8060476890", "")
    assert [line.end_to_end_id for line in first.lines + second.lines] == ["000000001", "000000002"]
    assert second.lines[0].counterparty == "Company Name 2"
    assert second.lines[0].counterparty_account == "NL56AGDH9619008421"
    assert str(second.lines[0].booked_on) == "2014-12-31"
    assert str(second.lines[0].value_on) == "2015-01-02"
