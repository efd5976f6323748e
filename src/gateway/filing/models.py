"""A filing: the decision for every member, the frozen lines and bytes, the attempts, the answer, the bill."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, Uuid, text
from sqlmodel import Field

from gateway.filing.states import BillStatus, FilingKind, FilingStatus, LineStatus
from gateway.kit.columns import (
    TenantTable,
    big,
    big_list,
    check,
    instant,
    json_column,
    octets,
    one_of,
    refers,
    unique,
    whole,
    words,
)

OPEN_STATUSES = "('draft', 'sealed', 'sending', 'unknown', 'submitted')"


class FundingPolicy(TenantTable, table=True):
    """How a member's line may be funded, from a day on. Insert only."""

    __tablename__ = "funding_policy"
    __table_args__ = (unique("valid_from", "version"),)
    valid_from: dt.date
    version: int = whole()
    rules: dict[str, Any] = json_column()
    """Read by ``filing.rules.FundingPolicy``: order of sources, limits of fund and reserve."""
    reason: str = words()
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)


class Filing(TenantTable, table=True):
    """One payroll and month, filed once; what comes late goes into a supplementary filing linked to it."""

    __tablename__ = "filing"
    __table_args__ = (
        unique("reference"),
        unique("payroll_id", "period_start", "sequence"),
        Index(
            "uq_filing_one_open",
            "mutual_id",
            "payroll_id",
            "period_start",
            unique=True,
            postgresql_where=text(f"status IN {OPEN_STATUSES}"),
        ),
        one_of("kind", FilingKind),
        one_of("status", FilingStatus),
        refers("payroll_id", "payroll"),
        refers("parent_id", "filing"),
        refers("policy_id", "funding_policy"),
    )
    reference: uuid.UUID = Field(sa_type=Uuid)
    """Our id, by which the state is asked; committed before any byte leaves."""
    payroll_id: int = big()
    period_start: dt.date
    sequence: int = whole()
    """1 for the monthly filing, then 2, 3, … for supplementary ones."""
    kind: str = words()
    parent_id: int | None = big(nullable=True)
    policy_id: int = big()
    status: str = words(server="'draft'")
    currency: str = words()
    line_count: int = whole(server="0")
    not_funded_count: int = whole(server="0")
    wage_minor: int = big(server="0")
    state_minor: int = big(server="0")
    """Sum of the lines' amounts for the state, by our own rates."""
    fee_minor: int = big(server="0")
    reserved_minor: int = big(server="0")
    """State amounts and fees taken from members, funds and reserve."""
    merkle_root: str | None = words(nullable=True)
    """Root over the canonical lines, hexadecimal; from sealing on."""
    accepted_count: int = whole(server="0")
    rejected_count: int = whole(server="0")
    reception_reference: str | None = words(nullable=True)
    """The state's reception number."""
    answer_code: str | None = words(nullable=True)
    attempt: int = whole(server="0")
    """Fencing token: the attempt that may write its outcome."""
    lease_until: dt.datetime | None = instant(nullable=True)
    next_check_at: dt.datetime | None = instant(nullable=True)
    version: int = whole(server="1")
    prepared_by: str = words()
    prepared_at: dt.datetime = instant(now=True)
    sealed_by: str | None = words(nullable=True)
    sealed_at: dt.datetime | None = instant(nullable=True)


class FilingLine(TenantTable, table=True):
    """One member in one filing: what is declared of her, and where its money came from. Frozen by sealing."""

    __tablename__ = "filing_line"
    __table_args__ = (
        unique("filing_id", "line_no"),
        unique("filing_id", "member_id"),
        refers("filing_id", "filing"),
        refers("member_id", "member"),
        refers("assessment_id", "contribution_assessment"),
        one_of("status", LineStatus),
        check("total_minor = from_member_minor + from_fund_minor + from_reserve_minor", "funded"),
        Index(None, "mutual_id", "member_id"),
    )
    filing_id: int = big()
    line_no: int = whole()
    """1, 2, … among the workers; the line in the file is this plus one (the header is line 1)."""
    member_id: int = big()
    assessment_id: int = big()
    document_kind: str = words()
    document: str = words()
    given_names: str = words()
    first_surname: str = words()
    second_surname: str = words()
    sex: str = words()
    birth_date: dt.date
    wage_minor: int = big()
    additional_dependants: int = whole()
    amounts_minor: list[int] = big_list()
    state_minor: int = big()
    fee_minor: int = big()
    total_minor: int = big()
    from_member_minor: int = big()
    from_fund_minor: int = big(server="0")
    from_reserve_minor: int = big(server="0")
    fund_id: int | None = big(nullable=True)
    status: str = words(server="'draft'")
    state_code: str | None = words(nullable=True)
    """The state's code for the line, as it came."""
    state_text: str | None = words(nullable=True)
    state_accepted_minor: int | None = big(nullable=True)
    """What the state says it took, where it says so."""
    answered_at: dt.datetime | None = instant(nullable=True)


class FilingDecision(TenantTable, table=True):
    """Whether a member of the payroll is filed this time, how it is funded, and if not, why."""

    __tablename__ = "filing_decision"
    __table_args__ = (
        unique("filing_id", "member_id"),
        refers("filing_id", "filing"),
        refers("member_id", "member"),
        Index(None, "mutual_id", "filing_id", "reason"),
    )
    filing_id: int = big()
    member_id: int = big()
    assessment_id: int | None = big(nullable=True)
    is_funded: bool
    reason: str = words()
    """own_money, credit, fund, reserve; or no_money, short, identity_incomplete, declared_elsewhere, on_leave, …"""
    needed_minor: int = big()
    available_minor: int = big()
    short_minor: int = big()
    from_member_minor: int = big(server="0")
    from_fund_minor: int = big(server="0")
    from_reserve_minor: int = big(server="0")
    change_since_last: str = words()
    """new, same, wage_changed, back, gone: against the last accepted filing of the payroll."""


