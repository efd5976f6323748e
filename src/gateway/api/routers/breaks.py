"""Differences that people explain: one proposes, another approves; equal ones together; old ones by a supervisor."""

import datetime as dt
from typing import Annotated, Literal

from fastapi import Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.breaks import (
    AgesRead,
    AssignmentCreate,
    BreakList,
    BreakRead,
    ManyProposed,
    ManyResolved,
    NoteCreate,
    ProposalCreate,
    ResolutionCreate,
)
from gateway.api.schemas.common import MAX_ID, PathId, PeriodText, Whole, period_of
from gateway.ledger.post import Line
from gateway.reconciliation import queries
from gateway.reconciliation.many import propose_many, resolve_many
from gateway.reconciliation.queries import BreakRow
from gateway.reconciliation.resolve import assign, note, propose, reject, resolve
from gateway.reconciliation.rules import ageing
from gateway.reconciliation.suggest import suggest_members, suggest_sums
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["reconciliation"])
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
READERS = allow(Role.ACCOUNTANT, Role.MANAGER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER)
Statuses = Literal["unresolved", "open", "proposed", "approved", "posted", "rejected", "vanished"]
Ages = Literal["0-2", "3-7", "8-30", "31-60", ">60"]


@router.get("/breaks", response_model=Page[BreakRead], summary="Differences", dependencies=[READERS])
def list_breaks(
    act: ActDep,
    asked: PageDep,
    status: Annotated[Statuses | None, Query()] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    period: Annotated[PeriodText | None, Query()] = None,
    age: Annotated[Ages | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=80)] = None,
) -> Page[BreakRead]:
    """Return differences, newest first; ``owner`` is a person or a role, ``age`` a number of days."""
    (before,) = asked.after(int) or (MAX_ID,)
    start: dt.date | None = None if period is None else period_of(period).start
    rows = queries.list_breaks(
        act.session,
        status=status,
        kind=kind,
        period_start=start,
        since=(None, None) if age is None else ageing(age, act.today),
        owner=owner,
        before=before,
        limit=asked.fetch,
    )
    return asked.page(rows, lambda row: BreakRead.of(row, today=act.today), lambda row: (row.id,))


@router.get("/break-ages", response_model=Whole[AgesRead], summary="How old differences are", dependencies=[READERS])
def list_ages(act: ActDep) -> Whole[AgesRead]:
    """Return how many differences wait, how much money they are about, by kind and age."""
    rows = queries.list_ages(act.session)
    return Whole(items=AgesRead.list_of(rows, today=act.today, currency=act.mutual.currency))


@router.get(
    "/breaks/{break_id}",
    response_model=BreakRead,
    summary="One difference",
    dependencies=[READERS],
    responses=problems(404),
)
def get_break(break_id: PathId, act: ActDep) -> BreakRead:
    """Return a difference with the usual explanations, whose the money may be, and what people noted."""
    return _whole(act, queries.get_break(act.session, break_id))


@router.post(
    "/breaks/{break_id}/notes",
    status_code=201,
    response_model=BreakRead,
    summary="Note what was found out",
    dependencies=[READERS],
    responses=problems(404),
)
def create_note(break_id: PathId, asked: NoteCreate, act: ActDep, once: OnceDep) -> Response:
    """Keep what somebody found out; a month may be closed over an open break that has a note."""
    return once(lambda: _whole(act, note(act.session, break_id, text=asked.note, actor=act.actor)), body=asked)


@router.post(
    "/breaks/{break_id}/assignment",
    response_model=BreakRead,
    summary="Say who looks after it",
    dependencies=[READERS],
    responses=problems(404),
)
def create_assignment(break_id: PathId, asked: AssignmentCreate, act: ActDep, once: OnceDep) -> Response:
    """Say who looks after a difference, and until when."""
    return once(
        lambda: _whole(act, assign(act.session, break_id, owner=asked.owner, due_on=asked.due_on, actor=act.actor)),
        status=200,
        body=asked,
    )


@router.post(
    "/breaks/{break_id}/proposal",
    response_model=BreakRead,
    summary="Propose an explanation",
    dependencies=[READERS],
    responses=problems(404, 409),
)
def create_proposal(break_id: PathId, asked: ProposalCreate, act: ActDep, once: OnceDep) -> Response:
    """Propose what explains a difference; another person approves it.

    An entry, whose the money is, why no entry is needed, or, of an announcement that no statement shows, that it is taken
    back or which line is the sum it stands in.
    """

    def put() -> BreakRead:
        currency = queries.get_break(act.session, break_id).currency
        return _whole(
            act,
            propose(
                act.session,
                break_id,
                resolution=asked.resolution,
                lines=[Line(line.account, minor_of(line.amount, currency)) for line in asked.lines],
                member_id=asked.member_id,
                statement_line_id=asked.statement_line_id,
                announced_line_ids=asked.announced_line_ids,
                reason=asked.reason,
                actor=act.actor,
            ),
        )

    return once(put, status=200, body=asked)


@router.post(
    "/breaks/{break_id}/resolution",
    response_model=BreakRead,
    summary="Approve or reject",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_resolution(break_id: PathId, asked: ResolutionCreate, act: ActDep, once: OnceDep) -> Response:
    """Approve what another person proposed, and post it; or reject it with a reason."""

    def decide() -> BreakRead:
        if not asked.is_approved:
            return _whole(act, reject(act.session, break_id, reason=asked.reason or "", actor=act.actor))
        done = resolve(
            act.session,
            break_id,
            valid_on=asked.valid_on or act.today,
            actor=act.actor,
            today=act.today,
            is_supervisor=Role.MANAGER in act.principal.roles,
        )
        return _whole(act, done)

    return once(decide, status=200, body=asked)


@router.post(
    "/break-proposals",
    response_model=BreakList,
    summary="Propose for equal differences",
    dependencies=[READERS],
    responses=problems(404, 409),
)
def create_proposals(asked: ManyProposed, act: ActDep, once: OnceDep) -> Response:
    """Propose one usual explanation for differences of one kind, each with its own amount; all of them or none."""
    return once(
        lambda: _list(
            act,
            propose_many(
                act.session, asked.break_ids, suggestion=asked.suggestion, reason=asked.reason, actor=act.actor
            ),
        ),
        status=200,
        body=asked,
    )


@router.post(
    "/break-resolutions",
    response_model=BreakList,
    summary="Approve or reject equal differences",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_resolutions(asked: ManyResolved, act: ActDep, once: OnceDep) -> Response:
    """Approve and post, or reject, what another person proposed for differences of one kind; all of them or none."""
    return once(
        lambda: _list(
            act,
            resolve_many(
                act.session,
                asked.break_ids,
                is_approved=asked.is_approved,
                reason=asked.reason or "",
                valid_on=asked.valid_on or act.today,
                actor=act.actor,
                today=act.today,
                is_supervisor=Role.MANAGER in act.principal.roles,
            ),
        ),
        status=200,
        body=asked,
    )


def _whole(act: ActDep, row: BreakRow) -> BreakRead:
    notes = queries.list_notes(act.session, row.id)
    hints = [*suggest_members(act.session, row), *suggest_sums(act.session, row)]
    return BreakRead.of(row, today=act.today, notes=notes, hints=hints)


def _list(act: ActDep, rows: list[BreakRow]) -> BreakList:
    return BreakList(items=[BreakRead.of(row, today=act.today) for row in rows])
