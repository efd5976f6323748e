"""Days and amounts in a bank's table, by what its mapping says; nothing is guessed and nothing is rounded."""

import datetime as dt
import re
from functools import lru_cache

from gateway.bank.camt_entry import Unreadable
from gateway.bank.camt_entry import read_amount as read_plain
from gateway.kit.money import Currency

_WORDS = re.compile(r"(YYYY|YY|MMM|MM|DD|M|D)")
_PATTERNS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d{2})",
    "MMM": r"(?P<word>[A-Za-zéûÉÛ]{3,10})\.?",
    "MM": r"(?P<month>\d{1,2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "D": r"(?P<day>\d{1,2})",
}
_MONTHS = (
    "ene jan janv", "feb fev fevr", "mar mars", "abr apr avr", "may mai", "jun juin", "jul juil", "ago aug aou aout",
    "sep sept set", "oct", "nov", "dic dec",
)  # fmt: skip
_SPACES = str.maketrans("\u00a0\u202f\u2009’", "   '")
_BARE = re.compile(r"\d+(?:\.\d*)?|\.\d+")


@lru_cache(64)
def _pattern(date_format: str) -> re.Pattern[str]:
    # A day that stands together (YYYYMMDD) has exactly its digits.
    is_packed = re.search(r"[YMD]{6,}", date_format) is not None
    parts = []
    for piece in _WORDS.split(date_format):
        pattern = _PATTERNS.get(piece, re.escape(piece))
        parts.append(pattern.replace("{1,2}", "{2}") if is_packed else pattern)
    return re.compile("".join(parts) + r"(?:[T ].*)?")


def read_day(text: str, date_format: str) -> dt.date:
    """Return the day a cell holds.

    Raises:
        Unreadable: Not written as the mapping says, or no day of the calendar.
    """
    match = _pattern(date_format).fullmatch(text.strip())
    if match is None:
        raise Unreadable(f"{text[:40]!r} is no date; expected {date_format}")
    found = match.groupdict()
    month = _month(found["word"]) if found.get("word") else int(found["month"])
    year = int(found["year"])
    try:
        return dt.date(year if len(found["year"]) == 4 else 2000 + year, month, int(found["day"]))
    except ValueError:
        raise Unreadable(f"{text[:40]!r} is no day of the calendar; expected {date_format}") from None


def _month(word: str) -> int:
    plain = word.lower().translate(str.maketrans("éû", "eu"))
    for number, names in enumerate(_MONTHS, start=1):
        if any(plain.startswith(name) for name in names.split()):
            return number
    raise Unreadable(f"{word!r} is no month")


def read_signed(text: str, decimal_mark: str, thousands_mark: str, unit: Currency) -> int:
    """Return the amount a cell holds in minor units, with its sign: a minus before or after it, or brackets around it.

    Raises:
        Unreadable: Not a number as the mapping says, or more decimals than the currency has that are not zero.
    """
    plain = text.translate(_SPACES).strip()
    plain = re.sub(
        rf"^(?:{unit.code}|RD\$|US\$|[$€£])\s*|\s*(?:{unit.code}|[$€£])$", "", plain, flags=re.IGNORECASE
    ).strip()
    is_negative = plain.startswith(("-", "−")) or plain.endswith(("-", "−")) or (plain[:1] == "(" and plain[-1:] == ")")
    digits = re.sub(r"^\s*(?:RD\$|US\$|[$€£])", "", plain.strip("-−+()").strip()).strip()
    if thousands_mark and thousands_mark in digits:
        whole = digits.partition(decimal_mark)[0]
        if thousands_mark in digits.partition(decimal_mark)[2] or not _is_grouped(whole, thousands_mark):
            raise Unreadable(
                f"{text[:40]!r} is no amount: its thousands are not in groups; the mapping says {decimal_mark!r} before decimals"
            )
        digits = digits.replace(thousands_mark, "")
    digits = digits.replace(decimal_mark, ".") if decimal_mark != "." else digits
    if _BARE.fullmatch(digits) is None or "," in digits:
        raise Unreadable(f"{text[:40]!r} is no amount; the mapping says {decimal_mark!r} stands before decimals")
    minor, _ = read_plain(f"0{digits}" if digits.startswith(".") else digits, unit)
    return -minor if is_negative else minor


def _is_grouped(whole: str, mark: str) -> bool:
    first, *others = whole.split(mark)
    thousands = 1 <= len(first) <= 3 and all(len(group) == 3 for group in others)
    # India counts in groups of two above the first thousand.
    indian = 1 <= len(first) <= 2 and all(len(group) == 2 for group in others[:-1]) and len(others[-1]) == 3
    return first.isdigit() and all(group.isdigit() for group in others) and (thousands or indian)
