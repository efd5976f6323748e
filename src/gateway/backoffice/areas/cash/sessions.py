"""Whose drawer it is: open a session, count it, and a second person's word where the count is not what the books say."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import (
    DESK,
    HANDOVERS,
    MONEY,
    OFFICE,
    SESSIONS,
    area,
    counted,
    crumbs,
    float_sources,
    my_session,
    person,
    rows_before,
    sees_others,
    till_names,
)
from gateway.backoffice.frame.area import GREATEST, Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries
from gateway.cash.count import confirm_session, count_session
from gateway.cash.denominations import pieces_of
from gateway.cash.errors import SessionUnknownError
from gateway.cash.open_session import open_session
from gateway.cash.states import HandoverStatus, SessionStatus
from gateway.cash.tills import in_drawer

COLUMNS = (
    Column(N_("Who answers for it"), lambda row: person(row.holder)),
    Column(N_("Opened"), lambda row: row.opened_on, "day"),
    Column(N_("Float"), lambda row: row.float_minor, "amount"),
    Column(N_("By the books"), lambda row: row.expected_minor, "amount"),
    Column(N_("Counted"), lambda row: row.counted_minor, "amount"),
)


@area.page("/cash", *DESK)
def overview(desk: Desk) -> Any:
    """Show her own drawer, what waits for her, and the sessions."""
    words = desk.words
    holder = None if sees_others(desk) else desk.actor
    status = desk.asked("status")

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_sessions(
            desk.session,
            status=status if status in SESSIONS else None,
            holder=holder,
            till=desk.asked("till") or None,
            before=rows_before(key),
            limit=limit,
        )

    names = till_names(desk)
    columns = [
        Column(N_("Session"), lambda row: row.id, "code", link=lambda row: f"/cash/sessions/{row.id}"),
        Column(N_("Till"), lambda row: desk.words.account(row.till, names)),
        *COLUMNS,
        Column(
            N_("Status"),
            lambda row: words.say(SESSIONS[row.status][0]),
            "status",
            tone=lambda row: SESSIONS[row.status][1],
        ),
    ]
    choices = [(str(one), words.say(said)) for one, (said, _) in SESSIONS.items()]
    rows = desk.listing(
        columns,
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("status", N_("Status"), choices), Filter("till", N_("Till"), list(names.items()))],
        empty=N_("No session fits. Open one to take money in."),
    )
    if isinstance(rows, Response):
        return rows
    mine = my_session(desk)
    waiting = queries.list_handovers(
        desk.session, status=HandoverStatus.GIVEN, person=desk.actor, before=GREATEST, limit=20
    )
    values: dict[str, Any] = {
        "till": "" if mine is None else desk.words.account(mine.till, names),
        "mine": mine,
        "taken": (0, 0),
        "drawer_minor": 0,
    }
    if mine is not None:
        values |= {
            "taken": queries.receipts_of(desk.session, mine.id),
            "drawer_minor": in_drawer(desk.session, mine.till),
        }
    undeposited = queries.list_undeposited(desk.session) if desk.may(OFFICE, reads=True) else []
    return desk.page(
        "cash/overview.html",
        crumbs=[],
        rows=rows,
        waiting=[(one, person(one.giver)) for one in waiting if one.receiver == desk.actor],
        statuses=HANDOVERS,
        undeposited_minor=sum(one.amount_minor for one in undeposited),
        undeposited_count=len(undeposited),
        may_office=desk.may(OFFICE, reads=True),
        may_money=desk.may(MONEY),
        **values,
    )


def _show_open(desk: Desk, form: Form) -> Any:
    mine = my_session(desk)
    if mine is not None and not form.is_typed:
        return Go(f"/cash/sessions/{mine.id}", N_("You have a session already."), {}, "wait")
    tills = [
        till
        for till in queries.list_tills(desk.session, after="", limit=200)
        if till.session_id is None and till.is_active
    ]
    if not form.is_typed and len(tills) == 1:
        form.lists["till"] = [tills[0].code]
    return desk.page(
        "cash/open.html",
        crumbs=crumbs(desk, (N_("Open a session"), "")),
        form=form,
        tills=[(till.code, till.name) for till in tills],
        sources=float_sources(desk),
    )


@area.act(
    "/cash/open",
    *DESK,
    show=_show_open,
    fields={"float_differs": "float", "till_invalid": "till", "cash_session_open": "till"},
)
def open_(desk: Desk, form: Form) -> Go:
    """Open a session: from now on she answers for the drawer."""
    till = form.text("till", required=True, most=60)
    amount = form.amount("float", desk.mutual.currency, required=True)
    source = form.choice("float_from", [value for value, _ in float_sources(desk)])
    form.check()
    open_session(
        desk.session,
        till_code=till,
        float_minor=amount or 0,
        float_from=source or None,
        holder=desk.actor,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(
        "/cash/counter",
        N_("The session is open. You answer for {till} from now on."),
        {"till": desk.words.account(till, till_names(desk))},
    )


def _session(desk: Desk, session_id: int) -> Any:
    found = queries.get_session(desk.session, session_id)
    if found.holder != desk.actor and not sees_others(desk):
        raise SessionUnknownError(f"no cash session {session_id} of yours")
    return found


@area.page("/cash/sessions/{session_id:int}", *DESK)
def session(desk: Desk, session_id: int) -> Response:
    """Show a session: what was taken in it and every count."""
    found = _session(desk, session_id)
    count, total = queries.receipts_of(desk.session, session_id)
    is_party = desk.actor in (found.holder, found.counted_by)
    return desk.page(
        "cash/session.html",
        crumbs=crumbs(desk, (desk.words.say("Session {number}", number=session_id), "")),
        found=found,
        till=desk.words.account(found.till, till_names(desk)),
        holder=person(found.holder),
        standing=SESSIONS[found.status],
        receipt_count=count,
        received_minor=total,
        drawer_minor=in_drawer(desk.session, found.till) if found.status == SessionStatus.OPEN else None,
        counts=queries.counts_of(desk.session, session_id),
        may_count=found.status == SessionStatus.OPEN and (found.holder == desk.actor or desk.may(MONEY)),
        may_confirm=found.status == SessionStatus.COUNTED and desk.may(MONEY) and not is_party,
    )


def _show_count(desk: Desk, form: Form, session_id: int) -> Response:
    found = _session(desk, session_id)
    return desk.page(
        "cash/count.html",
        crumbs=crumbs(
            desk,
            (desk.words.say("Session {number}", number=session_id), f"/cash/sessions/{session_id}"),
            (N_("Count the drawer"), ""),
        ),
        form=form,
        found=found,
        till=desk.words.account(found.till, till_names(desk)),
        pieces=pieces_of(found.currency),
    )


def _sum(desk: Desk, form: Form, session_id: int) -> Confirmation | None:
    found = _session(desk, session_id)
    _, _, total = counted(desk, form)
    kept = form.amount("kept", found.currency) or 0
    if kept > total:
        form.fault("kept", N_("More than was counted."))
    form.check()
    words, books = desk.words, in_drawer(desk.session, found.till)
    figures = [
        (words.say("Counted"), words.amount(total, found.currency)),
        (words.say("Stays in the drawer"), words.amount(kept, found.currency)),
        (words.say("Set aside for the bank"), words.amount(total - kept, found.currency)),
    ]
    warnings = []
    if total != books and not form.text("reason"):
        # What the books say is not told before somebody has counted and given a reason: a count is not made to fit.
        form.fault(
            "reason",
            N_("Your count is not what the books say. Count again; if it stays, say here what may have happened."),
        )
        form.check()
    if total != books:
        warnings.append(
            words.say("Your count is not what the books say. A second person looks at it before the session closes.")
        )
    sentence = words.say(
        "Close session {number} of {till} with {amount}.",
        number=session_id,
        till=desk.words.account(found.till, till_names(desk)),
        amount=words.amount(total, found.currency),
    )
    return Confirmation(
        sentence, words.say("Close the session"), f"/cash/sessions/{session_id}/count", figures, warnings
    )


@area.act(
    "/cash/sessions/{session_id:int}/count",
    *DESK,
    show=_show_count,
    confirm=_sum,
    fields={"count_differs": "reason", "count_invalid": "loose"},
)
def count(desk: Desk, form: Form, session_id: int) -> Go:
    """Count the drawer and close its session, or let a second person look."""
    found = _session(desk, session_id)
    pieces, loose, _ = counted(desk, form)
    kept = form.amount("kept", found.currency) or 0
    form.check()
    done = count_session(
        desk.session,
        session_id,
        pieces=[one for one in pieces if one.number],
        loose_minor=loose,
        kept_minor=kept,
        reason=form.text("reason") or None,
        may_for_others=sees_others(desk),
        actor=desk.actor,
        today=desk.today,
    )
    if done.status == SessionStatus.CLOSED:
        return Go(f"/cash/sessions/{session_id}", N_("The session is closed; the count is what the books say."))
    return Go(f"/cash/sessions/{session_id}", N_("Counted. It waits for a second person's word."), {}, "wait")


def _show_confirm(desk: Desk, form: Form, session_id: int) -> Response:
    found = _session(desk, session_id)
    return desk.page(
        "cash/difference.html",
        crumbs=crumbs(
            desk,
            (desk.words.say("Session {number}", number=session_id), f"/cash/sessions/{session_id}"),
            (N_("A second person's word"), ""),
        ),
        form=form,
        found=found,
        holder=person(found.holder),
        difference_minor=(found.counted_minor or 0) - (found.expected_minor or 0),
    )


def _difference(desk: Desk, form: Form, session_id: int) -> Confirmation | None:
    found = _session(desk, session_id)
    decision = form.choice("decision", ("confirm", "recount"), required=True)
    if decision == "recount":
        form.text("reason", required=True)
    form.check()
    if decision != "confirm":
        return None
    words, difference = desk.words, found.counted_minor - found.expected_minor
    amount = words.amount(abs(difference), found.currency)
    sentence = (
        words.say(
            "Book a shortage of {amount} of {holder} as the mutual's expense and close the session.",
            amount=amount,
            holder=person(found.holder),
        )
        if difference < 0
        else words.say(
            "Book a surplus of {amount} of {holder} as the mutual's income and close the session.",
            amount=amount,
            holder=person(found.holder),
        )
    )
    return Confirmation(sentence, words.say("Book it"), f"/cash/sessions/{session_id}")


@area.act(
    "/cash/sessions/{session_id:int}/confirmation",
    *MONEY,
    show=_show_confirm,
    confirm=_difference,
    fields={"count_differs": "reason"},
)
def confirm(desk: Desk, form: Form, session_id: int) -> Go:
    """Give a second person's word for a difference, or ask for another count."""
    is_confirmed = form.choice("decision", ("confirm", "recount"), required=True) == "confirm"
    reason = form.text("reason", required=not is_confirmed)
    form.check()
    confirm_session(
        desk.session, session_id, is_confirmed=is_confirmed, reason=reason or None, actor=desk.actor, today=desk.today
    )
    said = (
        N_("The difference is booked and the session is closed.") if is_confirmed else N_("Another count is asked for.")
    )
    return Go(f"/cash/sessions/{session_id}", said)
