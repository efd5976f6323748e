"""Payouts to members: prepared by one person, released by another, followed until each has its outcome."""

from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.api.schemas.payouts import (
    PayoutBatchCreate,
    PayoutBatchDetailRead,
    PayoutBatchDiscardCreate,
    PayoutBatchPreparedRead,
    PayoutBatchRead,
    PayoutRead,
)
from gateway.payouts import queries
from gateway.payouts.discard import discard
from gateway.payouts.order import prepare
from gateway.payouts.release import release
from gateway.payouts.return_payout import return_payout
from gateway.payouts.states import BatchStatus, PayoutStatus
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["payouts"])
OFFICERS = allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
RELEASERS = allow(Role.ACCOUNTANT, Role.MANAGER)


@router.get("/payout-batches", response_model=Page[PayoutBatchRead], summary="Payout batches", dependencies=[OFFICERS])
def list_payout_batches(
    act: ActDep, asked: PageDep, status: Annotated[BatchStatus | None, Query()] = None
) -> Page[PayoutBatchRead]:
    """Return the batches, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_batches(act.session, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, PayoutBatchRead.of, lambda row: (row.id,))


@router.post(
    "/payout-batches",
    status_code=201,
    response_model=PayoutBatchPreparedRead,
    summary="Prepare a payout batch",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_payout_batch(asked: PayoutBatchCreate, act: ActDep, once: OnceDep) -> Response:
    """Put everything that is owed to members, and can be paid now, into a draft. Another person must release it."""

    def do() -> PayoutBatchPreparedRead:
        prepared = prepare(act.session, provider=asked.provider, actor=act.actor, today=act.today)
        return PayoutBatchPreparedRead.of_all(prepared)

    return once(do, body=asked)


@router.get(
    "/payout-batches/{batch_id}",
    response_model=PayoutBatchDetailRead,
    summary="One payout batch",
    dependencies=[OFFICERS],
    responses=problems(404),
)
def get_payout_batch(batch_id: PathId, act: ActDep) -> PayoutBatchDetailRead:
    """Return a batch with where its payouts stand."""
    batch = queries.get_batch(act.session, batch_id)
    return PayoutBatchDetailRead.with_payouts(batch, queries.standing_of(act.session, batch_id))


@router.get(
    "/payout-batches/{batch_id}/payouts",
    response_model=Page[PayoutRead],
    summary="A batch's payouts",
    dependencies=[OFFICERS],
    responses=problems(404),
)
def list_payouts(
    batch_id: PathId, act: ActDep, asked: PageDep, status: Annotated[PayoutStatus | None, Query()] = None
) -> Page[PayoutRead]:
    """Return the payouts of a batch, in the order they were written."""
    queries.get_batch(act.session, batch_id)
    (after,) = asked.after(int) or (0,)
    rows = queries.list_payouts(act.session, batch_id, status=status, after=after, limit=asked.fetch)
    return asked.page(rows, PayoutRead.of, lambda row: (row.id,))


@router.post(
    "/payout-batches/{batch_id}/release",
    status_code=201,
    response_model=PayoutBatchRead,
    summary="Release a payout batch",
    dependencies=[RELEASERS],
    responses=problems(404, 409),
)
def create_payout_release(batch_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Let a draft leave the house. Refused to whoever prepared it, and above the limit of the roles."""

    def do() -> PayoutBatchRead:
        roles = [role.value for role in act.principal.roles]
        return PayoutBatchRead.of(release(act.session, batch_id, actor=act.actor, roles=roles, today=act.today))

    return once(do)


@router.post(
    "/payout-batches/{batch_id}/discard",
    status_code=201,
    response_model=PayoutBatchRead,
    summary="Discard a draft",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_payout_discard(
    batch_id: PathId, act: ActDep, once: OnceDep, asked: PayoutBatchDiscardCreate | None = None
) -> Response:
    """Give up a draft; what it would have paid stays owed."""
    reason = None if asked is None else asked.reason
    return once(
        lambda: PayoutBatchRead.of(discard(act.session, batch_id, actor=act.actor, reason=reason)),
        body=asked,
    )


@router.post(
    "/payouts/{payout_id}/return",
    status_code=201,
    response_model=PayoutRead,
    summary="Take back a payout that came home",
    dependencies=[RELEASERS],
    responses=problems(404, 409),
)
def create_payout_return(payout_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Owe a paid payout's money to its member again, because the provider or the bank sent it back."""

    def do() -> PayoutRead:
        payout = queries.get_payout(act.session, payout_id)
        returned = return_payout(
            act.session,
            end_to_end_id=payout.end_to_end_id,
            reason=asked.reason,
            actor=act.actor,
            today=act.today,
        )
        return PayoutRead.of(returned)

    return once(do, body=asked)
