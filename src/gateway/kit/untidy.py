"""Dates and amounts as people type them: read where there is one meaning, refused in words where there are two."""

import datetime as dt
import functools
import re

from gateway.kit.errors import MalformedError
from gateway.kit.money import AmountError, Currency, parse_amount


class DateError(MalformedError):
    """A text that is not one day."""

    code = "date_invalid"
    title = "The date could not be read"


class DateInFutureError(DateError):
    """A day after the latest one that makes sense here."""

    code = "date_in_future"
    title = "The day has not come"


_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_PARTS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2}|[a-z]{3,10})\.?\2(\d{4}|\d{2})")
_MONTHS = {
    word: month
    for month, forms in enumerate(
        (
            "ene jan janv enero january janvier",
            "feb fev fevr febrero february fevrier",
            "mar mars marzo march",
            "abr apr avr abril april avril",
            "may mai mayo",
            "jun juin junio june",
            "jul juil julio july juillet",
            "ago aug aou agosto august aout",
            "sep sept set septiembre setiembre september septembre",
            "oct octubre october octobre",
            "nov noviembre november novembre",
            "dic dec diciembre december decembre",
        ),
        start=1,
    )
    for word in forms.split()
}
_UNACCENTED = str.maketrans("áéíóúûàèâ", "aeiouuaea")


def read_date(text: str, *, day_first: bool = True, latest: dt.date, earliest: dt.date | None = None) -> dt.date:
    """Read a day written as 3/7/26, 03-07-2026, 3-jul-2026 or 2026-07-03.

    Args:
        text: What stands in the cell.
        day_first: Whether 3/7 is the third of July; the order is the file's, never guessed row by row.
        latest: The last day that makes sense. A year of two digits is the latest one not after this day's year.
        earliest: The first day that makes sense, if there is one: it keeps 12/1/27 from being read as 1927.

    Raises:
        DateError: Not a day of the calendar, or before ``earliest``.
        DateInFutureError: After ``latest``.
    """
    day = _day_of(text, day_first, latest.year)
    if day > latest:
        raise DateInFutureError(f"{text!r} is {day.isoformat()}; the latest day accepted here is {latest.isoformat()}")
    if earliest is not None and day < earliest:
        raise DateError(
            f"{text!r} would be {day.isoformat()}; the earliest day accepted here is {earliest.isoformat()}:"
            " mend the day, or write its year with four digits"
        )
    return day


@functools.lru_cache(maxsize=65_536)
def _day_of(text: str, day_first: bool, latest_year: int) -> dt.date:
    folded = text.strip().lower().translate(_UNACCENTED)
    if iso := _ISO.fullmatch(folded):
        return _calendar_day(text, int(iso[1]), int(iso[2]), int(iso[3]))
    parts = _PARTS.fullmatch(folded)
    if parts is None:
        raise DateError(f"{text!r} is not a date; write it as 2026-07-03 or 03/07/2026")
    first, middle, year = parts[1], parts[3], _full_year(parts[4], latest_year)
    if not middle.isdigit():
        if middle not in _MONTHS:
            raise DateError(f"{text!r} is not a date: {middle!r} is not a month; write it as 2026-07-03")
        return _calendar_day(text, year, _MONTHS[middle], int(first))
    day, month = (int(first), int(middle)) if day_first else (int(middle), int(first))
    return _calendar_day(text, year, month, day)


def _full_year(digits: str, latest_year: int) -> int:
    if len(digits) == 4:
        return int(digits)
    year = latest_year - latest_year % 100 + int(digits)
    return year if year <= latest_year else year - 100


def _calendar_day(text: str, year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise DateError(
            f"{text!r} is not a date of the calendar (day {day}, month {month}, year {year}); write it as 2026-07-03"
        ) from None


_SIGNS = re.compile(r"^(?:RD\$|US\$|S/|[A-Z]{3}|[$€₹])\s*|\s*(?:[A-Z]{3}|[$€₹])$", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_GROUPED_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})*,\d{3}")


def read_amount(text: str, currency: Currency) -> int:
    """Read an amount written as 1,234.50, 1.234,50, 1234,5 or RD$ 1 234.50 as minor units.

    Raises:
        AmountError: Not a number, below zero, more decimals than the currency has, another currency's sign, or a text
            with two meanings such as 1,234 (one thousand, or one and a bit).
    """
    return _minor_of(text, currency)


@functools.lru_cache(maxsize=65_536)
def _minor_of(text: str, currency: Currency) -> int:
    digits = _without_sign(text, currency)
    if digits.startswith(("-", "(")) or digits.endswith("-"):
        raise AmountError(f"{text!r} is below zero; amounts here are at least zero")
    if not digits or digits.strip("0123456789.,"):
        raise AmountError(f"{text!r} is not an amount; write digits, for example 1234.50")
    return parse_amount(_plain(text, digits, currency), currency)


def _without_sign(text: str, currency: Currency) -> str:
    bare = text.strip()
    for match in _SIGNS.finditer(bare):
        word = match.group().strip().upper()
        if len(word) == 3 and word.isalpha() and word != currency.code:
            raise AmountError(f"{text!r} is in {word}; expected {currency.code}")
    bare = _SIGNS.sub("", bare)
    # A thousands separator may be any of the spaces that spreadsheets write.
    return re.sub(r"(?<=\d)[\s\u00a0\u202f\u2009'’](?=\d{3}(?!\d))", "", bare).strip()


def _plain(text: str, digits: str, currency: Currency) -> str:
    """Return the digits with a dot before the decimals and nothing between thousands."""
    commas, dots = digits.count(","), digits.count(".")
    if commas and dots:
        decimal = max(",", ".", key=digits.rfind)
        whole, _, decimals = digits.rpartition(decimal)
        return f"{_ungrouped(text, whole, currency)}.{decimals}"
    if commas + dots == 0:
        return digits
    if commas + dots > 1:
        return _ungrouped(text, digits, currency)
    whole, _, decimals = digits.replace(",", ".").partition(".")
    if len(decimals) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        if currency.exponent == 0:
            return whole + decimals
        raise AmountError(
            f"{text!r} may mean {whole}{decimals} or {whole} and a fraction; write {whole}{decimals}.{'0' * currency.exponent} or leave the separator out"
        )
    return f"{whole or '0'}.{decimals}" if decimals else whole


def _ungrouped(text: str, whole: str, currency: Currency) -> str:
    if whole.isdigit():
        return whole
    if _GROUPED.fullmatch(whole) or (currency.code == "INR" and _GROUPED_INDIAN.fullmatch(whole)):
        return whole.replace(",", "").replace(".", "")
    raise AmountError(f"{text!r} is not an amount: its thousands are not in groups of three; write 1234.50")
