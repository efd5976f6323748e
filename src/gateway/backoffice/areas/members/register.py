"""The list of members: find by whatever is typed, narrow, take it along as a file."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.members.place import (
    READERS,
    SEE_MONEY,
    STATUSES,
    WORKERS,
    area,
    choices,
    hidden,
    name_of,
    said,
)
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.forms import options
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.filing.narrow import Cover, Debt, narrowed
from gateway.membership import queries
from gateway.membership.search import Wanted, find_members

MOST_CHOICES = 500
COVERS = {
    "covered": N_("Covered"),
    "waiting": N_("Waiting"),
    "at_risk": N_("At risk"),
    "not_covered": N_("Not covered"),
}
DEBTS = {"month": N_("For this month"), "earlier": N_("For earlier months")}


@area.page("/members", *READERS)
def register(desk: Desk) -> Response:
    """Find members; the only one that fits what was typed opens at once."""
    names = {code: name for code, (name, _) in STATUSES.items()}
    status = desk.asked("status")
    wanted = Wanted(
        desk.asked("q"), status if status in names else None, _number(desk, "fund"), _number(desk, "payroll")
    )

    cover, debt = desk.asked("cover"), desk.asked("debt") if desk.roles & SEE_MONEY else ""
    further = narrowed(
        desk.session, Cover(cover) if cover in COVERS else None, Debt(debt) if debt in DEBTS else None, today=desk.today
    )

    def fetch(after: tuple[Any, ...] | None, limit: int) -> list[Any]:
        return find_members(desk.session, wanted, today=desk.today, after=after, limit=limit, further=further)

    columns = (
        Column(N_("Name"), name_of, link=lambda row: f"/members/{row.id}"),
        Column(N_("Member number"), lambda row: row.number, "code"),
        Column(N_("Identity number"), lambda row: hidden(desk, row.identity), "code"),
        Column(N_("Telephone"), lambda row: hidden(desk, row.phone), "code"),
        Column(N_("Fund"), lambda row: row.fund_name),
        Column(N_("Payroll"), lambda row: row.payrolls, "code"),
        Column(N_("Status"), lambda row: said(desk, names, row.status), tone=lambda row: STATUSES[row.status][1]),
    )
    funds = queries.list_funds(desk.session, limit=MOST_CHOICES)
    payrolls = queries.list_payrolls(desk.session, limit=MOST_CHOICES)
    found = desk.listing(
        columns,
        fetch,
        key=lambda row: (row.search_name, row.id),
        types=(str, int),
        filters=(
            Filter("q", N_("Name, identity number, telephone or member number"), kind="search"),
            Filter("status", N_("Status"), choices(desk, names)),
            Filter("cover", N_("Cover this month"), choices(desk, COVERS)),
            Filter("fund", N_("Fund"), options(funds, "id", "name")),
            Filter("payroll", N_("Payroll"), [(str(row.id), f"{row.code} {row.name}") for row in payrolls]),
            *([Filter("debt", N_("Money missing"), choices(desk, DEBTS))] if desk.roles & SEE_MONEY else []),
        ),
        empty=N_("Nobody fits. Try fewer letters, or the last figures of the identity number.")
        if wanted.typed
        else N_("Nobody fits what the list is narrowed by."),
    )
    if isinstance(found, Response):
        return found
    if len(found.rows) == 1 and wanted.typed and found.is_first and "hx-request" not in desk.request.headers:
        return desk.go(f"/members/{found.rows[0].id}")
    return desk.page("members/register.html", list=found, may_write=desk.may(WORKERS))


def _number(desk: Desk, name: str) -> int | None:
    asked = desk.asked(name, 18)
    return int(asked) if asked.isascii() and asked.isdigit() else None
