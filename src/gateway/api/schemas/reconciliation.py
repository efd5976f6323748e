"""Bank accounts, statements, transfers between our own places, breaks, and where the money is."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, Line, ReadModel, Reason, WriteModel, example, month_of
from gateway.ledger.bank_accounts import BankAccountRow
from gateway.reconciliation.position import Position
from gateway.reconciliation.queries import (
    BreakRow,
    NoteRow,
    OpenBreaks,
    StatementLineRow,
    StatementRow,
    TransferRow,
)
from gateway.reconciliation.resolve import suggest
from gateway.reconciliation.rules import KINDS
from gateway.reconciliation.run import Reconciled

ACCOUNT = {
    "number": "DO28BAGR00000001212453611324",
    "name": "Cuenta operativa",
    "kind": "bank",
    "currency": "DOP",
    "ledger_code": "bank:main",
    "holder": "Mutual Amparo",
    "bank_identifier": "BAGRDOSD",
    "opening_amount": "500000.00",
    "opening_on": "2026-01-01",
}


class BankAccountCreate(WriteModel):
    """An account to register."""

    model_config = {**WriteModel.model_config, **example(ACCOUNT)}

    number: Line
    name: Line
    kind: Literal["bank", "mobile_money"]
    currency: CurrencyCode
    ledger_code: str = Field(pattern=r"^(bank|momo):[a-z0-9-]{1,40}$", examples=["bank:main"])
    """Its code in the books: ``bank:…`` for a bank, ``momo:…`` for a provider."""
    holder: str = Field(default="", max_length=140)
    bank_identifier: str = Field(default="", max_length=35)
    opening_amount: AmountText | None = None
    """What was on it when the books began."""
    opening_on: dt.date | None = None


class BankAccountRead(ReadModel):
    """An account at a bank or provider."""

    id: int
    number: str
    name: str
    kind: str
    currency: str
    ledger_code: str
    holder: str
    bank_identifier: str

    @classmethod
    def of(cls, row: BankAccountRow) -> "BankAccountRead":
        """Return what is shown of an account."""
        return cls.model_validate(row)


class StatementRead(ReadModel):
    """A statement as it was loaded."""

    id: int
    account_number: str | None
    ledger_code: str | None
    statement_reference: str
    sequence: str
    version: int
    from_on: dt.date | None
    to_on: dt.date | None
    currency: str
    opening: str | None
    closing: str | None
    line_count: int
    status: str
    reason: str | None
    """Why it was put aside."""
    tolerances: list[Any]
    """What was read though it is not as the standard has it."""
    loaded_at: dt.datetime
    loaded_by: str

    @classmethod
    def of(cls, row: StatementRow) -> "StatementRead":
        """Return what is shown of a statement."""
        shown = row._asdict()
        for name in ("opening", "closing"):
            minor = shown.pop(f"{name}_minor")
            shown[name] = None if minor is None else text_of(minor, row.currency)
        return cls.model_validate(shown)


class StatementFileRead(ReadModel):
    """What became of a file."""

    is_new: bool
    """False where the same bytes had been loaded before; nothing was done then."""
    new_line_count: int
    statements: list[StatementRead]


class StatementLineRead(ReadModel):
    """A booked line; positive came in, negative went out."""

    id: int
    booked_on: dt.date
    value_on: dt.date | None
    amount: str
    currency: str
    end_to_end_id: str | None
    bank_reference: str | None
    reference: str | None
    text: str
    counterparty: str | None
    flags: list[str]
    """What looks odd in it."""
    status: str
    rule: str | None
    """Which rule matched it, or why none did."""
    matched_kind: str | None
    matched_id: int | None
    ledger_tx_id: int | None

    @classmethod
    def of(cls, row: StatementLineRow) -> "StatementLineRead":
        """Return what is shown of a line."""
        shown = row._asdict()
        shown["amount"] = text_of(shown.pop("amount_minor"), row.currency)
        return cls.model_validate(shown)


class TransferCreate(WriteModel):
    """Money to move between two places of ours, one of them a bank account."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "from_code": "cash:office",
                "to_code": "bank:main",
                "amount": "25000.00",
                "currency": "DOP",
                "ordered_on": "2026-03-27",
            }
        ),
    }

    from_code: Line
    to_code: Line
    amount: AmountText
    currency: CurrencyCode
    ordered_on: dt.date
    reference: Line | None = None
    """The other side's own reference; without one, we make one with check digits."""


class TransferRead(ReadModel):
    """A transfer between two places of ours."""

    id: int
    reference: str
    from_code: str
    to_code: str
    amount: str
    fee: str
    """What the other side kept of it."""
    currency: str
    ordered_on: dt.date
    ordered_by: str
    status: str
    booked_on: dt.date | None

    @classmethod
    def of(cls, row: TransferRow) -> "TransferRead":
        """Return what is shown of a transfer."""
        shown = row._asdict()
        shown["amount"], shown["fee"] = (
            text_of(row.amount_minor, row.currency),
            text_of(row.fee_minor, row.currency),
        )
        return cls.model_validate(shown)


