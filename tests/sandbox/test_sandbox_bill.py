"""What the sandbox state charges, by its own tables: the published examples, and every bound."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.state.bill import breastfeeding, surcharge, tariff_of
from gateway.sandbox.working_days import due_day, holidays


def test_the_published_example_costs_4923_27() -> None:
    tariff = tariff_of("2026-03")
    assert tariff is not None
    assert tariff.components(0, 2_322_300) == (70_598, 164_651, 66_650, 164_883, 25_545)
    assert sum(tariff.components(0, 2_322_300)) == 492_327


@pytest.mark.parametrize(
    ("period", "tops"),
    [
        ("2021-08", (15_600_000, 15_600_000, 31_200_000, 31_200_000, 6_240_000)),
        ("2022-12", (16_262_500, 16_262_500, 32_525_000, 32_525_000, 6_505_000)),
        ("2024-01", (18_702_000, 18_702_000, 37_404_000, 37_404_000, 7_480_800)),
        ("2025-03", (19_352_500, 19_352_500, 38_705_000, 38_705_000, 7_741_000)),
        ("2026-01", (21_674_800, 21_674_800, 43_349_600, 43_349_600, 8_669_920)),
        ("2026-02", (23_223_000, 23_223_000, 46_446_000, 46_446_000, 9_289_200)),
    ],
)
def test_the_wage_is_bounded_as_published_for_the_month(period: str, tops: tuple[int, ...]) -> None:
    tariff = tariff_of(period)
    assert tariff is not None
    assert tuple(top for top, _ in tariff.bounded) == tops
    assert tariff.components(0, 10**9) == tariff.components(0, max(tops))


def test_a_dependant_costs_more_from_november_2025() -> None:
    before, after = tariff_of("2025-10"), tariff_of("2025-11")
    assert before is not None
    assert after is not None
    assert (before.dependant_minor, after.dependant_minor) == (171_546, 191_978)


def test_a_month_older_than_the_tables_has_no_tariff() -> None:
    assert tariff_of("2021-07") is None


@given(first=st.integers(0, 60_000_000), second=st.integers(0, 60_000_000))
def test_two_payrolls_of_one_person_cost_what_one_of_the_sum_would(first: int, second: int) -> None:
    tariff = tariff_of("2026-03")
    assert tariff is not None
    apart = zip(tariff.components(0, first), tariff.components(first, second), strict=True)
    together = tariff.components(0, first + second)
    assert all(a + b == whole for (a, b), whole in zip(apart, together, strict=True))


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-04-06", 0),
        ("2026-04-07", 1_100),
        ("2026-05-06", 1_100),
        ("2026-05-07", 2_200),
    ],
)
def test_lateness_costs_a_share_for_each_month_begun(today: str, expected: int) -> None:
    assert surcharge(100_000, dt.date(2026, 4, 6), dt.date.fromisoformat(today)) == expected


def test_lateness_before_february_2020_cost_five_per_cent_a_month() -> None:
    assert surcharge(100_000, dt.date(2019, 5, 6), dt.date(2019, 5, 7)) == 5_000


@pytest.mark.parametrize(
    ("period", "due"),
    [("2026-03", "2026-04-06"), ("2025-12", "2026-01-07"), ("2026-12", "2027-01-07"), ("2026-04", "2026-05-06")],
)
def test_the_due_day_is_the_third_working_day_with_holidays_counted(period: str, due: str) -> None:
    assert due_day(period).isoformat() == due


def test_holidays_move_to_mondays_as_the_law_says() -> None:
    assert dt.date(2026, 4, 3) in holidays(2026), "Good Friday"
    assert dt.date(2026, 5, 4) in holidays(2026), "the first of May is a Friday and moves on"
    assert dt.date(2026, 5, 1) not in holidays(2026)
    assert dt.date(2026, 1, 5) in holidays(2026), "the sixth of January is a Tuesday and moves back"


def test_breastfeeding_is_paid_by_band_and_not_above_the_last() -> None:
    minimum = 2_322_300
    amounts = [breastfeeding(wage, minimum) for wage in (minimum, 2 * minimum, 3 * minimum, 3 * minimum + 1)]
    assert amounts[0] > amounts[1] > amounts[2] > amounts[3] == 0
