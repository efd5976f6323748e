"""The pages of somebody who is inside."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.api.dependencies import Gate
from gateway.api.schemas.common import MAX_ID
from gateway.kit.errors import GatewayError
from gateway.kit.period import Period
from gateway.membership.rules import mask
from gateway.portal.complaints import list_cases
from gateway.portal.entrance import FAULT, Text, entrance
from gateway.portal.visit import Inside, arrive, inside
from gateway.selfcheck import helpers, overview, queries, reasons

ROWS = 6
Before = Annotated[int | None, Query(ge=1, le=MAX_ID)]


def home(here: Inside, _before: int | None) -> Response:
    """Am I covered, what must I pay, what is owed to me."""
    who = here.insider.member_id
    me = queries.get_me(here.session, who)
    found = overview.overview(here.session, who, me.number, here.mutual, today=here.today)
    months = overview.coverage(here.session, who, newest=Period.of(here.today), limit=ROWS)
    held = overview.held(here.session, who)
    return here.page("home.html", me=me, found=found, months=months, held=held, sentences=reasons.SENTENCES)


def payments(here: Inside, before: int | None) -> Response:
    """The member's receipts."""
    rows = queries.list_receipts(here.session, here.insider.member_id, before=before, limit=ROWS + 1)
    return here.page("payments.html", rows=rows[:ROWS], more=rows[ROWS - 1].id if len(rows) > ROWS else None)


def with_state(here: Inside, before: int | None) -> Response:
    """What was filed, and the state's answer."""
    rows = queries.list_filed(here.session, here.insider.member_id, before=before, limit=ROWS + 1)
    more = rows[ROWS - 1].filing_id if len(rows) > ROWS else None
    return here.page("state.html", rows=rows[:ROWS], more=more, period_of=Period.of)


def family(here: Inside, _before: int | None) -> Response:
    """Who is covered through the member."""
    who = here.insider.member_id
    month = overview.coverage(here.session, who, newest=Period.of(here.today), limit=1)
    own = month[0].standing if month else reasons.NOT_COVERED
    rows = queries.list_family(here.session, who, today=here.today, limit=30)
    kin = [(row, overview.kin_standing(own, row, here.today)) for row in rows]
    return here.page("family.html", kin=kin)


def with_benefits(here: Inside, before: int | None) -> Response:
    """What the state grants the member, and money on its way to her."""
    who = here.insider.member_id
    rows = queries.list_benefits(here.session, who, before=before, limit=ROWS + 1)
    more = rows[ROWS - 1].id if len(rows) > ROWS else None
    paid = queries.list_payouts(here.session, who, limit=ROWS)
    return here.page("benefits.html", rows=rows[:ROWS], more=more, paid=paid, period_of=Period.of, mask=mask)


def messages(here: Inside, before: int | None) -> Response:
    """What the member was told."""
    rows = queries.list_notices(here.session, here.insider.member_id, before=before, limit=ROWS + 1)
    return here.page("messages.html", rows=rows[:ROWS], more=rows[ROWS - 1].id if len(rows) > ROWS else None)


def who_helps(here: Inside, _before: int | None, fault: str | None = None) -> Response:
    """Who may see this, and the forms to change it."""
    rows = helpers.list_helpers(here.session, here.insider.member_id)
    return here.page("helpers.html", rows=rows, mask=mask, fault=fault)


VIEWS: dict[str, Callable[[Inside, int | None], Response]] = {
    "/": home,
    "/payments": payments,
    "/state": with_state,
    "/benefits": with_benefits,
    "/family": family,
    "/messages": messages,
    "/complaints": list_cases,
    "/helpers": who_helps,
}
"""Path and maker of each page that only reads."""


def add_routes(router: APIRouter, gate: Callable[[], Gate]) -> None:
    """Add the member's own pages."""

    def shown(view: Callable[[Inside, int | None], Response]) -> Callable[..., Response]:
        def show(request: Request, before: Before = None) -> Response:
            with inside(arrive(request, gate)) as here:
                return view(here, before)

        return show

    for path, view in VIEWS.items():
        router.add_api_route(path, shown(view), methods=["GET"])

    @router.post("/helpers")
    def allow(request: Request, name: Text, phone: Text, form_token: Text) -> Response:
        def act(here: Inside) -> None:
            who = here.insider
            helpers.allow_helper(here.session, member_id=who.member_id, name=name[:60], phone=phone, actor=who.actor)

        return _change(request, form_token, act)

    @router.post("/helpers/{helper_id}/end")
    def end(request: Request, helper_id: Annotated[int, Path(ge=1, le=MAX_ID)], form_token: Text) -> Response:
        def act(here: Inside) -> None:
            who = here.insider
            helpers.end_helper(here.session, member_id=who.member_id, helper_id=helper_id, actor=who.actor)

        return _change(request, form_token, act)

    def _change(request: Request, form_token: str, act: Callable[[Inside], None]) -> Response:
        visit = arrive(request, gate)
        if not visit.is_own_form(form_token):
            return entrance(visit, fault=FAULT, status=403)
        with inside(visit) as here:
            if here.insider.helper_id is not None:
                return who_helps(here, None, FAULT)
            try:
                act(here)
            except GatewayError:
                return who_helps(here, None, FAULT)
            return visit.go("/helpers")
