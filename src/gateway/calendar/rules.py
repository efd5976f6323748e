"""Which days are worked, and which day a month's bill is due: pure."""

import datetime as dt
from collections.abc import Callable

SATURDAY = 5


def is_working_day(day: dt.date, is_holiday: Callable[[dt.date], bool]) -> bool:
    """Tell whether offices and banks work on a day.

    Source:
        SRC-007: working days; SRC-008: Dominican holidays. Saturdays count as free: the treasury and the banks' clearing rest.
    """
    return day.weekday() < SATURDAY and not is_holiday(day)


def nth_working_day(first: dt.date, number: int, is_holiday: Callable[[dt.date], bool]) -> dt.date:
    """Return the so-manieth working day counted from a day, that day included.

    Raises:
        ValueError: A number below one.

    Source:
        SRC-007: payable within the first three working days of the following month.
    """
    if number < 1:
        raise ValueError(f"the first working day has number 1, not {number}")
    day = first
    while True:
        if is_working_day(day, is_holiday):
            number -= 1
            if number == 0:
                return day
        day += dt.timedelta(days=1)
