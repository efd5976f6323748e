"""Bank accounts, statements, transfers between our own places, breaks, and where the money is."""

import datetime as dt
import json
from typing import Any, Literal

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, Line, ReadModel, Reason, WriteModel, example, month_of
from gateway.bank.errors import MappingError
from gateway.bank.statement import Line as ReadLine
from gateway.bank.statement import Statement, unit_of
from gateway.kit.money import AmountError, currency_of, format_amount, parse_amount
from gateway.ledger.bank_accounts import BankAccountRow
from gateway.reconciliation.load_statement import TypedBalances
from gateway.reconciliation.mappings import MappingRow, Preview
from gateway.reconciliation.match_rules import BY_CODE
from gateway.reconciliation.position import Position
from gateway.reconciliation.queries import (
    AgeRow,
    BreakRow,
    MatchRow,
    NoteRow,
    OpenBreaks,
    StatementLineRow,
    StatementRow,
    SuggestionRow,
    TransferRow,
)
from gateway.reconciliation.rules import KINDS, age_bucket, needs_supervisor
from gateway.reconciliation.run import Reconciled
from gateway.reconciliation.suggest import Suggestion, suggest
from gateway.reconciliation.tolerance import ToleranceRow

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
    resolution: str
    """As what it is proposed."""
    member_id: int | None
    """For ``place``: whose the money may be."""
    statement_line_id: int | None
    """For ``shown_in_sum``: the line whose sum it may stand in."""
    announced_line_ids: list[int]
    """For ``shown_in_sum``: the announcements that make it."""
    fields: list[str]
    """What agreed."""


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
    owner: str | None
    """The person who took it on, if somebody did."""
    due_on: dt.date
    since_on: dt.date
    """From when its age counts."""
    age_days: int
    age: str
    """0-2, 3-7, 8-30, 31-60 or >60 days."""
    needs_supervisor: bool
    """Whether a manager has to approve its explanation."""
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
    def of(
        cls,
        row: BreakRow,
        *,
        today: dt.date,
        notes: list[NoteRow] | None = None,
        hints: list[Suggestion] | None = None,
    ) -> "BreakRead":
        """Return what is shown of a break, as old as it is today."""
        shown = row._asdict()
        shown["amount"] = text_of(shown.pop("amount_minor"), row.currency)
        shown["period"] = None if row.period_start is None else month_of(row.period_start)
        shown["meaning"] = KINDS[row.kind].meaning
        shown["age_days"] = (today - row.since_on).days
        shown["age"] = age_bucket(shown["age_days"])
        shown["needs_supervisor"] = needs_supervisor(row.since_on, today)
        shown["notes"] = [NoteRead.model_validate(note) for note in notes or []]
        shown["suggestions"] = [
            SuggestionRead(
                code=found.code,
                meaning=found.meaning,
                lines=[
                    EntryLine(account=line.account, amount=text_of(line.amount_minor, row.currency))
                    for line in found.lines
                ],
                resolution=found.resolution,
                member_id=found.member_id,
                statement_line_id=found.statement_line_id,
                announced_line_ids=list(found.announced_line_ids),
                fields=list(found.fields),
            )
            for found in [*suggest(row), *(hints or [])]
        ]
        return cls.model_validate(shown)


class BreakList(ReadModel):
    """Breaks that one act has changed together."""

    items: list[BreakRead]


class AgesRead(ReadModel):
    """Unresolved breaks of a kind and age."""

    kind: str
    age: str
    """0-2, 3-7, 8-30, 31-60 or >60 days."""
    break_count: int
    amount: str
    """What they are about, each taken as positive."""
    currency: str

    @classmethod
    def list_of(cls, rows: list[AgeRow], *, today: dt.date, currency: str) -> "list[AgesRead]":
        """Return the rows summed up by age."""
        sums: dict[tuple[str, str], list[int]] = {}
        for row in rows:
            entry = sums.setdefault((row.kind, age_bucket((today - row.since_on).days)), [0, 0])
            entry[0] += row.break_count
            entry[1] += row.amount_minor
        return [
            cls(kind=kind, age=age, break_count=count, amount=text_of(minor, currency), currency=currency)
            for (kind, age), (count, minor) in sums.items()
        ]


class AssignmentCreate(WriteModel):
    """Who looks after a break, and until when."""

    model_config = {**WriteModel.model_config, **example({"owner": "staff:carmen", "due_on": "2026-03-31"})}

    owner: Line
    due_on: dt.date | None = None


