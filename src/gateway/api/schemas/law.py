"""Dated law as people correct it: holidays, due days, proposed rates, the pension system's returns."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from gateway.api.schemas.common import Line, PeriodText, ReadModel, Reason, WriteModel, example, month_of
from gateway.calendar.queries import Correction, Holiday, WorkCalendar
from gateway.contributions.rate_queries import ProposalRow, ReturnRow
from gateway.contributions.states import RateStatus
from gateway.kit.period import Period

Day = Annotated[dt.date, Field(examples=["2026-04-06"])]
Mark = Annotated[Literal["2", "1", "d", "?"], Field(examples=["2"])]
"""How well a value is known: ``2`` independent sources, ``1``, ``d`` derived, ``?`` not checked."""
NumberText = Annotated[
    str, StringConstraints(pattern=r"^-?\d{1,10}(\.\d{1,10})?$", max_length=12), Field(examples=["0.0304"])
]


class HolidayCreate(WriteModel):
    """A day that becomes a holiday."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {"day": "2026-04-02", "name": "Jueves Santo", "reason": "decreto 128-26: no labora el sector público"}
        ),
    }

    day: Day
    name: Line
    reason: Reason


class HolidayRead(ReadModel):
    """A day on which nobody works besides Saturdays and Sundays."""

    day: dt.date
    name: str
    source: str
    """Of the frozen list, or ``staff``."""
    mark: str
    reason: str | None
    actor: str | None
    recorded_at: dt.datetime | None

    @classmethod
    def of(cls, row: Holiday) -> Self:
        """Shape a row."""
        return cls.model_validate(row)


class HolidayCorrectionRead(ReadModel):
    """A correction of the list: the newest of its day."""

    day: dt.date
    is_holiday: bool
    name: str
    reason: str
    actor: str
    recorded_at: dt.datetime

    @classmethod
    def of(cls, row: Correction) -> Self:
        """Shape a row."""
        return cls.model_validate(row)


class HolidayList(ReadModel):
    """A year's holidays, and what staff corrected in it."""

    country: str
    year: int
    source: str
    mark: str
    read_on: dt.date
    items: list[HolidayRead]
    corrections: list[HolidayCorrectionRead]

    @classmethod
    def of(cls, calendar: WorkCalendar, year: int) -> Self:
        """Shape a year of a calendar."""
        corrections = [row for day, row in sorted(calendar.corrections.items()) if day.year == year]
        base = calendar.base
        return cls(
            country=base.country,
            year=year,
            source=base.source,
            mark=base.mark,
            read_on=base.read_on,
            items=[HolidayRead.of(one) for one in calendar.holidays_of(year)],
            corrections=[HolidayCorrectionRead.of(row) for row in corrections],
        )


class DueDateRead(ReadModel):
    """By when a month is to be paid."""

    model_config = {
        **ReadModel.model_config,
        **example({"period": "2026-03", "due_on": "2026-04-06", "working_day": 3, "source": "SRC-007", "mark": "2"}),
    }

    period: PeriodText
    due_on: dt.date
    working_day: int
    """Which working day of the following month that is."""
    source: str
    mark: str

    @classmethod
    def of(cls, calendar: WorkCalendar, period: Period) -> Self:
        """Work it out."""
        base = calendar.base
        return cls(
            period=str(period),
            due_on=calendar.due_on(period),
            working_day=base.due_working_day,
            source=base.due_source,
            mark=base.due_mark,
        )


class RateProposalCreate(WriteModel):
    """A value of the month's rates, proposed ahead of its day."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "kind": "ceilings",
                "name": "health",
                "valid_from": "2027-02-01",
                "value": "245000.00",
                "source": "Resolución CNSS 600-01, Gaceta Oficial 11200",
                "read_on": "2026-03-20",
                "mark": "1",
                "reason": "new average minimum wage",
            }
        ),
    }

    kind: Literal["rates", "ceilings", "caps"]
    name: Line
    """As in GET /v1/rates: ``health_worker``, ``additional_dependant``, ``health``, …"""
    valid_from: dt.date
    """It counts for months that begin on this day or later; the day must be to come."""
    value: NumberText
    source: Line
    read_on: dt.date
    mark: Mark
    reason: Reason


class RateProposalRead(ReadModel):
    """A proposed rate, and what became of it."""

    id: int
    country: str
    kind: str
    name: str
    valid_from: dt.date
    value: str
    source: str
    read_on: dt.date
    mark: str
    reason: str
    status: RateStatus
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    decision_reason: str | None

    @classmethod
    def of(cls, row: ProposalRow) -> Self:
        """Shape a row."""
        return cls.model_validate(row)


class SystemReturnCreate(WriteModel):
    """The pension system's average return in one month."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "period": "2026-02",
                "value": "0.0081",
                "source": "SIPEN, boletín mensual, febrero 2026",
                "read_on": "2026-03-20",
                "mark": "1",
            }
        ),
    }

    period: PeriodText
    value: NumberText
    """A fraction: 0.81 % is ``0.0081``."""
    source: Line
    read_on: dt.date
    mark: Mark


class SystemReturnRead(ReadModel):
    """The pension system's average return in one month, the newest version."""

    id: int
    period: PeriodText
    version: int
    value: str
    source: str
    read_on: dt.date
    mark: str
    actor: str
    recorded_at: dt.datetime

    @classmethod
    def of(cls, row: ReturnRow) -> Self:
        """Shape a row."""
        values: dict[str, Any] = row._asdict()
        return cls(period=month_of(values.pop("period_start")), **values)
