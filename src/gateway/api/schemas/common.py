"""Shapes that every part of the API shares."""

import datetime as dt
from typing import Annotated, Any, Generic, Self, TypeVar

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.kit.models import WorkState
from gateway.kit.period import Period
from gateway.kit.progress import Progress

T = TypeVar("T")
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


class Whole(BaseModel, Generic[T]):
    """A short list that comes whole, in the shape that a page has: what it becomes if it grows."""

    items: list[T]


class WriteModel(BaseModel):
    """A request; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=10_000)


class ProgressRead(ReadModel):
    """How far work is that a worker does, told about once a second while it goes on."""

    model_config = {
        **ReadModel.model_config,
        "json_schema_extra": {
            "examples": [
                {
                    "work": "apply",
                    "state": "working",
                    "step": "read",
                    "done_count": 31000,
                    "total_count": 60000,
                    "asked_at": "2026-01-02T14:00:00Z",
                    "told_at": "2026-01-02T14:00:04Z",
                    "ended_at": None,
                    "is_quiet": False,
                    "code": None,
                    "detail": None,
                }
            ]
        },
    }

    work: str
    """``look``: every row is judged. ``apply``: the good rows are written."""
    state: WorkState
    step: str
    """``read`` (rows), ``relate`` (to the register), ``keep`` (what was found) or ``write`` (in parts); empty while it waits."""
    done_count: int
    total_count: int | None
    """Of this step; null where it is not known."""
    asked_at: dt.datetime
    told_at: dt.datetime
    """When it was last heard of."""
    ended_at: dt.datetime | None
    is_quiet: bool
    """It was not heard of for half a minute: no worker runs, or its worker died. Nothing is half done; another takes it over."""
    code: str | None
    """Of the refusal, where it failed: nothing was written."""
    detail: str | None

    @classmethod
    def of(cls, found: Progress | None) -> Self | None:
        """Shape it; None where no worker was asked."""
        if found is None:
            return None
        values = {**found._asdict(), "work": found.options.get("work", "")}
        return cls.model_validate({name: values[name] for name in cls.model_fields})


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
