"""Who is entitled to a benefit and to how much: the law's own examples, and what holds for every wage and every day."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.benefits import rules
from gateway.benefits.errors import BenefitLawUnknownError, ClaimInvalidError
from gateway.benefits.law import Law, tables_of
from gateway.benefits.rules import PaidDays, PaidMonthsNeeded, Stretch, months_towards
from gateway.benefits.states import BenefitKind, Place
from gateway.benefits.words import standing_in_words
from gateway.contributions.schedule import tables_of as rates_of
from gateway.kit.period import Period

DAY = dt.date(2026, 3, 2)
LAW = Law("do", DAY)
WAGE = 2_322_300
EIGHT = PaidMonthsNeeded(8, 12)
TWELVE = PaidMonthsNeeded(12, 12)
PERIODS = st.integers(0, 40).map(lambda n: Period(2024, 1).plus(n))


def months(first: str, count: int) -> set[Period]:
    return {Period.parse(first).plus(n) for n in range(count)}


def test_six_of_eight_months_are_explained_in_three_languages() -> None:
    found = months_towards(months("2025-03", 6), set(), dt.date(2026, 2, 10), EIGHT)
    assert (found.paid_count, found.is_eligible, str(found.eligible_from)) == (6, False, "2026-03")
    assert standing_in_words(found) == {
        "en": "6 of 8 months paid; eligible from March 2026 if January and February are paid.",
        "es": "6 de 8 meses pagados; con derecho desde marzo de 2026 si se pagan enero y febrero.",
        "fr": "6 mois payés sur 8 ; droit à partir de mars 2026 si janvier et février sont payés.",
    }


@pytest.mark.parametrize(
    ("paid", "pending", "day", "needed", "said"),
    [
        (months("2025-07", 8), (), "2026-03-02", EIGHT, "8 of 8 months paid between March 2025 and February 2026; eligible."),
        (months("2025-03", 8), (), "2026-03-31", EIGHT, "8 of 8 months paid between March 2025 and February 2026; eligible."),
        (months("2025-02", 8), (), "2026-03-02", EIGHT, "7 of 8 months paid; eligible from March 2026 if February is paid."),
        (months("2025-06", 7), months("2026-01", 1), "2026-02-20", EIGHT,
         "7 of 8 months paid; eligible from February 2026 if January is paid."),
        (months("2025-03", 11), (), "2026-03-02", TWELVE, "11 of 12 months paid; eligible from March 2026 if February is paid."),
        (set(), (), "2026-03-02", TWELVE,
         "0 of 12 months paid; eligible from February 2027 if February 2026, March 2026, April 2026, May 2026, June 2026, July 2026, "
         "August 2026, September 2026, October 2026, November 2026, December 2026 and January are paid."),
    ],
)  # fmt: skip
def test_paid_months_of_the_last_twelve_decide(paid, pending, day, needed, said) -> None:
    found = months_towards(paid, set(pending), dt.date.fromisoformat(day), needed)
    assert standing_in_words(found)["en"] == said


@given(
    st.sets(PERIODS),
    st.sets(PERIODS),
    st.dates(dt.date(2025, 1, 1), dt.date(2027, 6, 1)),
    st.sampled_from([EIGHT, TWELVE]),
)
def test_what_is_promised_holds_once_it_is_paid_and_no_sooner(paid, pending, day, needed) -> None:
    found = months_towards(paid, pending - paid, day, needed)
    assert found.is_eligible == (len([p for p in paid if found.first <= p <= found.last]) >= needed.needed)
    if found.eligible_from is not None and not found.is_eligible:
        assert not set(found.if_paid) & paid
        after = months_towards(paid | set(found.if_paid), set(), found.eligible_from.start, needed)
        assert after.is_eligible
        if found.if_paid:
            without_one = months_towards(paid | set(found.if_paid[1:]), set(), found.eligible_from.start, needed)
            assert not without_one.is_eligible, "every month named is needed"


def test_fourteen_weeks_at_the_worked_example() -> None:
    assert rules.maternity_instalments(WAGE, LAW.maternity) == [WAGE, WAGE, WAGE, 535_915]
    assert sum(rules.maternity_instalments(WAGE, LAW.maternity)) == 7_502_815


@given(st.integers(1, 10**10))
def test_the_instalments_of_maternity_sum_to_the_whole_rounded_once(wage: int) -> None:
    parts = rules.maternity_instalments(wage, LAW.maternity)
    exact = Decimal(wage * 14 * 12) / 52
    assert sum(parts) == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert all(part > 0 for part in parts)
    assert len(parts) <= 4


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=6), st.integers(1, 10**8))
def test_another_whole_is_laid_over_the_same_instalments_to_the_last_unit(planned: list[int], decided: int) -> None:
    parts = rules.replanned(planned, decided)
    assert sum(parts) == decided
    assert len(parts) == len(planned)
    assert all(part <= plan for part, plan in zip(parts[:-1], planned[:-1], strict=True))


@pytest.mark.parametrize(
    ("stretches", "days"),
    [
        ([("2026-03-02", "2026-03-04", "home")], (0, 0)),
        ([("2026-03-02", "2026-03-05", "home")], (1, 0)),
        ([("2026-03-02", "2026-03-06", "hospital"), ("2026-03-07", "2026-03-16", "home")], (10, 2)),
        ([("2026-03-02", "2026-12-31", "home")], (179, 0)),
        ([("2026-08-30", "2026-08-31", "hospital")], (0, 1)),
    ],
)
def test_an_illness_is_paid_from_day_four_to_week_twenty_six(stretches, days) -> None:
    told = [Stretch(dt.date.fromisoformat(a), dt.date.fromisoformat(b), Place(place)) for a, b, place in stretches]
    assert tuple(rules.illness_days(DAY, told, LAW.illness)) == days
    assert tuple(rules.illness_days(DAY, list(reversed(told)), LAW.illness)) == days


def test_stretches_that_overlap_or_begin_before_the_illness_are_refused() -> None:
    a, b = dt.date(2026, 3, 2), dt.date(2026, 3, 9)
    for told in ([Stretch(a, b, Place.HOME), Stretch(b, b, Place.HOSPITAL)], [Stretch(b, a, Place.HOME)],
                 [Stretch(a - dt.timedelta(days=1), b, Place.HOME)]):  # fmt: skip
        with pytest.raises(ClaimInvalidError):
            rules.illness_days(a, told, LAW.illness)


def test_sixty_per_cent_at_home_and_forty_in_hospital_of_the_mean_wage() -> None:
    ceiling = LAW.wage_ceiling_minor
    assert ceiling == 23_223_000
    assert rules.illness_amount([WAGE] * 6, ceiling, PaidDays(10, 0), LAW.illness) == 464_460
    assert rules.illness_amount([WAGE] * 6, ceiling, PaidDays(0, 10), LAW.illness) == 309_640
    assert rules.illness_amount([WAGE] * 6, ceiling, PaidDays(30, 0), LAW.illness) == 1_393_380
    # The mean is not rounded before the share is taken, and a half cent goes up: 0.6 · 100.01 / 30 is 2.0002.
    assert rules.illness_amount([10_001], ceiling, PaidDays(1, 0), LAW.illness) == 200
    assert rules.illness_amount([75], ceiling, PaidDays(1, 0), LAW.illness) == 2
    assert rules.illness_amount([10**9] * 6, ceiling, PaidDays(30, 0), LAW.illness) == ceiling * 6 // 10


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.integers(0, 179), st.integers(0, 179),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_an_illness_is_within_half_a_cent_by_place_of_the_exact_share(wages, home, hospital, rng) -> None:
    amount = rules.illness_amount(wages, LAW.wage_ceiling_minor, PaidDays(home, hospital), LAW.illness)
    mean = min(Fraction(sum(wages), len(wages)), Fraction(LAW.wage_ceiling_minor))
    exact = mean * Fraction(6 * home + 4 * hospital, 300)
    assert abs(amount - exact) <= 1
    shuffled = wages[:]
    rng.shuffle(shuffled)
    assert rules.illness_amount(shuffled, LAW.wage_ceiling_minor, PaidDays(home, hospital), LAW.illness) == amount


def test_bands_of_breastfeeding_end_at_three_minimum_wages() -> None:
    minimum = LAW.minimum_wage_minor
    wages = [1, minimum, minimum + 1, 2 * minimum, 3 * minimum, 3 * minimum + 1]
    assert [rules.breastfeeding_band(wage, minimum, 3) for wage in wages] == [1, 1, 2, 2, 3, None]


def test_instalments_are_looked_for_month_by_month_and_the_last_not_before_the_end() -> None:
    days = rules.expected_days(dt.date(2026, 1, 31), 4, dt.date(2026, 5, 8))
    assert [str(day) for day in days] == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    assert rules.expected_days(DAY, 1, dt.date(2026, 9, 1)) == [dt.date(2026, 9, 1)]


def test_ten_minimum_wages_are_the_ceiling_that_contributions_are_paid_up_to() -> None:
    ceilings = {row["from"]: Decimal(row["value"]) for row in rates_of("do")["ceilings"]["health"]["values"]}
    minimum = {row["from"]: Decimal(row["value"]) * 10 for row in tables_of("do")["minimum_wage"]["values"]}
    assert minimum == ceilings


def test_a_past_day_keeps_its_figures_and_a_day_before_the_tables_is_refused() -> None:
    assert Law("do", dt.date(2025, 12, 31)).minimum_wage_minor == 2_167_480
    assert Law("do", dt.date(2026, 2, 1)).minimum_wage_minor == WAGE
    with pytest.raises(BenefitLawUnknownError, match="2001-01-01"):
        Law("do", dt.date(2001, 1, 1)).needed(BenefitKind.MATERNITY)
    with pytest.raises(BenefitLawUnknownError, match="'xx'"):
        Law("xx", DAY)


def test_every_figure_says_its_source_and_how_sure_it_is() -> None:
    def walk(table):
        for value in table.values():
            if isinstance(value, dict):
                yield from value.get("values", ()) or walk(value)

    rows = list(walk(tables_of("do")))
    assert len(rows) > 20
    assert all({"from", "value", "source", "read", "mark"} == set(row) and row["mark"] in "12d?" for row in rows)
