"""What a bill is against ours, what paying it on a day costs, and what the state owes."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Request

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.bills import BillForecastRead, ComparisonRead, CreditRead, OpenCreditList, OpenCreditRead
from gateway.api.schemas.common import MAX_ID, Id, PathId
from gateway.api.titles import language_of
from gateway.filing.compare_bill import compare_bill
from gateway.filing.credits import list_credits, open_credits
from gateway.filing.forecast import forecast_bill
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["filing"])
READS = allow(Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER)


@router.get(
    "/bills/{bill_id}/comparison",
    response_model=ComparisonRead,
    summary="A bill against ours",
    dependencies=[READS],
    responses=problems(404, 409),
)
def get_comparison(bill_id: PathId, act: ActDep, request: Request) -> ComparisonRead:
    """Return a bill component by component, ours against theirs, with the likely reason of each difference in words."""
    language = language_of(request.headers.get("accept-language"))
    return ComparisonRead.of(compare_bill(act.session, bill_id, today=act.today), language)


@router.get(
    "/bills/{bill_id}/forecast",
    response_model=BillForecastRead,
    summary="What paying on a day costs",
    dependencies=[READS],
    responses=problems(404, 409, 422),
)
def get_forecast(
    bill_id: PathId,
    act: ActDep,
    request: Request,
    pay_on: Annotated[dt.date | None, Query(description="Today where none is named.", examples=["2026-04-09"])] = None,
) -> BillForecastRead:
    """Return what paying a bill on a day costs, with the surcharge and interest that lateness adds by the dated rule."""
    language = language_of(request.headers.get("accept-language"))
    return BillForecastRead.of(
        forecast_bill(act.session, bill_id, pay_on=pay_on or act.today), language, act.mutual.country
    )


@router.get("/bill-credits", response_model=Page[CreditRead], summary="What the state owes", dependencies=[READS])
def list_bill_credits(
    act: ActDep, asked: PageDep, payroll_id: Annotated[Id | None, Query()] = None
) -> Page[CreditRead]:
    """Return what notices below earlier payments left with the state, and what later notices took off, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = list_credits(act.session, payroll_id=payroll_id, before=before, limit=asked.fetch)
    return asked.page(rows, CreditRead.of, lambda row: (row.id,))


@router.get(
    "/open-bill-credits", response_model=OpenCreditList, summary="What the state owes now", dependencies=[READS]
)
def list_open_credits(act: ActDep) -> OpenCreditList:
    """Return what the state owes each payroll now; the next notice should take it off, or it is claimed back."""
    return OpenCreditList(items=[OpenCreditRead.of(row) for row in open_credits(act.session)])
