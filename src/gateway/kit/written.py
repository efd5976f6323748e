"""Amounts as people of a country write them, from the Unicode locale data: for sentences and pages, never for machines."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from gateway.kit.money import currency_of


@cache
def locale_of(language: str, country: str) -> Locale:
    """Return how a language is written in a country; the language's own way where the two are not known together.

    Args:
        language: ISO 639-1, for example ``es``.
        country: ISO 3166-1, in capitals or not.
    """
    try:
        return Locale.parse(f"{language}_{country.upper()}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)


def written_money(minor: int, currency: str, locale: Locale) -> str:
    """Return an amount without its currency, its thousands apart, for example ``3,400,117.20``."""
    exponent = currency_of(currency).exponent
    # How digits are grouped is the country's (India: 12,34,567); how many decimals there are is the currency's.
    whole = locale.decimal_formats[None].pattern.partition(".")[0]
    pattern = whole + ("." + "0" * exponent if exponent else "")
    return str(format_decimal(Decimal(int(minor)).scaleb(-exponent), pattern, locale=locale))


def written_amount(minor: int, currency: str, locale: Locale) -> str:
    """Return an amount and its currency, for example ``DOP 3,400,117.20``; they are never parted at a line's end."""
    return f"{currency}\u00a0{written_money(minor, currency, locale)}"


def spoken_money(minor: int, currency: str, language: str, country: str) -> str:
    """Return an amount without its currency as pages write it, in letters that every telephone's short message has.

    The narrow spaces between thousands of some languages would make the whole message one of the wide alphabet.
    """
    return " ".join(written_money(minor, currency, locale_of(language, country)).split())


def writer_of(currency: str, language: str, country: str) -> Callable[[int], str]:
    """Return what writes an amount of a currency, in minor units, for a reader of a language in a country."""
    locale = locale_of(language, country)
    return lambda minor: written_amount(minor, currency, locale)
