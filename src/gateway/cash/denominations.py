"""Which notes and coins are counted in a currency; data, with its source."""

import tomllib
from functools import cache
from pathlib import Path

from gateway.kit.money import currency_of, parse_amount


@cache
def pieces_of(currency: str) -> tuple[int, ...]:
    """Return the values of a currency's notes and coins in minor units, largest first; none where it is not listed.

    Raises:
        CurrencyError: The gateway does not know the currency.
    """
    listed = tomllib.loads((Path(__file__).parent / "denominations.toml").read_text("utf-8"))["pieces"]
    known = currency_of(currency)
    return tuple(parse_amount(text, known) for text in listed.get(currency, ()))
