"""Amounts of the demonstration: decimal strings of the wire to minor units and back, in the currency that is played."""

from gateway.kit.money import Currency, currency_of, format_amount, parse_amount

_PLAYED: list[Currency] = [currency_of("DOP")]


def play_in(code: str) -> None:
    """Count in this currency from now on: one demonstration plays one country."""
    _PLAYED[0] = currency_of(code)


def minor(amount: str) -> int:
    """Return an amount of the wire in minor units."""
    return parse_amount(amount, _PLAYED[0])


def text(minor_units: int) -> str:
    """Return minor units as the wire has them."""
    return format_amount(minor_units, _PLAYED[0])
