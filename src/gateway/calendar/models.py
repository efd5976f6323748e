"""Corrections of the frozen list of holidays."""

import datetime as dt

from gateway.kit.columns import TenantTable, check, instant, unique, whole, words


class HolidayCorrection(TenantTable, table=True):
    """A day that staff made a holiday, or took from the list. Insert only: the highest version of a day counts."""

    __tablename__ = "holiday_correction"
    __table_args__ = (unique("day", "version"), check("(name <> '') = is_holiday", "name"))
    day: dt.date
    version: int = whole()
    is_holiday: bool
    name: str = words()
    """Empty where the day is worked after all."""
    reason: str = words()
    """For example the decree."""
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)
