"""What a month costs, money received, and files of it."""

import datetime as dt
import json
from typing import Annotated, Literal

from fastapi import Form, Query, Response, UploadFile

from gateway.api.dependencies import Act, ActDep, GateDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of, text_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, Id, PathId, PeriodText, period_of
from gateway.api.schemas.contributions import (
    ApplicationCreate,
    AssessedRead,
    AssessmentCreate,
    AssessmentRead,
    FeeCreate,
    FeeRead,
    PlacementCreate,
    ReceiptCreate,
    ReceiptImportRead,
    ReceiptImportRowRead,
    ReceiptImportStandingRead,
    ReceiptRead,
    ScheduleRead,
    StatementLineRead,
    SuspenseRead,
    VerificationRead,
)
from gateway.cash.take import receive_cash
from gateway.contributions import import_receipts as imports
from gateway.contributions import queries
from gateway.contributions.assess import assess_period, schedule_of
from gateway.contributions.document import Letterhead, receipt_document, verification_address
from gateway.contributions.fee import decide_fee, list_fees
from gateway.contributions.models import Channel
from gateway.contributions.place import place_line
from gateway.contributions.reference import bare, mutual_of
from gateway.contributions.reverse import reverse_receipt
from gateway.contributions.schedule import resolve
from gateway.contributions.verify import find_verification
from gateway.kit.evidence import digest
from gateway.membership.queries import get_member
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["contributions"])
DESK = allow(Role.CASHIER, Role.COLLECTOR, Role.ACCOUNTANT, Role.MANAGER)
FILES = allow(Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
FILING = allow(Role.FILING_OFFICER, Role.MANAGER)
EVERYBODY = allow()


# The busiest first: a request is compared with one route after the other, twice.
@router.post(
    "/receipts",
    status_code=201,
    response_model=ReceiptRead,
    summary="Receive a payment",
    dependencies=[DESK],
    responses=problems(404, 409),
)
def create_receipt(asked: ReceiptCreate, act: ActDep, once: OnceDep) -> Response:
    """Receive money once, for one member or many. A payer nobody knows goes to suspense with what was claimed.

    Cash for a registered till is issued in the caller's open session at it (``POST /v1/cash-sessions``).
    """

    def do() -> ReceiptRead:
        new = asked.receipt(actor=act.actor, key=once.key)
        return ReceiptRead.of(receive_cash(act.session, new, actor=act.actor, today=act.today))

    return once(do, body=asked)


@router.get(
    "/rates",
    response_model=ScheduleRead,
    summary="Rates of a month",
    dependencies=[EVERYBODY],
    responses=problems(404, 409),
)
def get_rates(
    act: ActDep,
    period: Annotated[PeriodText, Query()],
    country: Annotated[str | None, Query(pattern=r"^[a-z]{2}$", examples=["do"])] = None,
) -> ScheduleRead:
    """Return each component in force, with its source and whether two sources agree; the mutual's fee is among them."""
    month = period_of(period)
    own = country is None or country == act.mutual.country
    return ScheduleRead.of(schedule_of(act.session, month) if own else resolve(str(country), month))


@router.get("/fees", response_model=Page[FeeRead], summary="The mutual's fees", dependencies=[EVERYBODY])
def get_fees(act: ActDep, asked: PageDep) -> Page[FeeRead]:
    """Return every fee that was decided, the newest day first."""
    before = asked.after(dt.date, int) or (dt.date.max, MAX_ID)
    rows = [row for row in list_fees(act.session) if (row.valid_from, row.id) < before]
    return asked.page(rows[: asked.fetch], FeeRead.of, lambda row: (row.valid_from, row.id))


@router.post(
    "/fees",
    status_code=201,
    response_model=FeeRead,
    summary="Decide the mutual's fee",
    dependencies=[allow(Role.MANAGER)],
)
def create_fee(asked: FeeCreate, act: ActDep, once: OnceDep) -> Response:
    """Write down the fee per member and month from a day on; a month has the one in force on its first day."""

    def do() -> FeeRead:
        minor = minor_of(asked.amount, asked.currency)
        return FeeRead.of(
            decide_fee(
                act.session,
                amount_minor=minor,
                valid_from=asked.valid_from,
                currency=asked.currency,
                source=asked.source,
                actor=act.actor,
            )
        )

    return once(do, body=asked)


@router.post(
    "/assessments",
    status_code=201,
    response_model=AssessedRead,
    summary="Assess a month",
    dependencies=[FILING],
    responses=problems(404, 409),
)
def create_assessment(asked: AssessmentCreate, act: ActDep, once: OnceDep) -> Response:
    """Write what the month costs each member of a payroll; what has not changed since the last time stays as it is."""

    def do() -> AssessedRead:
        period = period_of(asked.period)
        done = assess_period(act.session, payroll_id=asked.payroll_id, period=period, actor=act.actor, today=act.today)
        currency = act.mutual.currency
        return AssessedRead(
            written=done.written,
            members=done.members,
            total=text_of(done.total_minor, currency),
            currency=currency,
            without_wage=done.without_wage,
        )

    return once(do, body=asked)


@router.get(
    "/assessments",
    response_model=Page[AssessmentRead],
    summary="Assessments of a month",
    dependencies=[allow(Role.FILING_OFFICER, Role.CASHIER, Role.COLLECTOR, Role.ACCOUNTANT, Role.MANAGER)],
)
def list_assessments(
    act: ActDep, asked: PageDep, payroll_id: Annotated[Id, Query()], period: Annotated[PeriodText, Query()]
) -> Page[AssessmentRead]:
    """Return what the month costs each member of a payroll, by component, in the newest version."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_assessments(
        act.session, payroll_id=payroll_id, start=period_of(period).start, limit=asked.fetch, after=after
    )
    return asked.page(rows, AssessmentRead.of, lambda row: (row["member_id"],))


@router.get("/receipts", response_model=Page[ReceiptRead], summary="Receipts", dependencies=[DESK])
def list_receipts(
    act: ActDep,
    asked: PageDep,
    member_id: Annotated[Id | None, Query()] = None,
    import_id: Annotated[Id | None, Query()] = None,
    account_code: Annotated[str | None, Query(max_length=80, pattern=r"^[^\x00]*$")] = None,
    channel: Annotated[Channel | None, Query()] = None,
    paid_from: Annotated[dt.date | None, Query()] = None,
    paid_to: Annotated[dt.date | None, Query()] = None,
    number: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")] = None,
) -> Page[ReceiptRead]:
    """Return receipts, newest first."""
    (before,) = asked.after(int) or (None,)
    wanted = queries.ReceiptFilter(
        member_id=member_id,
        import_id=import_id,
        account_code=account_code,
        channel=channel,
        paid_from=paid_from,
        paid_to=paid_to,
        number=None if number is None else bare(number),
    )
    rows = queries.list_receipts(act.session, wanted, limit=asked.fetch, before_id=before)
    return asked.page(rows, ReceiptRead.of, lambda row: (row.id,))


@router.get(
    "/receipts/{receipt_id}",
    response_model=ReceiptRead,
    summary="One receipt",
    dependencies=[DESK],
    responses=problems(404),
)
def get_receipt(receipt_id: PathId, act: ActDep) -> ReceiptRead:
    """Return a receipt, whose each part is now, and whether it was taken back."""
    return ReceiptRead.of(queries.get_receipt(act.session, receipt_id))


@router.post(
    "/receipts/{receipt_id}/reversal",
    status_code=201,
    response_model=ReceiptRead,
    summary="Take a receipt back",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_reversal(receipt_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Reverse a receipt with a reason. Refused where a member's part has been used."""

    def do() -> ReceiptRead:
        back = reverse_receipt(act.session, receipt_id, reason=asked.reason, actor=act.actor, today=act.today)
        return ReceiptRead.of(back)

    return once(do, body=asked)


@router.get(
    "/receipts/{receipt_id}/document",
    summary="The receipt to hand over",
    dependencies=[DESK],
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(404),
    },
)
def get_receipt_document(
    receipt_id: PathId,
    act: ActDep,
    gate: GateDep,
    language: Annotated[Literal["es", "en", "fr"] | None, Query()] = None,
) -> Response:
    """Return the receipt as PDF, with a QR code of its public verification address."""
    receipt = queries.get_receipt(act.session, receipt_id)
    names = queries.names_of(act.session, [line.member_id for line in receipt.lines if line.member_id is not None])
    head = Letterhead(act.mutual.name, act.mutual.country, language or act.mutual.language)
    address = verification_address(gate.settings.public_url, receipt.number)
    content = receipt_document(receipt, names, head, address)
    headers = {"content-disposition": f'inline; filename="{receipt.number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get(
    "/receipt-verifications/{number}",
    response_model=VerificationRead,
    summary="Verify a receipt",
    responses=problems(404),
)
def verify_receipt(number: str, gate: GateDep) -> VerificationRead:
    """Tell anybody who holds a receipt whether it is genuine and stands: its day, amount and state, and nothing else."""
    with gate.database.session(mutual_of(number)) as session:
        found = find_verification(session, number)
    return VerificationRead(
        number=found.number,
        paid_on=found.paid_on,
        amount=text_of(found.amount_minor, found.currency),
        currency=found.currency,
        state="reversed" if found.is_reversed else "received",
    )


