"""Days and months as people type them into a field, read as an import's cells are: day first, whatever language a browser has.

``office.js`` reads what is typed by the same rules, to say the day in words beside its field while it is typed.
"""

import datetime as dt
import re

from gateway.kit.period import Period, PeriodError
from gateway.kit.untidy import DateError, read_date

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2099, 12, 31)
"""What a day may be; two digits are a year of this century, unless the field knows a last day of its own."""
_PACKED = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})")
_MONTH = re.compile(r"(\d{1,2})[-/. ]?(\d{4}|\d{2})")
_NAMED = re.compile(r"([^\W\d_]{3,10})\.?(?: de | del |[-/. ])(\d{4}|\d{2})")


def read_day(text: str, latest: dt.date | None = None) -> dt.date:
    """Read a day written as 3/7/26, 03-07-2026, 3.7.2026, 030726, 3-jul-2026 or 2026-07-03.

    Args:
        text: What was typed.
        latest: The last day that can be meant; a year of two digits is the latest one not after it.

    Raises:
        DateError: Not a day; ``DateInFutureError`` where it is after ``latest``.
    """
    packed = _PACKED.fullmatch(text.strip())
    return read_date("/".join(packed.groups()) if packed else text, latest=latest or LAST, earliest=FIRST)


def read_month(text: str) -> Period:
    """Read a month written as 3/2026, 03-26, 032026, marzo de 2026 or 2026-03.

    Raises:
        PeriodError: Not a month.
    """
    typed = text.strip().lower()
    if iso := _ISO.fullmatch(typed):
        return Period(int(iso[1]), int(iso[2]))
    if found := _MONTH.fullmatch(typed):
        return Period(int(found[2]) if len(found[2]) == len("2026") else 2000 + int(found[2]), int(found[1]))
    if named := _NAMED.fullmatch(typed):
        try:
            return Period.of(read_date(f"1-{named[1]}-{named[2]}", latest=LAST))
        except DateError:
            pass
    raise PeriodError(f"{text!r} is not a month; write it like 03/2026")


def as_typed(value: dt.date | Period | str) -> str:
    """Return a day or a month as somebody would type it (03/07/2026, 07/2026); what is none, as it is."""
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", str(value))
    return str(value) if found is None else "/".join(part for part in reversed(found.groups()) if part)
