"""The pages on which a member says that something is not right, and follows what becomes of it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response

from gateway.api.dependencies import Gate
from gateway.api.schemas.common import MAX_ID
from gateway.complaints import own, queries
from gateway.complaints.errors import ComplaintLimitError
from gateway.complaints.rules import KINDS, LONGEST_WORDS
from gateway.kit.errors import GatewayError
from gateway.kit.period import Period
from gateway.portal.entrance import FAULT, Text, entrance
from gateway.portal.visit import Inside, arrive, inside
from gateway.selfcheck.complain import STATUSES, Complainer, Pointed, complain, seen

ROWS = 6
MOST_MESSAGES = 20
FULL = "That is as much as one day takes. Call the office."
Words = Annotated[str, Form(max_length=2 * LONGEST_WORDS)]
CaseId = Annotated[int, Path(ge=1, le=MAX_ID)]


def pointed(kind: str, row: str) -> Pointed:
    """Read which row a link or form names.

    Raises:
        GatewayError: No kind of ours, or nothing that names one of its rows.
    """
    if kind not in KINDS:
        raise GatewayError("no such kind of row")
    if kind == "month":
        return Pointed(kind, period=Period.parse(row))
    if not KINDS[kind].has_rows:
        return Pointed(kind)
    if not row.isascii() or not row.isdigit() or not 1 <= int(row) <= MAX_ID:
        raise GatewayError("no number of a row")
    return Pointed(kind, int(row))


def one_case(here: Inside, complaint_id: int, fault: str | None = None) -> Response:
    """One case, what was said in it, and the form to say more."""
    who = here.insider.member_id
    row = queries.get_of_member(here.session, who, complaint_id)
    said = queries.list_messages_of_member(here.session, who, complaint_id, before=None, limit=MOST_MESSAGES)
    status = 200 if fault is None else 422
    return here.page("complaint.html", status=status, row=row, messages=said[::-1], fault=fault, statuses=STATUSES)


def list_cases(here: Inside, before: int | None) -> Response:
    """The member's cases, the newest first."""
    rows = queries.list_of_member(here.session, here.insider.member_id, before=before, limit=ROWS + 1)
    more = rows[ROWS - 1].id if len(rows) > ROWS else None
    return here.page("complaints.html", rows=rows[:ROWS], more=more, statuses=STATUSES)


def add_routes(router: APIRouter, gate: Callable[[], Gate]) -> None:
    """Add the pages of complaints."""

    @router.get("/wrong")
    def what_is_wrong(
        request: Request,
        kind: Annotated[str, Query(max_length=40)] = "",
        row: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        with inside(arrive(request, gate)) as here:
            return _form(here, kind, row)

    @router.post("/wrong")
    def tell(request: Request, kind: Text, form_token: Text, row: Text = "", words: Words = "") -> Response:
        visit = arrive(request, gate)
        if not visit.is_own_form(form_token):
            return entrance(visit, fault=FAULT, status=403)
        with inside(visit) as here:
            said = words.strip()[:LONGEST_WORDS]
            try:
                found = complain(here.session, pointed(kind, row), _who(here), said or None)
            except ComplaintLimitError:
                return _form(here, kind, row, words=said, fault=FULL)
            except GatewayError:
                return list_cases(here, None)
            return visit.go(f"/complaints/{found.id}")

    @router.get("/complaints/{complaint_id}")
    def show(request: Request, complaint_id: CaseId) -> Response:
        with inside(arrive(request, gate)) as here:
            try:
                return one_case(here, complaint_id)
            except GatewayError:
                return list_cases(here, None)

    @router.post("/complaints/{complaint_id}/reply")
    def reply(request: Request, complaint_id: CaseId, words: Words, form_token: Text) -> Response:
        def act(here: Inside) -> None:
            who, said = here.insider, words.strip()[:LONGEST_WORDS]
            if said:
                own.reply(
                    here.session,
                    complaint_id,
                    member_id=who.member_id,
                    words=said,
                    actor=who.actor,
                    today=here.today,
                )

        return _change(request, complaint_id, form_token, act)

    @router.post("/complaints/{complaint_id}/withdraw")
    def withdraw(request: Request, complaint_id: CaseId, form_token: Text) -> Response:
        def act(here: Inside) -> None:
            who = here.insider
            if who.helper_id is not None:
                raise GatewayError("a helper ends nothing")
            own.withdraw(here.session, complaint_id, member_id=who.member_id, actor=who.actor, today=here.today)

        return _change(request, complaint_id, form_token, act)

    def _change(request: Request, complaint_id: int, form_token: str, act: Callable[[Inside], None]) -> Response:
        visit = arrive(request, gate)
        if not visit.is_own_form(form_token):
            return entrance(visit, fault=FAULT, status=403)
        with inside(visit) as here:
            try:
                queries.get_of_member(here.session, here.insider.member_id, complaint_id)
            except GatewayError:
                return list_cases(here, None)
            try:
                act(here)
            except GatewayError as refusal:
                return one_case(here, complaint_id, FULL if isinstance(refusal, ComplaintLimitError) else FAULT)
            return visit.go(f"/complaints/{complaint_id}")


def _who(here: Inside) -> Complainer:
    return Complainer(here.insider.member_id, here.insider.actor, here.mutual, here.today, "page")


def _form(here: Inside, kind: str, row: str, *, words: str = "", fault: str | None = None) -> Response:
    try:
        found = seen(here.session, pointed(kind, row), _who(here))
    except GatewayError:
        return list_cases(here, None)
    status = 200 if fault is None else 429
    return here.page("complain.html", status=status, kind=kind, row=row, seen=found.content, words=words, fault=fault)
