"""The first page of the day, and a month whole."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.home import words
from gateway.backoffice.areas.home.tasks import due_words, reachable, tasks_of, unpaid_bills
from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_, ROLES
from gateway.kit.audit import newest_of
from gateway.kit.period import Period
from gateway.membership.dossier import LOOK
from gateway.month.queries import list_months
from gateway.month.standing import Month, Recall, get_month

area = Area("home", N_("Home"), "/", 0)
KEPT_SECONDS = 60.0
KEPT_MOST = 2000
SHOWN = 2
"""Months on the first page: the one that is filed and paid, and the one that is being collected."""


@area.page("/")
def home(desk: Desk) -> Response:
    """Say what is hers to do today, in order of urgency, and how the months stand."""
    known = [period for period in list_months(desk.session, limit=SHOWN + 1) if period <= Period.of(desk.today)]
    months = [get_month(desk.session, period, recall=_recall(desk)) for period in known[:SHOWN]]
    bills = unpaid_bills(desk)
    return desk.page(
        "home/home.html",
        tasks=tasks_of(desk, months, bills),
        months=[_line(desk, month) for month in months],
        bills=[(due, due_words(desk, due)) for due in bills],
        reachable=reachable,
    )


@area.page("/months/{period}")
def month_page(desk: Desk, period: str) -> Response:
    """Show a month whole: its steps, its figures, and who is covered and who is not."""
    month = get_month(desk.session, Period.parse(period))
    return desk.page(
        "home/month.html",
        line=_line(desk, month),
        month_row=month,
        figures=_figures(desk, month),
        known=list_months(desk.session, limit=24),
        reachable=reachable,
        crumbs=[Crumb(desk.words.say("Home"), "/"), Crumb(desk.words.month(month.period), "")],
    )


def _recall(desk: Desk) -> Recall:
    """Return what keeps the sums over everybody's rows for a minute, and counts anew after any act of her own."""
    newest, kept = newest_of(desk.session, desk.actor, besides=LOOK), desk.gate.counted

    def recall(period: Period, count: Callable[[], Any]) -> Any:
        place, now = (desk.mutual.id, desk.actor, period), time.monotonic()
        at, known = kept.get(place, (0.0, None))
        if known is None or known[0] != newest or now - at > KEPT_SECONDS:
            if len(kept) > KEPT_MOST:
                kept.clear()
            known = (newest, count())
            kept[place] = (now, known)
        return known[1]

    return recall


def _line(desk: Desk, month: Month) -> SimpleNamespace:
    """Return a month as a line of steps, in the reader's language."""
    say = desk.words.say
    steps = []
    for step in month.steps:
        sign, state = words.STATES[step.state.value]
        who = ROLES.get(step.who) or words.WHO.get(step.who) or step.who
        steps.append(
            SimpleNamespace(
                name=say(words.STEPS[step.code]),
                state=step.state.value,
                sign=sign,
                state_name=say(state),
                who=say(who),
                next=say(step.next) if step.next else "",
                blockers=[say(one.sentence, n=desk.words.number(one.figure or 0)) for one in step.blockers],
                path=reachable(words.WHERE[step.code]),
                is_next=month.next is not None and month.next.number == step.number,
            )
        )
    ahead = next((step for step in steps if step.is_next), None)
    return SimpleNamespace(
        period=month.period, name=desk.words.month(month.period), steps=steps, ahead=ahead, month=month
    )


def _figures(desk: Desk, month: Month) -> list[tuple[str, str]]:
    say, figures, currency = desk.words.say, month.figures, desk.mutual.currency
    return [
        (say("Members enrolled"), desk.words.number(figures.enrolled)),
        (say("Assessed"), desk.words.amount(figures.assessed_minor, currency)),
        (say("Received in the month"), desk.words.amount(figures.received_minor, currency)),
        (say("Members covered"), desk.words.number(month.members("covered"))),
        (say("Members not covered"), desk.words.number(month.members("not_covered"))),
        (say("Members waiting"), desk.words.number(month.members("waiting"))),
        (say("Dependants covered"), desk.words.number(month.covered_dependants)),
        (say("Benefits received"), desk.words.amount(figures.remitted_minor, currency)),
        (say("Paid out"), desk.words.amount(figures.paid_out_minor, currency)),
        (say("Owed to members"), desk.words.amount(figures.owed_minor, currency)),
        (say("In suspense"), desk.words.amount(figures.suspense_minor, currency)),
    ]
