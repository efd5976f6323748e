"""The bank's statements, the mutual's own transfers, and the breaks that people explain."""

from typing import Annotated, Literal

from fastapi import Form, Query, Response, UploadFile

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.api.schemas.reconciliation import PositionRead, ReconciliationRead
from gateway.api.schemas.statements import (
    BankAccountCreate,
    BankAccountRead,
    MappingCreate,
    MappingRead,
    PreviewRead,
    StatementFileRead,
    StatementLineRead,
    StatementRead,
    TransferCreate,
    TransferRead,
    json_of,
    typed_balances,
)
from gateway.cash.tills import require_unsupervised
from gateway.ledger.bank_accounts import BankAccountRow, Opening, list_bank_accounts, register_bank_account
from gateway.reconciliation import mappings, queries
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.position import money_position
from gateway.reconciliation.run import reconcile
from gateway.reconciliation.transfer import NewTransfer, order_transfer, withdraw_transfer
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["reconciliation"])
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
READERS = allow(Role.ACCOUNTANT, Role.MANAGER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER)


@router.get("/bank-accounts", response_model=Page[BankAccountRead], summary="Our accounts", dependencies=[READERS])
def list_accounts(act: ActDep, asked: PageDep) -> Page[BankAccountRead]:
    """Return the mutual's accounts at banks and providers, by their code in the books."""
    (after,) = asked.after(str) or ("",)
    rows = [row for row in list_bank_accounts(act.session) if row.ledger_code > after]
    return asked.page(rows[: asked.fetch], BankAccountRead.of, lambda row: (row.ledger_code,))


@router.post(
    "/bank-accounts",
    status_code=201,
    response_model=BankAccountRead,
    summary="Register an account",
    dependencies=[MONEY],
    responses=problems(409),
)
def create_account(asked: BankAccountCreate, act: ActDep, once: OnceDep) -> Response:
    """Register an account at a bank or provider, with what was on it when the books began."""
    fields = asked.model_dump(exclude={"opening_amount", "opening_on"})
    account = BankAccountRow(id=0, **fields)
    opening = None
    if asked.opening_amount is not None:
        opening = Opening(minor_of(asked.opening_amount, asked.currency), asked.opening_on or act.today)
    return once(
        lambda: BankAccountRead.of(
            register_bank_account(act.session, account, opening=opening, actor=act.actor, today=act.today)
        ),
        body=asked,
    )


@router.post(
    "/bank-statements",
    status_code=201,
    response_model=StatementFileRead,
    summary="Load a statement file",
    dependencies=[MONEY],
    responses=problems(404, 409, 413, 422),
)
def create_statements(
    file: UploadFile,
    act: ActDep,
    once: OnceDep,
    mapping_id: Annotated[int | None, Form(ge=1)] = None,
    opening_balance: Annotated[str | None, Form(max_length=30)] = None,
    closing_balance: Annotated[str | None, Form(max_length=30)] = None,
) -> Response:
    """Load a statement: camt.053, MT940, or a table with a saved mapping. The same bytes again have no effect.

    What cannot be used is put aside with the reason. A table without balances is used with those of the bank's own page,
    ``opening_balance`` and ``closing_balance``, as decimals of the mutual's currency.
    """
    body = file.file.read()
    name = file.filename or "statement"
    typed = typed_balances(opening_balance, closing_balance, act.mutual.currency)

    def load() -> StatementFileRead:
        done = load_statement(act.session, body, file_name=name, actor=act.actor, mapping_id=mapping_id, typed=typed)
        statements = [StatementRead.of(row) for row in done.statements]
        return StatementFileRead(is_new=done.is_new, new_line_count=done.new_line_count, statements=statements)

    return once(load, body=body + f"{mapping_id}|{typed}".encode())


@router.get(
    "/statement-mappings",
    response_model=Page[MappingRead],
    summary="How banks write their tables",
    dependencies=[READERS],
)
def list_statement_mappings(act: ActDep, asked: PageDep) -> Page[MappingRead]:
    """Return the newest version of each mapping, by name."""
    (after,) = asked.after(str) or ("",)
    rows = mappings.list_mappings(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, MappingRead.of, lambda row: (row.name,))


@router.post(
    "/statement-mappings/preview",
    response_model=PreviewRead,
    summary="Try a mapping on a file",
    dependencies=[MONEY],
    responses=problems(413, 422),
)
def preview_mapping(file: UploadFile, content: Annotated[str, Form(max_length=20_000)] = "") -> PreviewRead:
    """Show what a file would be read as, with a mapping (JSON in ``content``) that is not saved yet; nothing is kept."""
    return PreviewRead.of(mappings.preview(file.file.read(), json_of(content) if content else None))