class FilingDocument(TenantTable, table=True):
    """The frozen bytes of one file of a filing. Insert only."""

    __tablename__ = "filing_document"
    __table_args__ = (unique("filing_id", "kind", "part"), refers("filing_id", "filing"))
    filing_id: int = big()
    kind: str = words()
    """The state's kind of file, for example AM or RD."""
    part: int = whole()
    part_count: int = whole()
    file_name: str = words()
    media_type: str = words()
    line_count: int = whole()
    first_line_no: int = whole()
    """``line_no`` of the first member in this part."""
    sha256: str = words()
    body: bytes = octets()
    reference: uuid.UUID = Field(sa_type=Uuid)
    """Our id for this file."""
    created_at: dt.datetime = instant(now=True)


class FilingSubmission(TenantTable, table=True):
    """One attempt to bring a filing to the state, or one question about it."""

    __tablename__ = "filing_submission"
    __table_args__ = (
        unique("filing_id", "attempt", "step"),
        refers("filing_id", "filing"),
        refers("evidence_id", "evidence"),
    )
    filing_id: int = big()
    attempt: int = whole()
    step: str = words()
    """``submit:<kind>:<part>``, ``query``, ``results``, ``manual``."""
    started_at: dt.datetime = instant(now=True)
    finished_at: dt.datetime | None = instant(nullable=True)
    outcome: str | None = words(nullable=True)
    """received, refused, unavailable, unknown, absent, answered, superseded."""
    detail: str | None = words(nullable=True)
    request_sha256: str | None = words(nullable=True)
    evidence_id: int | None = big(nullable=True)
    worker: str = words()


class FilingAnswer(TenantTable, table=True):
    """The state's answer for the lines, whole, with its control totals; quarantined if they do not agree."""

    __tablename__ = "filing_answer"
    __table_args__ = (
        unique("filing_id", "sha256"),
        refers("filing_id", "filing"),
        refers("evidence_id", "evidence"),
    )
    filing_id: int = big()
    sha256: str = words()
    evidence_id: int = big()
    status: str = words()
    """applied, quarantined, repeated."""
    code: str | None = words(nullable=True)
    accepted_count: int = whole()
    rejected_count: int = whole()
    problem: str | None = words(nullable=True)
    received_at: dt.datetime = instant(now=True)


class Bill(TenantTable, table=True):
    """The state's payment notice for a payroll and month."""

    __tablename__ = "bill"
    __table_args__ = (
        unique("notice_reference", "version"),
        refers("payroll_id", "payroll"),
        refers("replaces_id", "bill"),
        refers("evidence_id", "evidence"),
        one_of("status", BillStatus),
        Index(None, "mutual_id", "payroll_id", "period_start"),
    )
    notice_reference: str = words()
    version: int = whole()
    """Counts recalculations under one reference."""
    payroll_id: int = big()
    period_start: dt.date
    replaces_id: int | None = big(nullable=True)
    status: str = words(server="'received'")
    currency: str = words()
    total_minor: int = big()
    ours_minor: int = big()
    """What our own accepted lines say it should be."""
    issued_on: dt.date
    due_on: dt.date
    evidence_id: int = big()
    received_at: dt.datetime = instant(now=True)
    row_version: int = whole(server="1")


class BillComponent(TenantTable, table=True):
    """One component of a bill, theirs against ours. Insert only."""

    __tablename__ = "bill_component"
    __table_args__ = (unique("bill_id", "code"), refers("bill_id", "bill"))
    bill_id: int = big()
    code: str = words()
    theirs_minor: int = big()
    ours_minor: int = big()


class BillFiling(TenantTable, table=True):
    """Which filings a bill covers, and how much of each. Insert only."""

    __tablename__ = "bill_filing"
    __table_args__ = (unique("bill_id", "filing_id"), refers("bill_id", "bill"), refers("filing_id", "filing"))
    bill_id: int = big()
    filing_id: int = big()
    amount_minor: int = big()


class FilingPayment(TenantTable, table=True):
    """The payment of a bill: ordered by one person, released by another, booked by the bank, confirmed by the state."""

    __tablename__ = "filing_payment"
    __table_args__ = (
        unique("end_to_end_id"),
        unique("message_id"),
        refers("bill_id", "bill"),
        check("released_by IS NULL OR released_by <> ordered_by", "two_people"),
        Index(
            "uq_filing_payment_one_live",
            "mutual_id",
            "bill_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
    bill_id: int = big()
    amount_minor: int = big()
    currency: str = words()
    account_code: str = words()
    """Ledger account of the bank it is paid from."""
    message_id: str = words()
    end_to_end_id: str = words()
    ordered_by: str = words()
    ordered_at: dt.datetime = instant(now=True)
    released_by: str | None = words(nullable=True)
    released_at: dt.datetime | None = instant(nullable=True)
    withdrawn_at: dt.datetime | None = instant(nullable=True)
    order_sha256: str | None = words(nullable=True)
    order_evidence_id: int | None = big(nullable=True)
    """The pain.001 file, frozen."""
    booked_on: dt.date | None = None
    confirmed_at: dt.datetime | None = instant(nullable=True)
    confirmation_evidence_id: int | None = big(nullable=True)
