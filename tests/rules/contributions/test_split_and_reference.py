"""Splitting a receipt to the unit, and references whose mistypings are noticed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contributions.document import Letterhead, receipt_document, verification_address
from gateway.contributions.errors import ReceiptInvalidError
from gateway.contributions.queries import ReceiptLineRow, ReceiptRow
from gateway.contributions.reference import (
    BadReferenceError,
    check_reference,
    find_references,
    in_groups,
    make_reference,
    mutual_of,
    receipt_number,
)
from gateway.contributions.rules import split_receipt

BODIES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=21)


@pytest.mark.parametrize(
    ("total", "amounts", "parts"),
    [
        (10_000, [None, None, None], [3_334, 3_333, 3_333]),
        (100, [None, None, None], [34, 33, 33]),
        (100, [50, None, None], [50, 25, 25]),
        (101, [None, 50, None], [26, 50, 25]),
        (7, [7], [7]),
    ],
    ids=["a hundred pesos by three", "a hundred francs by three", "what is left", "in the order of the lines", "one"],
)
def test_the_worked_splits(total: int, amounts: list[int | None], parts: list[int]) -> None:
    assert split_receipt(total, amounts) == parts


@given(st.integers(1, 10**12), st.integers(1, 60))
def test_equal_parts_sum_to_the_whole_and_differ_by_one_unit_at_most(total: int, lines: int) -> None:
    if total < lines:
        with pytest.raises(ReceiptInvalidError):
            split_receipt(total, [None] * lines)
        return
    parts = split_receipt(total, [None] * lines)
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@given(st.lists(st.one_of(st.none(), st.integers(1, 10**9)), min_size=1, max_size=20), st.integers(0, 10**9))
def test_given_parts_stay_and_the_rest_sums_to_the_whole_in_any_order(given_: list[int | None], more: int) -> None:
    total = sum(part or 0 for part in given_) + (more + given_.count(None) if None in given_ else 0)
    parts = split_receipt(total, given_)
    assert sum(parts) == total
    assert all(asked in (None, part) for asked, part in zip(given_, parts, strict=True))
    assert sorted(split_receipt(total, given_[::-1])) == sorted(parts)


@pytest.mark.parametrize("amounts", [[], [99], [101], [0, 100], [-1, 101], [100, None]])
def test_parts_that_do_not_make_the_whole_are_refused(amounts: list[int | None]) -> None:
    with pytest.raises(ReceiptInvalidError):
        split_receipt(100, amounts)


def test_the_standards_own_example_has_right_check_digits() -> None:
    assert make_reference("539007547034") == "RF18539007547034"
    assert check_reference("RF18 5390 0754 7034")
    assert in_groups("RF18539007547034") == "RF18 5390 0754 7034"


@given(BODIES)
def test_what_is_made_checks(body: str) -> None:
    assert check_reference(make_reference(body))


@given(BODIES)
def test_a_body_has_one_pair_of_check_digits_and_no_second_that_leaves_the_same_remainder(body: str) -> None:
    right = make_reference(body)
    assert [digits for digits in range(100) if check_reference(f"RF{digits:02d}{right[4:]}")] == [int(right[2:4])]


@given(BODIES, st.data())
def test_one_wrong_character_or_two_swapped_are_noticed(body: str, data: st.DataObject) -> None:
    right = make_reference(body)
    at = data.draw(st.integers(4, len(right) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != right[at]))
    if right[at].isdigit():
        assert not check_reference(right[:at] + other + right[at + 1 :])
    if at + 1 < len(right) and right[at] != right[at + 1] and right[at : at + 2].isdigit():
        assert not check_reference(right[:at] + right[at + 1] + right[at] + right[at + 2 :])


@pytest.mark.parametrize("body", ["", "Ñ", "A" * 22, "a_b"])
def test_a_body_of_other_characters_or_too_long_is_refused(body: str) -> None:
    with pytest.raises(BadReferenceError):
        make_reference(body)


@pytest.mark.parametrize(
    "text", ["", "RF", "RF18", "RF19539007547034", "XX18539007547034", "RF١٨539007547034", "RF01539"]
)
def test_what_is_no_reference_does_not_check(text: str) -> None:
    assert not check_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "PAGO RF18539007547034 ANA",
        "pago rf18 5390 0754 7034 marzo",
        "ref.: RF18-5390-0754-7034",
        "XRF18 RF18539007547034",
    ],
)
def test_a_reference_is_found_in_what_a_payer_wrote(text: str) -> None:
    assert "RF18539007547034" in find_references(text)


def test_two_references_in_one_text_are_both_found_so_that_a_person_decides() -> None:
    one, other = make_reference("M0100023"), make_reference("M0100016")
    assert find_references(f"{one} {other} cuota") == [one, other]


def test_nothing_is_found_where_nothing_checks() -> None:
    assert find_references("RF18539007547035 y 4500.00") == []


def test_a_receipts_number_says_its_mutual_and_cannot_be_told_from_its_neighbour() -> None:
    numbers = {receipt_number(12, 4711) for _ in range(50)}
    assert len(numbers) > 45
    assert all(mutual_of(number) == 12 and number.endswith("0000004711") for number in numbers)
    assert mutual_of("RF18539007547034") is None
    with pytest.raises(BadReferenceError):
        receipt_number(10_000, 1)


def receipt(**change: object) -> ReceiptRow:
    lines = tuple(ReceiptLineRow(number, number, 5, 5, 49_233, None, 0) for number in range(1, 11))
    row = ReceiptRow(
        id=1,
        number=make_reference("000112345670000000001"),
        source="api:ana",
        source_reference="x",
        channel="cash",
        account_code="cash:office",
        collector="Łukasz Peña",
        payer_name="Ana " * 40,
        payer_reference=None,
        amount_minor=492_330,
        currency="DOP",
        paid_on=dt.date(2026, 3, 3),
        recorded_at=dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC),
        actor="staff:ana",
        note=None,
        import_id=None,
        ledger_tx_id=1,
        reversed_on=None,
        reversal_reason=None,
        lines=lines,
    )
    return row._replace(**change)


@pytest.mark.parametrize(("language", "country"), [("es", "do"), ("en", "in"), ("fr", "sn"), ("ht", "ht")])
@pytest.mark.parametrize("currency", ["DOP", "XOF"])
def test_a_receipt_is_printed_in_each_language_and_the_same_receipt_gives_the_same_bytes(
    language: str, country: str, currency: str
) -> None:
    address = verification_address("https://gateway.example/", "RF1")
    assert address == "https://gateway.example/v1/receipt-verifications/RF1"
    head = Letterhead("Mutual Amparo", country, language)
    printed = [
        receipt_document(receipt(currency=currency), {5: ("M000005", "Ana Núñez")}, head, address) for _ in range(2)
    ]
    assert printed[0].startswith(b"%PDF-")
    assert printed[0] == printed[1]


def test_a_reversed_receipt_is_printed_otherwise() -> None:
    head = Letterhead("Mutual Amparo", "do", "es")
    kept, back = (
        receipt_document(one, {}, head, "https://gateway.example")
        for one in (receipt(), receipt(reversed_on=dt.date(2026, 3, 4), reversal_reason="tecleado dos veces"))
    )
    assert kept != back
