"""Claims for benefits: who is entitled, what is missing, what the state said and paid, what the mutual paid ahead of it."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import Act, ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.claim_acts import (
    ClaimAdvanceCreate,
    ClaimClosingCreate,
    ClaimCreate,
    ClaimCreditCreate,
    ClaimDecisionCreate,
    ClaimDocumentsCreate,
    ClaimRepaymentCreate,
    ClaimSubmissionCreate,
    ClaimWriteOffCreate,
)
from gateway.api.schemas.claims import ClaimDetailRead, ClaimRead, DeadlineRead, WriteOffRead
from gateway.api.schemas.common import MAX_ID, Because, PathId, Whole
from gateway.api.schemas.entitlement import BenefitAmountCreate, BenefitAmountRead, EligibilityRead
from gateway.benefits import claim_queries as queries
from gateway.benefits.advance import advance
from gateway.benefits.amounts import enter_amount, list_amounts
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.close_claim import close_claim
from gateway.benefits.deadlines import Deadline, list_deadlines
from gateway.benefits.decide_claim import accept_claim, refuse_claim, withdraw_claim
from gateway.benefits.eligibility import eligibility_of
from gateway.benefits.errors import ClaimInvalidError
from gateway.benefits.match_credit import credit_claim
from gateway.benefits.open_claim import NewClaim, open_claim
from gateway.benefits.receive_document import checklist, receive_documents
from gateway.benefits.repay import repay
from gateway.benefits.states import BenefitKind, ClaimStatus
from gateway.benefits.submit_claim import submit_claim
from gateway.benefits.write_off import approve_write_off, decline_write_off, list_write_offs, propose_write_off
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["claims"])
OFFICERS = allow(Role.BENEFITS_OFFICER)
READERS = allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
MANAGERS = allow(Role.MANAGER)
APPROVERS = allow(Role.MANAGER, Role.ACCOUNTANT)
COUNTER = allow(Role.BENEFITS_OFFICER, Role.CASHIER, Role.FILING_OFFICER, Role.MANAGER)
SEE_HEALTH = frozenset({Role.BENEFITS_OFFICER, Role.AUDITOR})
"""Who sees diagnoses, places and days of illness, and the state's words about them."""


def _sees(act: Act) -> bool:
    return bool(act.principal.roles & SEE_HEALTH)


def _detail(act: Act, claim: ClaimRow) -> ClaimDetailRead:
    return ClaimDetailRead.of_all(
        claim,
        sees_health=_sees(act),
        checklist=checklist(act.session, claim),
        instalments=queries.list_instalments(act.session, claim.id),
        receipts=queries.list_receipts(act.session, claim.id),
        write_offs=list_write_offs(act.session, claim.id),
    )


@router.get(
    "/members/{member_id}/eligibility",
    response_model=EligibilityRead,
    summary="Whether a member is entitled to a benefit",
    dependencies=[COUNTER],
    responses=problems(404),
)
def get_eligibility(
    member_id: PathId, act: ActDep, kind: Annotated[BenefitKind, Query()], on: Annotated[dt.date | None, Query()] = None
) -> EligibilityRead:
    """Return how many months are paid, how many are needed, and from when the member is entitled if which months are paid."""
    return EligibilityRead.of(eligibility_of(act.session, member_id, kind=kind, on=on or act.today))


