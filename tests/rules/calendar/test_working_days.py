"""Working days: the frozen Dominican holidays against their own rule, and the third working day."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calendar.errors import CalendarMissingError
from gateway.calendar.frozen import frozen, has_calendar
from gateway.calendar.queries import Correction, WorkCalendar
from gateway.kit.period import Period

FROZEN = frozen("do")
CALENDAR = WorkCalendar(FROZEN, {})
FIXED = {(1, 1), (1, 21), (2, 27), (9, 24), (12, 25)}
MOVED = {(1, 6), (1, 26), (5, 1), (11, 6)}
SHIFT = {1: -1, 2: -2, 3: 4, 4: 3}


def easter(year: int) -> dt.date:
    """The anonymous Gregorian computus: another road to the same day than the library's."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 19 * m) // 433
    month = (h + m - 7 * n + 90) // 25
    return dt.date(year, month, (h + m - 7 * n + 33 * month + 19) % 32)


def by_law(year: int) -> set[dt.date]:
    """Law 139-97: some days move to a Monday, Labour Day also from Sunday; 16 August stays where a government begins."""
    days = {dt.date(year, month, day) for month, day in FIXED}
    for month, day in MOVED:
        date = dt.date(year, month, day)
        shift = 1 if (month, day) == (5, 1) and date.weekday() == 6 else SHIFT.get(date.weekday(), 0)
        days.add(date + dt.timedelta(days=shift))
    restoration = dt.date(year, 8, 16)
    days.add(restoration + dt.timedelta(days=SHIFT.get(restoration.weekday(), 0) if year % 4 else 0))
    return days | {easter(year) - dt.timedelta(days=2), easter(year) + dt.timedelta(days=60)}


@pytest.mark.parametrize("year", range(2003, 2036))
def test_the_frozen_holidays_of_a_year_are_those_of_the_law(year: int) -> None:
    assert {day for day in FROZEN.holidays if day.year == year} == by_law(year)


@pytest.mark.parametrize(
    ("period", "due_on"),
    [
        ("2026-03", "2026-04-06"),  # Good Friday is 3 April
        ("2025-12", "2026-01-07"),  # New Year, Epiphany moved to Monday 5
        ("2026-04", "2026-05-06"),  # Labour Day moved from Friday 1 to Monday 4
        ("2022-04", "2022-05-05"),  # Labour Day on a Sunday moves to Monday 2
        ("2026-06", "2026-07-03"),
        ("2015-05", "2015-06-03"),  # Corpus Christi on the 4th comes too late to count
    ],
)
def test_a_month_is_due_on_the_third_working_day_of_the_next(period: str, due_on: str) -> None:
    assert CALENDAR.due_on(Period.parse(period)) == dt.date.fromisoformat(due_on)


@given(st.integers(2003, 2034), st.integers(1, 12))
def test_three_working_days_end_with_the_due_day_and_it_is_one(year: int, month: int) -> None:
    period = Period(year, month)
    due = CALENDAR.due_on(period)
    days = [period.next().start + dt.timedelta(days=n) for n in range(due.day)]
    assert [CALENDAR.is_working_day(day) for day in days].count(True) == 3
    assert CALENDAR.is_working_day(due)
    assert 3 <= due.day <= 9


@given(st.dates(dt.date(2026, 4, 1), dt.date(2026, 4, 30)))
def test_a_day_that_staff_free_never_makes_a_month_due_earlier(day: dt.date) -> None:
    freed = Correction(day, 1, True, "libre", "decreto", "staff:olga", dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    assert WorkCalendar(FROZEN, {day: freed}).due_on(Period(2026, 3)) >= CALENDAR.due_on(Period(2026, 3))


def test_a_year_outside_the_list_and_a_country_without_one_are_told_in_words() -> None:
    with pytest.raises(CalendarMissingError, match="2003 to 2035"):
        CALENDAR.due_on(Period(2035, 12))
    with pytest.raises(CalendarMissingError, match="no list of holidays"):
        frozen("xx")
    assert has_calendar("do")
    assert not has_calendar("xx")
