"""Understanding the state's answers: what we rely on must be there and exact; what we do not know is left alone.

An answer that cannot be understood raises ``UnreadableAnswerError``, which the channel turns into an unknown outcome.
Amounts come by the million, so plain ones are read the short way.
"""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from gateway.authority.protocol import Finding
from gateway.kit.errors import GatewayError
from gateway.kit.money import Currency, currency_of, parse_amount
from gateway.kit.period import Period

Json = Mapping[str, Any]


class UnreadableAnswerError(ValueError):
    """The answer is not what the contract says."""


def mapping(value: Any, what: str) -> Json:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise UnreadableAnswerError(f"{what} is not an object")
    return value


def items(value: Json, name: str) -> list[Any]:
    """Return a list that must be there."""
    found = value.get(name)
    if not isinstance(found, list):
        raise UnreadableAnswerError(f"{name} is not a list")
    return found


def text(value: Json, name: str) -> str:
    """Return a text that must be there."""
    found = value.get(name)
    if not isinstance(found, str):
        raise UnreadableAnswerError(f"{name} is missing or no text")
    return found


def text_or_none(value: Json, name: str) -> str | None:
    """Return a text that may be missing or null."""
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise UnreadableAnswerError(f"{name} is no text")
    return found


def whole(value: Json, name: str, *, least: int = 0) -> int:
    """Return a whole number that must be there."""
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < least:
        raise UnreadableAnswerError(f"{name} is missing or no whole number of at least {least}")
    return found


def currency(value: Json) -> Currency:
    """Return the currency an answer is in."""
    try:
        return currency_of(text(value, "currency"))
    except GatewayError as problem:
        raise UnreadableAnswerError(problem.detail) from problem


def amount(value: Json, name: str, unit: Currency) -> int:
    """Return an amount in minor units; it must be a string with exactly the currency's decimals."""
    try:
        return amounts_in(unit)(text(value, name))
    except GatewayError as problem:
        raise UnreadableAnswerError(f"{name}: {problem.detail}") from problem


@cache
def amounts_in(unit: Currency) -> Callable[[str], int]:
    """Return the reader of amounts in a currency: at once where they are plain, else as ``parse_amount`` says.

    Wages and what follows from them repeat from line to line, so the last ones read are known again.
    """
    decimals = unit.exponent

    @lru_cache(maxsize=65_536)
    def read(written: str) -> int:
        digits = written.replace(".", "", 1)
        plain = decimals and written[-decimals - 1 : -decimals] == "." and decimals + 2 <= len(written) <= 18
        if not written.isascii():
            raise UnreadableAnswerError(f"{written[:40]!r} is no amount")
        if plain and digits.isdigit():
            return int(digits)
        return parse_amount(written, unit, exact_decimals=True)

    return read


def components(value: Json, unit: Currency) -> tuple[tuple[str, int], ...]:
    """Return codes and amounts, in the state's order; codes we do not know are kept."""
    return tuple(
        (text(part, "code"), amount(part, "amount", unit))
        for part in (mapping(item, "component") for item in items(value, "components"))
    )


def reference(value: Json, name: str) -> uuid.UUID:
    """Return an id of ours."""
    try:
        return uuid.UUID(text(value, name))
    except ValueError as problem:
        raise UnreadableAnswerError(f"{name} is no UUID") from problem


def period(value: Json, name: str = "period") -> Period:
    """Return a month."""
    try:
        return Period.parse(text(value, name))
    except GatewayError as problem:
        raise UnreadableAnswerError(problem.detail) from problem


def day(value: Json, name: str) -> dt.date:
    """Return a business date."""
    found = day_or_none(value, name)
    if found is None:
        raise UnreadableAnswerError(f"{name} is missing")
    return found


def day_or_none(value: Json, name: str) -> dt.date | None:
    """Return a business date that may be null."""
    found = text_or_none(value, name)
    if found is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found, re.ASCII):
            return dt.date.fromisoformat(found)
    except ValueError:
        pass
    raise UnreadableAnswerError(f"{name} {found[:40]!r} is no date; expected YYYY-MM-DD")


def instant(value: Json, name: str) -> dt.datetime:
    """Return an instant that must be there."""
    found = instant_or_none(value, name)
    if found is None:
        raise UnreadableAnswerError(f"{name} is missing")
    return found


def instant_or_none(value: Json, name: str) -> dt.datetime | None:
    """Return an instant that may be null; it must have an offset."""
    found = text_or_none(value, name)
    if found is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(found)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UnreadableAnswerError(f"{name} {found[:40]!r} is no instant with an offset")
    return moment


def findings(value: Json, name: str) -> tuple[Finding, ...]:
    """Return findings; a list that is missing is an empty one."""
    return tuple(_finding(item) for item in value.get(name) or () if isinstance(item, dict))


def _finding(item: Json) -> Finding:
    def number(name: str) -> int | None:
        found = item.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    field = item.get("field")
    return Finding(
        code=str(item.get("code", "")),
        message=str(item.get("message", "")),
        field=field if isinstance(field, str) else None,
        line=number("line"),
        column=number("column"),
    )
