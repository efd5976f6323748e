"""What a month costs: the law's worked examples, the ceilings, the rounding."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contributions.errors import CountryUnknownError, RatesMissingError, WageInvalidError
from gateway.contributions.preview import preview
from gateway.contributions.rules import assess, assessor, round_to_unit
from gateway.contributions.schedule import Fee, resolve
from gateway.kit.period import Period

MARCH = resolve("do", Period(2026, 3))


def test_the_worked_example_at_23223_pesos_costs_4923_27() -> None:
    assessed = assess(2_322_300, 0, MARCH.components)
    assert assessed.amounts_minor == (70_598, 164_651, 66_650, 164_883, 25_545, 0)
    assert assessed.total_minor == 492_327


def test_an_additional_dependant_costs_1919_78_since_november_2025_and_1715_46_before() -> None:
    assert assess(2_322_300, 1, MARCH.components).total_minor == 492_327 + 191_978
    before = resolve("do", Period(2025, 10)).components
    assert assess(0, 2, before).total_minor == 2 * 171_546


@pytest.mark.parametrize(
    ("wage_minor", "component", "amount_minor"),
    [
        (9_289_200, 4, 102_181),
        (50_000_000, 4, 102_181),
        (23_223_000, 0, 705_979),
        (50_000_000, 0, 705_979),
        (46_446_000, 2, 1_333_000),
        (50_000_000, 2, 1_333_000),
    ],
    ids=["risk at its top", "risk above", "health at its top", "health above", "pension at its top", "pension above"],
)
def test_a_wage_above_a_ceiling_costs_what_the_ceiling_costs(
    wage_minor: int, component: int, amount_minor: int
) -> None:
    assert assess(wage_minor, 0, MARCH.components).amounts_minor[component] == amount_minor


def test_ceilings_change_in_the_middle_of_a_year_and_a_past_month_keeps_its_own() -> None:
    tops = {month: resolve("do", Period(2025, month)).components[0].ceiling_minor for month in (3, 4)}
    assert tops == {3: 19_352_500, 4: 21_674_800}


@pytest.mark.parametrize(
    ("wage", "expected"),
    [(15_000, (1_800, 1_250, 550)), (20_000, (2_400, 1_250, 1_150)), (6_500, (780, 541, 239))],
    ids=["the published line", "above the pension's ceiling", "below it"],
)
def test_india_rounds_to_the_rupee_and_the_fund_gets_the_employers_difference(
    wage: int, expected: tuple[int, ...]
) -> None:
    schedule = resolve("in", Period(2026, 3))
    assert tuple(minor // 100 for minor in assess(wage * 100, 0, schedule.components).amounts_minor) == expected


@given(st.integers(0, 10**11), st.integers(0, 9))
def test_each_component_is_rounded_half_up_to_the_cent_by_itself(wage_minor: int, heads: int) -> None:
    assessed = assess(wage_minor, heads, MARCH.components)
    for component, amount in zip(MARCH.components[:5], assessed.amounts_minor[:5], strict=True):
        base = Decimal(min(wage_minor, component.ceiling_minor or wage_minor))
        assert amount == int((base * Decimal(component.rate)).quantize(Decimal(1), ROUND_HALF_UP))
    assert assessed.total_minor == sum(assessed.amounts_minor)
    assert assessor(MARCH.components)(wage_minor, heads) == list(assessed.amounts_minor)


@given(st.integers(0, 10**10), st.integers(0, 10**6))
def test_a_higher_wage_never_costs_less(wage_minor: int, more: int) -> None:
    lower, higher = (assess(wage, 0, MARCH.components).total_minor for wage in (wage_minor, wage_minor + more))
    assert lower <= higher


@pytest.mark.parametrize(("numerator", "rounded"), [(49, 0), (50, 1), (149, 1), (150, 2)])
def test_a_half_is_rounded_up(numerator: int, rounded: int) -> None:
    assert round_to_unit(numerator, 100, 1) == rounded


def test_the_mutuals_own_fee_stands_apart_from_what_the_state_bills() -> None:
    schedule = resolve("do", Period(2026, 3), fee=Fee(15_000, "assembly of 2026-01-15", "2026-01-01"))
    assert schedule.components[-1].share == "fee"
    assert schedule.state_indexes == [0, 1, 2, 3, 4, 5]
    assert assess(2_322_300, 0, schedule.components).total_minor == 492_327 + 15_000


def test_a_preview_names_source_and_mark_of_every_value() -> None:
    shown = preview(MARCH, 2_322_300, 1)
    assert shown["total"] == "6843.05"
    by_code = {line["code"]: line for line in shown["components"]}
    assert (by_code["work_risk"]["verified"], by_code["health_worker"]["verified"]) == (False, True)
    assert all(line["source"].startswith("SRC-") for line in shown["components"])
    assert not shown["verified"]


def test_a_month_before_the_first_known_rate_is_refused_with_the_day_it_is_known_from() -> None:
    with pytest.raises(RatesMissingError, match="2021-08-01"):
        resolve("do", Period(2021, 7))


def test_an_unknown_country_and_a_negative_wage_are_refused() -> None:
    with pytest.raises(CountryUnknownError, match="do, in"):
        resolve("xx", Period(2026, 3))
    with pytest.raises(WageInvalidError):
        assess(-1, 0, MARCH.components)


def test_the_same_month_always_has_the_same_digest_and_another_rate_another() -> None:
    assert resolve("do", Period(2026, 3)).sha256 == MARCH.sha256
    assert resolve("do", Period(2026, 1)).sha256 != MARCH.sha256