@router.get("/suspense", response_model=Page[SuspenseRead], summary="Money nobody has yet", dependencies=[FILES])
def list_suspense(act: ActDep, asked: PageDep) -> Page[SuspenseRead]:
    """Return the parts of receipts that wait for their member, the oldest payment first, with their age."""
    after = asked.after(dt.date, int) or (dt.date.min, 0)
    rows = queries.list_suspense(act.session, today=act.today, limit=asked.fetch, after=after)
    return asked.page(rows, SuspenseRead.of, lambda row: (row.paid_on, row.line_id))


@router.post(
    "/receipt-lines/{line_id}/placement",
    status_code=201,
    response_model=ReceiptRead,
    summary="Give a receipt's line to its member",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_placement(line_id: PathId, asked: PlacementCreate, act: ActDep, once: OnceDep) -> Response:
    """Place money from suspense, or move it from the wrong member to the right one; both statements show it."""

    def do() -> ReceiptRead:
        placed = place_line(
            act.session, line_id, member_id=asked.member_id, reason=asked.reason, actor=act.actor, today=act.today
        )
        return ReceiptRead.of(placed.receipt)

    return once(do, body=asked)


@router.get(
    "/contribution-statements/{member_id}",
    response_model=Page[StatementLineRead],
    summary="A member's contributions",
    dependencies=[DESK],
    responses=problems(404),
)
def get_contribution_statement(
    member_id: PathId,
    act: ActDep,
    asked: PageDep,
    valid_on: Annotated[dt.date | None, Query(description="Only what had happened by this day.")] = None,
    recorded_at: Annotated[dt.datetime | None, Query(description="Only what was booked by this instant.")] = None,
) -> Page[StatementLineRead]:
    """Return what came to a member and what left, in the order booked, with the balance after each."""
    get_member(act.session, member_id)
    after = asked.after(int, int) or (0, 0)
    rows = queries.member_statement(
        act.session, member_id, limit=asked.fetch, after=after, valid_on=valid_on, recorded_at=recorded_at
    )
    return asked.page(rows, StatementLineRead.of, lambda row: (row.tx_id, row.line))


@router.post(
    "/receipt-imports",
    status_code=201,
    response_model=ReceiptImportStandingRead,
    summary="Look at a file of payments",
    dependencies=[FILES],
    responses=problems(404, 409, 413, 422),
)
def create_import(
    file: UploadFile,
    act: ActDep,
    once: OnceDep,
    channel: Annotated[Channel, Form()],
    account_code: Annotated[str, Form(pattern=r"^(cash|momo|bank):[a-z0-9:-]{1,60}$")],
    unknown: Annotated[Literal["suspense", "refuse"], Form()] = "suspense",
    collector: Annotated[str | None, Form(max_length=200, pattern=r"^[^\x00]*$")] = None,
    day_first: Annotated[bool, Form()] = True,
    in_background: Annotated[
        bool, Form(description="Keep it and answer at once; a worker reads the rows, `progress` says how far it is.")
    ] = False,
) -> Response:
    """Read a CSV or XLSX of payments and say what would become of each row; nothing is received yet."""
    body = file.file.read()
    options = imports.Options(channel, account_code, unknown, collector or None, day_first)

    def do() -> ReceiptImportStandingRead:
        import_id = imports.upload(
            act.session,
            body=body,
            file_name=(file.filename or "receipts")[:200],
            media_type=file.content_type or "application/octet-stream",
            options=options,
            actor=act.actor,
        )
        if in_background:
            imports.ask_for(act.session, import_id, "look", policy=imports.GOOD, actor=act.actor)
        else:
            imports.look(act.session, import_id, today=act.today)
        return _standing(act, import_id)

    return once(do, body=f"{digest(body)} {json.dumps(options)}".encode())


@router.get(
    "/receipt-imports", response_model=Page[ReceiptImportRead], summary="Files of payments", dependencies=[FILES]
)
def list_imports(act: ActDep, asked: PageDep) -> Page[ReceiptImportRead]:
    """Return the files of payments that were sent, newest first."""
    (before,) = asked.after(int) or (None,)
    rows = imports.list_imports(act.session, limit=asked.fetch, before_id=before)
    return asked.page(rows, lambda row: ReceiptImportRead.of(row, act.mutual.currency), lambda row: (row.id,))


@router.get(
    "/receipt-imports/{import_id}",
    response_model=ReceiptImportStandingRead,
    summary="One file of payments",
    dependencies=[FILES],
    responses=problems(404),
)
def get_import(import_id: PathId, act: ActDep) -> ReceiptImportStandingRead:
    """Return a file of payments, what was found in it, and how far the work on it is."""
    return _standing(act, import_id)


@router.get(
    "/receipt-imports/{import_id}/rows",
    response_model=Page[ReceiptImportRowRead],
    summary="Refused rows of a file of payments",
    dependencies=[FILES],
    responses=problems(404),
)
def list_import_rows(
    import_id: PathId, act: ActDep, asked: PageDep, action: Annotated[Literal["refuse"], Query()] = "refuse"
) -> Page[ReceiptImportRowRead]:
    """Return refused rows with what is wrong; what was accepted is found under `/receipts?import_id=`."""
    imports.get_import(act.session, import_id)
    (after,) = asked.after(int) or (0,)
    rows = imports.list_refusals(act.session, import_id, limit=asked.fetch, after=after)
    return asked.page(rows, lambda row: ReceiptImportRowRead.of(row, action), lambda row: (row.row_no,))


@router.post(
    "/receipt-imports/{import_id}/application",
    status_code=201,
    response_model=ReceiptImportStandingRead,
    summary="Receive a file of payments",
    dependencies=[FILES],
    responses=problems(404, 409),
)
def create_application(import_id: PathId, asked: ApplicationCreate, act: ActDep, once: OnceDep) -> Response:
    """Receive every row that was accepted, in one transaction; again it has no effect.

    With `in_background` a worker does it, and the file's `progress` says how far it is.
    """

    def do() -> ReceiptImportStandingRead:
        if asked.in_background:
            imports.ask_for(act.session, import_id, "apply", policy=asked.policy, actor=act.actor)
        else:
            imports.apply_import(act.session, import_id, policy=asked.policy, actor=act.actor, today=act.today)
        return _standing(act, import_id)

    return once(do, body=asked)


@router.get(
    "/receipt-imports/{import_id}/refused",
    summary="Refused rows as a file",
    dependencies=[FILES],
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(404),
    },
)
def get_refused_file(import_id: PathId, act: ActDep) -> Response:
    """Return the refused rows as the same kind of file, with a column that says why, to be mended and sent again."""
    found = imports.get_import(act.session, import_id)
    content = imports.refused_file(act.session, import_id)
    name = f"refused-{import_id}.{found.dialect.get('kind', 'csv')}"
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _standing(act: Act, import_id: int) -> ReceiptImportStandingRead:
    found, progress = imports.get_import(act.session, import_id), imports.progress_of(act.session, import_id)
    return ReceiptImportStandingRead.standing(found, act.mutual.currency, progress)
