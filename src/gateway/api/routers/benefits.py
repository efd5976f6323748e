"""Benefits that the state pays back: the advices, and to whom the money goes."""

from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.benefits import BenefitPlacementCreate, LineShown, RemittanceLineRead, RemittanceRead
from gateway.api.schemas.common import MAX_ID, PathId
from gateway.benefits import queries
from gateway.benefits.allot import allot
from gateway.benefits.place import place
from gateway.benefits.states import RemittanceStatus
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["benefits"])
OFFICERS = allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)


@router.get("/remittances", response_model=Page[RemittanceRead], summary="Remittances", dependencies=[OFFICERS])
def list_remittances(
    act: ActDep, asked: PageDep, status: Annotated[RemittanceStatus | None, Query()] = None
) -> Page[RemittanceRead]:
    """Return what the state has advised, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_remittances(act.session, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, RemittanceRead.of, lambda row: (row.id,))


@router.get(
    "/remittances/{remittance_id}",
    response_model=RemittanceRead,
    summary="One remittance",
    dependencies=[OFFICERS],
    responses=problems(404),
)
def get_remittance(remittance_id: PathId, act: ActDep) -> RemittanceRead:
    """Return a remittance with what has come of it and where it went."""
    return RemittanceRead.of(queries.get_remittance(act.session, remittance_id))


@router.get(
    "/remittances/{remittance_id}/lines",
    response_model=Page[RemittanceLineRead],
    summary="A remittance's lines",
    dependencies=[OFFICERS],
    responses=problems(404),
)
def list_remittance_lines(
    remittance_id: PathId, act: ActDep, asked: PageDep, status: Annotated[LineShown | None, Query()] = None
) -> Page[RemittanceLineRead]:
    """Return the lines of a remittance in the state's order; `status=suspense` are those that wait for a person."""
    queries.get_remittance(act.session, remittance_id)
    (after,) = asked.after(int) or (0,)
    rows = queries.list_lines(act.session, remittance_id, status=status, after=after, limit=asked.fetch)
    return asked.page(rows, RemittanceLineRead.of, lambda row: (row.line_no,))


@router.post(
    "/remittances/{remittance_id}/allotment",
    status_code=201,
    response_model=RemittanceRead,
    summary="Allot a remittance",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_allotment(remittance_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Give every line to its member, or to suspense with a reason. Needs all of the money; again it has no effect."""
    return once(
        lambda: RemittanceRead.of(allot(act.session, remittance_id, actor=act.actor, today=act.today).remittance)
    )


@router.post(
    "/remittance-lines/{line_id}/placement",
    status_code=201,
    response_model=RemittanceLineRead,
    summary="Place a benefit in suspense",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_benefit_placement(line_id: PathId, asked: BenefitPlacementCreate, act: ActDep, once: OnceDep) -> Response:
    """Give a line in suspense to the member it belongs to, with the reason."""

    def do() -> RemittanceLineRead:
        placed = place(
            act.session, line_id, member_id=asked.member_id, reason=asked.reason, actor=act.actor, today=act.today
        )
        return RemittanceLineRead.of(placed)

    return once(do, body=asked)
