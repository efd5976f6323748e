"""Collectors' rounds: send one on her way, what she takes along, what came back, and who still has to be visited."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import (
    DESK,
    OFFICE,
    SESSIONS,
    area,
    crumbs,
    float_sources,
    person,
    rows_before,
    sees_others,
    till_names,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.refusals import said_of_code
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries
from gateway.cash.package import require_holder, round_package
from gateway.cash.remind import list_short, pay_until, remind
from gateway.cash.start_round import start_round
from gateway.cash.states import TillKind
from gateway.kit.period import Period
from gateway.staff.models import Role
from gateway.staff.queries import list_staff

NUMBERS = 200


@area.page("/cash/rounds", *DESK)
def rounds(desk: Desk) -> Any:
    """Show the rounds: to a collector, her own."""
    return _show(desk, desk.form())


def _show(desk: Desk, form: Form) -> Any:
    words = desk.words
    holder = None if sees_others(desk) or desk.may(OFFICE) else desk.actor
    tills = queries.list_tills(desk.session, after="", limit=200)
    names = {one.code: one.name for one in tills}

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_rounds(desk.session, holder=holder, before=rows_before(key), limit=limit)

    rows = desk.listing(
        [
            Column(N_("Round"), lambda row: row.id, "code", link=lambda row: f"/cash/rounds/{row.id}"),
            Column(N_("The collector"), lambda row: person(row.holder)),
            Column(N_("Till"), lambda row: desk.words.account(row.till, names)),
            Column(N_("Month"), lambda row: row.period_start, "month"),
            Column(N_("Since"), lambda row: row.opened_on, "day"),
            Column(N_("Receipt numbers"), lambda row: row.number_count, "count"),
            Column(
                N_("Status"),
                lambda row: words.say(SESSIONS[row.status][0]),
                "status",
                tone=lambda row: SESSIONS[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("No collector was sent out yet."),
    )
    if isinstance(rows, Response):
        return rows
    people = list_staff(desk.session, after="", limit=500)
    if not form.is_typed:
        form.lists |= {
            "period": [str(Period.of(desk.today))],
            "numbers": [str(NUMBERS)],
            "float": [words.money(0, desk.mutual.currency)],
        }
    return desk.page(
        "cash/rounds.html",
        crumbs=crumbs(desk, (N_("Collectors' rounds"), "")),
        form=form,
        rows=rows,
        tills=[
            (one.code, one.name)
            for one in tills
            if one.kind == TillKind.ROUTE and one.session_id is None and one.is_active
        ],
        people=[(one.username, one.full_name) for one in people if one.is_active and Role.COLLECTOR in one.roles],
        sources=float_sources(desk),
        may_start=desk.may(OFFICE),
    )


@area.act(
    "/cash/rounds",
    *OFFICE,
    show=_show,
    at="/cash/rounds",
    fields={
        "collector_invalid": "collector",
        "till_invalid": "till",
        "cash_session_open": "till",
        "float_differs": "float",
    },
)
def start(desk: Desk, form: Form) -> Response:
    """Send a collector on her way; the secret of her telephone is shown once."""
    collector = form.text("collector", required=True, most=40)
    till = form.text("till", required=True, most=60)
    period = form.month("period", required=True)
    amount = form.amount("float", desk.mutual.currency, required=True)
    source = form.choice("float_from", [value for value, _ in float_sources(desk)])
    numbers = form.number("numbers", required=True, most=2000)
    form.check()
    assert period is not None
    made = start_round(
        desk.session,
        collector=collector,
        till_code=till,
        period=period,
        float_minor=amount or 0,
        float_from=source or None,
        receipt_count=numbers or NUMBERS,
        actor=desk.actor,
        today=desk.today,
    )
    return desk.page(
        "cash/round_started.html",
        crumbs=crumbs(desk, (N_("Collectors' rounds"), "/cash/rounds"), (str(made.id), "")),
        found=made,
        collector=person(made.holder),
    )


@area.page("/cash/rounds/{round_id:int}", *DESK)
def round_(desk: Desk, round_id: int) -> Any:
    """Show a round: what was booked of it, and what was refused and why."""
    words = desk.words
    found = require_holder(
        desk.session, round_id, actor=desk.actor, may_for_others=sees_others(desk) or desk.may(OFFICE)
    )
    is_refused = desk.asked("show") == "refused"

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        after = 0 if key is None else key[0]
        return queries.list_round_receipts(desk.session, round_id, refused=is_refused, after=after, limit=limit)

    booked = [
        Column(N_("Receipt"), lambda row: row.number, "code", link=lambda row: f"/cash/receipts/{row.receipt_id}"),
        Column(N_("Day"), lambda row: row.paid_on, "day"),
        Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
        Column(N_("The telephone's clock said"), lambda row: row.claimed_at, "instant"),
        Column(N_("Status"), lambda row: words.say(*_standing(row)[:1]), "status", tone=lambda row: _standing(row)[1]),
    ]
    wrong = [
        Column(N_("Number on the telephone"), lambda row: row.device_id, "code"),
        Column(N_("Reason"), lambda row: said_of_code(row.code or "", row.detail or "", words)),
        Column(N_("Refused"), lambda row: row.refused_at, "instant"),
    ]
    rows = desk.listing(
        wrong if is_refused else booked,
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("show", N_("Show"), [("refused", words.say("Refused receipts"))])],
        empty=N_("Nothing is refused.") if is_refused else N_("Nothing has come in yet."),
    )
    if isinstance(rows, Response):
        return rows
    count, total = queries.receipts_of(desk.session, found.session_id)
    return desk.page(
        "cash/round.html",
        crumbs=crumbs(desk, (N_("Collectors' rounds"), "/cash/rounds"), (str(round_id), "")),
        found=found,
        till=desk.words.account(found.till, till_names(desk)),
        collector=person(found.holder),
        standing=SESSIONS[found.status],
        rows=rows,
        receipt_count=count,
        received_minor=total,
    )


def _standing(row: Any) -> tuple[str, str]:
    if row.is_reversed:
        return N_("taken back"), "bad"
    return (N_("payer not known"), "wait") if row.suspense_reason else (N_("booked"), "good")


@area.page("/cash/rounds/{round_id:int}/package", *DESK)
def package(desk: Desk, round_id: int) -> Response:
    """Give what a collector takes along, as her telephone reads it."""
    found = require_holder(
        desk.session, round_id, actor=desk.actor, may_for_others=sees_others(desk) or desk.may(OFFICE)
    )
    return desk.file(
        f"round-{round_id}.json", round_package(desk.session, found, today=desk.today).body, "application/json"
    )


# Who is short


def _show_short(desk: Desk, form: Form) -> Any:
    words = desk.words
    typed = Form(words, {"period": [desk.asked("period", 30) or form.value("period") or str(Period.of(desk.today))]})
    period = typed.month("period") or Period.of(desk.today)
    till, names = desk.asked("till") or None, till_names(desk)

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        after = ("", 0) if key is None else (str(key[0]), int(key[1]))
        return list_short(
            desk.session, period=period, payroll_id=None, till=till, today=desk.today, limit=limit, after=after
        )

    rows = desk.listing(
        [
            Column(N_("Member"), lambda row: row.number, "code", link=lambda row: f"/members/{row.member_id}"),
            Column(N_("Name"), lambda row: row.name),
            Column(N_("Collector's till"), lambda row: desk.words.account(row.till, names)),
            Column(N_("The month costs"), lambda row: row.cost_minor, "amount"),
            Column(N_("The member has"), lambda row: row.held_minor, "amount"),
            Column(N_("The member lacks"), lambda row: row.short_minor, "amount"),
            Column(N_("Reference"), lambda row: row.reference, "code"),
            Column(N_("Reminded"), lambda row: row.reminded_at, "instant"),
        ],
        fetch,
        key=lambda row: (row.till, row.member_id),
        types=(str, int),
        filters=[
            Filter("period", N_("Month"), kind="month"),
            Filter(
                "till",
                N_("Till"),
                list(names.items()),
            ),
        ],
        empty=N_("Nobody is short for this month."),
    )
    if isinstance(rows, Response):
        return rows
    form.lists["period"] = [str(period)]
    rows.query["period"] = str(period)
    return desk.page(
        "cash/short.html",
        crumbs=crumbs(desk, (N_("Who is short"), "")),
        form=form,
        rows=rows,
        period=period,
        until=pay_until(desk.mutual.settings, period),
        may_remind=desk.may(OFFICE),
    )


def _reminders(desk: Desk, form: Form) -> Confirmation | None:
    period = form.month("period", required=True)
    form.check()
    assert period is not None
    words = desk.words
    until = pay_until(desk.mutual.settings, period)
    sentence = words.say(
        "Send one message to everybody who is short for {month} and was not reminded yet: pay until {day}.",
        month=words.month(period),
        day=words.day(until),
    )
    return Confirmation(sentence, words.say("Send the messages"), f"/cash/short?period={period}")


@area.act("/cash/short", *OFFICE, show=_show_short, confirm=_reminders, fields={"reminder_too_late": "period"})
def send_reminders(desk: Desk, form: Form) -> Go:
    """Remind everybody who is short for a month; nobody is reminded twice."""
    period = form.month("period", required=True)
    form.check()
    assert period is not None
    done = remind(desk.session, period=period, payroll_id=None, actor=desk.actor, today=desk.today)
    places = {
        "written": desk.words.number(done.written_count),
        "without": desk.words.number(done.without_telephone_count),
    }
    return Go(
        f"/cash/short?period={period}",
        N_("{written} messages are on their way; {without} members have no telephone."),
        places,
    )
