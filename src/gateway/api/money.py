"""Amounts on the wire: a decimal string with exactly the currency's decimals, and the currency beside it."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from gateway.kit.money import currency_of, format_amount, parse_amount

AmountText = Annotated[
    str, StringConstraints(pattern=r"^-?\d{1,17}(\.\d{1,4})?$", max_length=24), Field(examples=["4923.27"])
]
"""A decimal string with exactly the currency's decimals, for example ``4923.27`` in DOP, ``1500`` in XOF."""


class MoneyRead(BaseModel):
    """An amount and what it is in."""

    amount: AmountText
    currency: str

    @classmethod
    def of(cls, minor: int, currency: str) -> Self:
        """Return the amount of so many minor units."""
        return cls(amount=text_of(minor, currency), currency=currency)


def text_of(minor: int, currency: str) -> str:
    """Return minor units as the wire has them."""
    return format_amount(int(minor), currency_of(currency))


def minor_of(text: str, currency: str) -> int:
    """Read an amount of the wire as minor units.

    Raises:
        AmountError: Not an amount, or not with exactly the currency's decimals.
        CurrencyError: The gateway does not know the currency.
    """
    return parse_amount(text, currency_of(currency), exact_decimals=True)
