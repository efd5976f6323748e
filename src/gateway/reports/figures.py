"""A cell as each form writes it: for people in the country's manner, for machines plainly."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal

from gateway.authority.connect import state_format
from gateway.kit.money import currency_of, format_amount
from gateway.reports.rules import Account, Cells, Column, Report, Sheet
from gateway.reports.words import word

RIGHT = frozenset({Cells.AMOUNT, Cells.COUNT, Cells.HUNDREDTHS})
"""What stands to the right of its column."""


def locale_of(language: str, country: str) -> str:
    """Return the manner of writing figures and days: the country's where it is known in this language."""
    try:
        return str(Locale.parse(f"{language}_{country.upper()}"))
    except (UnknownLocaleError, ValueError):
        return language


def called(account: Account, language: str) -> str:
    """Return what an account is called; what one that is not registered is, and which."""
    kind, _, rest = account.code.partition(":")
    name = f"unregistered.{kind}"
    said = word(name, language)
    return account.name or (account.code if said == name else said.format(name=rest))


def plain(column: Column, value: Any, sheet: Sheet, zone: str) -> str:
    """Return a cell as a machine reads it: ISO days and instants, a dot before the decimals."""
    if value is None:
        return ""
    match column.cells:
        case Cells.AMOUNT:
            return value if isinstance(value, str) else format_amount(value, currency_of(sheet.currency))
        case Cells.HUNDREDTHS:
            return f"{Decimal(value) / 100:.2f}"
        case Cells.DAY:
            return str(value.isoformat())
        case Cells.MONTH:
            return f"{value:%Y-%m}"
        case Cells.INSTANT:
            return str(value.astimezone(ZoneInfo(zone)).isoformat())
        case Cells.ACCOUNT:
            return str(value.code)
    return str(value)


def shown(column: Column, value: Any, sheet: Sheet, report: Report, language: str) -> str:
    """Return a cell as a person reads it."""
    if value is None:
        return ""
    locale = locale_of(language, report.country)
    match column.cells:
        case Cells.AMOUNT:
            exponent = currency_of(sheet.currency).exponent
            pattern = "#,##0" + ("." + "0" * exponent if exponent else "")
            return _even(format_decimal(Decimal(value).scaleb(-exponent), format=pattern, locale=locale))
        case Cells.HUNDREDTHS:
            return _even(format_decimal(Decimal(value).scaleb(-2), format="#,##0.00", locale=locale))
        case Cells.COUNT:
            return _even(format_decimal(value, locale=locale)) if isinstance(value, int) else str(value)
        case Cells.DAY:
            return day(value, locale)
        case Cells.INSTANT:
            return instant(value, report.time_zone, locale)
        case Cells.MONTH:
            return month(value, locale)
        case Cells.CODE:
            return word(str(value), language)
        case Cells.STATE_CODE:
            known = state_format(report.country).explain(str(value))
            return f"{value} {known.meaning_in(language)}" if known.known else known.meaning_in(language)
        case Cells.ACCOUNT:
            return called(value, language)
    return str(value)


def month(value: dt.date, locale: str) -> str:
    """Return a month in words and its year."""
    return _even(format_skeleton("yMMM", value, locale=locale))


def day(value: dt.date, locale: str) -> str:
    """Return a day as people of the country write it."""
    return _even(format_date(value, format="medium", locale=locale))


def instant(value: dt.datetime, zone: str, locale: str) -> str:
    """Return an instant on the mutual's clock, to the second."""
    return _even(format_datetime(value, format="medium", tzinfo=ZoneInfo(zone), locale=locale))


def _even(text: str) -> str:
    return text.replace(" ", " ")


def head_lines(report: Report, language: str) -> list[str]:
    """Return what stands above the tables: whose, what, about whom, as of when on both clocks."""
    locale = locale_of(language, report.country)
    question = report.question
    as_of = f"{word('as_of', language)} {day(question.valid_on, locale)}"
    if question.from_on is not None:
        as_of = f"{word('from', language)} {day(question.from_on, locale)} · {as_of}"
    booked = (
        f"{word('recorded', language)} {instant(question.recorded_at, report.time_zone, locale)} ({report.time_zone})"
    )
    return [
        report.mutual,
        word(question.kind, language),
        *([report.about] if report.about else []),
        f"{as_of}, {booked}",
    ]


def title_of(sheet: Sheet, language: str) -> str:
    """Return a table's title with what it alone is about and its currency."""
    about = sheet.subject if sheet.account is None else f"{called(sheet.account, language)} ({sheet.account.code})"
    return " · ".join(part for part in (word(sheet.name, language), about, sheet.currency) if part)
