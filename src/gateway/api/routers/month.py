"""The month: how it stands, who is next, who is covered; closing it and opening it again."""

from fastapi import Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.schemas.common import Because, PeriodText, period_of
from gateway.api.schemas.month import ClosureRead, MonthListRead, MonthRead
from gateway.month.queries import list_months
from gateway.month.standing import get_month
from gateway.reconciliation.close_month import close_month, reopen_month
from gateway.staff.models import Role

router = Router(prefix="/v1/months", tags=["month"])


@router.get("", response_model=MonthListRead, summary="List months", dependencies=[allow()])
def list_known_months(act: ActDep) -> MonthListRead:
    """Return the months that something was assessed, received or filed for."""
    return MonthListRead(items=[str(period) for period in list_months(act.session)])


@router.get("/{period}", response_model=MonthRead, summary="How a month stands", dependencies=[allow()])
def read_month(period: PeriodText, act: ActDep) -> MonthRead:
    """Return the month's steps, what comes next and who does it, its figures, and who is covered and who is not and why."""
    return MonthRead.of(get_month(act.session, period_of(period)), act.mutual.currency)


@router.post(
    "/{period}/closing",
    status_code=201,
    response_model=ClosureRead,
    summary="Close a month",
    dependencies=[allow(Role.ACCOUNTANT, Role.MANAGER)],
    responses=problems(409),
)
def close(period: PeriodText, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Close a month in the books; refused while a difference is unexplained, with each of them in `errors`."""
    month = period_of(period)

    def do() -> ClosureRead:
        close_month(act.session, month, actor=act.actor, reason=asked.reason, today=act.today)
        return ClosureRead(period=str(month), is_closed=True)

    return once(do, body=asked)


@router.post(
    "/{period}/reopening",
    status_code=201,
    response_model=ClosureRead,
    summary="Open a closed month again",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(409),
)
def reopen(period: PeriodText, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Open a closed month again; the reason stays in the books."""
    month = period_of(period)

    def do() -> ClosureRead:
        reopen_month(act.session, month, actor=act.actor, reason=asked.reason)
        return ClosureRead(period=str(month), is_closed=False)

    return once(do, body=asked)
