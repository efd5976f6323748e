"""Cash from hand to hand: given, counted by whoever gets it, and looked at by a third where it differs."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import (
    DESK,
    HANDOVERS,
    MONEY,
    area,
    counted,
    crumbs,
    my_session,
    person,
    rows_before,
    sees_others,
    till_names,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries
from gateway.cash.denominations import pieces_of
from gateway.cash.errors import HandoverUnknownError
from gateway.cash.hand_over import confirm_handover, hand_over, receive_handover, take_back_handover
from gateway.cash.states import HandoverStatus
from gateway.staff.queries import list_staff


def _show(desk: Desk, form: Form) -> Any:
    words = desk.words
    who = None if sees_others(desk) else desk.actor

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_handovers(desk.session, status=None, person=who, before=rows_before(key), limit=limit)

    rows = desk.listing(
        [
            Column(N_("Handover"), lambda row: row.id, "code", link=lambda row: f"/cash/handovers/{row.id}"),
            Column(N_("Given by"), lambda row: person(row.giver)),
            Column(N_("Given to"), lambda row: person(row.receiver)),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
            Column(N_("Day"), lambda row: row.given_on, "day"),
            Column(
                N_("Status"),
                lambda row: words.say(HANDOVERS[row.status][0]),
                "status",
                tone=lambda row: HANDOVERS[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("No cash was handed over yet."),
    )
    if isinstance(rows, Response):
        return rows
    people = [one for one in list_staff(desk.session, after="", limit=500) if one.is_active]
    return desk.page(
        "cash/handovers.html",
        crumbs=crumbs(desk, (N_("Handovers"), "")),
        form=form,
        rows=rows,
        mine=my_session(desk),
        people=[(one.username, one.full_name) for one in people if one.username != person(desk.actor)],
    )


def _sum(desk: Desk, form: Form) -> Confirmation | None:
    amount, to = form.amount("amount", desk.mutual.currency, required=True), form.text("to", required=True, most=60)
    form.check()
    words = desk.words
    sentence = words.say(
        "Hand {amount} of your drawer to {person}.", amount=words.amount(amount or 0, desk.mutual.currency), person=to
    )
    return Confirmation(sentence, words.say("Hand it over"), "/cash/handovers")


@area.act("/cash/handovers", *DESK, show=_show, confirm=_sum, fields={"handover_invalid": "amount"})
def give(desk: Desk, form: Form) -> Go:
    """Take cash out of her own drawer for another person."""
    amount = form.amount("amount", desk.mutual.currency, required=True)
    to = form.text("to", required=True, most=60)
    note = form.text("note")
    form.check()
    made = hand_over(
        desk.session, username=to, amount_minor=amount or 0, note=note or None, actor=desk.actor, today=desk.today
    )
    return Go(f"/cash/handovers/{made.id}", N_("It is on its way until the other person has counted it."), {}, "wait")


def _found(desk: Desk, handover_id: int) -> Any:
    found = queries.get_handover(desk.session, handover_id)
    if not sees_others(desk) and desk.actor not in (found.giver, found.receiver):
        raise HandoverUnknownError(f"no handover {handover_id} of yours")
    return found


@area.page("/cash/handovers/{handover_id:int}", *DESK)
def handover(desk: Desk, handover_id: int) -> Response:
    """Show a handover and what can be done with it now."""
    found, me = _found(desk, handover_id), desk.actor
    is_party = me in (found.giver, found.receiver)
    return desk.page(
        "cash/handover.html",
        crumbs=crumbs(desk, (N_("Handovers"), "/cash/handovers"), (str(handover_id), "")),
        from_till=desk.words.account(found.from_till, till_names(desk)),
        found=found,
        giver=person(found.giver),
        receiver=person(found.receiver),
        standing=HANDOVERS[found.status],
        may_count=found.status == HandoverStatus.GIVEN and me == found.receiver,
        may_take_back=found.status == HandoverStatus.GIVEN and me == found.giver,
        may_confirm=found.status == HandoverStatus.COUNTED and desk.may(MONEY) and not is_party,
    )


def _show_count(desk: Desk, form: Form, handover_id: int) -> Response:
    found = _found(desk, handover_id)
    return desk.page(
        "cash/handover_count.html",
        crumbs=crumbs(
            desk,
            (N_("Handovers"), "/cash/handovers"),
            (str(handover_id), f"/cash/handovers/{handover_id}"),
            (N_("Count it"), ""),
        ),
        form=form,
        found=found,
        giver=person(found.giver),
        pieces=pieces_of(found.currency),
    )


@area.act(
    "/cash/handovers/{handover_id:int}/count",
    *DESK,
    show=_show_count,
    fields={"count_differs": "reason", "count_invalid": "loose"},
)
def count(desk: Desk, form: Form, handover_id: int) -> Go:
    """Count into her own drawer what was handed over."""
    pieces, loose, _ = counted(desk, form)
    form.check()
    done = receive_handover(
        desk.session,
        handover_id,
        pieces=[one for one in pieces if one.number],
        loose_minor=loose,
        reason=form.text("reason") or None,
        actor=desk.actor,
        today=desk.today,
    )
    if done.status == HandoverStatus.RECEIVED:
        return Go(f"/cash/handovers/{handover_id}", N_("Received; it is what was given."))
    return Go(f"/cash/handovers/{handover_id}", N_("Counted. It waits for a third person's word."), {}, "wait")


def _show_confirm(desk: Desk, form: Form, handover_id: int) -> Any:
    found = _found(desk, handover_id)
    if found.counted_minor is None and not form.is_typed:
        return Go(f"/cash/handovers/{handover_id}", N_("Nobody has counted it yet."), {}, "wait")
    return desk.page(
        "cash/handover_difference.html",
        crumbs=crumbs(
            desk,
            (N_("Handovers"), "/cash/handovers"),
            (str(handover_id), f"/cash/handovers/{handover_id}"),
            (N_("A third person's word"), ""),
        ),
        form=form,
        found=found,
        giver=person(found.giver),
        receiver=person(found.receiver),
    )


def _difference(desk: Desk, form: Form, handover_id: int) -> Confirmation | None:
    found = _found(desk, handover_id)
    decision = form.choice("decision", ("confirm", "recount"), required=True)
    if decision == "recount":
        form.text("reason", required=True)
    form.check()
    if decision != "confirm":
        return None
    words = desk.words
    sentence = words.say(
        "Book {counted} as received of {given} given; the difference goes to its own account.",
        counted=words.amount(found.counted_minor or 0, found.currency),
        given=words.amount(found.amount_minor, found.currency),
    )
    return Confirmation(sentence, words.say("Book it"), f"/cash/handovers/{handover_id}")


@area.act(
    "/cash/handovers/{handover_id:int}/confirmation",
    *MONEY,
    show=_show_confirm,
    confirm=_difference,
    fields={"count_differs": "reason"},
)
def confirm(desk: Desk, form: Form, handover_id: int) -> Go:
    """Give a third person's word for a difference, or ask for another count."""
    is_confirmed = form.choice("decision", ("confirm", "recount"), required=True) == "confirm"
    reason = form.text("reason", required=not is_confirmed)
    form.check()
    confirm_handover(
        desk.session, handover_id, is_confirmed=is_confirmed, reason=reason or None, actor=desk.actor, today=desk.today
    )
    said = N_("The difference is booked.") if is_confirmed else N_("Another count is asked for.")
    return Go(f"/cash/handovers/{handover_id}", said)


def _show_back(desk: Desk, form: Form, handover_id: int) -> Response:
    return desk.page(
        "cash/handover_back.html",
        crumbs=crumbs(
            desk,
            (N_("Handovers"), "/cash/handovers"),
            (str(handover_id), f"/cash/handovers/{handover_id}"),
            (N_("Take it back"), ""),
        ),
        form=form,
        found=_found(desk, handover_id),
    )


@area.act("/cash/handovers/{handover_id:int}/withdrawal", *DESK, show=_show_back)
def take_back(desk: Desk, form: Form, handover_id: int) -> Go:
    """Put back into her own drawer what nobody has counted yet."""
    reason = form.text("reason", required=True)
    form.check()
    take_back_handover(desk.session, handover_id, reason=reason, actor=desk.actor, today=desk.today)
    return Go(f"/cash/handovers/{handover_id}", N_("It is in your drawer again."))
