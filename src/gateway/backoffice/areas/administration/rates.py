"""What a month costs and from which source; new rates proposed by one and approved by another; the fee; the system's return."""

import datetime as dt
from decimal import Decimal
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.administration.place import APPROVERS, LAW, MANAGER, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.days import read_month
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.texts import N_
from gateway.contributions.assess import schedule_of
from gateway.contributions.fee import decide_fee, list_fees
from gateway.contributions.propose import approve_rate, decline_rate, enter_return, propose_rate
from gateway.contributions.rate_queries import ProposalRow, list_proposals, list_returns, lock_proposal
from gateway.contributions.rules import PERCENT
from gateway.contributions.schedule import KINDS, tables_of
from gateway.contributions.states import RateStatus
from gateway.kit.period import Period, PeriodError

AT, FEES = "/administration/rates", "/administration/fees"
MANY = 2**62
MARKS = {
    "2": N_("two sources agree"),
    "1": N_("one source"),
    "d": N_("worked out, not published"),
    "?": N_("nobody checked it"),
}
STATUSES = {
    RateStatus.PROPOSED: (N_("waits for another person"), "wait"),
    RateStatus.APPROVED: (N_("approved"), "good"),
    RateStatus.DECLINED: (N_("declined"), "plain"),
}
NAMES = {
    "health_worker": N_("Health, member's share"),
    "health_employer": N_("Health, employer's share"),
    "pension_worker": N_("Pension, member's share"),
    "pension_employer": N_("Pension, employer's share"),
    "work_risk": N_("Work risk"),
    "additional_dependants": N_("Additional dependants"),
    "additional_dependant": N_("An additional dependant"),
    "mutual_fee": N_("The mutual's fee"),
    "health": N_("Health"),
    "pension": N_("Pension"),
}
"""What a component or a value is called; one that is not here is shown by its code."""
GROUPS = {"rates": N_("Rate"), "ceilings": N_("Ceiling of the wage"), "caps": N_("Most of an amount")}
FIELDS = {"rate_invalid": "value", "rate_not_ahead": "valid_from", "fee_invalid": "source"}


def name_of(desk: Desk, code: str) -> str:
    """Return what a component or value is called."""
    return desk.words.say(NAMES[code]) if code in NAMES else code


def _period(desk: Desk) -> Period:
    try:
        return read_month(desk.asked("month")) if desk.asked("month") else Period.of(desk.today)
    except PeriodError:
        return Period.of(desk.today)


@area.page(AT, *LAW)
def rates(desk: Desk) -> Response:
    """Show what counts in a month and what is proposed."""
    period, words = _period(desk), desk.words
    schedule = schedule_of(desk.session, period)
    components = [
        (
            name_of(desk, one.code),
            words.exact_share(Decimal(one.rate))
            if one.kind == PERCENT
            else words.amount(one.amount_minor, desk.mutual.currency),
            "" if one.ceiling_minor is None else words.amount(one.ceiling_minor, desk.mutual.currency),
            dt.date.fromisoformat(one.valid_from),
            one.source,
            words.say(MARKS[one.mark]),
            "good" if one.verified else "wait",
        )
        for one in schedule.components
    ]
    proposals = desk.listing(
        [
            Column(
                N_("Value"),
                lambda row: f"{name_of(desk, row.name)} ({words.say(GROUPS[row.kind])})",
                link=lambda row: f"{AT}/{row.id}",
            ),
            Column(N_("New"), lambda row: words.rate(row.value, desk.mutual.currency)),
            Column(N_("From"), lambda row: row.valid_from, "day"),
            Column(N_("Source"), lambda row: row.source),
            Column(N_("Proposed by"), lambda row: row.proposed_by.partition(":")[2]),
            Column(
                N_("Status"),
                lambda row: words.say(STATUSES[RateStatus(row.status)][0]),
                "status",
                tone=lambda row: STATUSES[RateStatus(row.status)][1],
            ),
        ],
        lambda after, limit: list_proposals(desk.session, status=None, before=after[0] if after else MANY, limit=limit),
        key=lambda row: (row.id,),
        empty=N_("Nobody proposed a rate yet: the country's own file counts."),
    )
    if isinstance(proposals, Response):
        return proposals
    return desk.page(
        "administration/rates.html",
        period=period,
        month=str(period),
        components=components,
        proposals=proposals,
        returns=list_returns(desk.session, before=dt.date.max, limit=12),
        marks=MARKS,
        may=desk.may(LAW),
        crumbs=crumbs(desk, (N_("Rates"), "")),
    )


