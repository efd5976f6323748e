"""What a month costs, what was received, and where it was placed."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from gateway.contributions.states import RateStatus, RefundStatus
from gateway.kit.columns import (
    TenantTable,
    Xid8,
    big,
    big_list,
    check,
    instant,
    json_column,
    one_of,
    refers,
    unique,
    whole,
    words,
)


class Channel(StrEnum):
    """How money came in."""

    CASH = "cash"
    """Over the counter, into a till."""
    COLLECTOR = "collector"
    MOBILE_MONEY = "mobile_money"
    BANK = "bank"


class ReceiptImportState(StrEnum):
    """Where an uploaded file of receipts stands."""

    UPLOADED = "uploaded"
    """Kept, and not looked at yet."""
    PREVIEWED = "previewed"
    APPLIED = "applied"


class ContributionFee(TenantTable, table=True):
    """The mutual's own monthly fee from a day on, and who decided it. Insert only: the newest row for a day counts."""

    __tablename__ = "contribution_fee"
    __table_args__ = (check("amount_minor >= 0", "amount"), Index(None, "mutual_id", "valid_from"))
    valid_from: dt.date
    amount_minor: int = big()
    """Per member and month; zero ends a fee."""
    currency: str = words()
    source: str = words()
    """Who decided it and when, for example the minutes of an assembly."""
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)


class ContributionSchedule(TenantTable, table=True):
    """The components and rates of one month, resolved once from the dated tables. Insert only."""

    __tablename__ = "contribution_schedule"
    __table_args__ = (unique("period_start", "version"), unique("period_start", "sha256"))
    period_start: dt.date
    version: int = whole()
    country: str = words()
    currency: str = words()
    components: list[Any] = Field(sa_type=JSONB)
    """In order: code, share, insurance, base bounds, rate, source, verified."""
    sha256: str = words()
    created_at: dt.datetime = instant(now=True)


class ContributionAssessment(TenantTable, table=True):
    """What one month of one member in one payroll costs, were she filed. Not a debt.

    Insert only: another wage, number of heads or schedule makes a new version, and the newest counts. Member, payroll and
    schedule are looked up once per statement (``guards.sql``), as is what receipts and their lines refer to.
    """

    __tablename__ = "contribution_assessment"
    __table_args__ = (
        unique("period_start", "payroll_id", "member_id", "version"),
        check("total_minor >= state_minor AND state_minor >= 0", "total"),
        Index(None, "mutual_id", "member_id", "period_start"),
    )
    period_start: dt.date
    payroll_id: int = big()
    member_id: int = big()
    version: int = whole()
    """1, 2, 3, …; the highest of a member, payroll and month counts."""
    is_withdrawn: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """She turned out not to be enrolled in the month, or without a wage: nothing is assessed any more."""
    schedule_id: int = big()
    wage_minor: int = big()
    additional_dependants: int = whole()
    earlier_wage_minor: int = big(server="0")
    """What she earns in payrolls of the same employer that come before this one: capped together with it."""
    amounts_minor: list[int] = big_list()
    """Parallel to the schedule's components."""
    state_minor: int = big()
    """Of that, what the state will bill."""
    total_minor: int = big()
    """With the mutual's own fee."""
    currency: str = words()
    assessed_at: dt.datetime = instant(now=True)


