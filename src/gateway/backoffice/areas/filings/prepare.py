"""The filings there are; preparing one with its reasons; freezing and sending it."""

from typing import Any

from fastapi.responses import Response

from gateway.authority.connect import state_format
from gateway.backoffice.areas.filings.place import (
    CATEGORIES,
    CHANGES,
    DOCUMENTS,
    FILES,
    KINDS,
    MARKS,
    READS,
    REASONS,
    STATUSES,
    area,
    before,
    choices,
    component,
    crumbs,
    name_of,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.days import read_month
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.contributions.assess import assess_period
from gateway.filing import due, queries
from gateway.filing.discard import discard
from gateway.filing.models import Filing
from gateway.filing.prepare import prepare
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind, FilingStatus
from gateway.filing.submit import request_submission
from gateway.kit.period import Period, PeriodError
from gateway.membership.queries import get_payroll, list_payrolls

MOST_PAYROLLS = 500


@area.page("/filings", *READS)
def filings(desk: Desk) -> Response:
    """Show the filings, newest first."""
    words, typed, status = desk.words, desk.asked("month", 30), desk.asked("status")
    period = month_typed(typed)
    payrolls = {one.id: one for one in list_payrolls(desk.session, limit=MOST_PAYROLLS)}

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_filings(
            desk.session,
            period=period.start if period else None,
            status=status if status in STATUSES else None,
            before=before(key),
            limit=limit,
        )

    columns = [
        Column(N_("Month"), lambda row: name_of(desk, row), link=lambda row: f"/filings/{row.id}"),
        Column(N_("Payroll"), lambda row: payrolls[row.payroll_id].name if row.payroll_id in payrolls else None),
        Column(N_("Declared"), lambda row: row.line_count, "count"),
        Column(N_("Not declared"), lambda row: row.not_funded_count, "count"),
        Column(N_("For the state"), lambda row: row.state_minor, "amount"),
        Column(N_("Rejected lines"), lambda row: row.rejected_count, "count"),
        Column(
            N_("Status"),
            lambda row: words.say(STATUSES[row.status][0]),
            "status",
            tone=lambda row: STATUSES[row.status][1],
        ),
    ]
    rows = desk.listing(
        columns,
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("month", N_("Month"), kind="month"), Filter("status", N_("Status"), choices(desk, STATUSES))],
        empty=N_("No filing fits. Prepare the month's first."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page("filings/list.html", crumbs=[], rows=rows, may_prepare=desk.may(FILES))


def month_typed(text: str) -> Period | None:
    """Return a month, or None where it cannot be read."""
    try:
        return read_month(text) if text else None
    except PeriodError:
        return None


def _show_new(desk: Desk, form: Form) -> Response:
    payrolls = [one for one in list_payrolls(desk.session, limit=MOST_PAYROLLS) if one.is_active]
    if not form.is_typed:
        form.lists |= {
            "period": [desk.asked("month", 30) or str(Period.of(desk.today).plus(-1))],
            "kind": [desk.asked("kind", 20) or FilingKind.MONTHLY.value],
            "payroll": [desk.asked("payroll", 20) or (str(payrolls[0].id) if len(payrolls) == 1 else "")],
            "assess": ["1"],
        }
    return desk.page(
        "filings/new.html",
        crumbs=crumbs(desk, (N_("Prepare a filing"), "")),
        form=form,
        payrolls=[(str(one.id), f"{one.code} {one.name}") for one in payrolls],
        kinds=choices(desk, KINDS),
    )


@area.act(
    "/filings/new",
    *FILES,
    show=_show_new,
    fields={
        "filing_made": "kind",
        "filing_open": "payroll",
        "rates_missing": "period",
        "period_ahead": "period",
        "period_closed": "period",
        "nothing_to_supplement": "kind",
    },
)
def new(desk: Desk, form: Form) -> Go:
    """Assess the month anew if wanted, and decide for every member whether she is declared and with whose money."""
    payroll = form.number("payroll", required=True)
    period = form.month("period", required=True)
    kind = form.choice("kind", [str(one) for one in KINDS], required=True)
    form.check()
    assert payroll is not None
    assert period is not None
    if form.has("assess"):
        assess_period(desk.session, payroll_id=payroll, period=period, actor=desk.actor, today=desk.today)
    made = prepare(
        desk.session, payroll_id=payroll, period=period, kind=FilingKind(kind), actor=desk.actor, today=desk.today
    )
    return Go(
        f"/filings/{made.id}", N_("Prepared. Nothing is reserved and nothing is sent yet: look it through."), {}, "wait"
    )


@area.page("/filings/{filing_id:int}", *READS)
def filing(desk: Desk, filing_id: int) -> Response:
    """Show a filing: who is declared with whose money and who is not, what changed, its files, and how the state answered."""
    found, words = queries.get_filing(desk.session, filing_id), desk.words
    figures = queries.figures_of(desk.session, found)
    is_draft = found.status == FilingStatus.DRAFT
    bill = figures["last_bill"]
    form, language = state_format(desk.mutual.country), words.language
    answers = [] if found.sealed_at is None else queries.answers_by_code(desk.session, filing_id)
    reasons = sorted(figures["by_reason"].items(), key=lambda item: (not item[1]["is_funded"], -item[1]["members"]))
    return desk.page(
        "filings/filing.html",
        crumbs=crumbs(desk, (name_of(desk, found), "")),
        found=found,
        name=name_of(desk, found),
        payroll=get_payroll(desk.session, found.payroll_id),
        kind=KINDS[FilingKind(found.kind)],
        standing=STATUSES[FilingStatus(found.status)],
        due_on=due.due_on(desk.session, Period.of(found.period_start)),
        reasons=[(reason, words.say(REASONS.get(reason, reason)), sums) for reason, sums in reasons],
        changes=[(name, words.say(CHANGES.get(name, name)), count) for name, count in figures["by_change"].items()],
        last_bill=bill,
        difference_minor=None if bill is None else found.state_minor - bill.total_minor,
        last_month=None if bill is None else words.month(Period.of(bill.period_start)),
        unverified=[
            {
                **one,
                "name": component(desk, one["component"]),
                "rate": words.rate(one["rate"], desk.mutual.currency),
                "mark": words.say(MARKS.get(one["mark"], one["mark"])),
            }
            for one in figures["unverified"]
        ],
        documents=[] if is_draft else queries.list_documents(desk.session, filing_id),
        document_words=DOCUMENTS,
        answers=[_answer(form.explain(row.code or "0"), row, language) for row in answers],
        categories=CATEGORIES,
        may_file=desk.may(FILES),
        period=str(Period.of(found.period_start)),
        is_draft=is_draft,
    )


def _answer(meaning: Any, row: Any, language: str) -> dict[str, Any]:
    said = meaning.meaning_in(language)
    return {
        "row": row,
        "meaning": said,
        "category": meaning.category,
        "fix": meaning.fixes.get(language, meaning.fix),
        "known": meaning.known,
    }


# Freeze and send


def _show_seal(desk: Desk, form: Form, filing_id: int) -> Response:
    return _step(desk, form, filing_id, "seal")


def _step(desk: Desk, form: Form, filing_id: int, step: str) -> Response:
    found = queries.get_filing(desk.session, filing_id)
    return desk.page(
        "filings/step.html",
        crumbs=crumbs(desk, (name_of(desk, found), f"/filings/{filing_id}"), (STEPS[step][0], "")),
        form=form,
        found=found,
        name=name_of(desk, found),
        step=step,
        title=STEPS[step][0],
        text=STEPS[step][1],
        needs_reason=step == "discard",
    )


STEPS = {
    "seal": (
        N_("Freeze it"),
        N_("The money is reserved and the files are frozen; nothing of it can be changed afterwards."),
    ),
    "submit": (N_("Send it to the state"), N_("The frozen files go to the state. A filing is never sent twice.")),
    "discard": (N_("Discard the draft"), N_("Nothing of it was reserved; it can be prepared again.")),
}
"""Title and what it does, of each step."""


def _sure_seal(desk: Desk, _form: Form, filing_id: int) -> Confirmation:
    found, words = queries.get_filing(desk.session, filing_id), desk.words
    sentence = words.count(
        "Freeze the filing of one member for {month}: {amount} for the state.",
        "Freeze the filing of {n} members for {month}: {amount} for the state.",
        found.line_count,
        month=words.month(Period.of(found.period_start)),
        amount=words.amount(found.state_minor, found.currency),
    )
    return Confirmation(sentence, words.say("Freeze it"), f"/filings/{filing_id}", _figures(desk, found))


def _figures(desk: Desk, found: Filing) -> list[tuple[str, str]]:
    words = desk.words
    return [
        (words.say("Reserved of members' and others' money"), words.amount(found.reserved_minor, found.currency)),
        (words.say("Of it the mutual's fee"), words.amount(found.fee_minor, found.currency)),
        (words.say("Not declared"), words.number(found.not_funded_count)),
        (words.say("Comings and goings told beside it"), words.number(found.movement_count)),
    ]


@area.act("/filings/{filing_id:int}/seal", *FILES, show=_show_seal, confirm=_sure_seal)
def freeze(desk: Desk, _form: Form, filing_id: int) -> Go:
    """Reserve the money and freeze lines and files."""
    done = seal(desk.session, filing_id, actor=desk.actor, today=desk.today)
    return Go(
        f"/filings/{filing_id}",
        N_("Frozen with {count} members. It is not sent yet."),
        {"count": desk.words.number(done.line_count)},
        "wait",
    )


def _show_submit(desk: Desk, form: Form, filing_id: int) -> Response:
    return _step(desk, form, filing_id, "submit")


def _sure_submit(desk: Desk, _form: Form, filing_id: int) -> Confirmation:
    found, words = queries.get_filing(desk.session, filing_id), desk.words
    sentence = words.count(
        "Send the filing of one member for {month} to the state: {amount}.",
        "Send the filing of {n} members for {month} to the state: {amount}.",
        found.line_count,
        month=words.month(Period.of(found.period_start)),
        amount=words.amount(found.state_minor, found.currency),
    )
    return Confirmation(sentence, words.say("Send it to the state"), f"/filings/{filing_id}", _figures(desk, found))


@area.act("/filings/{filing_id:int}/submission", *FILES, show=_show_submit, confirm=_sure_submit)
def send(desk: Desk, _form: Form, filing_id: int) -> Go:
    """Let a frozen filing go to the state."""
    request_submission(desk.session, filing_id, actor=desk.actor)
    return Go(
        f"/filings/{filing_id}", N_("It is on its way to the state; this page tells when it has arrived."), {}, "wait"
    )


def _show_discard(desk: Desk, form: Form, filing_id: int) -> Response:
    return _step(desk, form, filing_id, "discard")


@area.act("/filings/{filing_id:int}/discard", *FILES, show=_show_discard)
def give_up(desk: Desk, form: Form, filing_id: int) -> Go:
    """Give up a draft."""
    reason = form.text("reason", required=True)
    form.check()
    discard(desk.session, filing_id, actor=desk.actor, reason=reason)
    return Go("/filings", N_("The draft is discarded."))
