"""The bank's statements, what each line was matched to, and the breaks that are left for people."""

import datetime as dt
from typing import Any

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlmodel import Field

from gateway.kit.columns import (
    TenantTable,
    big,
    check,
    instant,
    json_column,
    one_of,
    refers,
    unique,
    whole,
    word_list,
    words,
)
from gateway.reconciliation.states import BreakStatus, StatementLineStatus, StatementStatus, TransferStatus


class BankStatement(TenantTable, table=True):
    """One statement of one account, as loaded."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        refers("account_id", "bank_account"),
        refers("evidence_id", "evidence"),
        unique("account_id", "statement_reference", "from_on", "to_on", "sequence", "version"),
        one_of("status", StatementStatus),
        Index(None, "mutual_id", "account_id", "to_on"),
    )
    account_id: int | None = big(nullable=True)
    """Empty where the account is not ours; then it is quarantined."""
    statement_reference: str = words()
    sequence: str = words(server="''")
    version: int = whole(server="1")
    from_on: dt.date | None = None
    to_on: dt.date | None = None
    currency: str = words()
    opening_minor: int | None = big(nullable=True)
    closing_minor: int | None = big(nullable=True)
    line_count: int = whole()
    status: str = words()
    reason: str | None = words(nullable=True)
    evidence_id: int = big()
    tolerances: list[Any] = json_column(server="'[]'::jsonb")
    difference: dict[str, Any] = json_column()
    """Of a later version of the same statement: how many lines it has more and fewer than what is known, and which."""
    loaded_at: dt.datetime = instant(now=True)
    """When it was put aside, or used: of two that end on one day the one used later is the newer."""
    loaded_by: str = words()


class StatementMapping(TenantTable, table=True):
    """How one bank writes its tables, as staff saved it. Insert only: a change is another version."""

    __tablename__ = "statement_mapping"
    __table_args__ = (unique("name", "version"), check("name <> ''", "name"))
    name: str = words()
    version: int = whole()
    content: dict[str, Any] = json_column()
    saved_by: str = words()
    saved_at: dt.datetime = instant(now=True)


class BankStatementLine(TenantTable, table=True):
    """One booked line; two equal lines are two lines."""

    __tablename__ = "bank_statement_line"
    __table_args__ = (
        refers("statement_id", "bank_statement"),
        refers("account_id", "bank_account"),
        unique("account_id", "fingerprint", "ordinal"),
        check("amount_minor <> 0", "amount"),
        check("shown_by IS NULL OR is_announced", "shown_by"),
        refers("shown_by", "bank_statement_line"),
        one_of("status", StatementLineStatus),
        Index(None, "mutual_id", "statement_id"),
        Index(None, "mutual_id", "end_to_end_id"),
        Index(None, "mutual_id", "status"),
    )
    statement_id: int = big()
    account_id: int = big()
    fingerprint: str = words()
    ordinal: int = whole()
    """1, 2, … among lines with the same fingerprint on one day."""
    booked_on: dt.date
    value_on: dt.date | None = None
    amount_minor: int = big()
    """Positive is money in, negative money out."""
    currency: str = words()
    end_to_end_id: str | None = words(nullable=True)
    bank_reference: str | None = words(nullable=True)
    reference: str | None = words(nullable=True)
    """Structured remittance reference, or one with check digits found in the text."""
    references_found: list[str] = word_list()
    """Where the text holds several references with right check digits: all of them; a person decides."""
    text: str = words(server="''")
    counterparty: str | None = words(nullable=True)
    flags: list[str] = word_list()
    """What looks odd in it, for example that entry and detail disagree on the direction."""
    batch_reference: str | None = words(nullable=True)
    """What the bank calls the batch that the line is, or is a part of."""
    is_announced: bool = Field(default=False, sa_column_kwargs={"server_default": sql("false")})
    """Known from a notification alone: no statement has shown it by itself."""
    shown_by: int | None = big(nullable=True)
    """Of an announced line: the line of a statement in whose sum it stands."""
    status: str = words(server="'open'")
    rule: str | None = words(nullable=True)
    """Which rule matched it, and by which fields."""
    matched_kind: str | None = words(nullable=True)
    matched_id: int | None = big(nullable=True)
    ledger_tx_id: int | None = big(nullable=True)


class ReconciliationMatch(TenantTable, table=True):
    """What a line was matched to, by which rule and which fields. Insert only: undoing is another row.

    The sum over a line's matches is nothing or its whole amount, which the database sees to (``reconciliation.sql``).
    """

    __tablename__ = "reconciliation_match"
    __table_args__ = (
        refers("line_id", "bank_statement_line"),
        refers("undoes", "reconciliation_match"),
        unique("undoes"),
        check("amount_minor <> 0", "amount"),
        Index(None, "mutual_id", "line_id"),
        Index(None, "mutual_id", "kind", "matched_id"),
    )
    line_id: int = big()
    rule: str = words()
    """A rule's code, or ``person``."""
    fields: list[str] = word_list()
    """What agreed."""
    kind: str = words()
    matched_id: int = big()
    amount_minor: int = big()
    """The line's amount with its sign; the other way round where a match is undone."""
    undoes: int | None = big(nullable=True)
    ledger_tx_id: int | None = big(nullable=True)
    reason: str | None = words(nullable=True)
    """Why a person matched or undid it."""
    actor: str = words()
    at: dt.datetime = instant(now=True)