class ContributionReceipt(TenantTable, table=True):
    """Money received once, from one payer, for one or more members. Insert only; its reversal is a row of its own."""

    __tablename__ = "contribution_receipt"
    __table_args__ = (
        # The number ends with the identifier, so it is as unique and needs no index of its own.
        check("CAST(right(number, 10) AS bigint) = id", "number"),
        unique("source", "source_reference"),
        one_of("channel", Channel),
        check("amount_minor > 0", "amount"),
        # A year of collections is added up from this index alone.
        Index(
            None,
            "mutual_id",
            "paid_on",
            postgresql_include=["recorded_at", "currency", "channel", "collector", "amount_minor"],
        ),
    )
    number: str = words()
    """The receipt's number with check digits (ISO 11649), printed on it; also the reference for questions."""
    source: str = words()
    """Who numbered ``source_reference``: ``api:<client>``, ``momo:<provider>``, ``import``, ``collector:<id>``."""
    source_reference: str = words()
    """Stable identity of the payment at its source; a repeat has no effect."""
    channel: str = words()
    account_code: str = words()
    """Ledger account the money is in: ``cash:<till>``, ``momo:<provider>:clearing``, ``bank:<account>``."""
    collector: str | None = words(nullable=True)
    payer_name: str | None = words(nullable=True)
    payer_reference: str | None = words(nullable=True)
    amount_minor: int = big()
    currency: str = words()
    paid_on: dt.date
    """When it happened, as claimed."""
    recorded_at: dt.datetime = instant(now=True)
    actor: str = words()
    note: str | None = words(nullable=True)
    import_id: int | None = big(nullable=True)
    """The file it came in; which receipts came in a file, its import says by their first and last number."""
    ledger_tx_id: int = big()


class ContributionDayTotal(TenantTable, table=True):
    """What came in on a day through a channel and a collector, in the receipts of the writers of one range. Insert only.

    Ranges follow each other without a gap; what is above the newest is summed from its receipts. What was taken back is not
    in it: that is summed from the reversals, which are few.
    """

    __tablename__ = "contribution_day_total"
    __table_args__ = (
        unique("below_xid", "currency", "paid_on", "channel", "collector"),
        Index(None, "mutual_id", "paid_on"),
    )
    from_xid: int = Field(sa_type=Xid8, nullable=False)
    below_xid: int = Field(sa_type=Xid8, nullable=False)
    booked_from: dt.datetime = instant()
    """The first and the last instant at which any receipt of the range was booked: between them receipts are looked at."""
    booked_until: dt.datetime = instant()
    currency: str = words()
    paid_on: dt.date
    channel: str = words()
    collector: str = words()
    """Empty where nobody collected it."""
    receipt_count: int = big()
    received_minor: int = big()


class ContributionReceiptLine(TenantTable, table=True):
    """The part of a receipt that is one member's, or nobody's yet. Insert only."""

    __tablename__ = "contribution_receipt_line"
    __table_args__ = (
        unique("receipt_id", "line_no"),
        check("amount_minor > 0", "amount"),
        Index(None, "mutual_id", "member_id"),
        Index("ix_receipt_line_unplaced", "mutual_id", "id", postgresql_where=text("member_id IS NULL")),
    )
    receipt_id: int = big()
    line_no: int = whole()
    member_id: int | None = big(nullable=True)
    """Empty where nobody knows whose it is: it sits in suspense until placed."""
    amount_minor: int = big()
    claimed_identity: str | None = words(nullable=True)
    """What the payer wrote where no member was found."""


class ContributionReversal(TenantTable, table=True):
    """A receipt taken back, with its reason. Insert only."""

    __tablename__ = "contribution_reversal"
    __table_args__ = (
        unique("receipt_id"),
        refers("receipt_id", "contribution_receipt"),
        refers("ledger_tx_id", "ledger_tx"),
    )
    receipt_id: int = big()
    reason: str = words()
    reversed_on: dt.date
    ledger_tx_id: int = big()
    actor: str = words()
    at: dt.datetime = instant(now=True)


class ContributionPlacement(TenantTable, table=True):
    """The money of a receipt's line given to the member it belongs to, out of suspense or from the wrong member.

    Insert only: a wrong placement is followed by another version, which takes the one before back by a linked reversal.
    """

    __tablename__ = "contribution_placement"
    __table_args__ = (
        unique("receipt_line_id", "version"),
        refers("receipt_line_id", "contribution_receipt_line"),
        refers("member_id", "member"),
        refers("ledger_tx_id", "ledger_tx"),
        refers("reversal_tx_id", "ledger_tx"),
        check("ledger_tx_id IS NOT NULL OR reversal_tx_id IS NOT NULL", "booked"),
        Index(None, "mutual_id", "member_id"),
    )
    receipt_line_id: int = big()
    version: int = whole()
    """1, 2, 3, …; the highest says whose the money is."""
    member_id: int | None = big(nullable=True)
    """Empty where it went back to suspense."""
    amount_minor: int = big()
    reason: str = words()
    ledger_tx_id: int | None = big(nullable=True)
    """Moved it; empty where taking the version before back was all there was to do."""
    reversal_tx_id: int | None = big(nullable=True)
    """Took the version before back."""
    actor: str = words()
    at: dt.datetime = instant(now=True)


