"""The reference a member pays with is on every receipt, and is found again in what she writes."""

import re
import zlib

from hypothesis import given
from hypothesis import strategies as st
from tests.rules.contributions.test_split_and_reference import receipt

from gateway.contributions.document import Letterhead, receipt_document
from gateway.contributions.reference import check_reference, find_references, in_groups, member_reference


def words_of(pdf: bytes) -> str:
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return b" ".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x").decode("latin-1")


def test_every_receipt_shows_what_its_member_writes_on_her_next_payment() -> None:
    for language, words in (
        ("es", "Referencia para pagar"),
        ("en", "Reference for paying"),
        ("fr", "rence pour payer"),
    ):
        head = Letterhead("Mutual Amparo", "do", language)
        said = words_of(receipt_document(receipt(), {5: ("M-000005", "Ana")}, head, "https://x"))
        assert words in said
        assert in_groups(member_reference("M-000005")) in said
    unknown = words_of(receipt_document(receipt(), {}, Letterhead("M", "do", "es"), "https://x"))
    assert "Referencia para pagar" not in unknown


@given(
    number=st.from_regex(r"[A-Z]{1,3}-?[0-9]{1,12}", fullmatch=True),
    around=st.sampled_from(["{}", "cuota {} gracias", "REF: {}."]),
)
def test_a_reference_is_found_again_however_it_is_grouped(number: str, around: str) -> None:
    reference = member_reference(number)
    assert check_reference(reference)
    assert reference in find_references(around.format(in_groups(reference)))