@router.get("/claims", response_model=Page[ClaimRead], summary="Claims", dependencies=[READERS])
def list_claims(
    act: ActDep,
    asked: PageDep,
    kind: Annotated[BenefitKind | None, Query()] = None,
    status: Annotated[ClaimStatus | None, Query()] = None,
    member_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Page[ClaimRead]:
    """Return claims, newest first, without anything about health."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_claims(
        act.session, kind=kind, status=status, member_id=member_id, before=before, limit=asked.fetch
    )
    return asked.page(rows, lambda row: ClaimRead.of(row, sees_health=_sees(act)), lambda row: (row.id,))


@router.post(
    "/claims",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="Open a claim",
    dependencies=[OFFICERS],
    responses=problems(404, 409, 422),
)
def create_claim(asked: ClaimCreate, act: ActDep, once: OnceDep) -> Response:
    """Open a claim for a birth or an illness; whether the member is entitled is asked again when it is submitted."""

    def do() -> ClaimDetailRead:
        new = NewClaim(
            member_id=asked.member_id,
            kind=asked.kind,
            starts_on=asked.starts_on,
            stretches=asked.as_stretches(),
            children=asked.children,
            diagnosis=asked.diagnosis,
        )
        return _detail(act, open_claim(act.session, new, actor=act.actor, today=act.today))

    return once(do, body=asked)


@router.get("/claims/deadlines", response_model=Page[DeadlineRead], summary="Last days", dependencies=[READERS])
def list_claim_deadlines(
    act: ActDep, asked: PageDep, until: Annotated[dt.date | None, Query()] = None
) -> Page[DeadlineRead]:
    """Return claims that have not gone to the state and must until a day, the nearest first; late ones stay on the list."""
    after = asked.after(dt.date, int) or (dt.date.min, 0)
    rows = list_deadlines(act.session, today=act.today, until=until, after=(after[0], after[1]), limit=asked.fetch)

    def shape(row: Deadline) -> DeadlineRead:
        return DeadlineRead.model_validate(row._asdict())

    return asked.page(rows, shape, lambda row: (row.submit_by, row.claim_id))


@router.get(
    "/claims/{claim_id}",
    response_model=ClaimDetailRead,
    summary="One claim",
    dependencies=[READERS],
    responses=problems(404),
)
def get_claim(claim_id: PathId, act: ActDep) -> ClaimDetailRead:
    """Return a claim with its checklist, instalments and money."""
    return _detail(act, queries.get_claim(act.session, claim_id))


@router.post(
    "/claims/{claim_id}/documents",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="Tick the checklist",
    dependencies=[OFFICERS],
    responses=problems(404, 409, 422),
)
def create_claim_documents(claim_id: PathId, asked: ClaimDocumentsCreate, act: ActDep, once: OnceDep) -> Response:
    """Write down which documents came; with the last of them the claim is documented."""
    return once(
        lambda: _detail(
            act,
            receive_documents(
                act.session,
                claim_id,
                codes=asked.codes,
                received_on=asked.received_on or act.today,
                actor=act.actor,
                today=act.today,
            ),
        ),
        body=asked,
    )


@router.post(
    "/claims/{claim_id}/submission",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="The claim went to the state",
    dependencies=[OFFICERS],
    responses=problems(404, 409, 422),
)
def create_claim_submission(claim_id: PathId, asked: ClaimSubmissionCreate, act: ActDep, once: OnceDep) -> Response:
    """Fix what the claim should bring, by instalment. Refused in words where the member is not entitled."""
    return once(
        lambda: _detail(
            act,
            submit_claim(
                act.session,
                claim_id,
                submitted_on=asked.submitted_on or act.today,
                authority_reference=asked.authority_reference,
                actor=act.actor,
                today=act.today,
            ),
        ),
        body=asked,
    )


@router.post(
    "/claims/{claim_id}/decision",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="The state's word",
    dependencies=[OFFICERS],
    responses=problems(404, 409, 422),
)
def create_claim_decision(claim_id: PathId, asked: ClaimDecisionCreate, act: ActDep, once: OnceDep) -> Response:
    """Take in that the state pays (and how much), or that it does not."""

    def do() -> ClaimDetailRead:
        decided_on = asked.decided_on or act.today
        if asked.outcome == "refused":
            if asked.reason is None:
                raise ClaimInvalidError("a refusal needs the state's reason")
            return _detail(
                act,
                refuse_claim(
                    act.session,
                    claim_id,
                    decided_on=decided_on,
                    reason=asked.reason,
                    actor=act.actor,
                    today=act.today,
                ),
            )
        claim = queries.get_claim(act.session, claim_id)
        amount = None if asked.amount is None else minor_of(asked.amount, claim.currency)
        return _detail(
            act,
            accept_claim(
                act.session,
                claim_id,
                decided_on=decided_on,
                decided_minor=amount,
                authority_reference=asked.authority_reference,
                actor=act.actor,
                today=act.today,
            ),
        )

    return once(do, body=asked)


@router.post(
    "/claims/{claim_id}/withdrawal",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="Give a claim up",
    dependencies=[OFFICERS],
    responses=problems(404, 409, 422),
)
def create_claim_withdrawal(claim_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Give a claim up before the state has spoken."""
    return once(
        lambda: _detail(act, withdraw_claim(act.session, claim_id, reason=asked.reason, actor=act.actor)), body=asked
    )


@router.post(
    "/claims/{claim_id}/advance",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="Pay an instalment ahead of the state",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_claim_advance(claim_id: PathId, asked: ClaimAdvanceCreate, act: ActDep, once: OnceDep) -> Response:
    """Give the member an instalment out of the mutual's float; refused where the float is not enough."""
    return once(
        lambda: _detail(act, advance(act.session, claim_id, number=asked.instalment, actor=act.actor, today=act.today)),
        body=asked,
    )


@router.post(
    "/claims/{claim_id}/credit",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="A refund came as a credit on a bill",
    dependencies=[allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT)],
    responses=problems(404, 409, 422),
)
def create_claim_credit(claim_id: PathId, asked: ClaimCreditCreate, act: ActDep, once: OnceDep) -> Response:
    """Say that a bill asks for so much less because the state pays an instalment by it."""

    def do() -> ClaimDetailRead:
        claim = queries.get_claim(act.session, claim_id)
        credited = credit_claim(
            act.session,
            claim_id,
            bill_id=asked.bill_id,
            instalment=asked.instalment,
            amount_minor=minor_of(asked.amount, claim.currency),
            actor=act.actor,
            today=act.today,
        )
        return _detail(act, credited)

    return once(do, body=asked)


@router.post(
    "/claims/{claim_id}/closing",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="Close a claim",
    dependencies=[OFFICERS],
    responses=problems(404, 409),
)
def create_claim_closing(
    claim_id: PathId, act: ActDep, once: OnceDep, asked: ClaimClosingCreate | None = None
) -> Response:
    """Close a claim; with a reason where something is still awaited or differs. Never over an outstanding advance."""
    reason = None if asked is None else asked.reason
    return once(lambda: _detail(act, close_claim(act.session, claim_id, actor=act.actor, reason=reason)), body=asked)


@router.post(
    "/claims/{claim_id}/write-off",
    status_code=201,
    response_model=WriteOffRead,
    summary="Say who bears an advance",
    dependencies=[MANAGERS],
    responses=problems(404, 409),
)
def create_claim_write_off(claim_id: PathId, asked: ClaimWriteOffCreate, act: ActDep, once: OnceDep) -> Response:
    """Propose that the member owes what the state does not pay back, or that it is a loss. Another person approves."""

    def do() -> WriteOffRead:
        row = propose_write_off(act.session, claim_id, outcome=asked.outcome, reason=asked.reason, actor=act.actor)
        return WriteOffRead.of(row, queries.get_claim(act.session, claim_id).currency)

    return once(do, body=asked)


@router.post(
    "/claims/{claim_id}/write-off/approval",
    status_code=201,
    response_model=WriteOffRead,
    summary="Approve who bears an advance",
    dependencies=[APPROVERS],
    responses=problems(404, 409),
)
def create_claim_write_off_approval(claim_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Approve what another person proposed, and book it."""

    def do() -> WriteOffRead:
        row = approve_write_off(act.session, claim_id, actor=act.actor, today=act.today)
        return WriteOffRead.of(row, queries.get_claim(act.session, claim_id).currency)

    return once(do)


@router.post(
    "/claims/{claim_id}/write-off/refusal",
    status_code=201,
    response_model=WriteOffRead,
    summary="Say no to who bears an advance",
    dependencies=[APPROVERS],
    responses=problems(404, 409),
)
def create_claim_write_off_refusal(claim_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Decline a proposal, or take one's own back; the advance stays outstanding."""

    def do() -> WriteOffRead:
        row = decline_write_off(act.session, claim_id, actor=act.actor)
        return WriteOffRead.of(row, queries.get_claim(act.session, claim_id).currency)

    return once(do)


@router.post(
    "/claims/{claim_id}/repayment",
    status_code=201,
    response_model=ClaimDetailRead,
    summary="Take back what a member owes of an advance",
    dependencies=[allow(Role.BENEFITS_OFFICER, Role.ACCOUNTANT)],
    responses=problems(404, 409, 422),
)
def create_claim_repayment(claim_id: PathId, asked: ClaimRepaymentCreate, act: ActDep, once: OnceDep) -> Response:
    """Take an amount that the member owes from the member's money that the mutual holds, as was agreed."""

    def do() -> ClaimDetailRead:
        claim = queries.get_claim(act.session, claim_id)
        repaid = repay(
            act.session,
            claim_id,
            amount_minor=minor_of(asked.amount, claim.currency),
            held_as=asked.held_as,
            reason=asked.reason,
            actor=act.actor,
            today=act.today,
        )
        return _detail(act, repaid)

    return once(do, body=asked)


@router.get(
    "/benefit-amounts",
    response_model=Whole[BenefitAmountRead],
    summary="Amounts of breastfeeding",
    dependencies=[READERS],
)
def list_benefit_amounts(act: ActDep) -> Whole[BenefitAmountRead]:
    """Return what staff entered of what the state pays, by band, newest day first."""
    return Whole(items=[BenefitAmountRead.of(row) for row in list_amounts(act.session)])


@router.post(
    "/benefit-amounts",
    status_code=201,
    response_model=BenefitAmountRead,
    summary="Enter an amount of breastfeeding",
    dependencies=[allow(Role.BENEFITS_OFFICER, Role.MANAGER)],
    responses=problems(409, 422),
)
def create_benefit_amount(asked: BenefitAmountCreate, act: ActDep, once: OnceDep) -> Response:
    """Enter what the state pays in a band from a day on, with its source; a later entry for the same day replaces it."""

    def do() -> BenefitAmountRead:
        row = enter_amount(
            act.session,
            band=asked.band,
            valid_from=asked.valid_from,
            amount_minor=minor_of(asked.amount, asked.currency),
            instalments=asked.instalments,
            currency=asked.currency,
            source=asked.source,
            actor=act.actor,
        )
        return BenefitAmountRead.of(row)

    return once(do, body=asked)
