"""Where the state has no interface: what was uploaded by hand, the portal's answer, its notice and its receipt."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.filings.place import COMPONENTS, DOCUMENTS, FILES, PAYS, area, component, crumbs, name_of
from gateway.backoffice.frame.desk import Crumb, Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.long_files import Came, LongPage, earlier, later, offer
from gateway.backoffice.frame.texts import N_
from gateway.backoffice.frame.uploads import check_size
from gateway.filing import answer_later, queries
from gateway.filing.portal_answer import load_answer
from gateway.filing.portal_notice import TypedNotice, type_confirmation, type_notice
from gateway.filing.portal_submit import Reception, mark_uploaded
from gateway.kit.progress import Progress
from gateway.membership.queries import list_payrolls

HAND = (*FILES, *PAYS)
ANSWERED = N_("Taken in: {accepted} accepted, {rejected} rejected.")
UNEVEN = N_("Kept, but it does not add up: {problem}")


def _show_uploaded(desk: Desk, form: Form, filing_id: int) -> Response:
    found = queries.get_filing(desk.session, filing_id)
    return desk.page(
        "filings/uploaded.html",
        crumbs=crumbs(desk, (name_of(desk, found), f"/filings/{filing_id}"), (N_("Uploaded by hand"), "")),
        form=form,
        found=found,
        documents=queries.list_documents(desk.session, filing_id),
        document_words=DOCUMENTS,
    )


@area.act("/filings/{filing_id:int}/uploaded", *FILES, show=_show_uploaded, fields={"reception_taken": "reason"})
def uploaded(desk: Desk, form: Form, filing_id: int) -> Go:
    """Write down the portal's reception number of each file."""
    documents = queries.list_documents(desk.session, filing_id)
    numbers = [(one.id, form.text(f"reception-{one.id}", most=60)) for one in documents]
    receptions = [Reception(number, document_id) for document_id, number in numbers if number]
    if not receptions:
        # A file that the state has already has no field here.
        asked = next((one.id for one in documents if one.status == "sealed"), None)
        if asked is None:
            form.warn(N_("None of its files waits for a number of the portal."))
        else:
            form.fault(f"reception-{asked}", N_("Write the number that the portal gave."))
    is_known_absent, reason = form.has("is_known_absent"), form.text("reason")
    form.check()
    mark_uploaded(
        desk.session,
        filing_id,
        receptions,
        actor=desk.actor,
        today=desk.today,
        is_known_absent=is_known_absent,
        reason=reason or None,
    )
    return Go(f"/filings/{filing_id}", N_("Written down: the state has it."))


def _show_answer(desk: Desk, form: Form, filing_id: int) -> Response:
    found = queries.get_filing(desk.session, filing_id)
    documents = [(str(one.id), one.file_name) for one in queries.list_documents(desk.session, filing_id)]
    return desk.page(
        "filings/answer.html",
        crumbs=crumbs(desk, (name_of(desk, found), f"/filings/{filing_id}"), (N_("The portal's answer"), "")),
        form=form,
        found=found,
        documents=documents,
        earlier=earlier(desk, ANSWER_FILES, {"filing_id": filing_id}),
    )


@area.act(
    "/filings/{filing_id:int}/answer",
    *FILES,
    show=_show_answer,
    fields={"portal_answer_invalid": "file", "file_unreadable": "file", "document_unknown": "document"},
)
def answer(desk: Desk, form: Form, filing_id: int) -> Go:
    """Take in what the portal answered, line by line; nothing is written while there is a mistake in it."""
    file = form.file("file", check_size)
    document = form.number("document")
    form.check()
    assert file is not None
    options = {"filing_id": filing_id, "document_id": document, "unlisted_accepted": form.has("unlisted_accepted")}
    if waiting := later(desk, ANSWER_FILES, file, options):
        return waiting
    loaded = load_answer(
        desk.session,
        filing_id,
        body=file.body,
        file_name=file.name,
        document_id=document,
        unlisted_accepted=form.has("unlisted_accepted"),
        actor=desk.actor,
        today=desk.today,
    )
    if loaded.problem:
        return Go(f"/filings/{filing_id}", UNEVEN, {"problem": loaded.problem}, "bad")
    places = {"accepted": desk.words.number(loaded.accepted), "rejected": desk.words.number(loaded.rejected)}
    return Go(f"/filings/{filing_id}", ANSWERED, places)


