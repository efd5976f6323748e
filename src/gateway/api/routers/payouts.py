"""Payouts to members: prepared by one person, released by another, followed until each has its outcome."""

import base64
import hashlib
from typing import Annotated

from fastapi import Query, Response, UploadFile

from gateway.api.dependencies import ActDep, OnceDep, allow, commit
from gateway.api.errors import problems
from gateway.api.fresh_code import FreshCodeDep
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId, Whole
from gateway.api.schemas.payouts import (
    DestinationCreate,
    DestinationRead,
    PayoutBatchCreate,
    PayoutBatchDetailRead,
    PayoutBatchDiscardCreate,
    PayoutBatchPreparedRead,
    PayoutBatchRead,
    PayoutCodeRead,
    PayoutHandOutCreate,
    PayoutHandOverCreate,
    PayoutRead,
    StatusReportRead,
)
from gateway.benefits.queries import require_member
from gateway.payouts import queries
from gateway.payouts.bank_file import read_bank_file
from gateway.payouts.bank_results import apply_report
from gateway.payouts.counter import give_up, hand_out, issue_code
from gateway.payouts.destinations import choose_destination, list_destinations
from gateway.payouts.discard import discard
from gateway.payouts.hand_over import hand_over
from gateway.payouts.order import prepare
from gateway.payouts.release import release
from gateway.payouts.return_payout import return_payout
from gateway.payouts.states import BatchStatus, PayoutStatus
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["payouts"])
OFFICERS = allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
RELEASERS = allow(Role.ACCOUNTANT, Role.MANAGER)
TILL = allow(Role.CASHIER, Role.MANAGER)
DESKS = allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.CASHIER)
SEE_ACCOUNTS = frozenset({Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR})
"""Who sees a member's account whole; the others see its end."""


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
        prepared = prepare(
            act.session, provider=asked.provider, actor=act.actor, today=act.today, member_ids=asked.member_ids
        )
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
def create_payout_release(batch_id: PathId, act: ActDep, once: OnceDep, code: FreshCodeDep) -> Response:
    """Let a draft leave the house. Refused to whoever prepared it, and above the limit of the roles."""

    def do() -> PayoutBatchRead:
        code.prove(act)
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


@router.get(
    "/payout-batches/{batch_id}/file",
    response_class=Response,
    summary="The bank's file of a batch",
    dependencies=[RELEASERS],
    responses={
        200: {
            "description": "pain.001, as frozen at the release",
            "content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(404, 409, 422),
    },
)
def get_payout_file(batch_id: PathId, act: ActDep) -> Response:
    """Return the file byte for byte as it was released; its digest stands in `Repr-Digest` and with the batch."""
    body = read_bank_file(act.session, batch_id)
    headers = {
        "content-disposition": f'attachment; filename="payouts-{batch_id}.xml"',
        "repr-digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:",
    }
    return Response(body, media_type="application/xml", headers=headers)


@router.post(
    "/payout-batches/{batch_id}/hand-over",
    status_code=201,
    response_model=PayoutBatchRead,
    summary="The file was carried to the bank",
    dependencies=[RELEASERS],
    responses=problems(404, 409, 422),
)
def create_payout_hand_over(batch_id: PathId, asked: PayoutHandOverCreate, act: ActDep, once: OnceDep) -> Response:
    """Write down that the file was given to the bank. A second time is refused: it would be paid twice."""
    return once(
        lambda: PayoutBatchRead.of(
            hand_over(act.session, batch_id, sha256=asked.sha256, reference=asked.reference, actor=act.actor)
        ),
        body=asked,
    )


@router.post(
    "/payout-status-reports",
    status_code=201,
    response_model=StatusReportRead,
    summary="Load a bank's status report",
    dependencies=[OFFICERS],
    responses=problems(404, 409, 413, 422),
)
def create_status_report(file: UploadFile, act: ActDep, once: OnceDep) -> Response:
    """Load a pain.002: what it rejects is owed again; what it accepts waits for the booking on the statement."""
    body = file.file.read()
    return once(
        lambda: StatusReportRead.of(apply_report(act.session, body, actor=act.actor, today=act.today)), body=body
    )


@router.post(
    "/payouts/{payout_id}/code",
    status_code=201,
    response_model=PayoutCodeRead,
    summary="Make a one-time code",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_payout_code(payout_id: PathId, act: ActDep) -> PayoutCodeRead:
    """Make a code for a payout that waits at the counter, to be told to the member. A new one ends the old.

    Not kept under an idempotency key, because nothing may keep it: asked again, it is another code, and only the last holds.
    """
    return PayoutCodeRead.model_validate(issue_code(act.session, payout_id, actor=act.actor))


@router.post(
    "/payouts/{payout_id}/hand-out",
    status_code=201,
    response_model=PayoutRead,
    summary="Hand a payout out at the counter",
    dependencies=[TILL],
    responses=problems(404, 409, 422),
)
def create_payout_hand_out(payout_id: PathId, asked: PayoutHandOutCreate, act: ActDep, once: OnceDep) -> Response:
    """Hand the money out against the code and the member's own card. Refused to whoever released it or made the code."""

    def do() -> PayoutRead:
        done = hand_out(
            act.session,
            payout_id,
            code=asked.code.replace(" ", ""),
            identity_kind=asked.identity_kind.value,
            identity=asked.identity,
            actor=act.actor,
            today=act.today,
        )
        if done.refusal is not None:
            commit(act.session)  # a wrong code costs a try, which must be kept
            raise done.refusal
        return PayoutRead.of(done.payout)

    return once(do, body=asked)


@router.post(
    "/payouts/{payout_id}/give-up",
    status_code=201,
    response_model=PayoutRead,
    summary="Nobody came for a payout",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_payout_give_up(payout_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Take a payout off the counter; its money is owed again and paid anew under a new id."""
    return once(
        lambda: PayoutRead.of(give_up(act.session, payout_id, reason=asked.reason, actor=act.actor, today=act.today)),
        body=asked,
    )


@router.get(
    "/members/{member_id}/payout-destinations",
    response_model=Whole[DestinationRead],
    summary="How a member gets their money",
    dependencies=[DESKS],
    responses=problems(404),
)
def list_payout_destinations(member_id: PathId, act: ActDep) -> Whole[DestinationRead]:
    """Return how a member has got their money, the newest first; it counts. None: mobile money on the member's telephone."""
    require_member(act.session, member_id)
    is_open = bool(act.principal.roles & SEE_ACCOUNTS)
    rows = list_destinations(act.session, member_id)
    return Whole(items=[DestinationRead.of(row, is_open=is_open) for row in rows])


@router.post(
    "/members/{member_id}/payout-destinations",
    status_code=201,
    response_model=DestinationRead,
    summary="Choose how a member gets their money",
    dependencies=[allow(Role.BENEFITS_OFFICER, Role.MANAGER)],
    responses=problems(404, 422),
)
def create_payout_destination(member_id: PathId, asked: DestinationCreate, act: ActDep, once: OnceDep) -> Response:
    """Write down how a member wants their money from now on, and how that was found out."""
    fields = asked.model_dump()
    return once(
        lambda: DestinationRead.of(
            choose_destination(act.session, member_id, actor=act.actor, **{**fields, "means": asked.means}),
            is_open=True,
        ),
        body=asked,
    )