def _show_proposal(desk: Desk, form: Form) -> Response:
    tables = tables_of(desk.mutual.country)
    values = [
        (f"{kind}.{name}", f"{desk.words.say(GROUPS[kind])}: {name_of(desk, name)}")
        for kind in KINDS
        for name in tables.get(kind, {})
    ]
    if not form.is_typed:
        form.lists["read_on"] = [desk.today.isoformat()]
    return desk.page(
        "administration/rate_new.html",
        form=form,
        values=values,
        marks=[(mark, desk.words.say(text)) for mark, text in MARKS.items()],
        crumbs=crumbs(desk, (N_("Rates"), AT), (N_("Propose a rate"), "")),
    )


@area.act(f"{AT}/new", *LAW, show=_show_proposal, fields=FIELDS)
def propose(desk: Desk, form: Form) -> Go:
    """Propose a value ahead of its day; another person approves it."""
    tables = tables_of(desk.mutual.country)
    known = [f"{kind}.{name}" for kind in KINDS for name in tables.get(kind, {})]
    kind, _, name = form.choice("name", known, required=True).partition(".")
    valid_from, read_on = form.day("valid_from", required=True), form.day("read_on", required=True)
    value, source = form.text("value", required=True, most=20), form.text("source", required=True)
    mark, reason = form.choice("mark", list(MARKS), required=True), form.text("reason", required=True, most=500)
    form.check()
    assert valid_from is not None
    assert read_on is not None
    row = propose_rate(
        desk.session,
        kind=kind,
        name=name,
        valid_from=valid_from,
        value=value.replace(",", "") if kind != "rates" else value,
        source=source,
        read_on=read_on,
        mark=mark,
        reason=reason,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(f"{AT}/{row.id}", N_("Proposed. Another person has to approve it."))


def _show_decision(desk: Desk, form: Form, proposal_id: int) -> Response:
    row = lock_proposal(desk.session, proposal_id)
    said, tone = STATUSES[RateStatus(row.status)]
    return desk.page(
        "administration/rate.html",
        form=form,
        row=row,
        name=f"{name_of(desk, row.name)} ({desk.words.say(GROUPS[row.kind])})",
        standing=desk.words.say(said),
        tone=tone,
        mark=desk.words.say(MARKS[row.mark]),
        is_open=row.status == RateStatus.PROPOSED,
        is_own=row.proposed_by == desk.actor,
        may=desk.may(APPROVERS),
        crumbs=crumbs(desk, (N_("Rates"), AT), (f"{row.id}", "")),
    )


def _sure(desk: Desk, form: Form, proposal_id: int) -> Confirmation | None:
    row, words = lock_proposal(desk.session, proposal_id), desk.words
    if form.value("decision") != "approve":
        return None
    before = _before(desk, row)
    return Confirmation(
        words.say(
            "Approve {name}: {value} from {day} on, for every member",
            name=name_of(desk, row.name),
            value=words.rate(row.value, desk.mutual.currency),
            day=words.day(row.valid_from),
        ),
        words.say("Approve"),
        f"{AT}/{proposal_id}",
        [
            (words.say("Counts now"), before),
            (words.say("Source"), row.source),
            (words.say("Proposed by"), row.proposed_by.partition(":")[2]),
        ],
        [words.say("Open the source and compare the figure: it decides what every member pays.")],
    )


def _before(desk: Desk, row: ProposalRow) -> str:
    values = tables_of(desk.mutual.country)[row.kind][row.name]["values"]
    covering = [one for one in values if one["from"] < row.valid_from]
    if not covering:
        return "–"
    return desk.words.rate(str(max(covering, key=lambda one: one["from"])["value"]), desk.mutual.currency)


@area.act(
    f"{AT}/{{proposal_id:int}}", *APPROVERS, show=_show_decision, confirm=_sure, fields={"rate_taken": "decision"}
)
def decide(desk: Desk, form: Form, proposal_id: int) -> Go:
    """Approve or decline what another person proposed."""
    decision = form.choice("decision", ("approve", "decline"), required=True)
    reason = form.text("reason", required=decision == "decline", most=500)
    form.check()
    if decision == "approve":
        approve_rate(desk.session, proposal_id, actor=desk.actor, today=desk.today)
        return Go(f"{AT}/{proposal_id}", N_("Approved: it counts from its day on."))
    decline_rate(desk.session, proposal_id, reason=reason, actor=desk.actor)
    return Go(f"{AT}/{proposal_id}", N_("Declined."))


def _show_return(desk: Desk, form: Form) -> Response:
    if not form.is_typed:
        form.lists["read_on"] = [desk.today.isoformat()]
        form.lists["month"] = [str(Period.of(desk.today).previous())]
    return desk.page(
        "administration/return_new.html",
        form=form,
        marks=[(mark, desk.words.say(text)) for mark, text in MARKS.items()],
        crumbs=crumbs(desk, (N_("Rates"), AT), (N_("The pension system's return"), "")),
    )


@area.act(f"{AT}/returns", *LAW, show=_show_return, fields={"rate_invalid": "value", "period_invalid": "month"})
def add_return(desk: Desk, form: Form) -> Go:
    """Write down the pension system's average return in a month: lateness depends on it."""
    period, value = form.month("month", required=True), form.text("value", required=True, most=20)
    source, read_on = form.text("source", required=True), form.day("read_on", required=True)
    mark = form.choice("mark", list(MARKS), required=True)
    form.check()
    assert period is not None
    assert read_on is not None
    enter_return(
        desk.session,
        period=period,
        value=value,
        source=source,
        read_on=read_on,
        mark=mark,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(AT, N_("Written down."))


def _show_fees(desk: Desk, form: Form) -> Any:
    found = list_fees(desk.session)
    list_ = desk.listing(
        [
            Column(N_("From"), lambda row: row.valid_from, "day"),
            Column(N_("Per member and month"), lambda row: row.amount_minor, "amount"),
            Column(N_("Who decided it"), lambda row: row.source),
            Column(N_("Written by"), lambda row: row.actor, "code"),
            Column(N_("When"), lambda row: row.recorded_at, "instant"),
        ],
        lambda after, limit: [row for row in found if after is None or (row.valid_from, row.id) < after][:limit],
        key=lambda row: (row.valid_from, row.id),
        types=(dt.date, int),
        empty=N_("There is no fee: members pay what the state asks for and nothing else."),
    )
    if isinstance(list_, Response):
        return list_
    return desk.page(
        "administration/fees.html",
        form=form,
        list=list_,
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("The mutual's fee"), "")),
    )


def _sure_of_fee(desk: Desk, form: Form) -> Confirmation | None:
    day, amount = form.day("valid_from", required=True), form.amount("amount", desk.mutual.currency, required=True)
    form.text("source", required=True)
    if form.errors or day is None or amount is None:
        return None
    words = desk.words
    return Confirmation(
        words.say(
            "From {day} on each member pays {amount} a month for the mutual",
            day=words.day(day),
            amount=words.amount(amount, desk.mutual.currency),
        ),
        words.say("Decide it"),
        FEES,
        warnings=[words.say("It is part of what a month costs: members who paid the old amount will be short.")],
    )


@area.act(FEES, *MANAGER, show=_show_fees, confirm=_sure_of_fee, fields=FIELDS)
def decide_the_fee(desk: Desk, form: Form) -> Go:
    """Write down the fee per member and month from a day on."""
    day, amount = form.day("valid_from", required=True), form.amount("amount", desk.mutual.currency, required=True)
    source = form.text("source", required=True)
    form.check()
    assert day is not None
    assert amount is not None
    decide_fee(
        desk.session,
        valid_from=day,
        amount_minor=amount,
        currency=desk.mutual.currency,
        source=source,
        actor=desk.actor,
    )
    return Go(FEES, N_("The fee is decided."))