class ReceiptBlock(TenantTable, table=True):
    """Receipt numbers given out before their receipts: to somebody who works without a network. Insert only."""

    __tablename__ = "receipt_block"
    __table_args__ = (check("size > 0", "size"), Index(None, "mutual_id", "holder"))
    holder: str = words()
    """Whose numbers they are, for example ``staff:rosa``."""
    size: int = whole()
    actor: str = words()
    at: dt.datetime = instant(now=True)


class ReceiptBlockNumber(TenantTable, table=True):
    """One number of a block; its last ten digits are the receipt it will be of. Insert only."""

    __tablename__ = "receipt_block_number"
    __table_args__ = (
        refers("block_id", "receipt_block"),
        unique("serial"),
        check("CAST(right(number, 10) AS bigint) = serial", "number"),
        Index(None, "mutual_id", "block_id", "serial"),
    )
    block_id: int = big()
    serial: int = big()
    number: str = words()


class AllotmentRule(TenantTable, table=True):
    """How a member's money is given to her months, from a day on; the newest row for a day counts. Insert only."""

    __tablename__ = "allotment_rule"
    __table_args__ = (unique("valid_from", "version"),)
    valid_from: dt.date
    version: int = whole()
    rules: dict[str, Any] = json_column()
    reason: str = words()
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)


