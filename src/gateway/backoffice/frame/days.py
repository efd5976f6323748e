"""Days, months and instants as people type them, read as an import's cells are: day first, whatever language a browser has.

``office.js`` reads what is typed by the same rules, to say the day in words beside its field while it is typed.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from gateway.kit.period import Period, PeriodError
from gateway.kit.untidy import DateError, read_date

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2099, 12, 31)
"""What a day may be; two digits are a year of this century, unless the field knows a last day of its own."""
_PACKED = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})")
_MONTH = re.compile(r"(\d{1,2})[-/. ]?(\d{4}|\d{2})")
_NAMED = re.compile(r"([^\W\d_]{3,10})\.?(?: de | del |[-/. ])(\d{4}|\d{2})")
_TIMED = re.compile(
    r"(.+?)(?:\s*,\s*|\s+|T)(\d{1,2})[:h.](\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(?:\s*([ap])\.?\s?m\.?)?",
    re.ASCII | re.IGNORECASE,
)
_MACHINES = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}\S* ?\S*", re.ASCII)


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


def read_instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """Read a day and a time by a zone's clock, written as 3/7/26 18:30, 03-07-2026 18h30 or 3/7/2026 6:30 p. m.

    What machines write (2026-07-03T22:30:00+00:00) has a zone of its own.

    Raises:
        DateError: Not a day, or no time after it.
    """
    text = text.strip()
    if _MACHINES.fullmatch(text):
        try:
            # In an address a plus stands for a space.
            found = dt.datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError as error:
            raise DateError(f"{text!r} is no instant: {error}") from None
        return found if found.tzinfo is not None else found.replace(tzinfo=zone)
    timed = _TIMED.fullmatch(text)
    if timed is None:
        raise DateError(f"{text!r} is not a day and a time; write it like 31/03/2026 18:00")
    day, hours, minutes, seconds, fraction, half = timed.groups()
    hour = int(hours)
    if half is not None:
        if not 1 <= hour <= 12:
            raise DateError(f"{text!r} has no hour of half a day; write it like 31/03/2026 18:00")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    try:
        time = dt.time(hour, int(minutes), int(seconds or 0), int((fraction or "").ljust(6, "0")), tzinfo=zone)
    except ValueError as error:
        raise DateError(f"{text!r} has no time of a day: {error}") from None
    return dt.datetime.combine(read_day(day), time)


def as_typed(value: dt.date | Period | str) -> str:
    """Return a day, a month or an instant as somebody would type it (03/07/2026, 07/2026, 03/07/2026 18:30); what is none, as it is.

    Of an instant nothing is left out: read again it is the same one.
    """
    if isinstance(value, dt.datetime):
        more = (
            f":{value:%S}" + (f".{value:%f}" if value.microsecond else "") if value.second or value.microsecond else ""
        )
        return f"{value:%d/%m/%Y %H:%M}{more}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", str(value))
    return str(value) if found is None else "/".join(part for part in reversed(found.groups()) if part)
