"""Law that people read and correct: the calendar, proposed rates, the pension system's returns."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId, PeriodText, Reason, period_of
from gateway.api.schemas.law import (
    DueDateRead,
    HolidayCreate,
    HolidayList,
    HolidayRead,
    RateProposalCreate,
    RateProposalRead,
    SystemReturnCreate,
    SystemReturnRead,
)
from gateway.calendar.correct import add_holiday, remove_holiday
from gateway.calendar.queries import calendar_of
from gateway.contributions.propose import approve_rate, decline_rate, enter_return, propose_rate
from gateway.contributions.rate_queries import list_proposals as read_proposals
from gateway.contributions.rate_queries import list_returns
from gateway.contributions.states import RateStatus
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["law"])
EVERYBODY = allow()
CORRECTS = allow(Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
APPROVES = allow(Role.ACCOUNTANT, Role.MANAGER)


@router.get(
    "/holidays", response_model=HolidayList, summary="Holidays", dependencies=[EVERYBODY], responses=problems(409)
)
def list_holidays(
    act: ActDep, year: Annotated[int | None, Query(ge=1990, le=2200, examples=[2026])] = None
) -> HolidayList:
    """Return a year's holidays, this year's where none is named: the country's frozen list as staff corrected it."""
    return HolidayList.of(calendar_of(act.session), year or act.today.year)


@router.post(
    "/holidays",
    status_code=201,
    response_model=HolidayRead,
    summary="Add a holiday",
    dependencies=[CORRECTS],
    responses=problems(409, 422),
)
def create_holiday(asked: HolidayCreate, act: ActDep, once: OnceDep) -> Response:
    """Make a day a holiday, with the reason; due days that follow from the calendar move, the state's own do not."""
    return once(
        lambda: HolidayRead.of(
            add_holiday(act.session, asked.day, name=asked.name, reason=asked.reason, actor=act.actor)
        ),
        body=asked,
    )


@router.delete(
    "/holidays/{day}",
    status_code=204,
    summary="Take a holiday away",
    dependencies=[CORRECTS],
    responses=problems(404, 409, 422),
)
def delete_holiday(day: dt.date, act: ActDep, reason: Annotated[Reason, Query(examples=["decreto 130-26"])]) -> None:
    """Say that a day is worked after all, with the reason; the frozen list stays, the correction counts over it."""
    remove_holiday(act.session, day, reason=reason, actor=act.actor)


@router.get(
    "/due-dates", response_model=DueDateRead, summary="When a month is due", dependencies=[EVERYBODY],
    responses=problems(409),
)  # fmt: skip
def get_due_date(act: ActDep, period: Annotated[PeriodText, Query()]) -> DueDateRead:
    """Return the last day on which a month can be paid without a surcharge, by our calendar."""
    return DueDateRead.of(calendar_of(act.session), period_of(period))


@router.get(
    "/rate-proposals", response_model=Page[RateProposalRead], summary="Proposed rates", dependencies=[EVERYBODY]
)
def list_rate_proposals(
    act: ActDep, asked: PageDep, status: Annotated[RateStatus | None, Query()] = None
) -> Page[RateProposalRead]:
    """Return proposed rates, newest first, decided ones too."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = read_proposals(act.session, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, RateProposalRead.of, lambda row: (row.id,))


@router.post(
    "/rate-proposals",
    status_code=201,
    response_model=RateProposalRead,
    summary="Propose a rate",
    dependencies=[CORRECTS],
    responses=problems(409, 422),
)
def create_rate_proposal(asked: RateProposalCreate, act: ActDep, once: OnceDep) -> Response:
    """Propose a value over the country's file, from a day to come; it counts once another person approved it."""
    return once(
        lambda: RateProposalRead.of(propose_rate(act.session, **asked.model_dump(), actor=act.actor, today=act.today)),
        body=asked,
    )


@router.post(
    "/rate-proposals/{proposal_id}/approval",
    response_model=RateProposalRead,
    summary="Approve a rate",
    dependencies=[APPROVES],
    responses=problems(404, 409),
)
def approve_rate_proposal(proposal_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Let a proposed value count from its day on; who proposed it may not."""
    return once(
        lambda: RateProposalRead.of(approve_rate(act.session, proposal_id, actor=act.actor, today=act.today)),
        status=200,
    )


@router.post(
    "/rate-proposals/{proposal_id}/refusal",
    response_model=RateProposalRead,
    summary="Decline a rate",
    dependencies=[APPROVES],
    responses=problems(404, 409, 422),
)
def decline_rate_proposal(proposal_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Say no to a proposed value, with the reason."""
    return once(
        lambda: RateProposalRead.of(decline_rate(act.session, proposal_id, reason=asked.reason, actor=act.actor)),
        status=200,
        body=asked,
    )


@router.get(
    "/system-returns",
    response_model=Page[SystemReturnRead],
    summary="The pension system's returns",
    dependencies=[EVERYBODY],
)
def list_system_returns(act: ActDep, asked: PageDep) -> Page[SystemReturnRead]:
    """Return the monthly returns that lateness is charged by, newest month first; of each, what counts."""
    (before,) = asked.after(dt.date) or (dt.date.max,)
    rows = list_returns(act.session, before=before, limit=asked.fetch)
    return asked.page(rows, SystemReturnRead.of, lambda row: (row.period_start,))


@router.post(
    "/system-returns",
    status_code=201,
    response_model=SystemReturnRead,
    summary="Enter a month's return",
    dependencies=[CORRECTS],
    responses=problems(422),
)
def create_system_return(asked: SystemReturnCreate, act: ActDep, once: OnceDep) -> Response:
    """Write down the pension system's average return in a month, with its source; a second figure replaces the first."""
    told = asked.model_dump(exclude={"period"})
    return once(
        lambda: SystemReturnRead.of(
            enter_return(act.session, period=period_of(asked.period), **told, actor=act.actor, today=act.today)
        ),
        body=asked,
    )
