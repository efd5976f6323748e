"""The evening: where the money is, what keeps the day from being signed off, and a name under it; the month's closing."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.reconciliation.place import ACCOUNTS, MONEY, READERS, SIDES, area, before, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.refusals import said_of
from gateway.backoffice.frame.texts import N_, Words
from gateway.kit.errors import FieldProblem
from gateway.kit.period import Period
from gateway.reconciliation.close_month import close_month, reopen_month
from gateway.reconciliation.run import reconcile
from gateway.staff.models import Role
from gateway.treasury import queries
from gateway.treasury.day import close_day as sign_off
from gateway.treasury.day import figures_of


def _day(desk: Desk, form: Form | None = None) -> dt.date:
    typed = (form.value("on") if form is not None else "") or desk.asked("on", 10)
    try:
        return dt.date.fromisoformat(typed) if typed else desk.today
    except ValueError:
        return desk.today


def _show(desk: Desk, form: Form) -> Response:
    on = _day(desk, form)
    day, words, currency = figures_of(desk.session, on), desk.words, desk.mutual.currency
    signed = queries.closing_of(desk.session, on, "")
    form.lists["on"] = [on.isoformat()]
    called = {one["code"]: one["name"] for one in [*day.figures["banks"], *day.figures["tills"]]}
    called |= {code: words.say(said) for code, said in ACCOUNTS.items()}
    codes = {code for side in day.figures.values() if isinstance(side, dict) for code in side} - called.keys()
    called |= {code: words.account(code, {}) for code in codes if words.account(code, {}) != code}
    sides = [
        (
            words.say(said),
            [(called.get(code, ""), code, words.money(minor, currency)) for code, minor in day.figures[name].items()],
            sum(day.figures[name].values()),
        )
        for name, said in SIDES.items()
        if day.figures.get(name)
    ]
    return desk.page(
        "reconciliation/day.html",
        crumbs=[],
        form=form,
        day=day,
        blockers=[_said(one, called, words) for one in day.blockers],
        signed=signed,
        sides=[(said, rows, words.money(total, currency)) for said, rows, total in sides],
        before=on - dt.timedelta(days=1),
        after=on + dt.timedelta(days=1) if on < desk.today else None,
        may_sign=desk.may(MONEY) and signed is None and not day.blockers and day.unexplained_minor == 0,
        may_run=desk.may(MONEY),
        run=desk.form(),
    )


def _said(one: FieldProblem, called: Mapping[str, str], words: Words) -> str:
    """Say what keeps the day from being signed off; of which place, by its name."""
    code = one.pointer.rsplit("/", 1)[-1]
    said = said_of(one, words)
    if code not in called:
        return said
    return said.replace(f" ({code} · ", " (").replace(f" ({code})", "").replace(f"{code}: ", f"{called[code]}: ", 1)


def _sure(desk: Desk, form: Form) -> Confirmation:
    on, words = _day(desk, form), desk.words
    day = figures_of(desk.session, on)
    figures = [
        (words.say(SIDES[name]), words.amount(sum(day.figures[name].values()), desk.mutual.currency))
        for name in ("bank", "cash", "mobile_money", "in_transit", "suspense")
        if day.figures.get(name)
    ]
    figures.append((words.say("Unexplained"), words.amount(day.unexplained_minor, desk.mutual.currency)))
    return Confirmation(
        words.say("Sign {day} off.", day=words.long_day(on)),
        words.say("Sign it off"),
        f"/reconciliation?on={on}",
        figures,
    )


@area.page("/reconciliation", *READERS)
def the_day(desk: Desk) -> Response:
    """Show the day: where the money is, whose it is, and what is not explained."""
    return _show(desk, desk.form())


@area.act(
    "/reconciliation/sign",
    *MONEY,
    show=_show,
    confirm=_sure,
    fields={"day_closed": "on", "day_ahead": "on"},
    at="/reconciliation",
)
def sign(desk: Desk, form: Form) -> Go:
    """Sign a day off; refused while a difference is not explained or a drawer not counted."""
    on = _day(desk, form)
    sign_off(desk.session, on, note=form.text("note") or None, actor=desk.actor, today=desk.today)
    return Go(f"/reconciliation?on={on}", N_("The day is signed off."))


def _show_run(desk: Desk, form: Form) -> Response:
    return _show(desk, form)


@area.act("/reconciliation/run", *MONEY, show=_show_run, at="/reconciliation")
def run(desk: Desk, _form: Form) -> Go:
    """Match and book every open statement line, then find every difference."""
    reconcile(desk.session, today=desk.today)
    return Go("/reconciliation/exceptions", N_("Matched and compared; this is what is left."))


@area.page("/reconciliation/days", *MONEY)
def days(desk: Desk) -> Response:
    """Show the days that were signed off."""

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_closings(desk.session, till="", before=before(key), limit=limit)

    rows = desk.listing(
        [
            Column(N_("Day"), lambda row: row.closed_on, "day", link=lambda row: f"/reconciliation?on={row.closed_on}"),
            Column(N_("Signed by"), lambda row: row.signed_by.partition(":")[2]),
            Column(N_("When"), lambda row: row.signed_at, "instant"),
            Column(N_("Note"), lambda row: row.note),
            Column(N_("Digest"), lambda row: row.sha256[:16], "code"),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("No day was signed off yet."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "reconciliation/list.html", crumbs=crumbs(desk, (N_("Signed days"), "")), title=N_("Signed days"), rows=rows
    )


def _show_month(desk: Desk, form: Form) -> Response:
    return _month_page(desk, form, "close")


def _show_reopening(desk: Desk, form: Form) -> Response:
    return _month_page(desk, form, "reopen")


def _month_page(desk: Desk, form: Form, what: str) -> Response:
    if not form.is_typed:
        form.lists["period"] = [desk.asked("month", 30) or str(Period.of(desk.today).plus(-1))]
    title = N_("Close a month") if what == "close" else N_("Open a month again")
    return desk.page(
        "reconciliation/month.html",
        crumbs=crumbs(desk, (title, "")),
        form=form,
        title=title,
        what=what,
        may_reopen=desk.may((Role.MANAGER,)),
    )


def _sure_month(desk: Desk, form: Form) -> Confirmation:
    period, words = form.month("period", required=True), desk.words
    form.text("reason", required=True)
    form.check()
    assert period is not None
    sentence = words.say("Close {month}: nothing can be booked into it any more.", month=words.month(period))
    return Confirmation(sentence, words.say("Close it"), "/reconciliation/month")


@area.act("/reconciliation/month", *MONEY, show=_show_month, confirm=_sure_month, fields={"month_not_clear": "period"})
def close(desk: Desk, form: Form) -> Go:
    """Close a month in the books; refused while a difference is not explained."""
    period, reason = form.month("period", required=True), form.text("reason", required=True)
    form.check()
    assert period is not None
    close_month(desk.session, period, actor=desk.actor, reason=reason, today=desk.today)
    return Go("/reconciliation", N_("{month} is closed."), {"month": desk.words.month(period)})


def _sure_reopening(desk: Desk, form: Form) -> Confirmation:
    period, words = form.month("period", required=True), desk.words
    form.text("reason", required=True)
    form.check()
    assert period is not None
    sentence = words.say("Open {month} again: its books can be changed.", month=words.month(period))
    return Confirmation(sentence, words.say("Open it again"), "/reconciliation/month")


@area.act("/reconciliation/month/reopening", Role.MANAGER, show=_show_reopening, confirm=_sure_reopening)
def reopen(desk: Desk, form: Form) -> Go:
    """Open a closed month again; the reason stays in the books."""
    period, reason = form.month("period", required=True), form.text("reason", required=True)
    form.check()
    assert period is not None
    reopen_month(desk.session, period, actor=desk.actor, reason=reason)
    return Go("/reconciliation", N_("{month} is open again."), {"month": desk.words.month(period)})
