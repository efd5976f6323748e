"""What makes two statement lines equal, how old a difference is, what a statement leaves unexplained."""

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reconciliation.breaks import FINDERS
from gateway.reconciliation.rules import KINDS, age_bucket, due_on, explains, fingerprint, ordinals
from gateway.staff.models import Role


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "0-2"),
        (2, "0-2"),
        (3, "3-7"),
        (7, "3-7"),
        (8, "8-30"),
        (30, "8-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, ">60"),
    ],
)
def test_a_difference_is_as_old_as_its_bucket_says(days: int, bucket: str) -> None:
    assert age_bucket(days) == bucket


def test_every_kind_of_break_has_a_finder_an_owner_a_due_day_and_words() -> None:
    assert set(FINDERS) == set(KINDS)
    today = dt.date(2026, 3, 30)
    for code, kind in KINDS.items():
        assert isinstance(kind.owner, Role)
        assert kind.meaning.endswith(".")
        assert due_on(code, today) > today


def test_two_equal_payments_on_one_day_are_two_lines() -> None:
    first = fingerprint((dt.date(2026, 3, 3), 50_000, "REF", "pago"))
    assert ordinals([first, first, "other", first]) == [1, 2, 1, 3]


@given(st.lists(st.sampled_from("abc")))
def test_a_file_read_twice_numbers_its_lines_alike_and_no_line_is_numbered_like_another(marks: list[str]) -> None:
    numbered = list(zip(marks, ordinals(marks), strict=True))
    assert numbered == list(zip(marks, ordinals(marks), strict=True))
    assert len(set(numbered)) == len(marks)
    assert Counter(marks) == Counter(mark for mark, _ in numbered)


@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=2, max_size=4))
def test_lines_that_differ_in_one_field_are_not_the_same_line(parts: list[str | None]) -> None:
    changed = [*parts[:-1], f"{parts[-1] or ''}x"]
    assert fingerprint(parts) != fingerprint(changed)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(-(10**9), 10**9)), st.integers(-5, 5))
def test_a_statement_leaves_unexplained_exactly_what_its_lines_do_not_say(
    opening: int, lines: list[int], missing: int
) -> None:
    assert explains(opening, lines, opening + sum(lines) + missing) == missing
