"""The books: trial balance, an account's entries, what has not cleared, and whether all is whole."""

import datetime as dt
from collections import defaultdict
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.money import text_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.ledger import (
    AccountEntryRead,
    AccountRead,
    ClearingAccountRead,
    ClearingAccountsRead,
    FindingRead,
    LedgerVerificationRead,
    TrialBalanceRead,
    TrialLineRead,
)
from gateway.contributions.day_totals import check_receipt_totals
from gateway.ledger import queries, statement
from gateway.ledger.queries import size_of_books
from gateway.ledger.rules import normal_side
from gateway.ledger.verify import verify
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["ledger"])

READERS = (Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)


@router.get("/trial-balance", response_model=TrialBalanceRead, summary="Trial balance", dependencies=[allow(*READERS)])
def get_trial_balance(
    act: ActDep,
    valid_on: Annotated[dt.date | None, Query(description="What happened up to this day.")] = None,
    recorded_at: Annotated[AwareDatetime | None, Query(description="What was booked up to this instant.")] = None,
) -> TrialBalanceRead:
    """Sum every account under its control account, as of the day things happened and the instant they were booked."""
    lines = queries.trial_balance(act.session, valid_on=valid_on, recorded_at=recorded_at)
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.currency] += line.balance_minor * normal_side(line.kind)
    shown = [
        TrialLineRead(
            control=line.control,
            kind=line.kind,
            currency=line.currency,
            is_clearing=line.is_clearing,
            balance=text_of(line.balance_minor, line.currency),
            account_count=line.account_count,
        )
        for line in lines
    ]
    differences = {currency: text_of(minor, currency) for currency, minor in sums.items()}
    return TrialBalanceRead(valid_on=valid_on, recorded_at=recorded_at, items=shown, differences=differences)


@router.get(
    "/accounts/{code}",
    response_model=AccountRead,
    summary="An account",
    dependencies=[allow(*READERS)],
    responses=problems(404),
)
def get_account(code: str, act: ActDep) -> AccountRead:
    """Return an account with its balance now."""
    account = statement.get_account(act.session, code)
    balance = text_of(queries.current_balance(act.session, code), account.currency)
    return AccountRead(
        code=account.code,
        control=account.control,
        kind=account.kind,
        currency=account.currency,
        is_clearing=account.is_clearing,
        balance=balance,
    )


@router.get(
    "/accounts/{code}/entries",
    response_model=Page[AccountEntryRead],
    summary="An account's entries",
    dependencies=[allow(*READERS)],
    responses=problems(404),
)
def list_account_entries(code: str, act: ActDep, asked: PageDep) -> Page[AccountEntryRead]:
    """Return an account's entries in the order they were booked."""
    account = statement.get_account(act.session, code)
    after = asked.after(int, int, int) or (0, 0, 0)
    rows = statement.list_entries(act.session, account.id, after=(after[0], after[1], after[2]), limit=asked.fetch)

    def shape(row: Any) -> AccountEntryRead:
        named = row._mapping
        amount = text_of(named["amount_minor"], account.currency)
        return AccountEntryRead.model_validate({**named, "amount": amount, "currency": account.currency})

    return asked.page(rows, shape, lambda row: (row.xid, row.tx_id, row.line))


@router.get(
    "/clearing-accounts",
    response_model=ClearingAccountsRead,
    summary="What has not cleared",
    dependencies=[allow(*READERS)],
)
def list_clearing_accounts(act: ActDep) -> ClearingAccountsRead:
    """Return the clearing accounts that are not at zero, with how long they have not been."""
    items = [
        ClearingAccountRead(
            code=one.code,
            control=one.control,
            balance=text_of(one.balance_minor, one.currency),
            currency=one.currency,
            since_on=one.since_on,
            age_days=max((act.today - one.since_on).days, 0),
        )
        for one in statement.list_unsettled(act.session)
    ]
    return ClearingAccountsRead(items=items)


@router.post(
    "/ledger-verifications",
    status_code=201,
    response_model=LedgerVerificationRead,
    summary="Verify the books",
    dependencies=[allow(*READERS)],
)
def create_ledger_verification(act: ActDep) -> LedgerVerificationRead:
    """Check sums, sub-ledgers against their control accounts, locked balances, seals and old clearing accounts."""
    findings = verify(act.session, today=act.today) + check_receipt_totals(act.session)
    shown = [FindingRead(check=one.check, subject=one.subject, detail=one.detail) for one in findings]
    size = size_of_books(act.session)
    return LedgerVerificationRead(
        is_whole=not findings, entry_count=size.entry_count, entry_sum=size.sum_minor, findings=shown
    )
