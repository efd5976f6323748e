"""Money: integer minor units and a currency, exact at every step.

Unit: the currency's smallest unit (``_minor``): centavos for DOP, paise for INR, whole francs for XOF.
Sign: in the ledger a positive amount debits the account and a negative one credits it; everywhere else amounts
are at least zero and the name says the direction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from gateway.kit.errors import MalformedError

MAX_MINOR = 10**17
"""Above this an amount is a typing mistake, far below what a BIGINT holds."""


class AmountError(MalformedError):
    """An amount that cannot be read exactly."""

    code = "amount_invalid"
    title = "The amount could not be read"


class CurrencyError(MalformedError):
    """A currency that is unknown, or not the one of the account."""

    code = "currency_mismatch"
    title = "Not the currency of this account"


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency and how many decimals its minor unit has."""

    code: str
    exponent: int

    @property
    def unit(self) -> int:
        """Minor units in one major unit."""
        return int(10**self.exponent)


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("DOP", 2),
        Currency("INR", 2),
        Currency("XOF", 0),
        Currency("XAF", 0),
        Currency("PEN", 2),
        Currency("RWF", 0),
        Currency("HTG", 2),
        Currency("USD", 2),
        Currency("EUR", 2),
    )
}

_AMOUNT = re.compile(r"(-?)([0-9]{1,17})(?:\.([0-9]+))?")


def currency_of(code: str) -> Currency:
    """Return the currency with this ISO code.

    Raises:
        CurrencyError: The gateway does not know the code.
    """
    try:
        return CURRENCIES[code]
    except KeyError:
        known = ", ".join(sorted(CURRENCIES))
        raise CurrencyError(f"unknown currency {code!r}; expected one of {known}") from None


def parse_amount(text: str, currency: Currency, *, exact_decimals: bool = False) -> int:
    """Read a decimal string as minor units, losing nothing.

    Args:
        text: Digits with a dot and at most the currency's decimals; no thousands separators.
        currency: What the amount is in.
        exact_decimals: Ask for exactly the currency's decimals, as on the wire.

    Raises:
        AmountError: Not a number, more decimals than the currency has, or too large.
    """
    match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise AmountError(
            f"{text!r} is not an amount; expected digits and a dot, for example {format_amount(450000, currency)!r}"
        )
    sign, whole, decimals = match.group(1), match.group(2), match.group(3) or ""
    if len(decimals) > currency.exponent:
        raise AmountError(f"{text!r} has {len(decimals)} decimals; {currency.code} has {currency.exponent}")
    if exact_decimals and len(decimals) != currency.exponent:
        raise AmountError(
            f"{text!r} has {len(decimals)} decimals; write exactly {currency.exponent} for {currency.code}"
        )
    minor = int(whole) * currency.unit + int(decimals.ljust(currency.exponent, "0") or "0")
    if minor > MAX_MINOR:
        raise AmountError(f"{text!r} is larger than any amount the gateway accepts")
    return -minor if sign else minor


def format_amount(minor: int, currency: Currency) -> str:
    """Write minor units as the decimal string of the wire, with exactly the currency's decimals."""
    sign = "-" if minor < 0 else ""
    if currency.exponent == 0:
        return f"{sign}{abs(minor)}"
    whole, rest = divmod(abs(minor), currency.unit)
    return f"{sign}{whole}.{rest:0{currency.exponent}d}"


def plain_amount(minor: int, currency: str) -> str:
    """Return an amount with its currency and its thousands apart, for a log: ``DOP 3,400,117.20``.

    Parted like this it is no number that may be somebody's, and is not hidden where such numbers are.
    """
    whole, point, decimals = format_amount(minor, currency_of(currency)).partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{currency} {sign}{int(whole.removeprefix('-')):,}{point}{decimals}"


def round_half_up(value: Decimal) -> int:
    """Round to a whole number of minor units, a half away from zero."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share_largest_remainder(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split a whole by weights so that the parts sum to the whole exactly.

    Each part gets its quotient rounded down; what is left goes, a unit each, to the largest remainders, the
    earlier first among equals. The result does not depend on anything but the arguments.

    Raises:
        ValueError: A negative total or weight, or no weight above zero for a total above zero.
    """
    if total_minor < 0 or any(weight < 0 for weight in weights):
        raise ValueError("a total and its weights are at least zero")
    whole_weight = sum(weights)
    if whole_weight == 0:
        if total_minor:
            raise ValueError("nobody to share with: every weight is zero")
        return [0] * len(weights)
    quotients = [divmod(total_minor * weight, whole_weight) for weight in weights]
    parts = [quotient for quotient, _ in quotients]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-quotients[index][1], index))
    for index in by_remainder[: total_minor - sum(parts)]:
        parts[index] += 1
    return parts
