"""What the state pays back: told, here, on the members' accounts, and what nobody could place."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.benefits.place import LINES, READERS, REMITTANCES, area, before, crumbs, kind_of
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.benefits import queries
from gateway.benefits.allot import allot
from gateway.benefits.place import place
from gateway.benefits.states import RemittanceStatus
from gateway.contributions.queries import names_of
from gateway.membership.queries import find_member_by_number
from gateway.membership.rules import mask


@area.page("/benefits/remittances", *READERS)
def remittances(desk: Desk) -> Response:
    """Show what the state has told, newest first."""
    words, status = desk.words, desk.asked("status")

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        wanted = RemittanceStatus(status) if status in REMITTANCES else None
        return queries.list_remittances(desk.session, status=wanted, before=before(key), limit=limit)

    rows = desk.listing(
        [
            Column(
                N_("Number"),
                lambda row: row.authority_reference,
                "code",
                link=lambda row: f"/benefits/remittances/{row.id}",
            ),
            Column(N_("Told on"), lambda row: row.advised_on, "day"),
            Column(N_("Lines"), lambda row: row.line_count, "count"),
            Column(N_("Amount"), lambda row: row.total_minor, "amount"),
            Column(N_("Not placed"), lambda row: row.suspense_minor or None, "amount"),
            Column(
                N_("Status"),
                lambda row: words.say(REMITTANCES[row.status][0]),
                "status",
                tone=lambda row: REMITTANCES[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[
            Filter("status", N_("Status"), [(str(one), words.say(said)) for one, (said, _) in REMITTANCES.items()])
        ],
        empty=N_("Nothing fits."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page("benefits/remittances.html", crumbs=crumbs(desk, (N_("What the state pays back"), "")), rows=rows)


@area.page("/benefits/remittances/{remittance_id:int}", *READERS)
def remittance(desk: Desk, remittance_id: int) -> Response:
    """Show a remittance and to whom each line belongs."""
    found, words, status = queries.get_remittance(desk.session, remittance_id), desk.words, desk.asked("status")
    names: dict[int, tuple[str, str]] = {}

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        wanted: Any = status if status in LINES else None
        rows = queries.list_lines(
            desk.session, remittance_id, status=wanted, after=0 if key is None else key[0], limit=limit
        )
        names.update(names_of(desk.session, [row.member_id for row in rows if row.member_id is not None]))
        return rows

    def name(row: Any) -> str | None:
        return names[row.member_id][1] if row.member_id in names else None

    rows = desk.listing(
        [
            Column(N_("Line"), lambda row: row.line_no, "count"),
            Column(
                N_("Identity number"), lambda row: row.document if desk.sees_numbers else mask(row.document), "code"
            ),
            Column(N_("Member"), name, link=lambda row: f"/members/{row.member_id}" if row.member_id else None),
            Column(N_("Benefit"), lambda row: kind_of(desk, row.benefit_kind)),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
            Column(
                N_("Status"),
                lambda row: words.say(LINES[row.status][0]),
                "status",
                tone=lambda row: LINES[row.status][1],
            ),
            Column(
                N_("To do"),
                lambda row: words.say("Place it") if row.status == "suspense" else None,
                link=lambda row: f"/benefits/lines/{remittance_id}/{row.line_no}/placement",
            ),
        ],
        fetch,
        key=lambda row: (row.line_no,),
        filters=[Filter("status", N_("Status"), [(one, words.say(said)) for one, (said, _) in LINES.items()])],
        empty=N_("Nothing fits."),
        currency=found.currency,
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "benefits/remittance.html",
        crumbs=crumbs(desk, (N_("What the state pays back"), "/benefits/remittances"), (found.authority_reference, "")),
        found=found,
        standing=REMITTANCES[RemittanceStatus(found.status)],
        rows=rows,
        may_allot=found.status == RemittanceStatus.FUNDED and desk.may(READERS),
    )


def _show_allot(desk: Desk, form: Form, remittance_id: int) -> Response:
    found = queries.get_remittance(desk.session, remittance_id)
    return desk.page(
        "benefits/allot.html",
        crumbs=crumbs(
            desk,
            (N_("What the state pays back"), "/benefits/remittances"),
            (found.authority_reference, f"/benefits/remittances/{remittance_id}"),
        ),
        form=form,
        found=found,
    )


def _sure_allot(desk: Desk, _form: Form, remittance_id: int) -> Confirmation:
    found, words = queries.get_remittance(desk.session, remittance_id), desk.words
    sentence = words.count(
        "Put {amount} on one member's account.",
        "Put {amount} on the accounts of the members of {n} lines.",
        found.line_count,
        amount=words.amount(found.total_minor, found.currency),
    )
    return Confirmation(sentence, words.say("Put it on the accounts"), f"/benefits/remittances/{remittance_id}")


@area.act("/benefits/remittances/{remittance_id:int}/allotment", *READERS, show=_show_allot, confirm=_sure_allot)
def put(desk: Desk, _form: Form, remittance_id: int) -> Go:
    """Give every line to its member, or to suspense with a reason."""
    done = allot(desk.session, remittance_id, actor=desk.actor, today=desk.today).remittance
    places = {
        "amount": desk.words.amount(done.allotted_minor, done.currency),
        "left": desk.words.amount(done.suspense_minor, done.currency),
    }
    return Go(
        f"/benefits/remittances/{remittance_id}",
        N_("{amount} is on the members' accounts; {left} waits to be placed."),
        places,
    )


def _line(desk: Desk, remittance_id: int, line_no: int) -> Any:
    return queries.list_lines(desk.session, remittance_id, status=None, after=line_no - 1, limit=1)[0]


def _show_place(desk: Desk, form: Form, remittance_id: int, line_no: int) -> Response:
    found, row = queries.get_remittance(desk.session, remittance_id), _line(desk, remittance_id, line_no)
    return desk.page(
        "benefits/place.html",
        crumbs=crumbs(
            desk,
            (N_("What the state pays back"), "/benefits/remittances"),
            (found.authority_reference, f"/benefits/remittances/{remittance_id}"),
            (N_("Place it"), ""),
        ),
        form=form,
        found=found,
        row=row,
        kind=kind_of(desk, row.benefit_kind),
        document=row.document if desk.sees_numbers else mask(row.document),
    )


def _sure_place(desk: Desk, form: Form, remittance_id: int, line_no: int) -> Confirmation:
    row, words = _line(desk, remittance_id, line_no), desk.words
    number = form.text("number", required=True, most=30)
    form.text("reason", required=True)
    member = find_member_by_number(desk.session, number.upper()) if number else None
    if number and member is None:
        form.fault("number", N_("No member has this number."))
    form.check()
    assert member is not None
    name = " ".join(part for part in (member.given_names, member.first_surname, member.second_surname) if part)
    sentence = words.say(
        "Give {amount} to {name} ({number}).",
        amount=words.amount(row.amount_minor, row.currency),
        name=name,
        number=member.number,
    )
    return Confirmation(sentence, words.say("It is this member's"), f"/benefits/remittances/{remittance_id}")


@area.act(
    "/benefits/lines/{remittance_id:int}/{line_no:int}/placement", *READERS, show=_show_place, confirm=_sure_place
)
def place_line(desk: Desk, form: Form, remittance_id: int, line_no: int) -> Go:
    """Give a line in suspense to the member it belongs to, with the reason."""
    member = find_member_by_number(desk.session, form.text("number", required=True, most=30).upper())
    reason = form.text("reason", required=True)
    if member is None:
        form.fault("number", N_("No member has this number."))
    form.check()
    assert member is not None
    row = _line(desk, remittance_id, line_no)
    place(desk.session, row.id, member_id=member.id, reason=reason, actor=desk.actor, today=desk.today)
    return Go(f"/benefits/remittances/{remittance_id}", N_("It is on the member's account."))