@router.post(
    "/statement-mappings",
    status_code=201,
    response_model=MappingRead,
    summary="Save a mapping",
    dependencies=[MONEY],
    responses=problems(422),
)
def create_mapping(asked: MappingCreate, act: ActDep, once: OnceDep) -> Response:
    """Save how a bank writes its tables; another content under the same name is another version."""
    return once(
        lambda: MappingRead.of(
            mappings.save_mapping(act.session, name=asked.name, content=asked.content, actor=act.actor)
        ),
        body=asked,
    )


@router.get(
    "/statement-mappings/{mapping_id}",
    response_model=MappingRead,
    summary="One mapping",
    dependencies=[READERS],
    responses=problems(404),
)
def get_statement_mapping(mapping_id: PathId, act: ActDep) -> MappingRead:
    """Return a saved mapping."""
    return MappingRead.of(mappings.get_mapping(act.session, mapping_id))


@router.get("/bank-statements", response_model=Page[StatementRead], summary="Statements", dependencies=[READERS])
def list_statements(
    act: ActDep, asked: PageDep, status: Annotated[Literal["loaded", "announced", "quarantined"] | None, Query()] = None
) -> Page[StatementRead]:
    """Return the statements that were loaded or put aside, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_statements(act.session, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, StatementRead.of, lambda row: (row.id,))


@router.get(
    "/bank-statements/{statement_id}",
    response_model=StatementRead,
    summary="One statement",
    dependencies=[READERS],
    responses=problems(404),
)
def get_statement(statement_id: PathId, act: ActDep) -> StatementRead:
    """Return a statement."""
    return StatementRead.of(queries.get_statement(act.session, statement_id))


@router.get(
    "/bank-statements/{statement_id}/lines",
    response_model=Page[StatementLineRead],
    summary="A statement's lines",
    dependencies=[READERS],
    responses=problems(404),
)
def list_statement_lines(statement_id: PathId, act: ActDep, asked: PageDep) -> Page[StatementLineRead]:
    """Return a statement's lines and what each was matched to, in the file's order."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_lines(act.session, statement_id, after=after, limit=asked.fetch)
    return asked.page(rows, StatementLineRead.of, lambda row: (row.id,))


@router.post(
    "/own-transfers",
    status_code=201,
    response_model=TransferRead,
    summary="Move our own money",
    dependencies=[allow(Role.ACCOUNTANT, Role.MANAGER, Role.CASHIER)],
    responses=problems(404, 409),
)
def create_transfer(asked: TransferCreate, act: ActDep, once: OnceDep) -> Response:
    """Order a transfer between two places of ours: a deposit of cash, a provider's settlement, a float top-up."""
    new = NewTransfer(
        from_code=asked.from_code,
        to_code=asked.to_code,
        amount_minor=minor_of(asked.amount, asked.currency),
        currency=asked.currency,
        ordered_on=asked.ordered_on,
        reference=asked.reference,
    )

    def do() -> TransferRead:
        require_unsupervised(act.session, [asked.from_code])
        return TransferRead.of(order_transfer(act.session, new, actor=act.actor, today=act.today))

    return once(do, body=asked)


@router.get("/own-transfers", response_model=Page[TransferRead], summary="Our own transfers", dependencies=[READERS])
def list_transfers(
    act: ActDep, asked: PageDep, status: Annotated[Literal["ordered", "booked", "withdrawn"] | None, Query()] = None
) -> Page[TransferRead]:
    """Return transfers between our own places, newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = queries.list_transfers(act.session, status=status, before=before, limit=asked.fetch)
    return asked.page(rows, TransferRead.of, lambda row: (row.id,))


@router.post(
    "/own-transfers/{transfer_id}/withdrawal",
    response_model=TransferRead,
    summary="Take back a transfer",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def withdraw(transfer_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Take back a transfer that was never made; its money is again where it was."""
    return once(
        lambda: TransferRead.of(
            withdraw_transfer(act.session, transfer_id, actor=act.actor, reason=asked.reason, today=act.today)
        ),
        status=200,
        body=asked,
    )


@router.post(
    "/reconciliation-runs",
    status_code=201,
    response_model=ReconciliationRead,
    summary="Match and compare now",
    dependencies=[MONEY],
)
def create_run(act: ActDep) -> ReconciliationRead:
    """Match and book every open statement line, then find every difference. Running it again changes nothing."""
    return ReconciliationRead.of(reconcile(act.session, today=act.today), act.mutual.currency)


@router.get("/money-position", response_model=PositionRead, summary="Where the money is", dependencies=[READERS])
def get_position(act: ActDep) -> PositionRead:
    """Return what the banks say, what the books say, what is on its way, what is in suspense, what is unexplained."""
    return PositionRead.of(money_position(act.session))
