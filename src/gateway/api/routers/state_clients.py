"""The state's clients, kept by a manager, and what the state told of people's cover, for the staff."""

from fastapi import Response

from gateway.api.dependencies import ActDep, GateDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because
from gateway.api.schemas.state_clients import (
    CoverageChangeRead,
    StateClientCreate,
    StateClientKeys,
    StateClientRead,
)
from gateway.staff.models import Role
from gateway.statelink import queries
from gateway.statelink.register import NewClient, disable_client, register_client, rotate_keys

router = Router(prefix="/v1", tags=["state clients"])
DECIDES = allow(Role.MANAGER)
READS = allow(Role.MANAGER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER)


@router.get(
    "/state-clients", response_model=Page[StateClientRead], summary="The state's clients", dependencies=[DECIDES]
)
def list_state_clients(act: ActDep, asked: PageDep) -> Page[StateClientRead]:
    """Return the systems of the state that may ask and tell us things, with their scopes and public keys."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_clients(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, StateClientRead.model_validate, lambda row: (row.id,))


@router.post(
    "/state-clients",
    status_code=201,
    response_model=StateClientRead,
    summary="Register a client of the state",
    dependencies=[DECIDES],
    responses=problems(409, 422),
)
def create_state_client(asked: StateClientCreate, act: ActDep, gate: GateDep, once: OnceDep) -> Response:
    """Let a system of the state in: with its public keys or certificates, and only as far as its scopes reach."""

    def do() -> StateClientRead:
        new = NewClient(**asked.model_dump())
        row = register_client(act.session, new, actor=act.actor, over_tls=not gate.settings.demo)
        return StateClientRead.model_validate(row)

    return once(do, body=asked)


@router.post(
    "/state-clients/{client_id}/keys",
    status_code=201,
    response_model=StateClientRead,
    summary="Give a client other keys",
    dependencies=[DECIDES],
    responses=problems(404, 422),
)
def create_state_client_keys(
    client_id: str, asked: StateClientKeys, act: ActDep, gate: GateDep, once: OnceDep
) -> Response:
    """Replace what a client shows itself with; name the old key too while both are to count."""

    def do() -> StateClientRead:
        row = rotate_keys(
            act.session, client_id, actor=act.actor, over_tls=not gate.settings.demo, **asked.model_dump()
        )
        return StateClientRead.model_validate(row)

    return once(do, body=asked)


@router.post(
    "/state-clients/{client_id}/disablement",
    status_code=201,
    response_model=StateClientRead,
    summary="Disable a client",
    dependencies=[DECIDES],
    responses=problems(404, 422),
)
def create_state_client_disablement(client_id: str, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Let a client do nothing from now on; tokens it has count no longer."""

    def do() -> StateClientRead:
        row = disable_client(act.session, client_id, reason=asked.reason, actor=act.actor)
        return StateClientRead.model_validate(row)

    return once(do, body=asked)


@router.get(
    "/state-coverage-changes",
    response_model=Page[CoverageChangeRead],
    summary="Changes of cover the state told us of",
    dependencies=[READS],
)
def list_state_coverage_changes(act: ActDep, asked: PageDep) -> Page[CoverageChangeRead]:
    """Return what the state told us of people's cover, newest first; the latest ``changed_at`` of a member counts."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_changes(act.session, before=before, limit=asked.fetch)
    return asked.page(rows, CoverageChangeRead.model_validate, lambda row: (row.id,))
