"""How a member gets in and out, and whom she lets look."""

from typing import Any

from fastapi import Request, Response

from gateway.api.dependencies import Gate, GateDep, commit, opened
from gateway.api.errors import problem_response, problems
from gateway.api.members import MEMBER_ALONE, MEMBERS, MemberDep, MemberOnceDep
from gateway.api.proxies import counted
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId
from gateway.api.schemas.me import (
    CodeAsk,
    CodeAsked,
    HelperCreate,
    HelperRead,
    HelpersRead,
    MemberLogin,
    TokenRenew,
    TokensRead,
)
from gateway.kit import tenant
from gateway.membership.rules import mask
from gateway.selfcheck import helpers, sessions
from gateway.selfcheck.codes import ask_code, read_typed
from gateway.selfcheck.errors import AccessEndedError
from gateway.selfcheck.rules import CODE_MINUTES, Limits, mutual_of_refresh

router = Router(prefix="/v1/me", tags=["me"])


def limits_of(gate: Gate) -> Limits:
    """Return how often may be tried, by the settings."""
    settings = gate.settings
    return Limits(settings.access_per_number, settings.access_per_address, settings.access_overall)


def address_of(request: Request) -> str:
    """Return the network address that a request's tries are counted by."""
    return counted(request.client.host) if request.client else ""


@router.post(
    "/codes", status_code=202, response_model=CodeAsked, summary="Ask for a code", responses=problems(404, 422, 429)
)
def ask_for_code(asked: CodeAsk, request: Request, gate: GateDep) -> Any:
    """Send a code by message if telephone and identity number belong together; the answer is the same if they do not."""
    with opened(gate, asked.mutual, actor="member:unknown", is_required=True) as session:
        typed = read_typed(asked.phone, asked.identity, tenant.current(session).country)
        refusal = ask_code(session, typed, address=address_of(request), limits=limits_of(gate))
        commit(session)
    return CodeAsked(minutes=CODE_MINUTES) if refusal is None else problem_response(request, refusal)


@router.post(
    "/sessions", status_code=201, response_model=TokensRead, summary="Get in with a code",
    responses=problems(401, 404, 422, 429),
)  # fmt: skip
def open_session(asked: MemberLogin, request: Request, gate: GateDep) -> Any:
    """Trade a code for an access token of minutes and a refresh token that renews once."""
    with opened(gate, asked.mutual, actor="member:unknown", is_required=True) as session:
        typed = read_typed(asked.phone, asked.identity, tenant.current(session).country)
        given = sessions.open_session(session, typed, asked.code, address=address_of(request), limits=limits_of(gate))
        commit(session)
    return given if isinstance(given, sessions.Tokens) else problem_response(request, given)


@router.post("/tokens", status_code=201, response_model=TokensRead, summary="Renew", responses=problems(401, 422))
def renew_tokens(asked: TokenRenew, request: Request, gate: GateDep) -> Any:
    """Trade a refresh token for the next pair; one that was used before ends all that came of its log-in."""
    given = renew_in(gate, asked.refresh_token)
    return given if isinstance(given, sessions.Tokens) else problem_response(request, given)


def renew_in(gate: Gate, refresh_token: str) -> sessions.Tokens | AccessEndedError:
    """Renew in a transaction of its own; a refusal is returned, as what it changed must be kept."""
    mutual_id = mutual_of_refresh(refresh_token)
    if mutual_id is None:
        return AccessEndedError("this is no refresh token; ask for a new code at POST /v1/me/codes")
    with gate.database.session(mutual_id, actor="member:unknown") as session:
        return sessions.renew(session, refresh_token)


@router.delete("/sessions/current", status_code=204, summary="Leave", dependencies=[MEMBERS])
def end_session(act: MemberDep) -> None:
    """End the log-in whose token is sent, and everything that was renewed from it."""
    who = act.insider
    sessions.end(act.session, session_id=who.session_id, member_id=who.member_id, helper_id=who.helper_id)


@router.delete("/sessions/all", status_code=204, summary="Leave everywhere", dependencies=[MEMBER_ALONE])
def end_sessions(act: MemberDep) -> None:
    """End every log-in to the member's data, the helpers' included: for a telephone that was lost."""
    sessions.end_everywhere(act.session, member_id=act.member_id, actor=act.actor)


@router.get("/helpers", response_model=HelpersRead, summary="Who may look", dependencies=[MEMBERS])
def list_helpers(act: MemberDep) -> HelpersRead:
    """Return whom the member lets see the same."""
    return HelpersRead(items=[_helper(row) for row in helpers.list_helpers(act.session, act.member_id)])


@router.post(
    "/helpers", status_code=201, response_model=HelperRead, summary="Let somebody look",
    dependencies=[MEMBER_ALONE], responses=problems(409, 422),
)  # fmt: skip
def allow_helper(asked: HelperCreate, act: MemberDep, once: MemberOnceDep) -> Response:
    """Let a relative or a fund's treasurer see what the member sees; the helper gets in with a telephone of their own."""

    def do() -> HelperRead:
        return _helper(
            helpers.allow_helper(
                act.session, member_id=act.member_id, name=asked.name, phone=asked.phone, actor=act.actor
            )
        )

    return once(do, body=asked)


@router.delete(
    "/helpers/{helper_id}", status_code=204, summary="Take a helper off",
    dependencies=[MEMBER_ALONE], responses=problems(404),
)  # fmt: skip
def end_helper(helper_id: PathId, act: MemberDep) -> None:
    """Take a helper off; what the helper has open ends at once."""
    helpers.end_helper(act.session, member_id=act.member_id, helper_id=helper_id, actor=act.actor)


def _helper(row: Any) -> HelperRead:
    return HelperRead(id=row.id, name=row.name, phone=mask(row.phone), created_at=row.created_at)
