"""Every kind of notice has its words in every language, with the same places to fill."""

import pytest

from gateway.notices.errors import NoticeTextError
from gateway.notices.texts import LANGUAGES, catalogue, compose, places


@pytest.mark.parametrize("kind", sorted(catalogue()))
def test_a_kind_of_notice_says_the_same_in_every_language(kind: str) -> None:
    words = catalogue()[kind]
    assert set(words) == set(LANGUAGES)
    assert len({frozenset(places(text)) for text in words.values()}) == 1


def test_a_member_reads_her_language_and_spanish_where_the_catalogue_has_not_hers() -> None:
    values = {"child": "Luis", "age": "18", "day": "01/12/2026"}
    assert compose("child_leaves", "ht", values)[1].startswith("Luis ap gen 18 an")
    assert compose("child_leaves", "pt", values)[0] == "es"


@pytest.mark.parametrize(("kind", "values"), [("no_such_kind", {}), ("child_leaves", {"child": "Luis"})])
def test_a_notice_without_words_or_with_an_empty_place_is_refused(kind: str, values: dict[str, str]) -> None:
    with pytest.raises(NoticeTextError):
        compose(kind, "es", values)
