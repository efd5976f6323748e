"""A mutual's own words for a message: what they may be, and how many short messages they take."""

import pytest

from gateway.notices.rules import LONGEST_WORDS, check_words, length_of
from gateway.notices.texts import LANGUAGES, catalogue, places_of, required_of, sample_of, title_of

PLACES, REQUIRED = ("mutual", "amount", "until"), ("amount",)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Pague {amount}", []),
        ("{mutual}: {amount} {{sin}} {until}", []),
        ("Pague", ["place_missing"]),
        ("Pague {amount} a {name}", ["place_unknown"]),
        ("{} {amount!r} {amount:>9}", ["place_form", "place_form", "place_unknown"]),
        ("Pague {amount", ["braces"]),
        (" ", ["length"]),
        ("{amount}" + "a" * LONGEST_WORDS, ["length"]),
        ("{amount} \x07", ["length"]),
    ],
)
def test_everything_wrong_with_own_words_is_named(text: str, codes: list[str]) -> None:
    assert [problem.code for problem in check_words(text, PLACES, REQUIRED)] == codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, (160, False, 1)), ("a" * 161, (161, False, 2)), ("a" * 306, (306, False, 2)), ("a" * 307, (307, False, 3)),
        ("ñ¿ü" * 50, (150, False, 1)), ("€" * 80, (160, False, 1)), ("€" * 81, (162, False, 2)),
        ("á" * 70, (70, True, 1)), ("á" * 71, (71, True, 2)), ("á" * 135, (135, True, 3)), ("😀" * 35, (70, True, 1)),
    ],
)  # fmt: skip
def test_a_short_message_holds_160_letters_or_70_where_one_is_of_the_wide_alphabet(
    text: str, expected: tuple[int, bool, int]
) -> None:
    assert tuple(length_of(text)) == expected


@pytest.mark.parametrize("kind", sorted(catalogue()))
def test_the_shipped_words_are_words_that_a_mutual_could_have_written(kind: str) -> None:
    for language in LANGUAGES:
        words = catalogue()[kind][language]
        assert not check_words(words, places_of(kind), required_of(kind))
        assert length_of(words.format_map(sample_of(kind, language, "do"))).parts <= 3
    assert all(title_of(kind, language) != kind for language in ("es", "en", "fr"))
    assert all(value != name for name, value in sample_of(kind, "es", "do").items())
