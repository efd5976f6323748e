"""What the state holds, mirrored from its answers, and every difference from what we filed and what was paid."""

from itertools import islice
from typing import Annotated

from fastapi import Query, Request

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import Id, PeriodText, period_of
from gateway.api.schemas.drift import DifferenceRead, HoldingRead
from gateway.api.titles import language_of
from gateway.filing.drift import FIRST, find_drift
from gateway.filing.drift_kinds import DriftKind
from gateway.filing.mirror import list_holdings
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["filing"])
READS = allow(Role.FILING_OFFICER, Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)


@router.get(
    "/drift",
    response_model=Page[DifferenceRead],
    summary="Where the state, the filing and the money differ",
    dependencies=[READS],
    responses=problems(404),
)
def list_drift(
    act: ActDep,
    asked: PageDep,
    request: Request,
    period: Annotated[PeriodText, Query()],
    payroll_id: Annotated[Id | None, Query()] = None,
    kind: Annotated[DriftKind | None, Query()] = None,
) -> Page[DifferenceRead]:
    """Return each difference between what the state holds, what was filed and what was paid, and who has to act."""
    language, currency = language_of(request.headers.get("accept-language")), act.mutual.currency
    after = asked.after(int, int, int) or FIRST
    found = find_drift(act.session, period=period_of(period), payroll_id=payroll_id, kind=kind, after=after)
    rows = list(islice(found, asked.fetch))
    return asked.page(
        rows, lambda row: DifferenceRead.of(row, currency, language, act.mutual.country), lambda row: row.place
    )


@router.get("/state-holdings", response_model=Page[HoldingRead], summary="What the state holds", dependencies=[READS])
def list_state_holdings(
    act: ActDep,
    asked: PageDep,
    payroll_id: Annotated[Id | None, Query()] = None,
    is_active: Annotated[bool | None, Query()] = None,
) -> Page[HoldingRead]:
    """Return what the state holds of each member and payroll, by its own answers: since when, at which wage."""
    currency = act.mutual.currency
    after = asked.after(int, int) or (0, 0)
    rows = list_holdings(act.session, payroll_id=payroll_id, is_active=is_active, after=after, limit=asked.fetch)
    return asked.page(rows, lambda row: HoldingRead.of(row, currency), lambda row: (row.payroll_id, row.member_id))