class ManyProposed(WriteModel):
    """One usual explanation for equal breaks, each with its own amount."""

    model_config = {
        **WriteModel.model_config,
        **example({"break_ids": [17, 18], "suggestion": "book_bank_charge", "reason": "Charges of the bank for March"}),
    }

    break_ids: list[int] = Field(min_length=1, max_length=500)
    suggestion: Line
    """The code of one of their suggestions, or ``no_entry``."""
    reason: Reason


class ManyResolved(WriteModel):
    """A second person's word on what was proposed for equal breaks."""

    model_config = {**WriteModel.model_config, **example({"break_ids": [17, 18], "is_approved": True})}

    break_ids: list[int] = Field(min_length=1, max_length=500)
    is_approved: bool
    valid_on: dt.date | None = None
    """Day the entries count from; today if left out."""
    reason: Reason | None = None
    """Needed where they are rejected."""


class MatchRead(ReadModel):
    """What a line was matched to."""

    id: int
    rule: str
    fields: list[str]
    """What agreed."""
    kind: str
    matched_id: int
    amount: str
    undoes: int | None
    """The match that this one takes back."""
    ledger_tx_id: int | None
    reason: str | None
    actor: str
    at: dt.datetime


class LineSuggestionRead(ReadModel):
    """What a line may be, by a rule that is not sure or that names several."""

    rule: str
    meaning: str
    fields: list[str]
    kind: str
    matched_id: int
    at: dt.datetime


class LineMatchesRead(ReadModel):
    """How a line came to where it is."""

    matches: list[MatchRead]
    suggestions: list[LineSuggestionRead]

    @classmethod
    def of(cls, matches: list[MatchRow], suggestions: list[SuggestionRow], currency: str) -> "LineMatchesRead":
        """Return what is shown of a line's matches."""
        shown = []
        for match in matches:
            fields = match._asdict()
            fields["amount"] = text_of(fields.pop("amount_minor"), currency)
            shown.append(MatchRead.model_validate(fields))
        hints = [LineSuggestionRead(**one._asdict(), meaning=BY_CODE[one.rule].meaning) for one in suggestions]
        return cls(matches=shown, suggestions=hints)


class OwnerCreate(WriteModel):
    """Whose the money of a line is."""

    model_config = {**WriteModel.model_config, **example({"member_id": 17, "reason": "She showed the slip"})}

    member_id: int = Field(ge=1)
    reason: Reason


class RuleRead(ReadModel):
    """A rule by which lines are known, in the order they are asked."""

    code: str
    kind: str
    """What it matches a line to."""
    strength: str
    """``sure``: books by itself; ``by_setting``: only where the mutual has said so; ``hint``: only suggests."""
    fields: list[str]
    meaning: str


class ToleranceCreate(WriteModel):
    """By how much transfers of a place may differ from the bank's line, and where the difference goes."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "place_code": "momo:orange:clearing",
                "reason": "provider_fee",
                "most": "250.00",
                "difference_code": "expense:provider-fees",
            }
        ),
    }

    place_code: Line
    reason: str = Field(pattern=r"^[a-z_]{1,40}$")
    most: AmountText
    """An absolute amount; zero ends it."""
    difference_code: str = Field(pattern=r"^expense:[a-z0-9:-]{1,60}$")


class ToleranceRead(ReadModel):
    """What was decided for a place and reason."""

    place_code: str
    reason: str
    version: int
    most: str
    difference_code: str
    decided_by: str
    at: dt.datetime

    @classmethod
    def of(cls, row: ToleranceRow, currency: str) -> "ToleranceRead":
        """Return what is shown of a tolerance."""
        shown = row._asdict()
        shown["most"] = text_of(shown.pop("most_minor"), currency)
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

    resolution: Literal["post_entry", "place", "no_entry", "take_back", "shown_in_sum"]
    """``take_back`` and ``shown_in_sum`` are for announcements that no statement shows."""
    lines: list[EntryLine] = Field(default_factory=list, max_length=50)
    member_id: int | None = Field(default=None, ge=1)
    """For ``place``: whose the money in suspense is."""
    statement_line_id: int | None = Field(default=None, ge=1)
    """For ``shown_in_sum``: the statement's line, its money in suspense, that is the sum."""
    announced_line_ids: list[int] = Field(default_factory=list, max_length=1000)
    """For ``shown_in_sum``: every announcement that makes it; the break's own alone if left out."""
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
