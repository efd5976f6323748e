"""The queue of what members say is not right: take it, ask, answer, resolve."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query, Response

from gateway.api.dependencies import Act, ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import Id, PathId, Whole
from gateway.api.schemas.complaints import (
    ComplaintCountRead,
    ComplaintRead,
    ComplaintWholeRead,
    Kind,
    ResolutionChoice,
    WordsCreate,
    standing,
)
from gateway.complaints import handle, queries
from gateway.complaints.handle import Handler
from gateway.complaints.queries import Filter
from gateway.complaints.states import LIVE
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["complaints"])
STAFF = allow(Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
REFUSALS = problems(404, 409)
Statuses = Literal["live", "open", "in_hand", "asked", "answered", "resolved", "withdrawn"]


def _who(act: Act) -> Handler:
    return Handler(act.principal.username, act.actor, act.principal.roles, act.today)


def _whole(act: Act, complaint_id: int) -> ComplaintWholeRead:
    row = queries.get_complaint(act.session, complaint_id)
    more = {
        "evidence_sha256": row.sha256,
        "messages": queries.list_messages(act.session, complaint_id),
        "steps": queries.list_steps(act.session, complaint_id),
    }
    return ComplaintWholeRead.model_validate({**row._mapping, **standing(row, act.today), **more})


def _after(act: Act, complaint_id: int, do: Callable[[], None]) -> Callable[[], ComplaintWholeRead]:
    def done() -> ComplaintWholeRead:
        do()
        return _whole(act, complaint_id)

    return done


@router.get("/complaints", response_model=Page[ComplaintRead], summary="Complaints", dependencies=[STAFF])
def list_complaints(
    act: ActDep,
    asked: PageDep,
    status: Annotated[Statuses, Query(description="live: whatever is not over.")] = "live",
    kind: Annotated[Kind | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=80, description="A role, or a username.")] = None,
    member_id: Annotated[Id | None, Query()] = None,
    late: Annotated[bool, Query(description="Only those that wait for staff and are past their day.")] = False,
) -> Page[ComplaintRead]:
    """Return complaints, what is due first before the others."""
    statuses = sorted(one.value for one in LIVE) if status == "live" else [status]
    wanted = Filter(statuses, kind, owner, member_id, act.today if late else None)
    after = asked.after(dt.date, int)
    rows = queries.list_complaints(
        act.session, wanted, after=None if after is None else (after[0], after[1]), limit=asked.fetch
    )
    return asked.page(rows, lambda row: ComplaintRead.of(row, today=act.today), lambda row: (row.due_on, row.id))


@router.get(
    "/complaint-counts", response_model=Whole[ComplaintCountRead], summary="How many complaints wait",
    dependencies=[STAFF],
)  # fmt: skip
def list_counts(act: ActDep) -> Whole[ComplaintCountRead]:
    """Return how many complaints wait for staff, are late, or wait for members, by role and kind."""
    rows = queries.count_waiting(act.session, today=act.today)
    return Whole(items=[ComplaintCountRead.model_validate(row) for row in rows])


@router.get(
    "/complaints/{complaint_id}", response_model=ComplaintWholeRead, summary="One complaint", dependencies=[STAFF],
    responses=problems(404),
)  # fmt: skip
def get_complaint(complaint_id: PathId, act: ActDep) -> ComplaintWholeRead:
    """Return a complaint with what the member saw, what it rests on, what was said and every step."""
    return _whole(act, complaint_id)


@router.post(
    "/complaints/{complaint_id}/assignment", response_model=ComplaintWholeRead, summary="Take a complaint",
    dependencies=[STAFF], responses=REFUSALS,
)  # fmt: skip
def create_assignment(complaint_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Take a complaint in hand; not one about a row that one recorded oneself."""
    return once(_after(act, complaint_id, lambda: handle.take(act.session, complaint_id, _who(act))), status=200)


@router.post(
    "/complaints/{complaint_id}/questions", status_code=201, response_model=ComplaintWholeRead,
    summary="Ask the member", dependencies=[STAFF], responses=REFUSALS,
)  # fmt: skip
def create_question(complaint_id: PathId, asked: WordsCreate, act: ActDep, once: OnceDep) -> Response:
    """Ask the member something; a short message tells that there is a question."""
    do = _after(act, complaint_id, lambda: handle.ask(act.session, complaint_id, asked.words, _who(act)))
    return once(do, body=asked)


@router.post(
    "/complaints/{complaint_id}/answers", status_code=201, response_model=ComplaintWholeRead,
    summary="Answer the member", dependencies=[STAFF], responses=REFUSALS,
)  # fmt: skip
def create_answer(complaint_id: PathId, asked: WordsCreate, act: ActDep, once: OnceDep) -> Response:
    """Tell the member what was found, in plain words; after fourteen days without an objection it is resolved."""
    do = _after(act, complaint_id, lambda: handle.answer(act.session, complaint_id, asked.words, _who(act)))
    return once(do, body=asked)


@router.post(
    "/complaints/{complaint_id}/notes", status_code=201, response_model=ComplaintWholeRead, summary="Note something",
    dependencies=[STAFF], responses=REFUSALS,
)  # fmt: skip
def create_note(complaint_id: PathId, asked: WordsCreate, act: ActDep, once: OnceDep) -> Response:
    """Keep what was found out; the member does not see it."""
    do = _after(act, complaint_id, lambda: handle.note(act.session, complaint_id, asked.words, _who(act)))
    return once(do, body=asked)


@router.post(
    "/complaints/{complaint_id}/resolution", response_model=ComplaintWholeRead, summary="Resolve a complaint",
    dependencies=[STAFF], responses=REFUSALS,
)  # fmt: skip
def create_resolution(complaint_id: PathId, asked: ResolutionChoice, act: ActDep, once: OnceDep) -> Response:
    """End a complaint with a reason, and where money moved with the posting that moved it."""

    def do() -> None:
        handle.resolve(
            act.session, complaint_id, asked.chosen, _who(act), words=asked.words, ledger_tx_id=asked.ledger_tx_id
        )

    return once(_after(act, complaint_id, do), status=200, body=asked)


@router.post(
    "/complaints/{complaint_id}/reopening", response_model=ComplaintWholeRead, summary="Take a complaint up again",
    dependencies=[STAFF], responses=REFUSALS,
)  # fmt: skip
def create_reopening(complaint_id: PathId, asked: WordsCreate, act: ActDep, once: OnceDep) -> Response:
    """Take up again what was over; it is in one's own hand then."""
    do = _after(act, complaint_id, lambda: handle.reopen(act.session, complaint_id, asked.words, _who(act)))
    return once(do, status=200, body=asked)
