"""A person in several payrolls: wages summed and capped together, and the parts add up to the centavo."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contributions.errors import WageInvalidError
from gateway.contributions.rules import assess, assess_part
from gateway.contributions.schedule import Fee, resolve
from gateway.kit.period import Period
from gateway.sandbox.state.bill import tariff_of

MARCH = resolve("do", Period(2026, 3), fee=Fee(10_000, "SRC-MUTUAL", "2026-01-01"))
INDIA = resolve("in", Period(2026, 3))
wages = st.lists(st.integers(1, 60_000_000), min_size=1, max_size=5)


def parts(of: list[int], heads: int, components: tuple = MARCH.components) -> list[tuple[int, ...]]:
    before = [0, *accumulate(of)]
    return [
        assess_part(earlier, wage, heads if place == 0 else 0, components)
        for place, (earlier, wage) in enumerate(zip(before, of, strict=False))
    ]


@given(of=wages, heads=st.integers(0, 5))
def test_the_parts_add_up_exactly_to_what_the_sum_costs_whatever_is_rounded_or_capped(
    of: list[int], heads: int
) -> None:
    together = assess(sum(of), heads, MARCH.components).amounts_minor
    assert tuple(map(sum, zip(*parts(of, heads), strict=True))) == together
    assert all(minor >= 0 for part in parts(of, heads) for minor in part)


@given(of=wages)
def test_whole_rupees_add_up_too(of: list[int]) -> None:
    together = assess(sum(of), 0, INDIA.components).amounts_minor
    assert tuple(map(sum, zip(*parts(of, 0, INDIA.components), strict=True))) == together


@given(of=wages)
def test_each_part_is_what_the_state_bills_for_that_line(of: list[int]) -> None:
    tariff = tariff_of("2026-03")
    assert tariff is not None
    before = [0, *accumulate(of)]
    theirs = [tariff.components(earlier, wage) for earlier, wage in zip(before, of, strict=False)]
    assert [part[:5] for part in parts(of, 0)] == theirs


def test_the_first_payroll_uses_the_ceiling_and_carries_heads_and_fee() -> None:
    # Health is capped at 232,230.00: the second wage adds nothing to it, and all of itself to the pension.
    first, second = parts([23_223_000, 5_000_000], heads=1)
    assert second[0] == second[1] == 0
    assert second[2] == assess(28_223_000, 0, MARCH.components).amounts_minor[2] - first[2] > 0
    assert (first[5], second[5]) == (191_978, 0)
    assert (first[-1], second[-1]) == (10_000, 0)


def test_earlier_wages_below_zero_are_refused() -> None:
    with pytest.raises(WageInvalidError):
        assess_part(-1, 100, 0, MARCH.components)
