"""Cash picked up at the counter: a code for the member, her own card, and the money."""

from typing import Any, NamedTuple

from fastapi.responses import Response

from gateway.api.dependencies import commit
from gateway.authority.country import find_country
from gateway.backoffice.areas.payouts.place import OFFICERS, TILL, area, crumbs
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.contributions.queries import names_of
from gateway.membership.queries import Search, list_members
from gateway.payouts import queries
from gateway.payouts.counter import give_up, hand_out, issue_code

IDENTITIES = {
    "national_id": N_("National identity card"),
    "social_security": N_("Social security number"),
    "passport": N_("Passport"),
}
MOST_FOUND = 500
"""Members who are looked through for somebody's money."""


class Waiting(NamedTuple):
    """A payout that waits at the counter, and whose it is."""

    id: int
    number: str
    name: str
    amount_minor: int


@area.page("/payouts/counter", *OFFICERS, *TILL)
def waiting(desk: Desk) -> Any:
    """Show whose money waits at the counter; where one payout fits what was typed, it is there at once."""
    typed = desk.asked("q")
    members = None
    if typed:
        found = list_members(desk.session, Search.anything(typed), today=desk.today, limit=MOST_FOUND)
        members = [one.id for one in found]

    def fetch(key: tuple[Any, ...] | None, limit: int) -> list[Waiting]:
        after = 0 if key is None else int(key[0])
        rows = queries.list_at_counter(desk.session, members=members, after=after, limit=limit)
        names = names_of(desk.session, [row.member_id for row in rows])
        return [Waiting(row.id, *names[row.member_id], row.amount_minor) for row in rows]

    if typed and len(only := fetch(None, 2)) == 1:
        return f"/payouts/one/{only[0].id}{'/hand-out' if desk.may(TILL) else ''}"
    rows = desk.listing(
        (
            Column(N_("Payout"), lambda row: row.id, "code", link=lambda row: f"/payouts/one/{row.id}"),
            Column(N_("Member"), lambda row: row.number, "code"),
            Column(N_("Name"), lambda row: row.name),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
        ),
        fetch,
        key=lambda row: (row.id,),
        filters=(Filter("q", N_("Who comes for money?"), kind="search"),),
        empty=N_("Nobody's money waits at the counter under this name.")
        if typed
        else N_("Nobody's money waits at the counter."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page("payouts/counter.html", crumbs=crumbs(desk, (N_("At the counter"), "")), rows=rows, typed=typed)


def _crumbs(desk: Desk, payout_id: int, text: str) -> Any:
    return crumbs(
        desk, (N_("At the counter"), "/payouts/counter"), (str(payout_id), f"/payouts/one/{payout_id}"), (text, "")
    )


def _name(desk: Desk, found: Any) -> str:
    return names_of(desk.session, [found.member_id]).get(found.member_id, ("", ""))[1]


def _show_code(desk: Desk, form: Form, payout_id: int) -> Response:
    found = queries.get_payout(desk.session, payout_id)
    return desk.page(
        "payouts/code.html",
        crumbs=_crumbs(desk, payout_id, N_("A code for the member")),
        form=form,
        found=found,
        name=_name(desk, found),
        made=None,
    )


@area.act("/payouts/one/{payout_id:int}/code", *OFFICERS, show=_show_code)
def code(desk: Desk, form: Form, payout_id: int) -> Response:
    """Make a one-time code and show it once; a new one ends the old."""
    found = queries.get_payout(desk.session, payout_id)
    made = issue_code(desk.session, payout_id, actor=desk.actor)
    return desk.page(
        "payouts/code.html",
        crumbs=_crumbs(desk, payout_id, N_("A code for the member")),
        form=form,
        found=found,
        name=_name(desk, found),
        made=made,
    )


def _show_hand_out(desk: Desk, form: Form, payout_id: int) -> Response:
    found = queries.get_payout(desk.session, payout_id)
    country = find_country(desk.mutual.country)
    forms = country.identities if country is not None else ()
    return desk.page(
        "payouts/hand_out.html",
        crumbs=_crumbs(desk, payout_id, N_("Hand it out")),
        form=form,
        found=found,
        name=_name(desk, found),
        kinds=[(one.kind, desk.words.say(IDENTITIES.get(one.kind, one.kind))) for one in forms],
    )


def _typed(form: Form) -> tuple[str, str, str]:
    given = form.text("code", required=True, most=20).replace(" ", "")
    return given, form.text("identity_kind", required=True), form.text("identity", required=True, most=30)


@area.act(
    "/payouts/one/{payout_id:int}/hand-out",
    *TILL,
    show=_show_hand_out,
    fields={
        "hand_out_refused": "code",
        "hand_out_code_wrong": "code",
        "hand_out_code_ended": "code",
        "hand_out_card_wrong": "identity",
    },
)
def pay(desk: Desk, form: Form, payout_id: int) -> Go:
    """Hand the money out against the code and the member's own card."""
    given, kind, identity = _typed(form)
    form.check()
    done = hand_out(
        desk.session, payout_id, code=given, identity_kind=kind, identity=identity, actor=desk.actor, today=desk.today
    )
    if done.refusal is not None:
        commit(desk.session)  # a wrong code costs a try, which must be kept
        raise done.refusal
    places = {"amount": desk.words.amount(done.payout.amount_minor, done.payout.currency)}
    return Go(f"/payouts/one/{payout_id}", N_("{amount} handed out."), places)


def _show_give_up(desk: Desk, form: Form, payout_id: int) -> Response:
    found = queries.get_payout(desk.session, payout_id)
    return desk.page(
        "payouts/give_up.html",
        crumbs=_crumbs(desk, payout_id, N_("Nobody came")),
        form=form,
        found=found,
        name=_name(desk, found),
    )


@area.act("/payouts/one/{payout_id:int}/give-up", *OFFICERS, show=_show_give_up)
def nobody_came(desk: Desk, form: Form, payout_id: int) -> Go:
    """Take a payout off the counter; its money is owed again."""
    reason = form.text("reason", required=True)
    form.check()
    give_up(desk.session, payout_id, reason=reason, actor=desk.actor, today=desk.today)
    return Go("/payouts/counter", N_("Its money is owed to the member again."))
