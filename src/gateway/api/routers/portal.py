"""What the state is told of comings and goings, and everything that is done by hand where it has no interface."""

from typing import Annotated

from fastapi import Form, Query, Request, Response, UploadFile

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.bill_payments import BillRead
from gateway.api.schemas.common import Id, PathId
from gateway.api.schemas.filing import FilingRead
from gateway.api.schemas.portal import (
    MovementRead,
    PortalAnswerRead,
    PortalConfirmationCreate,
    PortalNoticeCreate,
    PortalSubmissionCreate,
)
from gateway.api.titles import language_of
from gateway.filing import queries
from gateway.filing.movements import list_movements
from gateway.filing.portal_answer import load_answer
from gateway.filing.portal_notice import type_confirmation, type_notice
from gateway.filing.portal_submit import mark_uploaded
from gateway.filing.states import LineStatus
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["filing"])
FILES = allow(Role.FILING_OFFICER)
PAYS = allow(Role.ACCOUNTANT, Role.FILING_OFFICER)
READS = allow(Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER)


@router.get(
    "/filings/{filing_id}/movements", response_model=Page[MovementRead], summary="Movements told beside the payroll",
    dependencies=[READS], responses=problems(404),
)  # fmt: skip
def list_filing_movements(
    filing_id: PathId,
    act: ActDep,
    asked: PageDep,
    request: Request,
    told: Annotated[bool | None, Query(description="Only those that are told, or only those that wait.")] = None,
    status: LineStatus | None = None,
) -> Page[MovementRead]:
    """Return entries, exits, leaves and changes since what the state accepted last, each with its reason and source row."""
    currency = queries.get_filing(act.session, filing_id).currency
    language = language_of(request.headers.get("accept-language"))
    (after,) = asked.after(int) or (0,)
    rows = list_movements(act.session, filing_id, told=told, status=status, after=after, limit=asked.fetch)
    return asked.page(rows, lambda row: MovementRead.of(row, currency, language), lambda row: (row.id,))


@router.post(
    "/filings/{filing_id}/portal-submission", response_model=FilingRead, summary="Mark files as uploaded by hand",
    dependencies=[FILES], responses=problems(404, 409, 422),
)  # fmt: skip
def create_portal_submission(filing_id: PathId, asked: PortalSubmissionCreate, act: ActDep, once: OnceDep) -> Response:
    """Write down the portal's reception number of each file, who uploaded it and when; the same again changes nothing."""

    def mark() -> FilingRead:
        receptions = [one.as_new() for one in asked.receptions]
        filing = mark_uploaded(
            act.session, filing_id, receptions, actor=act.actor, today=act.today, is_known_absent=asked.is_known_absent,
            reason=asked.reason,
        )  # fmt: skip
        return FilingRead.of(filing)

    return once(mark, status=200, body=asked)


@router.post(
    "/filings/{filing_id}/portal-answers", status_code=201, response_model=PortalAnswerRead,
    summary="Load the portal's answer", dependencies=[FILES], responses=problems(404, 409, 413, 422),
)  # fmt: skip
def create_portal_answer(
    filing_id: PathId,
    file: UploadFile,
    act: ActDep,
    once: OnceDep,
    document_id: Annotated[Id | None, Form(description="Which file it answers, where several wait.")] = None,
    unlisted_accepted: Annotated[
        bool, Form(description="The portal names only what it refused; the other lines are accepted.")
    ] = False,
    preview: Annotated[bool, Form(description="Say what it would do and write nothing.")] = False,
) -> Response:
    """Take in what the portal answered, line by line.

    JSON as the state's interface gives it, or CSV or XLSX with the line or the document, and the code. Every mistake is
    named by line and column, and nothing is written while there is one.
    """
    body, name = file.file.read(), (file.filename or "answer")[:200].replace("\0", "")

    def load() -> PortalAnswerRead:
        loaded = load_answer(
            act.session, filing_id, body=body, file_name=name, document_id=document_id,
            unlisted_accepted=unlisted_accepted, is_preview=preview, actor=act.actor, today=act.today,
        )  # fmt: skip
        return PortalAnswerRead.of(loaded)

    return once(load, body=f"{document_id}:{unlisted_accepted}:{preview}\0".encode() + body)


@router.post(
    "/bills", status_code=201, response_model=BillRead, summary="Type in a notice from the portal",
    dependencies=[PAYS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_bill(asked: PortalNoticeCreate, act: ActDep, once: OnceDep) -> Response:
    """Take in the state's bill with its components, compared with ours one by one; the same again is the same bill."""

    def take_in() -> BillRead:
        bill = type_notice(act.session, asked.as_new(), actor=act.actor, today=act.today)
        return BillRead.of(bill, act.today)

    return once(take_in, body=asked)


@router.post(
    "/bills/{bill_id}/portal-confirmation", response_model=BillRead, summary="Write down that a bill is paid",
    dependencies=[PAYS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_portal_confirmation(
    bill_id: PathId, asked: PortalConfirmationCreate, act: ActDep, once: OnceDep
) -> Response:
    """Write down that the portal shows the bill as paid; the filings it covers are settled."""

    def confirm() -> BillRead:
        type_confirmation(
            act.session, bill_id, amount_minor=minor_of(asked.amount, asked.currency), paid_on=asked.paid_on,
            authorisation=asked.authorisation, actor=act.actor, today=act.today,
        )  # fmt: skip
        bill = queries.get_bill(act.session, bill_id)
        return BillRead.of(bill, act.today)

    return once(confirm, status=200, body=asked)
