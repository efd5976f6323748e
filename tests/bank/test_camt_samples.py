"""Statements of other people's banks, file by file, with what is truly in each: added up a second time, by other means.

They come with the samples of this project's work place (genkgo/camt, test data, MIT) and are not part of the
repository: a folder ``samples/camt`` beside it, or one named by ``GATEWAY_CAMT_SAMPLES``.
"""

import os
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest
from tests.conftest import ROOT

from gateway.bank.camt import read_statement
from gateway.cli.statement import describe

_NAMED = os.environ.get("GATEWAY_CAMT_SAMPLES")
FOLDER = Path(_NAMED) if _NAMED else next(iter(sorted(ROOT.parent.glob("*/samples/camt"))), None)
pytestmark = pytest.mark.skipif(
    FOLDER is None or not FOLDER.is_dir(),
    reason="no folder with the samples: set GATEWAY_CAMT_SAMPLES to genkgo/camt's test/data",
)
IN_SEK = "the booked closing balance is in SEK and the account in EUR"
NO_DATE = "without a booking date and without a value date (entry 1, line 1"
WITHIN_THE_DAY = "an account report within the day"
# What keeps each from being used; None where nothing does.
REASONS = {
    "camt052.v1.xml": WITHIN_THE_DAY,
    "camt052.v2.other-account.xml": WITHIN_THE_DAY,
    "camt052.v2.with-account-name.xml": WITHIN_THE_DAY,
    "camt052.v2.xml": WITHIN_THE_DAY,
    "camt052.v4.xml": WITHIN_THE_DAY,
    "camt052.v6.Amt-zero.xml": WITHIN_THE_DAY,
    "camt052.v6.xml": WITHIN_THE_DAY,
    "camt052.v8.xml": WITHIN_THE_DAY,
    "camt053.v2.all-balance-types.xml": "opening 1.01 and booked 8.85 make 9.86 EUR, the closing balance says 4.04",
    "camt053.v2.five.decimals.xml": "opening 18.15 and booked 8.85 make 27.00 EUR, the closing balance says 27.05",
    "camt053.v2.minimal.ultimate.xml": IN_SEK,
    "camt053.v2.minimal.xml": IN_SEK,
    "camt053.v2.multi.statement.xml": None,
    "camt053.v2.with-account-name.xml": "no booked opening balance",
    "camt053.v2.with-party-ids.xml": IN_SEK,
    "camt053.v2.wrong.xml": "holds no statement",
    "camt053.v3.xml": IN_SEK,
    "camt053.v4.xml": IN_SEK,
    "camt053.v8.xml": IN_SEK,
    "camt054.v2.with-account-name.xml": NO_DATE,
    "camt054.v2.xml": None,
    "camt054.v4.xml": None,
    "camt054.v8-with-UETR.xml": NO_DATE,
    "camt054.v8-with-financial-institution.xml": NO_DATE,
    "camt054.v8.xml": None,
    "camt53.only-Dt-with-DtTm.xml": "no booked closing balance",
}


def body_of(name):
    return (FOLDER / name).read_bytes()


def added_up(body):
    """The sums of each statement by plain arithmetic: account, opening, closing, credits, debits, entries; in hundredths."""
    root = ET.fromstring(body)

    def local(element):
        return element.tag.partition("}")[2]

    def find(element, *path):
        for name in path:
            element = next((child for child in element if local(child) == name), None) if element is not None else None
        return element

    def hundredths(element):
        return int(Decimal(find(element, "Amt").text) * 100)

    for statement in root.iter():
        if local(statement) not in ("Stmt", "Ntfctn"):
            continue
        number = find(statement, "Acct", "Id", "IBAN")
        number = find(statement, "Acct", "Id", "Othr", "Id") if number is None else number
        entries = [child for child in statement if local(child) == "Ntry"]
        currency = find(entries[0], "Amt").get("Ccy") if entries else None
        sums = {"CRDT": 0, "DBIT": 0}
        for entry in entries:
            status = find(entry, "Sts", "Cd")
            assert (find(entry, "Sts") if status is None else status).text == "BOOK"
            sums[find(entry, "CdtDbtInd").text] += hundredths(entry)
        ends = {}
        for balance in (child for child in statement if local(child) == "Bal"):
            kind, sign = find(balance, "Tp", "CdOrPrtry", "Cd").text, find(balance, "CdtDbtInd").text
            if kind in ("OPBD", "CLBD") and find(balance, "Amt").get("Ccy") == (
                currency or find(balance, "Amt").get("Ccy")
            ):
                ends[kind] = hundredths(balance) * (1 if sign == "CRDT" else -1)
        yield (number.text, ends.get("OPBD"), ends.get("CLBD"), sums["CRDT"], sums["DBIT"], len(entries))


def test_every_sample_is_looked_at():
    assert set(REASONS) == {path.name for path in FOLDER.glob("*.xml")}


@pytest.mark.parametrize("name", REASONS)
def test_each_file_is_read_to_its_true_totals_or_says_why_it_may_not_be_used(name):
    status, told = describe(body_of(name))
    reason = REASONS[name]
    if reason is None:
        assert (status, told["quarantine"]) == (0, None)
    else:
        assert status == 1
        assert reason in told["quarantine"]["reason"]
        assert ", line " in told["quarantine"]["place"]
    assert told["format"] == name[:4] + "." + body_of(name).decode().partition("xsd:camt.")[2][:10]
    columns = ("account", "opening_minor", "closing_minor", "credits_minor", "debits_minor", "lines")
    found = [tuple(one[column] for column in columns) for one in told["statements"]]
    assert found == ([] if "camt052" in name else list(added_up(body_of(name))))
    for one in told["statements"]:
        opening, closing = one["opening_minor"], one["closing_minor"]
        proved = None not in (opening, closing) and opening + one["credits_minor"] - one["debits_minor"] == closing
        assert one["balanced"] is proved
        assert tuple(one) == (
            "account", "currency", "from", "to", "opening_minor", "closing_minor", "credits_minor", "debits_minor", "lines",
            "balanced",
        )  # fmt: skip


def test_zeros_after_the_last_decimal_are_put_up_with_and_written_down():
    _, told = describe(body_of("camt053.v2.five.decimals.xml"))
    assert "zeros after the currency's last decimal" in told["tolerances"]


def test_a_detail_that_contradicts_its_entry_is_told_of():
    _, told = describe(body_of("camt054.v8.xml"))
    assert "entry 1: a detail names another direction than its entry; the entry counts" in told["tolerances"]


def test_details_of_the_two_statements_in_one_file():
    first, second = read_statement(body_of("camt053.v2.multi.statement.xml")).statements
    assert (first.reference, first.sequence, str(first.from_on)) == ("253EURNL26VAYB8060476890", "12312", "2007-10-18")
    assert (second.reference, second.sequence) == ("254EURNL26VAYB8060476890", "")
    assert [line.end_to_end_id for line in first.lines + second.lines] == ["000000001", "000000002"]
    assert second.lines[0].counterparty == "Company Name 2"
    assert second.lines[0].counterparty_account == "NL56AGDH9619008421"
    assert str(second.lines[0].booked_on) == "2014-12-31"
    assert str(second.lines[0].value_on) == "2015-01-02"
