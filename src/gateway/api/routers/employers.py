"""Bureau mode: employers the mutual files for, each with his own number, payrolls, money, bills and payments."""

from fastapi import Request, Response

from gateway.api.dependencies import Act, ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.once import read_key
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.api.schemas.employers import EmployerCreate, EmployerRead, EmployerReceiptCreate, EmployerReceiptRead
from gateway.contributions.employer_money import (
    list_employer_receipts,
    receive_from_employer,
    reverse_employer_receipt,
)
from gateway.ledger.queries import current_balance
from gateway.membership import employers
from gateway.membership.employers import EmployerRow
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["employers"])
READS = allow(Role.FILING_OFFICER, Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)
REGISTERS = allow(Role.FILING_OFFICER, Role.MANAGER)
RECEIVES = allow(Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)


def _shown(act: Act, row: EmployerRow) -> EmployerRead:
    return EmployerRead.of(row, current_balance(act.session, row.money), act.mutual.currency)


@router.get("/employers", response_model=Page[EmployerRead], summary="Employers we file for", dependencies=[READS])
def list_employers(act: ActDep, asked: PageDep) -> Page[EmployerRead]:
    """Return the employers the mutual files for besides itself, each with what he has paid in and nothing used."""
    (after,) = asked.after(int) or (0,)
    rows = employers.list_employers(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, lambda row: _shown(act, row), lambda row: (row.id,))


@router.post(
    "/employers",
    status_code=201,
    response_model=EmployerRead,
    summary="Register an employer",
    dependencies=[REGISTERS],
    responses=problems(404, 409, 422),
)
def create_employer(asked: EmployerCreate, act: ActDep, once: OnceDep) -> Response:
    """Register an employer by his number, whose check digit is checked; his accounts in the books are opened with him."""
    told = asked.model_dump()
    return once(lambda: _shown(act, employers.register_employer(act.session, **told, actor=act.actor)), body=asked)


@router.get(
    "/employers/{employer_id}",
    response_model=EmployerRead,
    summary="One employer",
    dependencies=[READS],
    responses=problems(404),
)
def get_employer(employer_id: PathId, act: ActDep) -> EmployerRead:
    """Return an employer, and what he has paid in that nothing has used."""
    return _shown(act, employers.get_employer(act.session, employer_id))


@router.get(
    "/employers/{employer_id}/receipts",
    response_model=Page[EmployerReceiptRead],
    summary="An employer's payments",
    dependencies=[READS],
    responses=problems(404),
)
def list_receipts_of_employer(employer_id: PathId, act: ActDep, asked: PageDep) -> Page[EmployerReceiptRead]:
    """Return an employer's payments, newest first, those that were taken back too."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = list_employer_receipts(act.session, employer_id, before=before, limit=asked.fetch)
    return asked.page(rows, EmployerReceiptRead.of, lambda row: (row.id,))


@router.post(
    "/employers/{employer_id}/receipts",
    status_code=201,
    response_model=EmployerReceiptRead,
    summary="Receive an employer's payment",
    dependencies=[RECEIVES],
    responses=problems(404, 409, 422),
)
def create_receipt_of_employer(
    employer_id: PathId, asked: EmployerReceiptCreate, request: Request, act: ActDep, once: OnceDep
) -> Response:
    """Receive money for an employer's own payrolls; it can pay for no other's."""
    key = read_key(request.headers.get("idempotency-key"))

    def work() -> EmployerReceiptRead:
        new = asked.receipt(employer_id, actor=act.actor, key=key)
        return EmployerReceiptRead.of(receive_from_employer(act.session, new, actor=act.actor, today=act.today))

    return once(work, body=asked)


@router.post(
    "/employer-receipts/{receipt_id}/reversal",
    status_code=201,
    response_model=EmployerReceiptRead,
    summary="Take an employer's payment back",
    dependencies=[MONEY],
    responses=problems(404, 409, 422),
)
def create_reversal_of_employer(receipt_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Reverse an employer's payment with a reason; refused where its money has been used."""

    def work() -> EmployerReceiptRead:
        back = reverse_employer_receipt(act.session, receipt_id, reason=asked.reason, actor=act.actor, today=act.today)
        return EmployerReceiptRead.of(back)

    return once(work, body=asked)
