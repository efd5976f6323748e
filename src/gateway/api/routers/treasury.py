"""The evening: a day's figures, its signature; and providers' settlement reports."""

import datetime as dt
from typing import Annotated

from fastapi import Form, Query, Response, UploadFile

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, PathId
from gateway.api.schemas.treasury import (
    DayClosingCreate,
    DayClosingRead,
    DayRead,
    SettlementLineRead,
    SettlementRead,
)
from gateway.kit.evidence import digest
from gateway.staff.models import Role
from gateway.treasury import queries
from gateway.treasury.day import close_day, figures_of
from gateway.treasury.settlement import load_settlement
from gateway.treasury.states import SettlementLineFate

router = Router(prefix="/v1", tags=["treasury"])
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
TILL_PATTERN = r"^cash:[a-z0-9-]{1,40}$"


@router.get(
    "/day-figures", response_model=DayRead, summary="A day as it stands", dependencies=[MONEY], responses=problems(404)
)
def get_day_figures(
    act: ActDep, on: Annotated[dt.date, Query()], till: Annotated[str | None, Query(pattern=TILL_PATTERN)] = None
) -> DayRead:
    """Return what every place held at the end of a day, and what keeps the day from being signed off."""
    return DayRead.of(figures_of(act.session, on, till=till or ""), act.mutual.currency)


@router.get(
    "/day-closings", response_model=Page[DayClosingRead], summary="Days that were signed off", dependencies=[MONEY]
)
def list_day_closings(
    act: ActDep, asked: PageDep, till: Annotated[str | None, Query(max_length=60, pattern=r"^[^\x00]*$")] = None
) -> Page[DayClosingRead]:
    """Return signed days, the newest signature first; of the house alone with an empty ``till``."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_closings(act.session, till=till, before=before, limit=asked.fetch)
    return asked.page(rows, lambda row: DayClosingRead.of(row, act.mutual.currency), lambda row: (row.id,))


@router.post(
    "/day-closings",
    status_code=201,
    response_model=DayClosingRead,
    summary="Sign a day off",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_day_closing(asked: DayClosingCreate, act: ActDep, once: OnceDep) -> Response:
    """Sign off a day of the house, or of one till. Refused while a difference is not explained or a drawer not counted."""

    def do() -> DayClosingRead:
        made = close_day(
            act.session, asked.on, till=asked.till or "", note=asked.note, actor=act.actor, today=act.today
        )
        return DayClosingRead.of(made, act.mutual.currency)

    return once(do, body=asked)


@router.get(
    "/day-closings/{closing_id}",
    response_model=DayClosingRead,
    summary="One signed day",
    dependencies=[MONEY],
    responses=problems(404),
)
def get_day_closing(closing_id: PathId, act: ActDep) -> DayClosingRead:
    """Return a day as it was signed."""
    return DayClosingRead.of(queries.get_closing(act.session, closing_id), act.mutual.currency)


@router.get(
    "/settlement-reports", response_model=Page[SettlementRead], summary="Settlement reports", dependencies=[MONEY]
)
def list_settlement_reports(act: ActDep, asked: PageDep) -> Page[SettlementRead]:
    """Return providers' settlement reports, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_settlements(act.session, before=before, limit=asked.fetch)
    return asked.page(rows, SettlementRead.of, lambda row: (row.id,))


@router.post(
    "/settlement-reports",
    status_code=201,
    response_model=SettlementRead,
    summary="Load a settlement report",
    dependencies=[MONEY],
    responses=problems(404, 409, 413, 422),
)
def create_settlement_report(
    file: UploadFile,
    act: ActDep,
    once: OnceDep,
    provider: Annotated[str, Form(pattern=r"^momo:[a-z0-9-]{1,40}$")],
    bank: Annotated[str, Form(pattern=r"^bank:[a-z0-9-]{1,40}$")],
) -> Response:
    """Read a provider's report (JSON or CSV): receive what is new, book its fee, expect its net at the bank."""
    body = file.file.read()

    def do() -> SettlementRead:
        done = load_settlement(
            act.session,
            body=body,
            file_name=(file.filename or "settlement")[:200],
            provider=provider,
            bank_code=bank,
            actor=act.actor,
            today=act.today,
        )
        return SettlementRead.of(done)

    return once(do, body=f"{digest(body)} {provider} {bank}".encode())


@router.get(
    "/settlement-reports/{settlement_id}",
    response_model=SettlementRead,
    summary="One settlement report",
    dependencies=[MONEY],
    responses=problems(404),
)
def get_settlement_report(settlement_id: PathId, act: ActDep) -> SettlementRead:
    """Return a settlement report."""
    return SettlementRead.of(queries.get_settlement(act.session, settlement_id))


@router.get(
    "/settlement-reports/{settlement_id}/lines",
    response_model=Page[SettlementLineRead],
    summary="A settlement report's transactions",
    dependencies=[MONEY],
    responses=problems(404),
)
def list_settlement_lines(
    settlement_id: PathId, act: ActDep, asked: PageDep, fate: Annotated[SettlementLineFate | None, Query()] = None
) -> Page[SettlementLineRead]:
    """Return what became of each transaction; ``fate=open`` are those a person must look at."""
    currency = queries.get_settlement(act.session, settlement_id).currency
    (after,) = asked.after(int) or (0,)
    wanted = None if fate is None else fate.value
    rows = queries.list_settlement_lines(act.session, settlement_id, fate=wanted, after=after, limit=asked.fetch)
    return asked.page(rows, lambda row: SettlementLineRead.of(row, currency), lambda row: (row.line_no,))
