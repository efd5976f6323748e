"""Bank accounts, statements and their lines, mappings for banks' tables, and transfers between our own places."""

import datetime as dt
import json
from typing import Any, Literal

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, Line, ReadModel, WriteModel, example
from gateway.bank.errors import MappingError
from gateway.bank.statement import Line as ReadLine
from gateway.bank.statement import Statement, unit_of
from gateway.kit.money import AmountError, currency_of, format_amount, parse_amount
from gateway.ledger.bank_accounts import BankAccountRow
from gateway.reconciliation.load_statement import TypedBalances
from gateway.reconciliation.mappings import MappingRow, Preview
from gateway.reconciliation.queries import (
    StatementLineRow,
    StatementRow,
    TransferRow,
)

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
    bank_identifier: str = Field(default="", max_length=11, pattern=r"^([A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?)?$")
    """The bank's BIC; empty where it is not known."""
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
    difference: dict[str, Any]
    """Of a later version of a known statement: how many lines it adds and lacks, and the first of them."""
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


MAPPING = {
    "name": "Banco de Prueba",
    "content": {
        "account": "DO28BAGR00000001212453611324",
        "currency": "DOP",
        "header_rows": 4,
        "columns": {
            "booked_on": "Fecha",
            "text": "Concepto",
            "debit": "Débito",
            "credit": "Crédito",
            "balance": "Saldo",
        },
        "date_format": "DD/MM/YYYY",
        "decimal_mark": ",",
        "ignored_rows": ["Total"],
    },
}


class MappingCreate(WriteModel):
    """How a bank writes its tables; ``docs/statement-mappings.md`` explains each member of ``content``."""

    model_config = {**WriteModel.model_config, **example(MAPPING)}

    name: Line
    content: dict[str, Any]


class MappingRead(ReadModel):
    """A saved mapping; saving another content under its name makes another version."""

    id: int
    name: str
    version: int
    content: dict[str, Any]
    saved_by: str
    saved_at: dt.datetime

    @classmethod
    def of(cls, row: MappingRow) -> "MappingRead":
        """Return what is shown of a mapping."""
        return cls.model_validate(row)


class PreviewStatement(ReadModel):
    """A statement as a file would be read; nothing of it is kept."""

    account: str
    currency: str
    from_on: dt.date | None
    to_on: dt.date | None
    opening: str | None
    closing: str | None
    credits: str
    debits: str
    line_count: int
    is_balanced: bool


class PreviewLine(ReadModel):
    """A line as a file would be read; positive came in, negative went out."""

    account: str
    booked_on: dt.date
    value_on: dt.date | None
    amount: str
    text: str | None
    reference: str | None
    counterparty: str | None


class PreviewRead(ReadModel):
    """What a file would be read as."""

    format: str
    statements: list[PreviewStatement]
    lines: list[PreviewLine]
    """The first ones."""
    tolerances: list[str]
    quarantine_reason: str | None
    """Why it would be put aside, if so."""
    quarantine_place: str | None

    @classmethod
    def of(cls, seen: Preview) -> "PreviewRead":
        """Return what is shown of a preview."""
        found = seen.quarantine
        return cls(
            format=seen.format,
            statements=[_preview_statement(one) for one in seen.statements],
            lines=[_preview_line(*one) for one in seen.lines],
            tolerances=seen.tolerances,
            quarantine_reason=None if found is None else found.reason,
            quarantine_place=None if found is None else found.place,
        )


def json_of(text: str) -> Any:
    """Return what a form's JSON member holds.

    Raises:
        MappingError: It is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as damage:
        raise MappingError(f"content is not JSON: {damage}") from None


def typed_balances(opening: str | None, closing: str | None, currency: str) -> TypedBalances | None:
    """Return the balances somebody typed for a table that has none; both or neither.

    Raises:
        AmountError: One of them alone, or not a decimal of the currency.
    """
    if opening is None and closing is None:
        return None
    if opening is None or closing is None:
        raise AmountError("both balances are needed, opening_balance and closing_balance, or neither")
    unit = currency_of(currency)
    return TypedBalances(parse_amount(opening, unit), parse_amount(closing, unit))


def _preview_statement(one: Statement) -> PreviewStatement:
    unit = unit_of(one.currency)
    opening, closing = (
        None if minor is None else format_amount(minor, unit) for minor in (one.opening_minor, one.closing_minor)
    )
    return PreviewStatement(
        account=one.account,
        currency=one.currency,
        from_on=one.from_on,
        to_on=one.to_on,
        opening=opening,
        closing=closing,
        credits=format_amount(one.credits_minor, unit),
        debits=format_amount(one.debits_minor, unit),
        line_count=one.entry_count,
        is_balanced=one.is_balanced,
    )


def _preview_line(statement: Statement, line: ReadLine) -> PreviewLine:
    return PreviewLine(
        account=statement.account,
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount=format_amount(line.amount_minor, unit_of(statement.currency)),
        text=line.text,
        reference=line.reference or line.end_to_end_id or line.bank_reference,
        counterparty=line.counterparty,
    )


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
