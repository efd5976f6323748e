"""Filing a payroll's month with the state, its bill, and the payment of the bill."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from gateway.api.dependencies import Act, ActDep, GateDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.etag import set_tag
from gateway.api.fresh_code import FreshCodeDep
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.bill_payments import BillRead, BillWholeRead, PaymentOrderCreate, PaymentOrderRead
from gateway.api.schemas.common import MAX_ID, PathId, PeriodText, period_of
from gateway.api.schemas.filing import (
    DecisionRead,
    Discard,
    DocumentList,
    EvidenceRead,
    FilingCreate,
    FilingDocumentRead,
    FilingLineRead,
    FilingPreview,
    FilingRead,
    FundingPolicyCreate,
    FundingPolicyRead,
    LineLayoutRead,
)
from gateway.api.titles import language_of
from gateway.filing import due, funding, pay, queries
from gateway.filing.discard import discard
from gateway.filing.evidence import trace
from gateway.filing.forecast import usual_days
from gateway.filing.look_at_line import look_at_line
from gateway.filing.models import Filing
from gateway.filing.prepare import prepare
from gateway.filing.rules import Change, Reason
from gateway.filing.seal import seal
from gateway.filing.states import BillStatus, FilingStatus, LineStatus
from gateway.filing.submit import request_submission
from gateway.kit.period import Period
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["filing"])
FILES = allow(Role.FILING_OFFICER)
DECIDES = allow(Role.MANAGER)
PAYS = allow(Role.ACCOUNTANT)
RELEASES = allow(Role.MANAGER, Role.ACCOUNTANT)
READS = allow(Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
SEES_REASONS = allow(Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.CASHIER)

StatusQuery = Annotated[FilingStatus | None, Query(description="Only those in this state.")]


def _file(description: str, media_type: str) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}


def _preview(act: Act, filing: Filing) -> FilingPreview:
    due_on = due.due_on(act.session, Period.of(filing.period_start))
    return FilingPreview.with_figures(filing, queries.figures_of(act.session, filing), due_on)


PeriodQuery = Annotated[PeriodText | None, Query(description="Only this month.")]


@router.get(
    "/funding-policies", response_model=Page[FundingPolicyRead], summary="Funding policies", dependencies=[READS]
)
def list_funding_policies(act: ActDep, asked: PageDep) -> Page[FundingPolicyRead]:
    """Return how lines may be funded, the newest policy first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = funding.list_policies(act.session, before=before, limit=asked.fetch)
    return asked.page(rows, FundingPolicyRead.of, lambda row: (row.id,))


@router.post(
    "/funding-policies",
    status_code=201,
    response_model=FundingPolicyRead,
    summary="Lay down a funding policy",
    dependencies=[DECIDES],
    responses=problems(409, 422),
)
def create_funding_policy(asked: FundingPolicyCreate, act: ActDep, once: OnceDep) -> Response:
    """Lay down from which day on whose money may fund a line, and up to which limits. Every mistake is named."""
    return once(
        lambda: FundingPolicyRead.of(funding.lay_down(act.session, **asked.model_dump(), actor=act.actor)), body=asked
    )


