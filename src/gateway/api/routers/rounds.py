"""Collectors' rounds: start one, download it, send its receipts."""

import datetime as dt
from typing import Annotated, Literal

from fastapi import Header, Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routers.cash import sees_others
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, PathId, period_of
from gateway.api.schemas.rounds import (
    RoundCreate,
    RoundRead,
    RoundReceiptRead,
    RoundReceiptsCreate,
    RoundResultsRead,
    RoundStartedRead,
)
from gateway.cash import queries
from gateway.cash.package import require_holder, round_package
from gateway.cash.receive_round import receive_round
from gateway.cash.start_round import start_round
from gateway.kit import signing
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["rounds"])
OFFICE = allow(Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)
DESK = allow(Role.CASHIER, Role.COLLECTOR, Role.ACCOUNTANT, Role.MANAGER)


@router.get("/rounds", response_model=Page[RoundRead], summary="Rounds", dependencies=[DESK])
def list_rounds(act: ActDep, asked: PageDep) -> Page[RoundRead]:
    """Return rounds, newest first: one's own, or everybody's for who looks after the money."""
    (before,) = asked.after(int) or (MAX_ID,)
    holder = act.actor if act.principal.roles == {Role.COLLECTOR} else None
    rows = queries.list_rounds(act.session, holder=holder, before=before, limit=asked.fetch)
    return asked.page(rows, RoundRead.of, lambda row: (row.id,))


@router.post(
    "/rounds",
    status_code=201,
    response_model=RoundStartedRead,
    summary="Send a collector on a round",
    dependencies=[OFFICE],
    responses=problems(404, 409),
)
def create_round(asked: RoundCreate, act: ActDep, once: OnceDep) -> Response:
    """Open a collector's session at the collector's till and give out receipt numbers; the secret is shown here alone."""

    def do() -> RoundStartedRead:
        made = start_round(
            act.session,
            collector=asked.collector,
            till_code=asked.till,
            period=period_of(asked.period),
            float_minor=minor_of(asked.float, act.mutual.currency),
            float_from=asked.float_from,
            receipt_count=asked.receipt_count,
            actor=act.actor,
            today=act.today,
        )
        return RoundStartedRead.of(made, secret=made.secret)

    return once(do, body=asked)


@router.get(
    "/rounds/{round_id}", response_model=RoundRead, summary="One round", dependencies=[DESK], responses=problems(404)
)
def get_round(round_id: PathId, act: ActDep) -> RoundRead:
    """Return a round."""
    return RoundRead.of(require_holder(act.session, round_id, actor=act.actor, may_for_others=sees_others(act)))


@router.get(
    "/rounds/{round_id}/package",
    summary="What a collector takes along",
    dependencies=[DESK],
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        304: {"description": "It is what you have"},
        **problems(404),
    },
)
def get_package(
    round_id: PathId,
    act: ActDep,
    if_none_match: Annotated[str | None, Header(description="The ETag of the package you have.")] = None,
) -> Response:
    """Return the collector's members, what each could pay, their references and the free receipt numbers, signed with the round's secret.

    The signature is that of Standard Webhooks 1.0 over the body, in ``webhook-id``, ``webhook-timestamp`` and
    ``webhook-signature``. Later receipts and payments make another package with another ETag.
    """
    found = require_holder(act.session, round_id, actor=act.actor, may_for_others=sees_others(act))
    package = round_package(act.session, found, today=act.today)
    if if_none_match is not None and package.etag in if_none_match:
        return Response(status_code=304, headers={"etag": package.etag})
    event_id = f"round-{round_id}-{package.etag[1:13]}"
    signed = signing.sign([found.secret], event_id, package.body, now=dt.datetime.now(dt.UTC))
    return Response(package.body, media_type="application/json", headers={"etag": package.etag, **signed})


@router.get(
    "/rounds/{round_id}/receipts",
    response_model=Page[RoundReceiptRead],
    summary="A round's receipts",
    dependencies=[DESK],
    responses=problems(404),
)
def list_round_receipts(
    round_id: PathId,
    act: ActDep,
    asked: PageDep,
    status: Annotated[Literal["booked", "refused"], Query()] = "booked",
) -> Page[RoundReceiptRead]:
    """Return what was booked of a round, or what was refused and has not been booked since."""
    require_holder(act.session, round_id, actor=act.actor, may_for_others=sees_others(act))
    (after,) = asked.after(int) or (0,)
    is_refused = status == "refused"
    rows = queries.list_round_receipts(act.session, round_id, refused=is_refused, after=after, limit=asked.fetch)
    shape = RoundReceiptRead.refused if is_refused else RoundReceiptRead.booked
    return asked.page(rows, shape, lambda row: (row.id,))


@router.post(
    "/rounds/{round_id}/receipts",
    response_model=RoundResultsRead,
    summary="Send a round's receipts",
    dependencies=[DESK],
    responses=problems(404, 409),
)
def create_round_receipts(round_id: PathId, asked: RoundReceiptsCreate, act: ActDep, once: OnceDep) -> Response:
    """Book what is new and good; say of each other one why not. Sending receipts again, or in other parts, is harmless."""

    def do() -> RoundResultsRead:
        results = receive_round(
            act.session,
            round_id,
            asked.receipts,
            actor=act.actor,
            may_for_others=sees_others(act),
            today=act.today,
        )
        return RoundResultsRead.of_all(round_id, results)

    return once(do, status=200, body=asked)
