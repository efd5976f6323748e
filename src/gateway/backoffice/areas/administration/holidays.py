"""Holidays: the country's list as staff corrected it."""

import datetime as dt

from fastapi.responses import Response

from gateway.backoffice.areas.administration.place import LAW, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.calendar.correct import add_holiday, remove_holiday
from gateway.calendar.queries import calendar_of
from gateway.kit.period import Period

AT = "/administration/holidays"
FIELDS = {"holiday_known": "day", "holiday_unknown": "day", "holiday_invalid": "name", "calendar_missing": "day"}


def _year(desk: Desk) -> int:
    asked = desk.asked("year", 4)
    return int(asked) if asked.isascii() and asked.isdigit() and 1990 <= int(asked) <= 2200 else desk.today.year


def _show(desk: Desk, form: Form) -> Response:
    year, calendar = _year(desk), calendar_of(desk.session)
    due = [(Period(year, number), calendar.due_on(Period(year, number))) for number in range(1, 13) if year < 2035]
    return desk.page(
        "administration/holidays.html",
        form=form,
        year=year,
        holidays=calendar.holidays_of(year),
        corrections=[one for day, one in sorted(calendar.corrections.items()) if day.year == year],
        due=due,
        source=calendar.base.source,
        may=desk.may(LAW),
        crumbs=crumbs(desk, (N_("Holidays"), "")),
    )


def _day(form: Form) -> dt.date | None:
    day = form.day("day", required=True)
    form.text("reason", required=True, most=500)
    return day


def _sure(desk: Desk, form: Form) -> Confirmation | None:
    day = _day(form)
    is_added = form.choice("change", ("add", "remove"), required=True) == "add"
    if is_added:
        form.text("name", required=True)
    if form.errors or day is None:
        return None
    words, calendar = desk.words, calendar_of(desk.session)
    period = Period.of(day).previous()
    said = (
        words.say("{day} is a holiday", day=words.long_day(day))
        if is_added
        else words.say("{day} is worked", day=words.long_day(day))
    )
    return Confirmation(
        said,
        words.say("Correct the calendar"),
        AT,
        [(words.say("Due day of {month} as it is now", month=words.month(period)), words.day(calendar.due_on(period)))],
        [words.say("Due days that follow from the calendar move; those that stand on the state's bills do not.")],
    )


@area.act(AT, *LAW, show=_show, confirm=_sure, fields=FIELDS)
def correct(desk: Desk, form: Form) -> Go:
    """Make a day a holiday, or say that it is worked after all."""
    day, reason = _day(form), form.text("reason", required=True, most=500)
    change = form.choice("change", ("add", "remove"), required=True)
    name = form.text("name", required=change == "add")
    form.check()
    assert day is not None
    if change == "add":
        add_holiday(desk.session, day, name=name, reason=reason, actor=desk.actor)
    else:
        remove_holiday(desk.session, day, reason=reason, actor=desk.actor)
    return Go(f"{AT}?year={day.year}", N_("The calendar is corrected."))
