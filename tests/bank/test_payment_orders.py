"""A payment order is what every bank reads, byte for byte the same each time, and refuses what a bank would change."""

import datetime as dt
from importlib import resources

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.bank.errors import PaymentOrderError
from gateway.bank.pain001 import VERSIONS, Party, Payment, payment_order
from gateway.bank.text import is_iban, is_identifier, restrict

US = Party("Mutual Amparo – Sede Ñ", "DO28BAGR00000001212453611324", "BRRDDOSDXXX")
STATE = Party("Tesorería de la Seguridad Social", "200-01-960-123456-7")
AT = dt.datetime(2026, 4, 6, 9, 30, 15, tzinfo=dt.timezone(dt.timedelta(hours=-4)))


def order(*payments, **changes):
    given = {
        "message_id": "M-1", "payment_information_id": "P-1", "created_at": AT, "execute_on": dt.date(2026, 4, 7),
        "debtor": US, "currency": "DOP", "payments": payments or (bill(),), **changes,
    }  # fmt: skip
    return payment_order(**given)


def bill(**changes):
    given = {
        "end_to_end_id": "PAY-1",
        "amount_minor": 492_327,
        "creditor": STATE,
        "text": "NP 0320260000000014",
        **changes,
    }
    return Payment(**given)


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def schema(version):
    text = (resources.files("sepaxml") / "schemas" / f"{version}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def test_an_order_is_valid(version, schema):
    schema.assertValid(etree.fromstring(order(version=version)))


def test_an_order_with_everything_is_valid(version, schema):
    payments = [
        bill(),
        bill(end_to_end_id="PAY-2", text="", reference="RF18539007547034"),
        bill(end_to_end_id="PAY-3", text="", creditor=Party("X", "NL91ABNA0417164300", "ABNANL2AXXX")),
    ]
    document = etree.fromstring(order(*payments, version=version, debtor=Party("Us", "12 34"), charges="SHAR"))
    schema.assertValid(document)


def read(body):
    return etree.fromstring(body).xpath


def values(body, name):
    return read(body)(f"//*[local-name()='{name}']/text()")


def test_number_and_sum_stand_at_both_levels(version):
    body = order(bill(), bill(end_to_end_id="PAY-2", amount_minor=1), version=version)
    assert values(body, "NbOfTxs") == ["2", "2"]
    assert values(body, "CtrlSum") == ["4923.28", "4923.28"]
    assert values(body, "InstdAmt") == ["4923.27", "0.01"]
    assert read(body)("//*[local-name()='InstdAmt']/@Ccy") == ["DOP", "DOP"]


def test_a_currency_without_cents_has_none(version):
    assert values(order(bill(amount_minor=492_327), currency="XOF", version=version), "CtrlSum") == ["492327", "492327"]


def test_an_account_that_is_no_iban_stands_under_other(version):
    body = order(version=version)
    assert values(body, "IBAN") == [US.account]
    assert read(body)("//*[local-name()='CdtrAcct']//*[local-name()='Othr']/*/text()") == [STATE.account]


def test_names_and_texts_are_written_in_the_characters_every_bank_takes(version):
    body = order(bill(text="Señora & Ño – 5 €"), version=version)
    assert values(body, "Ustrd") == ["Senora + No - 5 EUR"]
    assert "Mutual Amparo - Sede N" in values(body, "Nm")
    assert body.isascii()


def test_the_same_order_is_the_same_octets(version):
    assert order(version=version) == order(version=version)


def test_the_time_has_its_offset(version):
    assert values(order(version=version), "CreDtTm") == ["2026-04-06T09:30:15-04:00"]


REFUSED = {
    "no payments": lambda: payment_order(
        message_id="M", payment_information_id="P", created_at=AT, execute_on=AT.date(), debtor=US, currency="DOP",
        payments=(),
    ),
    "id twice": lambda: order(bill(), bill()),
    "id too long": lambda: order(bill(end_to_end_id="X" * 36)),
    "id with an accent": lambda: order(bill(end_to_end_id="ñ")),
    "id with a slash at the end": lambda: order(bill(end_to_end_id="A/")),
    "id with two slashes": lambda: order(message_id="A//B"),
    "no id": lambda: order(payment_information_id=""),
    "nothing to pay": lambda: order(bill(amount_minor=0)),
    "less than nothing": lambda: order(bill(amount_minor=-1)),
    "text and reference": lambda: order(bill(reference="RF18539007547034")),
    "text too long": lambda: order(bill(text="x" * 141)),
    "account too long": lambda: order(bill(creditor=Party("X", "1" * 35))),
    "account with an accent": lambda: order(bill(creditor=Party("X", "ñ"))),
    "nobody": lambda: order(bill(creditor=Party(" ", "1"))),
    "a name of which nothing is left": lambda: order(bill(creditor=Party("中文", "1"))),
    "a creditor's bank that is no BIC": lambda: order(bill(creditor=Party("Ana", "1", "BPDO"))),
    "our own bank that is no BIC": lambda: payment_order(
        message_id="M", payment_information_id="P", created_at=AT, execute_on=AT.date(), debtor=Party("Us", "1", "bagrdosd"),
        currency="DOP", payments=[bill()],
    ),
    "unknown version": lambda: order(version="pain.001.001.99"),
    "unknown charges": lambda: order(charges="ALL"),
    "time without offset": lambda: order(created_at=AT.replace(tzinfo=None)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_bank_would_refuse_or_change_is_refused_here(name):
    with pytest.raises(PaymentOrderError):
        REFUSED[name]()


@settings(max_examples=60, deadline=None)
@example([1], "Ana", " ")
@example([1], "Ana", "\u0301")
@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=30), st.text(max_size=60), st.text(max_size=60))
def test_any_order_is_valid_and_its_sum_exact(amounts, name, text):
    payments = [
        bill(end_to_end_id=f"E{number}", amount_minor=amount, text=text, creditor=Party(name + "x", "77"))
        for number, amount in enumerate(amounts)
    ]
    body = order(*payments)
    total = sum(amounts)
    assert values(body, "CtrlSum") == [f"{total // 100}.{total % 100:02d}"] * 2
    schema_text = (resources.files("sepaxml") / "schemas" / "pain.001.001.09.xsd").read_bytes()
    etree.XMLSchema(etree.fromstring(schema_text)).assertValid(etree.fromstring(body))


@given(st.text())
def test_restricted_text_stays_as_it_is(text):
    once = restrict(text)
    assert restrict(once) == once
    assert once.isascii()


def test_check_digits_of_an_iban_count():
    assert is_iban("DO28BAGR00000001212453611324")
    assert not is_iban("DO29BAGR00000001212453611324")
    assert not is_iban("do28bagr00000001212453611324")


@pytest.mark.parametrize(
    ("text", "good"), [("A", True), ("A/B", True), ("/A", False), ("A" * 35, True), ("A B", False)]
)
def test_an_id_is_what_a_bank_carries_unchanged(text, good):
    assert is_identifier(text) is good
