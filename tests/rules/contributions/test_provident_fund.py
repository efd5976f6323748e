"""What a month costs under the provident fund: whole rupees, the pension's ceiling and cap, and its age."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contributions.rules import assess, assessor
from gateway.contributions.schedule import resolve
from gateway.kit.period import Period

MARCH = resolve("in", Period(2026, 3))
EPF, EPS, DIFFERENCE = range(3)


@pytest.mark.parametrize(
    ("rupees", "age", "amounts"),
    [
        (15_000, 40, (1_800, 1_250, 550)),
        (15_000, 57, (1_800, 1_250, 550)),
        (15_000, 58, (1_800, 0, 1_800)),
        (15_000, 71, (1_800, 0, 1_800)),
        (22_000, 40, (2_640, 1_250, 1_390)),
        (10_004, 40, (1_200, 833, 367)),
        (0, 40, (0, 0, 0)),
        (4, 40, (0, 0, 0)),
        (5, 40, (1, 0, 1)),
    ],
    ids=["at the ceiling", "before the age", "at the age", "above it", "above the ceiling", "rounded", "nothing", "four", "five"],
)  # fmt: skip
def test_a_month_costs_twelve_per_cent_twice_and_the_pension_is_part_of_the_second(rupees, age, amounts) -> None:
    found = assess(rupees * 100, 0, MARCH.components, age=age)
    assert found.amounts_minor == tuple(amount * 100 for amount in amounts)


@given(st.integers(0, 50_000_000), st.integers(14, 90))
def test_whatever_the_wage_and_age_both_shares_are_equal_and_whole_rupees(wage_minor, age) -> None:
    found = assess(wage_minor, 0, MARCH.components, age=age)
    assert all(amount >= 0 and amount % 100 == 0 for amount in found.amounts_minor)
    assert found.amounts_minor[EPS] + found.amounts_minor[DIFFERENCE] == found.amounts_minor[EPF]
    assert found.amounts_minor[EPS] == 0 if age >= 58 else found.amounts_minor[EPS] <= 125_000
    assert assessor(MARCH.components)(wage_minor, 0, age) == list(found.amounts_minor)


def test_only_the_country_with_an_age_asks_for_ages() -> None:
    assert MARCH.ages == [58]
    assert resolve("do", Period(2026, 3)).ages == []
