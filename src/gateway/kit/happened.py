"""A day on which something happened lies behind us or is today; a mistyped year would otherwise stand in the books for ever."""

import datetime as dt

from gateway.kit.errors import FieldProblem, MalformedError
from gateway.kit.period import Period


class NotHappenedError(MalformedError):
    """What is said to have happened on a day, or in a month, that has not come."""

    code = "not_happened_yet"
    title = "The day has not come"


def check_happened(day: dt.date | None, today: dt.date, pointer: str) -> None:
    """Check that the day of something that happened has come; none at all is good.

    Args:
        day: The day.
        today: The mutual's own.
        pointer: Where it stands in what was sent, for example ``/decided_on``.

    Raises:
        NotHappenedError: It has not come.
    """
    if day is not None and day > today:
        raise _refusal(f"{day}", f"{today}", pointer, "day")


def check_begun(period: Period | None, today: dt.date, pointer: str) -> None:
    """Check that a month of which something is told has begun; none at all is good.

    Args:
        period: The month.
        today: The mutual's own day.
        pointer: Where it stands in what was sent, for example ``/period``.

    Raises:
        NotHappenedError: It has not begun.
    """
    if period is not None and period.start > today:
        raise _refusal(f"{period}", f"{Period.of(today)}", pointer, "month")


def _refusal(found: str, latest: str, pointer: str, what: str) -> NotHappenedError:
    expected = f"expected a {what} up to {latest}; correct it, or write this down once it has happened"
    problem = FieldProblem(pointer, NotHappenedError.code, expected)
    return NotHappenedError(f"{found} has not come; {expected}", errors=[problem])
