"""What a member needs to check, without trusting the gateway, that her money is in the books and her line with the state."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Response

from gateway.api.errors import problems
from gateway.api.members import MEMBERS, MemberDep
from gateway.api.mine import UNCHANGED, answer
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId
from gateway.api.schemas.transparency import ProofRead
from gateway.selfcheck import queries
from gateway.transparency.prove import Claim, prove_receipt

router = Router(prefix="/v1/me", tags=["me"], dependencies=[MEMBERS])
Since = Annotated[
    int | None,
    Query(
        ge=1, le=2**53, description="The size of a head you kept: the proof then shows that the log goes on from it."
    ),
]


@router.get(
    "/proofs/{receipt_id}",
    response_model=ProofRead,
    summary="The proof of a receipt of mine",
    responses=UNCHANGED | problems(404),
)
def get_proof(receipt_id: PathId, act: MemberDep, since: Since = None) -> Response:
    """Return my part of a receipt and the filed lines it paid for, each with its way to the signed head; nothing of others.

    Check it with `verify_proof.py` or the page `/m/verify`. What is not sealed yet says until when it will be.
    """
    row = queries.get_receipt(act.session, act.member_id, receipt_id)
    claim = Claim(row.id, row.number, row.amount_minor, row.currency)
    now = dt.datetime.now(dt.UTC)
    found = prove_receipt(act.session, act.member_id, claim, since=since, now=now)
    return answer(act, ProofRead.model_validate(found))
