"""What is typed to find a member: words of a name, or part of a number, however it was written."""

import pytest

from gateway.membership.search import read_typed


@pytest.mark.parametrize(
    ("typed", "words", "part"),
    [
        ("Núñez  MARÍA", ["nunez", "maria"], ""),
        ("809 555-0117", [], "8095550117"),
        ("+1 809 5550117", [], "18095550117"),
        ("pena 0016", ["pena"], "0016"),
        ("M0000017", [], "M0000017"),
        ("7", [], ""),
        ("100%_ a\\b", ["ab"], "100"),
        ("", [], ""),
    ],
)
def test_words_with_a_figure_are_of_a_number_the_others_of_a_name(typed: str, words: list[str], part: str) -> None:
    assert read_typed(typed) == (words, part)