class ContributionRefund(TenantTable, table=True):
    """What a member had paid in and nothing used, owed back to her because she left; with a second person's word."""

    __tablename__ = "contribution_refund"
    __table_args__ = (
        refers("member_id", "member"),
        refers("ledger_tx_id", "ledger_tx"),
        one_of("status", RefundStatus),
        check("amount_minor > 0", "amount"),
        check("decided_by IS NULL OR decided_by <> proposed_by", "two_people"),
        Index(
            "uq_contribution_refund_open",
            "mutual_id",
            "member_id",
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
    )
    member_id: int = big()
    amount_minor: int = big()
    currency: str = words()
    status: str = words(server="'proposed'")
    reason: str = words()
    proposed_by: str = words()
    proposed_at: dt.datetime = instant(now=True)
    decided_by: str | None = words(nullable=True)
    decided_at: dt.datetime | None = instant(nullable=True)
    decision_reason: str | None = words(nullable=True)
    ledger_tx_id: int | None = big(nullable=True)


class ReceiptImport(TenantTable, table=True):
    """An uploaded file of receipts."""

    __tablename__ = "receipt_import"
    __table_args__ = (
        one_of("state", ReceiptImportState),
        # A file may be looked at many times and is applied once.
        Index(
            "uq_receipt_import_applied", "mutual_id", "sha256", unique=True, postgresql_where=text("state = 'applied'")
        ),
    )
    file_name: str = words()
    sha256: str = words()
    evidence_id: int = big()
    state: str = words(server="'uploaded'")
    row_count: int = whole()
    accept_count: int = whole()
    same_count: int = whole()
    suspense_count: int = whole()
    refused_count: int = whole()
    accept_minor: int = big()
    refused_minor: int = big()
    dialect: dict[str, Any] = json_column()
    options: dict[str, Any] = json_column()
    """Channel, account, header, what to do with an unknown member."""
    applied_count: int = whole(server="0")
    applied_minor: int = big(server="0")
    first_receipt_id: int | None = big(nullable=True)
    """Its receipts are numbered from here …"""
    last_receipt_id: int | None = big(nullable=True)
    """… to here, with others among them: each names its import, and an index of imports would cost every load."""
    created_at: dt.datetime = instant(now=True)
    created_by: str = words()
    applied_at: dt.datetime | None = instant(nullable=True)
    applied_by: str | None = words(nullable=True)


class ReceiptImportRefusal(TenantTable, table=True):
    """A row of an uploaded file that was refused, as it came, with the reason."""

    __tablename__ = "receipt_import_refusal"
    __table_args__ = (refers("import_id", "receipt_import"), unique("import_id", "row_no"))
    import_id: int = big()
    row_no: int = whole()
    raw: list[Any] = json_column(server="'[]'::jsonb")
    """The cells as they came."""
    problems: list[Any] = json_column(server="'[]'::jsonb")
    """Place, code and sentence for each problem."""


class RateProposal(TenantTable, table=True):
    """A value of the month's rates proposed by one person and approved by another; it counts over the country's file.

    An approved one never changes: a later day makes a new one, so that a past month keeps its answer.
    """

    __tablename__ = "rate_proposal"
    __table_args__ = (
        one_of("status", RateStatus),
        check("decided_by IS NULL OR decided_by <> proposed_by", "two_people"),
        check("(status = 'proposed') = (decided_by IS NULL)", "decided"),
        check("kind IN ('rates', 'ceilings', 'caps')", "kind"),
        check("mark IN ('2', '1', 'd', '?')", "mark"),
        Index(
            "uq_rate_proposal_approved",
            "mutual_id",
            "country",
            "kind",
            "name",
            "valid_from",
            unique=True,
            postgresql_where=text("status = 'approved'"),
        ),
    )
    country: str = words()
    kind: str = words()
    """Which table of the country's file: rates, ceilings or caps."""
    name: str = words()
    """For example ``health_worker`` or ``additional_dependant``."""
    valid_from: dt.date
    value: str = words()
    """As published: a fraction or an amount."""
    source: str = words()
    read_on: dt.date
    mark: str = words()
    reason: str = words()
    status: str = words(server="'proposed'")
    proposed_by: str = words()
    proposed_at: dt.datetime = instant(now=True)
    decided_by: str | None = words(nullable=True)
    decided_at: dt.datetime | None = instant(nullable=True)
    decision_reason: str | None = words(nullable=True)


class SystemReturn(TenantTable, table=True):
    """The pension system's average return in one month, on which lateness depends. Insert only: the highest version counts."""

    __tablename__ = "contribution_return"
    __table_args__ = (
        unique("period_start", "version"),
        check("mark IN ('2', '1', 'd', '?')", "mark"),
    )
    period_start: dt.date
    version: int = whole()
    value: str = words()
    """A fraction, for example ``0.0081``."""
    source: str = words()
    read_on: dt.date
    mark: str = words()
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)


class EmployerReceipt(TenantTable, table=True):
    """Money received from an employer that the mutual files for, for his own payrolls alone. Insert only."""

    __tablename__ = "employer_receipt"
    __table_args__ = (
        unique("source", "source_reference"),
        refers("employer_id", "employer"),
        refers("ledger_tx_id", "ledger_tx"),
        one_of("channel", Channel),
        check("amount_minor > 0", "amount"),
        Index(None, "mutual_id", "employer_id", "id"),
    )
    employer_id: int = big()
    source: str = words()
    source_reference: str = words()
    """Stable identity of the payment at its source; a repeat has no effect."""
    channel: str = words()
    account_code: str = words()
    amount_minor: int = big()
    currency: str = words()
    paid_on: dt.date
    note: str | None = words(nullable=True)
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)
    ledger_tx_id: int = big()


class EmployerReversal(TenantTable, table=True):
    """An employer's receipt taken back, with its reason. Insert only."""

    __tablename__ = "employer_reversal"
    __table_args__ = (
        unique("receipt_id"),
        refers("receipt_id", "employer_receipt"),
        refers("ledger_tx_id", "ledger_tx"),
    )
    receipt_id: int = big()
    reason: str = words()
    ledger_tx_id: int = big()
    actor: str = words()
    at: dt.datetime = instant(now=True)
