"""Dominican holidays by their rule, and the third working day of a month.

Law 139-97 moves some holidays to a Monday: from Tuesday and Wednesday back, from Thursday and Friday forward. The
others stay where they fall.
"""

import datetime as dt
from collections.abc import Iterator
from functools import cache

_FIXED = ((1, 1), (1, 21), (2, 27), (8, 16), (9, 24), (12, 25))
_MOVED = ((1, 6), (1, 26), (5, 1), (11, 6))
_SHIFT = {1: -1, 2: -2, 3: 4, 4: 3}
"""Days to the Monday, by weekday (Monday is 0); Saturday stays."""


def easter(year: int) -> dt.date:
    """Return Easter Sunday (Gauss, as Meeus writes it)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    lift, quarter = divmod(century, 4)
    shift = (century + 8) // 25
    moon = (19 * golden + century - lift - (century - shift + 1) // 3 + 15) % 30
    leap, last = divmod(rest, 4)
    weekday = (32 + 2 * quarter + 2 * leap - moon - last) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)


@cache
def holidays(year: int) -> frozenset[dt.date]:
    """Return the days of a year on which nobody works."""
    days = {dt.date(year, month, day) for month, day in _FIXED}
    for month, day in _MOVED:
        date = dt.date(year, month, day)
        days.add(date + dt.timedelta(days=_SHIFT.get(date.weekday(), 0)))
    days.add(easter(year) - dt.timedelta(days=2))
    days.add(easter(year) + dt.timedelta(days=60))
    return frozenset(days)


def _working_days(start: dt.date) -> Iterator[dt.date]:
    day = start
    while True:
        if day.weekday() < 5 and day not in holidays(day.year):
            yield day
        day += dt.timedelta(days=1)


def due_day(period: str) -> dt.date:
    """Return the third working day of the month after ``YYYY-MM``."""
    year, month = int(period[:4]), int(period[5:])
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    days = _working_days(following)
    next(days)
    next(days)
    return next(days)
