"""Standing rules for members' money, refunds to who left, and reminders of who is short."""

import csv
import io
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.allotment import (
    AllotmentCreate,
    AllotmentRead,
    RefundCreate,
    RefundDecisionCreate,
    RefundRead,
    RemindedRead,
    ReminderCreate,
    ShortRead,
)
from gateway.api.schemas.common import MAX_ID, Id, PathId, PeriodText, period_of
from gateway.api.titles import language_of
from gateway.cash.remind import every_short, list_short, remind
from gateway.contributions import allotment
from gateway.contributions.refund import decide_refund, list_refunds, propose_refund
from gateway.contributions.states import RefundStatus
from gateway.kit.tabular_csv import not_a_formula
from gateway.membership.queries import get_payroll
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["allotment"])


def _language(accept_language: Annotated[str | None, Header(include_in_schema=False)] = None) -> str:
    return language_of(accept_language)


LanguageDep = Annotated[str, Depends(_language)]
EVERYBODY = allow()
MANAGER = allow(Role.MANAGER)
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
DESK = allow(Role.CASHIER, Role.COLLECTOR, Role.ACCOUNTANT, Role.MANAGER)
OFFICE = allow(Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)


@router.get(
    "/allotment-rules", response_model=Page[AllotmentRead], summary="Rules for members' money", dependencies=[EVERYBODY]
)
def list_allotment_rules(act: ActDep, asked: PageDep, language: LanguageDep) -> Page[AllotmentRead]:
    """Return how members' money is given to their months, newest first, in words; without any, the first rules hold."""
    before = asked.after(int)
    rows = allotment.list_rules(act.session, before=(before or (MAX_ID,))[0], limit=asked.fetch)
    page = asked.page(rows, lambda row: AllotmentRead.of(row, language), lambda row: (row.id,))
    return page if rows or before else Page(items=[AllotmentRead.first(language)], next_cursor=None)


@router.post(
    "/allotment-rules",
    status_code=201,
    response_model=AllotmentRead,
    summary="Lay down rules for members' money",
    dependencies=[MANAGER],
)
def create_allotment_rule(asked: AllotmentCreate, act: ActDep, once: OnceDep, language: LanguageDep) -> Response:
    """Say how members' money is given to their months from a day on; a filing is prepared by the rules of its day."""

    def do() -> AllotmentRead:
        rules = {name: str(value) for name, value in asked.rules.model_dump(exclude_unset=True).items()}
        made = allotment.lay_down(
            act.session, valid_from=asked.valid_from, rules=rules, reason=asked.reason, actor=act.actor
        )
        return AllotmentRead.of(made, language)

    return once(do, body=asked)


@router.get("/refunds", response_model=Page[RefundRead], summary="Refunds to who left", dependencies=[MONEY])
def list_all_refunds(
    act: ActDep, asked: PageDep, status: Annotated[RefundStatus | None, Query()] = None
) -> Page[RefundRead]:
    """Return refunds, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    wanted = None if status is None else status.value
    rows = list_refunds(act.session, status=wanted, before=before, limit=asked.fetch)
    return asked.page(rows, RefundRead.of, lambda row: (row.id,))


@router.post(
    "/refunds",
    status_code=201,
    response_model=RefundRead,
    summary="Propose a refund",
    dependencies=[OFFICE],
    responses=problems(404, 409),
)
def create_refund(asked: RefundCreate, act: ActDep, once: OnceDep) -> Response:
    """Propose to owe back everything a member who left still has; another person decides."""

    def do() -> RefundRead:
        made = propose_refund(act.session, asked.member_id, reason=asked.reason, actor=act.actor, today=act.today)
        return RefundRead.of(made)

    return once(do, body=asked)


@router.post(
    "/refunds/{refund_id}/decision",
    status_code=201,
    response_model=RefundRead,
    summary="Decide on a refund",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_refund_decision(refund_id: PathId, asked: RefundDecisionCreate, act: ActDep, once: OnceDep) -> Response:
    """Agree: it is owed to the member and goes out with the next payouts; or decline. Not by whoever proposed it."""

    def do() -> RefundRead:
        done = decide_refund(
            act.session, refund_id, is_agreed=asked.is_agreed, reason=asked.reason, actor=act.actor, today=act.today
        )
        return RefundRead.of(done)

    return once(do, body=asked)


@router.get(
    "/reminders",
    response_model=Page[ShortRead],
    summary="Who is short for a month",
    dependencies=[DESK],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(404)},
)
def list_reminders(
    act: ActDep,
    asked: PageDep,
    period: Annotated[PeriodText, Query()],
    payroll_id: Annotated[Id | None, Query()] = None,
    till: Annotated[str | None, Query(max_length=60, pattern=r"^[^\x00]*$")] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Page[ShortRead] | Response:
    """Return who lacks what for a month and until when, by collector's till; ``format=csv`` is the whole list as a file."""
    if payroll_id is not None:
        get_payroll(act.session, payroll_id)
    wanted: dict[str, Any] = {"period": period_of(period), "payroll_id": payroll_id, "till": till, "today": act.today}
    if form == "csv":
        rows = every_short(act.session, **wanted)
        headers = {"content-disposition": f'attachment; filename="reminders-{period}.csv"'}
        return Response(_as_csv([ShortRead.of(row) for row in rows]), media_type="text/csv", headers=headers)
    after = asked.after(str, int) or ("", 0)
    found = list_short(act.session, limit=asked.fetch, after=after, **wanted)
    return asked.page(found, ShortRead.of, lambda row: (row.till, row.member_id))


@router.post(
    "/reminders",
    status_code=201,
    response_model=RemindedRead,
    summary="Remind who is short",
    dependencies=[OFFICE],
    responses=problems(404, 409),
)
def create_reminders(asked: ReminderCreate, act: ActDep, once: OnceDep) -> Response:
    """Write one short message to each member who is short for a month and was not reminded of it; the worker carries it."""

    def do() -> RemindedRead:
        if asked.payroll_id is not None:
            get_payroll(act.session, asked.payroll_id)
        period = period_of(asked.period)
        done = remind(act.session, period=period, payroll_id=asked.payroll_id, actor=act.actor, today=act.today)
        return RemindedRead.of(done, asked.period)

    return once(do, body=asked)


def _as_csv(rows: list[ShortRead]) -> bytes:
    names = ["till", "number", "name", "reference", "month_costs", "has", "short", "currency", "until", "reminder"]
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(names)
    for row in rows:
        cells = ["" if (value := getattr(row, name)) is None else str(value) for name in names]
        out.writerow(map(not_a_formula, cells))
    return b"\xef\xbb\xbf" + text.getvalue().encode()
