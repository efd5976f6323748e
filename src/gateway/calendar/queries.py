"""What is read of the calendar: a mutual's corrections over its country's list, and the days that follow from both."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from gateway.calendar.frozen import FrozenCalendar, frozen
from gateway.calendar.rules import is_working_day, nth_working_day
from gateway.kit import db, tenant
from gateway.kit.period import Period

CORRECTIONS = """
-- one row per day that staff corrected: its newest correction
SELECT DISTINCT ON (day) day, version, is_holiday, name, reason, actor, recorded_at FROM holiday_correction
WHERE mutual_id = current_mutual() ORDER BY day, version DESC
"""

LOCK_CORRECTIONS = """
-- one row: nobody else corrects the calendar until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('holiday:' || current_mutual(), 0))
"""

INSERT_CORRECTION = """
-- one row: a day corrected
INSERT INTO holiday_correction (day, version, is_holiday, name, reason, actor)
SELECT :day, 1 + coalesce(max(version), 0), :is_holiday, :name, :reason, :actor
FROM holiday_correction WHERE mutual_id = current_mutual() AND day = :day
RETURNING id
"""


class Correction(NamedTuple):
    """A day that staff corrected."""

    day: dt.date
    version: int
    is_holiday: bool
    name: str
    reason: str
    actor: str
    recorded_at: dt.datetime


class Holiday(NamedTuple):
    """A day on which nobody works, and why we think so."""

    day: dt.date
    name: str
    source: str
    """The list's source, or ``staff`` where somebody added the day."""
    mark: str
    reason: str | None
    actor: str | None
    recorded_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """A country's holidays as one mutual corrected them."""

    base: FrozenCalendar
    corrections: Mapping[dt.date, Correction]

    def is_holiday(self, day: dt.date) -> bool:
        """Tell whether a day is a holiday.

        Raises:
            CalendarMissingError: The list does not cover its year.
        """
        self.base.require(day)
        corrected = self.corrections.get(day)
        return corrected.is_holiday if corrected else day in self.base.holidays

    def is_working_day(self, day: dt.date) -> bool:
        """Tell whether a day is worked."""
        return is_working_day(day, self.is_holiday)

    def due_on(self, period: Period) -> dt.date:
        """Return the last day on which a month can be paid without a surcharge."""
        return nth_working_day(period.next().start, self.base.due_working_day, self.is_holiday)

    def holidays_of(self, year: int) -> list[Holiday]:
        """Return a year's holidays in order."""
        self.base.require(dt.date(year, 1, 1))
        listed = {
            day: Holiday(day, name, self.base.source, self.base.mark, None, None, None)
            for day, name in self.base.holidays.items()
            if day.year == year
        }
        for day, one in self.corrections.items():
            if day.year == year and one.is_holiday:
                listed[day] = Holiday(day, one.name, "staff", "?", one.reason, one.actor, one.recorded_at)
            elif day.year == year:
                listed.pop(day, None)
        return [listed[day] for day in sorted(listed)]


def calendar_of(session: Session) -> WorkCalendar:
    """Return the calendar of the transaction's mutual.

    Raises:
        CalendarMissingError: There is none for its country.
    """
    rows = [Correction(*row) for row in db.rows(session, CORRECTIONS)]
    return WorkCalendar(frozen(tenant.current(session).country), {row.day: row for row in rows})
