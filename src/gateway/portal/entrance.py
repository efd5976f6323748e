"""Getting in and out of the pages."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from gateway.api.dependencies import Gate, commit, opened
from gateway.api.routers.me_access import address_of, limits_of
from gateway.kit import tenant
from gateway.kit.errors import GatewayError
from gateway.portal.visit import MUTUAL, NotInsideError, Visit, arrive, inside
from gateway.selfcheck import sessions
from gateway.selfcheck.codes import ask_code, read_typed
from gateway.selfcheck.errors import AccessRefusedError, MemberOnlyError, TooManyTriesError

Text = Annotated[str, Form(max_length=120)]
FAULT = "This could not be done. Look at what you wrote."
WRONG = "The telephone, the identity number or the code is not right. Ask for a new code."
OFTEN = "Too many tries. Wait a quarter of an hour."


def entrance(visit: Visit, *, fault: str | None = None, status: int = 200, mutual: str | None = None) -> Response:
    """Return the page that asks who is there."""
    known = mutual or visit.request.query_params.get("mutual") or visit.request.cookies.get(MUTUAL, "")
    return visit.page("enter.html", status=status, fault=fault, known_mutual=known[:40])


def add_routes(router: APIRouter, gate: Callable[[], Gate]) -> None:
    """Add the entrance's routes."""

    @router.get("/enter")
    def enter(request: Request) -> Response:
        return entrance(arrive(request, gate))

    @router.post("/enter")
    def ask(request: Request, mutual: Text, phone: Text, identity: Text, form_token: Text) -> Response:
        visit = arrive(request, gate)
        if not visit.is_own_form(form_token):
            return entrance(visit, fault=FAULT, status=403)
        try:
            refusal = _ask(visit, mutual, phone, identity)
        except GatewayError:
            return entrance(visit, fault=FAULT, status=422, mutual=mutual)
        if refusal is not None:
            return entrance(visit, fault=OFTEN, status=429, mutual=mutual)
        visit.chosen[MUTUAL] = mutual.strip()[:40]
        return visit.page("code.html", fault=None, typed={"mutual": mutual, "phone": phone, "identity": identity})

    @router.post("/code")
    def come_in(request: Request, mutual: Text, phone: Text, identity: Text, code: Text, form_token: Text) -> Response:
        visit = arrive(request, gate)
        if not visit.is_own_form(form_token):
            return entrance(visit, fault=FAULT, status=403)
        try:
            given = _come_in(visit, mutual, phone, identity, code)
        except GatewayError:
            return entrance(visit, fault=FAULT, status=422, mutual=mutual)
        if isinstance(given, sessions.Tokens):
            visit.renewed = given
            return visit.go("/")
        often = isinstance(given, TooManyTriesError)
        typed = {"mutual": mutual, "phone": phone, "identity": identity}
        return visit.page("code.html", status=given.status, fault=OFTEN if often else WRONG, typed=typed)

    @router.post("/leave")
    def leave(request: Request, form_token: Text, everywhere: Text = "") -> Response:
        visit = arrive(request, gate)
        if not visit.is_own_form(form_token):
            return entrance(visit, fault=FAULT, status=403)
        try:
            _leave(visit, everywhere=bool(everywhere))
        except NotInsideError:
            pass
        except MemberOnlyError:
            return entrance(visit, fault=FAULT, status=403)
        visit.renewed = None
        return visit.forget(visit.go("/enter"))


def _ask(visit: Visit, mutual: str, phone: str, identity: str) -> TooManyTriesError | None:
    with opened(visit.gate, mutual.strip(), actor="member:unknown", is_required=True) as session:
        typed = read_typed(phone, identity, tenant.current(session).country)
        refusal = ask_code(session, typed, address=address_of(visit.request), limits=limits_of(visit.gate))
        commit(session)
    return refusal


def _come_in(
    visit: Visit, mutual: str, phone: str, identity: str, code: str
) -> sessions.Tokens | AccessRefusedError | TooManyTriesError:
    with opened(visit.gate, mutual.strip(), actor="member:unknown", is_required=True) as session:
        typed = read_typed(phone, identity, tenant.current(session).country)
        address, limits = address_of(visit.request), limits_of(visit.gate)
        given = sessions.open_session(session, typed, code.strip(), address=address, limits=limits)
        commit(session)
    return given


def _leave(visit: Visit, *, everywhere: bool) -> None:
    with inside(visit) as here:
        who = here.insider
        if not everywhere:
            sessions.end(here.session, session_id=who.session_id, member_id=who.member_id, helper_id=who.helper_id)
        elif who.helper_id is not None:
            raise MemberOnlyError("only the member ends every log-in")
        else:
            sessions.end_everywhere(here.session, member_id=who.member_id, actor=who.actor)