@router.get("/filings", response_model=Page[FilingRead], summary="Filings", dependencies=[READS])
def list_filings(
    act: ActDep,
    asked: PageDep,
    period: PeriodQuery = None,
    status: StatusQuery = None,
    payroll_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Page[FilingRead]:
    """Return filings, newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_filings(
        act.session,
        period=period_of(period).start if period else None,
        status=status,
        payroll_id=payroll_id,
        before=before,
        limit=asked.fetch,
    )
    return asked.page(rows, FilingRead.of, lambda row: (row.id,))


@router.post(
    "/filings",
    status_code=201,
    response_model=FilingPreview,
    summary="Prepare a filing",
    dependencies=[FILES],
    responses=problems(404, 409, 422),
)
def create_filing(asked: FilingCreate, act: ActDep, once: OnceDep) -> Response:
    """Decide for every member of the payroll whether they are declared and with whose money. Again: replaces the draft."""

    def work() -> FilingPreview:
        filing = prepare(
            act.session,
            payroll_id=asked.payroll_id,
            period=period_of(asked.period),
            kind=asked.kind,
            actor=act.actor,
            today=act.today,
        )
        return _preview(act, filing)

    return once(work, body=asked)


@router.get(
    "/filings/{filing_id}",
    response_model=FilingPreview,
    summary="One filing",
    dependencies=[READS],
    responses=problems(404),
)
def get_filing(filing_id: PathId, act: ActDep, response: Response) -> FilingPreview:
    """Return a filing with its figures: who is funded how, who is not and why, and what changed."""
    filing = queries.get_filing(act.session, filing_id)
    set_tag(response, filing.version)
    return _preview(act, filing)


@router.get(
    "/filings/{filing_id}/decisions",
    response_model=Page[DecisionRead],
    summary="The decision for every member",
    dependencies=[SEES_REASONS],
    responses=problems(404),
)
def list_decisions(
    filing_id: PathId,
    act: ActDep,
    asked: PageDep,
    request: Request,
    is_funded: bool | None = None,
    reason: Reason | None = None,
    change: Annotated[Change | None, Query(description="Only those of whom this changed since the last month.")] = None,
) -> Page[DecisionRead]:
    """Return, by member, who is declared with whose money, and who is not and why, in words."""
    currency = queries.get_filing(act.session, filing_id).currency
    language = language_of(request.headers.get("accept-language"))
    (after,) = asked.after(int) or (0,)
    rows = queries.list_decisions(
        act.session, filing_id, is_funded=is_funded, reason=reason, change=change, after=after, limit=asked.fetch
    )
    return asked.page(
        rows, lambda row: DecisionRead.of(row, currency, language, act.mutual.country), lambda row: (row.member_id,)
    )


@router.get(
    "/filings/{filing_id}/lines",
    response_model=Page[FilingLineRead],
    summary="The lines of a filing",
    dependencies=[READS],
    responses=problems(404),
)
def list_lines(
    filing_id: PathId,
    act: ActDep,
    asked: PageDep,
    request: Request,
    status: LineStatus | None = None,
    code: Annotated[
        str | None, Query(max_length=20, description="Only those to which the state gave this code.")
    ] = None,
) -> Page[FilingLineRead]:
    """Return who is declared, by line, with the state's answer: its code, what it means, who acts and how."""
    currency = queries.get_filing(act.session, filing_id).currency
    country, language = act.mutual.country, language_of(request.headers.get("accept-language"))
    (after,) = asked.after(int) or (0,)
    rows = queries.list_lines(act.session, filing_id, status=status, code=code, after=after, limit=asked.fetch)
    return asked.page(rows, lambda row: FilingLineRead.of(row, currency, country, language), lambda row: (row.line_no,))


@router.post(
    "/filings/{filing_id}/discard",
    response_model=FilingRead,
    summary="Discard a draft",
    dependencies=[FILES],
    responses=problems(404, 409, 422),
)
def discard_filing(filing_id: PathId, asked: Discard, act: ActDep, once: OnceDep) -> Response:
    """Give up a draft; nothing of it was reserved."""
    return once(
        lambda: FilingRead.of(discard(act.session, filing_id, actor=act.actor, reason=asked.reason)),
        status=200,
        body=asked,
    )


@router.post(
    "/filings/{filing_id}/seal",
    response_model=FilingRead,
    summary="Seal a draft",
    dependencies=[FILES],
    responses=problems(404, 409),
)
def seal_filing(filing_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Reserve the money and freeze lines, files and ids. Who is no longer funded stays behind, with the reason."""
    return once(lambda: FilingRead.of(seal(act.session, filing_id, actor=act.actor, today=act.today)), status=200)


@router.post(
    "/filings/{filing_id}/submission",
    status_code=202,
    response_model=FilingRead,
    summary="Submit a sealed filing",
    dependencies=[FILES],
    responses=problems(404, 409),
)
def submit_filing(filing_id: PathId, act: ActDep, once: OnceDep) -> Response:
    """Let a sealed filing go to the state; a job carries it. Read the filing for what became of it."""
    return once(lambda: FilingRead.of(request_submission(act.session, filing_id, actor=act.actor)), status=202)


@router.get(
    "/filings/{filing_id}/documents",
    response_model=DocumentList,
    summary="The files of a filing",
    dependencies=[READS],
    responses=problems(404),
)
def list_documents(filing_id: PathId, act: ActDep) -> DocumentList:
    """Return the frozen files in the order they reach the state; none before the filing is sealed."""
    rows = queries.list_documents(act.session, filing_id)
    return DocumentList(items=[FilingDocumentRead.of(row) for row in rows])


@router.get(
    "/filings/{filing_id}/documents/{document_id}/content",
    response_class=StreamingResponse,
    summary="A file's bytes",
    dependencies=[READS],
    responses={200: _file("The file, byte for byte", "application/octet-stream"), **problems(404)},
)
def get_content(filing_id: PathId, document_id: PathId, act: ActDep, gate: GateDep) -> StreamingResponse:
    """Return a file byte for byte as it was sealed."""
    document = queries.get_document(act.session, filing_id, document_id)

    def pieces() -> Iterator[bytes]:
        seq = 1
        while True:
            with gate.database.session(act.mutual.id, actor=act.actor) as session:
                piece = queries.read_piece(session, document_id, seq)
            if piece is None:
                return
            yield piece
            seq += 1

    headers = {
        "content-disposition": f'attachment; filename="{document.file_name}"',
        "content-length": str(document.byte_count),
        "etag": f'"{document.sha256}"',
    }
    return StreamingResponse(pieces(), headers=headers, media_type="application/octet-stream")


@router.get(
    "/filings/{filing_id}/lines/{line_no}/layout",
    response_model=LineLayoutRead,
    summary="A line in the state's own layout",
    dependencies=[READS],
    responses=problems(404),
)
def get_line_layout(filing_id: PathId, line_no: PathId, act: ActDep) -> LineLayoutRead:
    """Return a line field by field: as it stands in the frozen file, or as it would be written today while a draft."""
    seen = look_at_line(act.session, filing_id, line_no, today=act.today)
    return LineLayoutRead.of(seen, filing_id, line_no)


@router.get(
    "/filings/{filing_id}/lines/{line_no}/evidence",
    response_model=EvidenceRead,
    summary="The whole trace of a line",
    dependencies=[READS],
    responses=problems(404, 409),
)
def get_evidence(filing_id: PathId, line_no: PathId, act: ActDep) -> EvidenceRead:
    """Return receipts, rates and sources, sealed bytes with proof, attempts, the state's answer, bill and payment."""
    return EvidenceRead(**trace(act.session, filing_id, line_no))


@router.get("/bills", response_model=Page[BillRead], summary="The state's bills", dependencies=[READS])
def list_bills(
    act: ActDep, asked: PageDep, period: PeriodQuery = None, status: BillStatus | None = None
) -> Page[BillRead]:
    """Return the state's bills, newest first; replaced ones too."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_bills(
        act.session,
        period=period_of(period).start if period else None,
        status=status,
        before=before,
        limit=asked.fetch,
    )
    return asked.page(rows, lambda row: BillRead.of(row, act.today), lambda row: (row.id,))


@router.get(
    "/bills/{bill_id}", response_model=BillWholeRead, summary="One bill", dependencies=[READS], responses=problems(404)
)
def get_bill(bill_id: PathId, act: ActDep, request: Request) -> BillWholeRead:
    """Return a bill with its components, filings and payments, and what paying it on the days that matter costs."""
    bill = queries.get_bill(act.session, bill_id)
    forecasts = usual_days(act.session, bill, act.today)
    language = language_of(request.headers.get("accept-language"))
    parts = queries.bill_parts(act.session, bill_id)
    money = pay.money_of(act.session, bill, parts["payments"])
    return BillWholeRead.whole(bill, money, parts, forecasts, act.today, language, act.mutual.country)


@router.post(
    "/bills/{bill_id}/payment-order",
    status_code=201,
    response_model=PaymentOrderRead,
    summary="Order a bill's payment",
    dependencies=[PAYS],
    responses=problems(404, 409, 422),
)
def create_payment_order(bill_id: PathId, asked: PaymentOrderCreate, act: ActDep, once: OnceDep) -> Response:
    """Order exactly what the bill asks for. The bank's file is frozen now; another person releases it."""
    return once(
        lambda: PaymentOrderRead.of(
            pay.order_payment(act.session, bill_id, account_code=asked.account_code, actor=act.actor, today=act.today)
        ),
        body=asked,
    )


@router.post(
    "/payment-orders/{payment_id}/release",
    response_model=PaymentOrderRead,
    summary="Release a payment",
    dependencies=[RELEASES],
    responses=problems(404, 409),
)
def release_payment_order(payment_id: PathId, act: ActDep, once: OnceDep, code: FreshCodeDep) -> Response:
    """Let an ordered payment be carried to the bank; whoever ordered it may not."""

    def do() -> PaymentOrderRead:
        code.prove(act)
        return PaymentOrderRead.of(pay.release_payment(act.session, payment_id, actor=act.actor))

    return once(do, status=200)


@router.post(
    "/payment-orders/{payment_id}/withdrawal",
    response_model=PaymentOrderRead,
    summary="Withdraw a payment order",
    dependencies=[RELEASES],
    responses=problems(404, 409, 422),
)
def withdraw_payment_order(payment_id: PathId, asked: Discard, act: ActDep, once: OnceDep) -> Response:
    """Take back an order: one that was not released, or one that the bank has refused, by another than who released it."""
    return once(
        lambda: PaymentOrderRead.of(
            pay.withdraw_payment(act.session, payment_id, actor=act.actor, reason=asked.reason)
        ),
        status=200,
        body=asked,
    )


@router.get(
    "/payment-orders/{payment_id}/file",
    response_class=Response,
    summary="The bank's file",
    dependencies=[RELEASES],
    responses={200: _file("pain.001, as frozen", "application/xml"), **problems(404, 409)},
)
def get_payment_file(payment_id: PathId, act: ActDep) -> Response:
    """Return the payment order as the bank reads it (pain.001), once it is released."""
    body = pay.read_order_file(act.session, payment_id)
    headers = {"content-disposition": f'attachment; filename="payment-{payment_id}.xml"'}
    return Response(body, media_type="application/xml", headers=headers)