class MatchSuggestion(TenantTable, table=True):
    """What a line may be, by a rule that is not sure or that names several. Insert only."""

    __tablename__ = "match_suggestion"
    __table_args__ = (refers("line_id", "bank_statement_line"), unique("line_id", "rule", "matched_id"))
    line_id: int = big()
    rule: str = words()
    kind: str = words()
    matched_id: int = big()
    fields: list[str] = word_list()
    """What agreed."""
    at: dt.datetime = instant(now=True)


class MatchTolerance(TenantTable, table=True):
    """By how much a transfer may differ from its line, for one reason, and where the difference is booked. Insert only.

    An absolute amount; without a row it is nothing. The newest row of a place and reason counts.
    """

    __tablename__ = "match_tolerance"
    __table_args__ = (
        check("most_minor >= 0", "amount"),
        check("difference_code LIKE 'expense:%'", "named_account"),
        unique("place_code", "reason", "version"),
    )
    place_code: str = words()
    """The place that is no bank: ``momo:orange:clearing``, ``cash:office``."""
    reason: str = words()
    """In a word, for example ``provider_fee``."""
    version: int = whole()
    most_minor: int = big()
    difference_code: str = words()
    """Where the difference goes: an expense account with a name."""
    decided_by: str = words()
    at: dt.datetime = instant(now=True)


class ReconciliationBreak(TenantTable, table=True):
    """A difference between what somebody outside says and what our lines and books say."""

    __tablename__ = "reconciliation_break"
    __table_args__ = (
        unique("kind", "subject_kind", "subject_id", "detail_key"),
        one_of("status", BreakStatus),
        check("resolved_by IS NULL OR proposed_by IS NULL OR resolved_by <> proposed_by", "two_people"),
        Index(None, "mutual_id", "status", "due_on"),
    )
    kind: str = words()
    """bill_differs, amount_changed, line_missing, line_extra, answer_quarantined, payment_unconfirmed, …"""
    subject_kind: str = words()
    subject_id: int = big()
    detail_key: str = words(server="''")
    amount_minor: int = big()
    """Theirs less ours."""
    currency: str = words()
    period_start: dt.date | None = None
    theirs: dict[str, Any] = json_column()
    ours: dict[str, Any] = json_column()
    owner_role: str = words()
    """Who looks at it: the role of its kind, a manager once it is older than thirty days."""
    owner: str | None = words(nullable=True)
    """The person who took it on, if somebody did."""
    due_on: dt.date
    since_on: dt.date
    """From when its age counts: the day of the money or of the message it is about."""
    status: str = words(server="'open'")
    opened_at: dt.datetime = instant(now=True)
    proposal: dict[str, Any] = json_column()
    """Which resolution, the entry it would post or the member it would place the money with."""
    proposed_by: str | None = words(nullable=True)
    resolution: str | None = words(nullable=True)
    reason: str | None = words(nullable=True)
    resolved_by: str | None = words(nullable=True)
    resolved_at: dt.datetime | None = instant(nullable=True)
    ledger_tx_id: int | None = big(nullable=True)
    evidence_id: int | None = big(nullable=True)


class ReconciliationNote(TenantTable, table=True):
    """What a person found out about a break. Insert only."""

    __tablename__ = "reconciliation_note"
    __table_args__ = (refers("break_id", "reconciliation_break"),)
    break_id: int = big()
    note: str = words()
    actor: str = words()
    at: dt.datetime = instant(now=True)


class OwnTransfer(TenantTable, table=True):
    """The mutual's money moved between two places of its own: cash to the bank, a provider's settlement, a float."""

    __tablename__ = "own_transfer"
    __table_args__ = (
        unique("reference"),
        one_of("status", TransferStatus),
        check("amount_minor > 0 AND fee_minor >= 0", "amount"),
        check("from_code <> to_code", "two_places"),
        refers("ordered_tx_id", "ledger_tx"),
        Index(None, "mutual_id", "status"),
    )
    reference: str = words()
    """Structured reference with check digits, or the other side's own; stands in the bank's text."""
    from_code: str = words()
    to_code: str = words()
    transit_code: str = words()
    """Clearing account that holds it until the bank has booked it."""
    amount_minor: int = big()
    """What leaves ``from_code``."""
    fee_minor: int = big(server="0")
    """What the other side kept of it; known when it is booked."""
    currency: str = words()
    ordered_on: dt.date
    ordered_by: str = words()
    status: str = words(server="'ordered'")
    booked_on: dt.date | None = None
    statement_line_id: int | None = big(nullable=True)
    ordered_tx_id: int = big()
    booked_tx_id: int | None = big(nullable=True)
