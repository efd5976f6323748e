"""Tills: drawers in the office and collectors' bags, and whom each collector visits."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import MONEY, OFFICE, TILL_KINDS, area, crumbs, name_of, person
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries
from gateway.cash.routes import assign_members, list_route
from gateway.cash.states import TillKind
from gateway.cash.tills import register_till
from gateway.membership.queries import find_member_by_number, list_funds


def _show(desk: Desk, form: Form) -> Any:
    words = desk.words

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_tills(desk.session, after="" if key is None else str(key[0]), limit=limit)

    rows = desk.listing(
        [
            Column(N_("Till"), lambda row: row.name, link=lambda row: f"/cash/tills/{row.id}"),
            Column(N_("Account"), lambda row: row.code, "code"),
            Column(N_("Kind"), lambda row: words.say(TILL_KINDS[row.kind])),
            Column(N_("Who has it now"), lambda row: person(row.holder) if row.holder else None),
        ],
        fetch,
        key=lambda row: (row.code,),
        types=(str,),
        empty=N_("No till is registered yet. Register the counter's first."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "cash/tills.html",
        crumbs=crumbs(desk, (N_("Tills"), "")),
        form=form,
        rows=rows,
        kinds=[(str(one), words.say(said)) for one, said in TILL_KINDS.items()],
        may_register=desk.may(MONEY),
    )


@area.act("/cash/tills", *MONEY, show=_show, fields={"till_invalid": "code", "till_known": "code"})
def register(desk: Desk, form: Form) -> Go:
    """Register a till."""
    code = form.text("code", required=True, most=45)
    name = form.text("name", required=True, most=80)
    kind = form.choice("kind", [str(one) for one in TILL_KINDS], required=True)
    form.check()
    full = code if code.startswith("cash:") else f"cash:{code}"
    register_till(desk.session, code=full, name=name, kind=TillKind(kind), actor=desk.actor)
    return Go("/cash/tills", N_("The till {name} is registered."), {"name": name})


def _show_till(desk: Desk, form: Form, till_id: int) -> Any:
    found = queries.get_till(desk.session, till_id)

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return list_route(desk.session, till_id, after=0 if key is None else key[0], limit=limit)

    rows = desk.listing(
        [
            Column(N_("Member"), lambda row: row.number, "code", link=lambda row: f"/members/{row.id}"),
            Column(N_("Name"), name_of),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("Nobody is on this collector's way."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "cash/till.html",
        crumbs=crumbs(desk, (N_("Tills"), "/cash/tills"), (found.name, "")),
        form=form,
        found=found,
        kind=TILL_KINDS[found.kind],
        is_route=found.kind == TillKind.ROUTE,
        rows=rows,
        funds=[(str(one.id), one.name) for one in list_funds(desk.session, limit=500)],
        may_assign=desk.may(OFFICE) and found.kind == TillKind.ROUTE,
    )


@area.act("/cash/tills/{till_id:int}", *OFFICE, show=_show_till)
def assign(desk: Desk, form: Form, till_id: int) -> Go:
    """Put members on a collector's way, one by number or a whole fund."""
    number = form.text("number", most=30)
    fund = form.number("fund_id")
    member = find_member_by_number(desk.session, number.upper()) if number else None
    if number and member is None:
        form.fault("number", N_("No member has this number."))
    if not number and fund is None:
        form.fault("number", N_("Write a member's number or choose a fund."))
    form.check()
    moved = assign_members(
        desk.session, till_id, member_ids=[member.id] if member else [], fund_id=fund, actor=desk.actor
    )
    return Go(f"/cash/tills/{till_id}", N_("{count} members are new on this way."), {"count": desk.words.number(moved)})
