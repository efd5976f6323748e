"""Log in and out; who works here."""

from typing import Annotated

from fastapi import Query, Request, Response

from gateway.api import rate
from gateway.api.dependencies import ActDep, Gate, GateDep, OnceDep, allow, commit, opened, unbound, whence_of
from gateway.api.errors import problem_response, problems
from gateway.api.etag import IfMatchDep, set_tag
from gateway.api.fresh_code import FreshCodeDep
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId, Reason
from gateway.api.schemas.staff import (
    SessionCreate,
    SessionRead,
    StaffMeRead,
    StaffUserCreate,
    StaffUserRead,
    StaffUserUpdate,
)
from gateway.kit.errors import GatewayError
from gateway.staff import queries
from gateway.staff.errors import SecondFactorNeededError, SecondFactorUnsetError
from gateway.staff.login import Awaits, LoggedIn, log_in, log_out
from gateway.staff.models import Role
from gateway.staff.register import NewStaffUser, StaffChange, change_staff, register_staff
from gateway.staff.second_factor import awaiting, pass_factor, take_off
from gateway.staff.vault import Vault

router = Router(prefix="/v1", tags=["staff"])


@router.post(
    "/sessions", status_code=201, response_model=SessionRead, summary="Log in", responses=problems(401, 422, 429)
)
def create_session(asked: SessionCreate, request: Request, gate: GateDep) -> object:
    """Check a password and return a bearer token for the hours that follow. Tries are limited per address."""
    standing = request.app.state.login_rate.take(request.client.host if request.client else "")
    standing.tell(request, "login")
    if standing.left < 0:
        return problem_response(request, rate.refusal(standing, "log-ins a minute from one address"))
    outcome: LoggedIn | GatewayError
    with opened(gate, asked.mutual) as session:
        outcome = log_in(
            session,
            username=asked.username,
            password=asked.password,
            hours=gate.settings.session_hours,
            whence=whence_of(request),
        )
        commit(session)
    if isinstance(outcome, LoggedIn) and outcome.awaits is not None:
        outcome = _passed(gate, outcome, asked.code)
    if not isinstance(outcome, LoggedIn):
        return problem_response(request, outcome)
    user = StaffUserRead.model_validate(outcome.user)
    return SessionRead(token=outcome.token, expires_at=outcome.expires_at, staff_user=user)


def _passed(gate: Gate, waiting: LoggedIn, code: str | None) -> LoggedIn | GatewayError:
    """Take the code of the second factor, where it is asked for."""
    if waiting.awaits is Awaits.SET_UP:
        return SecondFactorUnsetError(
            "your role asks for a second factor; log in on the office's pages (/o) to set it up"
        )
    if code is None:
        return SecondFactorNeededError("send the same again with the code that your app shows")
    with unbound(gate) as session:
        outcome = pass_factor(
            session, awaiting(session, waiting.token), code, Vault(gate.settings.second_factor_key()),
            hours=gate.settings.session_hours,
        )  # fmt: skip
        commit(session)
    return outcome


@router.delete("/sessions/current", status_code=204, summary="Log out", dependencies=[allow()])
def delete_session(act: ActDep) -> None:
    """End the session whose token is sent."""
    log_out(act.session, session_id=act.principal.session_id, actor=act.actor)


@router.get("/me/staff", response_model=StaffMeRead, summary="Who is logged in", dependencies=[allow()])
def get_me(act: ActDep) -> StaffMeRead:
    """Return the person behind the token, the mutual, and the day it is there."""
    who, mutual = act.principal, act.mutual
    return StaffMeRead(
        user_id=who.user_id,
        username=who.username,
        full_name=who.full_name,
        roles=sorted(who.roles),
        language=who.language,
        mutual=mutual.code,
        mutual_name=mutual.name,
        country=mutual.country,
        currency=mutual.currency,
        time_zone=mutual.time_zone,
        today=act.today,
    )


@router.get(
    "/staff-users",
    response_model=Page[StaffUserRead],
    summary="List staff",
    dependencies=[allow(Role.MANAGER)],
)
def list_staff_users(act: ActDep, asked: PageDep) -> Page[StaffUserRead]:
    """Return everybody who has or had a log-in, by username."""
    (after,) = asked.after(str) or ("",)
    rows = queries.list_staff(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, StaffUserRead.model_validate, lambda row: (row.username,))


@router.post(
    "/staff-users",
    status_code=201,
    response_model=StaffUserRead,
    summary="Take somebody on",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(409),
)
def create_staff_user(asked: StaffUserCreate, act: ActDep, once: OnceDep) -> Response:
    """Give a person a log-in with some roles."""
    new = NewStaffUser(asked.username, asked.full_name, asked.password, asked.roles, asked.language)
    return once(lambda: StaffUserRead.model_validate(register_staff(act.session, new, actor=act.actor)), body=asked)


@router.get(
    "/staff-users/{user_id}",
    response_model=StaffUserRead,
    summary="One staff user",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(404),
)
def get_staff_user(user_id: PathId, act: ActDep) -> object:
    """Return a staff user; the ETag is what a change must name."""
    row = queries.get_staff(act.session, user_id)
    set_tag(act.response, row.version)
    return row


@router.patch(
    "/staff-users/{user_id}",
    response_model=StaffUserRead,
    summary="Change what somebody may do, or let them go",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(404, 409, 412, 422, 428),
)
def update_staff_user(user_id: PathId, asked: StaffUserUpdate, act: ActDep, version: IfMatchDep) -> object:
    """Change a staff user; a new password or `is_active: false` ends the person's sessions. A manager must remain."""
    change = StaffChange(asked.full_name, asked.roles, asked.language, asked.is_active, asked.password)
    row = change_staff(act.session, user_id, change, version=version, actor=act.actor)
    set_tag(act.response, row.version)
    return row


@router.delete(
    "/staff-users/{user_id}/second-factor",
    status_code=204,
    summary="Take off somebody's second factor",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(404, 409, 422),
)
def delete_second_factor(
    user_id: PathId,
    act: ActDep,
    code: FreshCodeDep,
    reason: Annotated[Reason, Query(examples=["the telephone was stolen"])],
) -> None:
    """Let somebody whose telephone is lost come in with the password alone, until another is set up; ends their sessions.

    One's own is taken off with a code of it (``Second-Factor-Code``), where one's role does not ask for one.
    """
    is_own = user_id == act.principal.user_id
    if is_own:
        code.prove(act, always=True)
    take_off(act.session, user_id, actor=act.actor, reason=reason, is_own=is_own)
