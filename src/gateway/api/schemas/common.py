"""Shapes that every part of the API shares."""

import datetime as dt
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.kit.period import Period

MAX_ID = 2**63 - 1

PathId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[1])]
"""One of our identifiers, in an address."""
Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[1])]
"""One of our identifiers, in a body or query."""
PeriodText = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$"), Field(examples=["2026-03"])]
"""A calendar month, ``YYYY-MM``."""
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["DOP"])]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=r"^[^\x00]*$")]
"""Why somebody does something, for the log."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
"""A short text."""


class ReadModel(BaseModel):
    """An answer, filled from a row's attributes; every field is always present."""

    model_config = ConfigDict(from_attributes=True)


class WriteModel(BaseModel):
    """A request; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=10_000)


class Because(WriteModel):
    """A request that needs a reason and nothing else."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "typed in twice"}]})

    reason: Reason


def period_of(text: str) -> Period:
    """Read a month of the wire.

    Raises:
        PeriodError: Not a month between 1990-01 and 2200-12.
    """
    return Period.parse(text)


def month_of(day: dt.date) -> str:
    """Write the month that a period's first day names."""
    return f"{day:%Y-%m}"


def example(value: dict[str, Any]) -> ConfigDict:
    """Return a model's configuration with an example for the API's description."""
    return ConfigDict(json_schema_extra={"examples": [value]})