class OpenBreaksRead(ReadModel):
    """How many breaks of a kind wait."""

    kind: str
    break_count: int
    amount: str
    oldest_at: dt.datetime

    @classmethod
    def of(cls, row: OpenBreaks, currency: str) -> "OpenBreaksRead":
        """Return what is shown of a kind of break."""
        shown = row._asdict()
        shown["amount"] = text_of(shown.pop("amount_minor"), currency)
        return cls.model_validate(shown)


class ReconciliationRead(ReadModel):
    """What a run did and what is left."""

    matched: dict[str, int]
    suspense_count: int
    changed_breaks: dict[str, int]
    open_breaks: list[OpenBreaksRead]

    @classmethod
    def of(cls, done: Reconciled, currency: str) -> "ReconciliationRead":
        """Return what is shown of a run."""
        kinds = [OpenBreaksRead.of(row, currency) for row in done.open_breaks]
        return cls(
            matched=done.matched,
            suspense_count=done.suspense_count,
            changed_breaks=done.changed_breaks,
            open_breaks=kinds,
        )


class EntryLine(WriteModel):
    """One line of an entry: positive debits the account, negative credits it."""

    account: Line
    amount: AmountText


class SuggestionRead(ReadModel):
    """A usual explanation and the entry it would post."""

    code: str
    meaning: str
    lines: list[EntryLine]


class NoteRead(ReadModel):
    """What somebody found out."""

    note: str
    actor: str
    at: dt.datetime


class BreakRead(ReadModel):
    """A difference that somebody has to explain."""

    id: int
    kind: str
    meaning: str
    subject_kind: str
    subject_id: int
    amount: str
    """Theirs less ours."""
    currency: str
    period: str | None
    theirs: dict[str, Any]
    ours: dict[str, Any]
    owner_role: str
    due_on: dt.date
    status: str
    opened_at: dt.datetime
    proposal: dict[str, Any]
    proposed_by: str | None
    resolution: str | None
    reason: str | None
    resolved_by: str | None
    resolved_at: dt.datetime | None
    ledger_tx_id: int | None
    suggestions: list[SuggestionRead]
    notes: list[NoteRead]

    @classmethod
    def of(cls, row: BreakRow, notes: list[NoteRow] | None = None) -> "BreakRead":
        """Return what is shown of a break."""
        shown = row._asdict()
        shown["amount"] = text_of(shown.pop("amount_minor"), row.currency)
        shown["period"] = None if row.period_start is None else month_of(row.period_start)
        shown["meaning"] = KINDS[row.kind].meaning
        shown["notes"] = [NoteRead.model_validate(note) for note in notes or []]
        shown["suggestions"] = [
            SuggestionRead(
                code=found.code,
                meaning=found.meaning,
                lines=[
                    EntryLine(account=line.account, amount=text_of(line.amount_minor, row.currency))
                    for line in found.lines
                ],
            )
            for found in suggest(row)
        ]
        return cls.model_validate(shown)


class NoteCreate(WriteModel):
    """What was found out about a break."""

    model_config = {**WriteModel.model_config, **example({"note": "The bank says it is a charge for March."})}

    note: Reason


class ProposalCreate(WriteModel):
    """How a break is to be explained."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "resolution": "post_entry",
                "lines": [
                    {"account": "expense:bank-charges", "amount": "150.00"},
                    {"account": "suspense:bank", "amount": "-150.00"},
                ],
                "reason": "Charge of the bank for March",
            }
        ),
    }

    resolution: Literal["post_entry", "no_entry"]
    lines: list[EntryLine] = Field(default_factory=list, max_length=50)
    reason: Reason


class ResolutionCreate(WriteModel):
    """A second person's word on a proposal."""

    model_config = {**WriteModel.model_config, **example({"is_approved": True})}

    is_approved: bool
    valid_on: dt.date | None = None
    """Day the entry counts from; today if left out."""
    reason: Reason | None = None
    """Needed where the proposal is declined."""


class AccountPositionRead(ReadModel):
    """One account at a bank or provider."""

    number: str
    name: str
    ledger_code: str
    currency: str
    statement_on: dt.date | None
    statement: str | None
    books: str
    unbooked: str
    in_transit: str
    unexplained: str


class BalanceRead(ReadModel):
    """An account that is not empty."""

    account: str
    currency: str
    balance: str


class PositionRead(ReadModel):
    """Where the money is now."""

    accounts: list[AccountPositionRead]
    suspense: list[BalanceRead]
    cash: list[BalanceRead]
    is_explained: bool
    """Nothing is unexplained on any account."""

    @classmethod
    def of(cls, position: Position) -> "PositionRead":
        """Return what is shown of the position."""
        accounts = []
        for row in position.accounts:
            shown = row._asdict()
            for name in ("statement", "books", "unbooked", "in_transit", "unexplained"):
                minor = shown.pop(f"{name}_minor")
                shown[name] = None if minor is None else text_of(minor, row.currency)
            accounts.append(AccountPositionRead.model_validate(shown))
        return cls(
            accounts=accounts,
            suspense=[_balance(*row) for row in position.suspense],
            cash=[_balance(*row) for row in position.cash],
            is_explained=position.unexplained_minor == 0,
        )


def _balance(account: str, currency: str, minor: int) -> BalanceRead:
    return BalanceRead(account=account, currency=currency, balance=text_of(minor, currency))
