"""What paying late costs: worked examples of both rules, and what must hold for any amount and day."""

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contributions.errors import LatenessUnknownError
from gateway.contributions.lateness import Return, lateness_of
from gateway.contributions.rules import lateness_charge, months_late
from gateway.kit.period import Period

MARCH = Period(2026, 3)
DUE = dt.date(2026, 4, 6)
FEBRUARY = {Period(2026, 2): Return(Fraction("0.0081"), "SIPEN", "1")}
PESOS = st.integers(0, 10**13)
DAYS = st.integers(0, 1500)


def charged(unpaid: int, pay_on: dt.date, period: Period = MARCH, due_on: dt.date = DUE) -> int:
    return lateness_of("do", period, unpaid_minor=unpaid, due_on=due_on, pay_on=pay_on, returns=FEBRUARY).total_minor


@pytest.mark.parametrize(
    ("pay_on", "months", "minor"),
    [
        ("2026-04-06", 0, 0),
        ("2026-04-07", 1, 1_110),
        ("2026-05-06", 1, 1_110),
        ("2026-05-07", 2, 2_220),
        ("2027-04-07", 13, 14_430),
    ],
)
def test_since_2020_a_month_costs_the_return_of_the_month_before_and_three_tenths(
    pay_on: str, months: int, minor: int
) -> None:
    told = lateness_of(
        "do", MARCH, unpaid_minor=100_000, due_on=DUE, pay_on=dt.date.fromisoformat(pay_on), returns=FEBRUARY
    )
    assert (told.months, told.total_minor) == (months, minor)
    if months:
        [charge] = told.charges
        assert (charge.code, charge.rate, charge.mark, charge.source) == ("surcharges", "0.0111", "1", "SRC-009, SIPEN")


@pytest.mark.parametrize(("pay_on", "minor"), [("2019-05-07", 5_000), ("2019-06-07", 10_000), ("2021-05-07", 125_000)])
def test_before_2020_five_per_cent_a_month_add_up_and_do_not_compound(pay_on: str, minor: int) -> None:
    due = dt.date(2019, 5, 6)
    assert charged(100_000, dt.date.fromisoformat(pay_on), Period(2019, 4), due) == minor


def test_the_rule_in_force_on_the_due_day_counts() -> None:
    day_before, day_of = dt.date(2020, 2, 6), dt.date(2020, 2, 7)
    january = Period(2020, 1)
    assert charged(100_000, dt.date(2020, 2, 10), january, day_before) == 5_000
    assert charged(100_000, dt.date(2020, 2, 10), january, day_of) < 5_000


def test_a_return_that_nobody_entered_is_assumed_and_says_that_it_is_unchecked() -> None:
    told = lateness_of("do", MARCH, unpaid_minor=100_000, due_on=DUE, pay_on=dt.date(2026, 4, 9))
    assert told.total_minor == 1_100
    assert (told.charges[0].mark, told.charges[0].is_verified) == ("?", False)
    assert "[?]" in told.charges[0].source


def test_where_no_rule_is_known_a_late_day_is_refused_and_a_day_in_time_costs_nothing_more() -> None:
    assert lateness_of("in", MARCH, unpaid_minor=1, due_on=DUE, pay_on=DUE).total_minor == 0
    with pytest.raises(LatenessUnknownError, match="ask the state"):
        lateness_of("in", MARCH, unpaid_minor=1, due_on=DUE, pay_on=dt.date(2026, 4, 9))


@given(PESOS, DAYS, DAYS)
def test_a_later_day_never_costs_less(unpaid: int, first: int, second: int) -> None:
    sooner, later = sorted((first, second))
    assert charged(unpaid, DUE + dt.timedelta(days=sooner)) <= charged(unpaid, DUE + dt.timedelta(days=later))


@given(PESOS, st.integers(0, 60), st.fractions(0, 1, max_denominator=10_000))
def test_a_charge_is_the_exact_product_rounded_half_up_once_and_is_never_compounded(
    unpaid: int, months: int, rate: Fraction
) -> None:
    exact = unpaid * months * rate
    assert lateness_charge(unpaid, months, rate) == (exact + Fraction(1, 2)).__floor__()
    assert abs(lateness_charge(unpaid, months, rate) - months * lateness_charge(unpaid, 1, rate)) <= months


@given(st.dates(dt.date(2003, 1, 1), dt.date(2035, 12, 31)), DAYS)
def test_a_month_begun_counts_whole(due_on: dt.date, days: int) -> None:
    months = months_late(due_on, due_on + dt.timedelta(days=days))
    assert months == 0 if days == 0 else (days - 1) // 31 <= months - 1 <= days // 28