def _came(desk: Desk, found: Progress, result: Mapping[str, Any]) -> Came:
    where, words = f"/filings/{found.options['filing_id']}", desk.words
    if result["problem"]:
        return Came(words.say(UNEVEN, problem=result["problem"]), "bad", where)
    accepted, rejected = words.number(result["accepted"]), words.number(result["rejected"])
    return Came(words.say(ANSWERED, accepted=accepted, rejected=rejected), "good", where)


def _trail(desk: Desk, found: Progress) -> list[Crumb]:
    filing = queries.get_filing(desk.session, int(found.options["filing_id"]))
    return crumbs(
        desk,
        (name_of(desk, filing), f"/filings/{filing.id}"),
        (N_("The portal's answer"), f"/filings/{filing.id}/answer"),
    )


ANSWER_FILES = LongPage(
    answer_later.ANSWER,
    "/filings/answers/{answer_file_id:int}",
    N_("The portal's answer is being taken in."),
    {
        "read": (N_("the file is read"), ""),
        "compare": (N_("its lines are compared with ours"), N_("Line {done} of {total}")),
        "book": (N_("the answer is written and booked"), ""),
    },
    _came,
    _trail,
)
offer(area, ANSWER_FILES, *FILES)


def _show_notice(desk: Desk, form: Form) -> Response:
    payrolls = [(str(one.id), f"{one.code} {one.name}") for one in list_payrolls(desk.session, limit=500)]
    return desk.page(
        "filings/notice.html",
        crumbs=crumbs(desk, (N_("Bills"), "/bills"), (N_("Type in a notice"), "")),
        form=form,
        payrolls=payrolls,
        components=[(code, component(desk, code)) for code in COMPONENTS],
    )


@area.act("/bills/new", *HAND, show=_show_notice, fields={"notice_invalid": "total"})
def notice(desk: Desk, form: Form) -> Go:
    """Take in the state's notice as it stands on the portal."""
    currency = desk.mutual.currency
    payroll = form.number("payroll", required=True)
    period = form.month("period", required=True)
    reference = form.text("reference", required=True, most=40)
    issued, due = form.day("issued_on", required=True), form.day("due_on", required=True)
    total = form.amount("total", currency, required=True)
    parts = [(code, form.amount(f"component-{code}", currency)) for code in COMPONENTS]
    form.check()
    assert payroll is not None
    assert period is not None
    assert issued is not None
    assert due is not None
    assert total is not None
    typed = TypedNotice(
        payroll_id=payroll,
        period=period,
        reference=reference,
        version=form.number("version") or 1,
        replaces=form.text("replaces", most=40) or None,
        issued_on=issued,
        due_on=due,
        components=[(code, -minor if code == "credits" else minor) for code, minor in parts if minor],
        total_minor=total,
    )
    bill = type_notice(desk.session, typed, actor=desk.actor, today=desk.today)
    return Go(f"/bills/{bill.id}", N_("The bill is taken in and set against ours."))


def _show_confirmation(desk: Desk, form: Form, bill_id: int) -> Response:
    bill = queries.get_bill(desk.session, bill_id)
    if not form.is_typed:
        form.lists |= {"amount": [desk.words.money(bill.total_minor, bill.currency)]}
    return desk.page(
        "filings/confirmation.html",
        crumbs=crumbs(
            desk,
            (N_("Bills"), "/bills"),
            (bill.notice_reference, f"/bills/{bill_id}"),
            (N_("The portal shows it as paid"), ""),
        ),
        form=form,
        bill=bill,
    )


@area.act(
    "/bills/{bill_id:int}/confirmation",
    *HAND,
    show=_show_confirmation,
    fields={"notice_invalid": "amount", "payment_differs": "amount"},
)
def confirmation(desk: Desk, form: Form, bill_id: int) -> Any:
    """Write down that the portal shows a bill as paid."""
    bill = queries.get_bill(desk.session, bill_id)
    amount = form.amount("amount", bill.currency, required=True)
    paid_on = form.day("paid_on", required=True)
    authorisation = form.text("authorisation", required=True, most=60)
    form.check()
    assert paid_on is not None
    type_confirmation(
        desk.session,
        bill_id,
        amount_minor=amount or 0,
        paid_on=paid_on,
        authorisation=authorisation,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(f"/bills/{bill_id}", N_("Written down: the state has the money."))
