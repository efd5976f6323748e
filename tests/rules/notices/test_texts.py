"""Every kind of notice has its words in every language, with the same places to fill."""

import pytest

from gateway.kit.written import locale_of, written_money
from gateway.notices.errors import NoticeTextError
from gateway.notices.rules import length_of
from gateway.notices.texts import LANGUAGES, Money, catalogue, compose, places


@pytest.mark.parametrize("kind", sorted(catalogue()))
def test_a_kind_of_notice_says_the_same_in_every_language(kind: str) -> None:
    words = catalogue()[kind]
    assert set(words) == set(LANGUAGES)
    assert len({frozenset(places(text)) for text in words.values()}) == 1


def test_a_member_reads_her_language_and_spanish_where_the_catalogue_has_not_hers() -> None:
    values = {"child": "Luis", "age": "18", "day": "01/12/2026"}
    assert compose("child_leaves", "ht", values, country="do")[1].startswith("Luis ap gen 18 an")
    assert compose("child_leaves", "pt", values, country="do")[0] == "es"


@pytest.mark.parametrize(("kind", "values"), [("no_such_kind", {}), ("child_leaves", {"child": "Luis"})])
def test_a_notice_without_words_or_with_an_empty_place_is_refused(kind: str, values: dict[str, str]) -> None:
    with pytest.raises(NoticeTextError):
        compose(kind, "es", values, country="do")


@pytest.mark.parametrize(
    ("language", "country", "money", "said"),
    [
        ("es", "do", Money(9_500, "DOP"), "95.00 DOP"),
        ("es", "do", Money(492_327, "DOP"), "4,923.27 DOP"),
        ("es", "do", Money(123_456_789, "DOP"), "1,234,567.89 DOP"),
        ("en", "do", Money(492_327, "DOP"), "4,923.27 DOP"),
        ("fr", "do", Money(492_327, "DOP"), "4 923,27 DOP"),
        ("fr", "do", Money(123_456_789, "DOP"), "1 234 567,89 DOP"),
        ("ht", "do", Money(492_327, "DOP"), "4 923,27 DOP"),
        ("en", "in", Money(123_456_700, "INR"), "12,34,567.00 INR"),
        ("fr", "sn", Money(150_000, "XOF"), "150 000 XOF"),
    ],
)
def test_an_amount_is_told_with_its_thousands_apart_as_pages_write_it(
    language: str, country: str, money: Money, said: str
) -> None:
    places = {"mutual": "Amparo", "currency": money.currency, "day": "31/03/2026", "number": "RF45100000000117"}
    text = compose("receipt", language, {**places, "amount": money}, country=country)[1]
    assert f" {said} " in text
    # A narrow space between thousands would let a message hold 70 letters instead of 160.
    assert not length_of(said).is_wide
    on_pages = written_money(money.minor, money.currency, locale_of(language, country))
    assert said.split(f" {money.currency}")[0] == " ".join(on_pages.split())
