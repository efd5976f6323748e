"""Amounts of the demonstration: decimal strings of the wire to minor units and back."""

from gateway.kit.money import currency_of, format_amount, parse_amount

CURRENCY = currency_of("DOP")


def minor(amount: str) -> int:
    """Return an amount of the wire in minor units."""
    return parse_amount(amount, CURRENCY)


def text(minor_units: int) -> str:
    """Return minor units as the wire has them."""
    return format_amount(minor_units, CURRENCY)
