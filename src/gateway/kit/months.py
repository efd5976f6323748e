"""The months' names as people write them within a sentence, from the Unicode locale data."""

from functools import cache

from babel import Locale


@cache
def month_name(month: int, language: str) -> str:
    """Return a month's name, ``abril`` for 4 in Spanish.

    Args:
        month: 1 to 12.
        language: ISO 639-1, for example ``es``.
    """
    return str(Locale.parse(language).months["format"]["wide"][month])
