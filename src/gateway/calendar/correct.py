"""Correct the calendar: a day the government freed, or one that is worked after all."""

import datetime as dt

from sqlmodel import Session

from gateway.calendar import queries
from gateway.calendar.errors import HolidayInvalidError, HolidayKnownError, HolidayUnknownError
from gateway.calendar.queries import Holiday, calendar_of
from gateway.kit import audit, db


def add_holiday(session: Session, day: dt.date, *, name: str, reason: str, actor: str) -> Holiday:
    """Make a day a holiday for this mutual and return it. Bills that are there keep the state's own due day.

    Raises:
        HolidayInvalidError: No name or no reason.
        CalendarMissingError: The list does not cover the day's year.
        HolidayKnownError: It is one already.
    """
    name, reason = " ".join(name.split()), reason.strip()
    if not name or not reason:
        raise HolidayInvalidError("a holiday has a name and a reason, for example the decree that freed the day")
    db.one(session, queries.LOCK_CORRECTIONS)
    if calendar_of(session).is_holiday(day):
        raise HolidayKnownError(f"{day} is a holiday already")
    _write(session, day, is_holiday=True, name=name, reason=reason, actor=actor)
    return next(one for one in calendar_of(session).holidays_of(day.year) if one.day == day)


def remove_holiday(session: Session, day: dt.date, *, reason: str, actor: str) -> None:
    """Take a day from this mutual's holidays: it is worked after all.

    Raises:
        HolidayInvalidError: No reason.
        CalendarMissingError: The list does not cover the day's year.
        HolidayUnknownError: It is none.
    """
    if not reason.strip():
        raise HolidayInvalidError("say why the day is worked, for example the decree that took it back")
    db.one(session, queries.LOCK_CORRECTIONS)
    if not calendar_of(session).is_holiday(day):
        raise HolidayUnknownError(f"{day} is no holiday")
    _write(session, day, is_holiday=False, name="", reason=reason.strip(), actor=actor)


def _write(session: Session, day: dt.date, *, is_holiday: bool, name: str, reason: str, actor: str) -> None:
    values = {"day": day, "is_holiday": is_holiday, "name": name, "reason": reason, "actor": actor}
    db.one(session, queries.INSERT_CORRECTION, values)
    audit.record(
        session,
        actor=actor,
        action="holiday.add" if is_holiday else "holiday.remove",
        subject_kind="holiday",
        subject_id=day.isoformat(),
        reason=reason,
        detail={"name": name},
    )
