"""A filing: the decision for every member, the frozen lines and bytes, the attempts, the answer, the bill."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Uuid, text
from sqlmodel import Field

# Foreign keys name the tables of these.
import gateway.contributions.models
import gateway.kit.models
import gateway.ledger.models
import gateway.membership.models  # noqa: F401 - foreign keys name its tables
from gateway.authority.movements import Movement
from gateway.filing.states import BillStatus, DocumentStatus, FilingKind, FilingStatus, LineStatus, PushSubject
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
    """1, 2, 3, … in the order they were prepared; a discarded one keeps its number."""
    kind: str = words()
    parent_id: int | None = big(nullable=True)
    policy_id: int = big()
    status: str = words(server="'draft'")
    currency: str = words()
    line_count: int = whole(server="0")
    dependant_line_count: int = whole(server="0")
    """Additional dependants to add or take away at the state, before the workers are declared."""
    movement_count: int = whole(server="0")
    """Entries, exits, leaves and changes that are told beside the workers."""
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
    """When something is to be done with the state next; empty before submission is asked for, and when nothing is."""
    version: int = whole(server="1")
    assessment_count: int = whole(server="0")
    """Assessments of the payroll's month, all versions, when it was prepared; another number is looked into at sealing."""
    prepared_by: str = words()
    prepared_at: dt.datetime = instant(now=True)
    sealed_by: str | None = words(nullable=True)
    sealed_at: dt.datetime | None = instant(nullable=True)


class FilingLine(TenantTable, table=True):
    """One member in one filing: what is declared of her, and where its money came from.

    Written once; only the state's answer is written beside it later, for which each page keeps room. A draft that is
    prepared anew gives up its lines. What it refers to is checked once per statement, not once per row
    (``filing_line_guard``): the assessment must be this member's, of the filing's payroll and month.
    """

    __tablename__ = "filing_line"
    __table_args__ = (
        unique("filing_id", "line_no"),
        unique("member_id", "filing_id"),
        one_of("status", LineStatus),
        check(
            "total_minor = from_member_minor + from_fund_minor + from_reserve_minor + from_employer_minor"
            " AND (from_employer_minor = 0 OR from_employer_minor = total_minor)",
            "funded",
        ),
        check("total_minor = state_minor + fee_minor AND credit_minor <= from_member_minor", "parts"),
        # Neither column is ever updated, so that an answer still changes its line within its page.
        Index(
            "ix_filing_line_gained",
            "mutual_id",
            "filing_id",
            "change_since_last",
            postgresql_where=text("change_since_last IN ('new', 'back')"),
        ),
        # Less, and answers move lines to other pages and write every index again, which takes twice the time.
        {"postgresql_with": {"fillfactor": 45}},
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
    credit_minor: int = big(server="0")
    """Of ``from_member_minor``, what she had before the month began."""
    from_fund_minor: int = big(server="0")
    from_reserve_minor: int = big(server="0")
    from_employer_minor: int = big(server="0")
    """All of it, where the payroll is of an employer the mutual files for: nobody else's money pays there."""
    fund_id: int | None = big(nullable=True)
    reason: str = words()
    """own_money, credit, fund, reserve, employer: the furthest source that had to help."""
    change_since_last: str = words()
    """new, same, wage_changed, back: against the last month of the payroll that was accepted."""
    status: str = words(server="'waiting'")
    state_code: str | None = words(nullable=True)
    """The state's code for the line, as it came."""
    state_text: str | None = words(nullable=True)
    state_accepted_minor: int | None = big(nullable=True)
    """What the state says it took, where it says so."""
    state_wage_minor: int | None = big(nullable=True)
    """The wage the state says it took, where it is another than ours."""
    answered_at: dt.datetime | None = instant(nullable=True)


class FilingDecision(TenantTable, table=True):
    """A member of the payroll who is not declared this time, and why. Who is declared has a line.

    What it refers to is checked once per statement (``filing_decision_guard``).
    """

    __tablename__ = "filing_decision"
    __table_args__ = (
        unique("filing_id", "member_id"),
        Index(
            "ix_filing_decision_lost",
            "mutual_id",
            "filing_id",
            "member_id",
            postgresql_where=text("change_since_last IN ('same', 'wage_changed', 'gone')"),
        ),
        Index(
            "ix_filing_decision_short",
            "mutual_id",
            "filing_id",
            "member_id",
            postgresql_include=["short_minor"],
            postgresql_where=text("short_minor > 0"),
        ),
    )
    filing_id: int = big()
    member_id: int = big()
    assessment_id: int | None = big(nullable=True)
    reason: str = words()
    """A ``filing.rules.Reason``: no_money, short, identity_incomplete, declared_elsewhere, on_leave, …"""
    detail: str = words(server="''")
    """What exactly is missing, where the reason alone does not say it: the state's code and the field."""
    needed_minor: int = big()
    available_minor: int = big()
    """Her own money, credit included."""
    short_minor: int = big()
    change_since_last: str = words()
    """new, same, wage_changed, back, gone: against the last month of the payroll that was accepted."""


class FilingDependantLine(TenantTable, table=True):
    """One additional dependant to add to a holder at the state, or to take away, with the state's answer."""

    __tablename__ = "filing_dependant_line"
    __table_args__ = (
        unique("filing_id", "line_no"),
        refers("filing_id", "filing"),
        refers("member_id", "member"),
        refers("dependant_id", "dependant"),
        one_of("status", LineStatus),
        check("event IN ('add', 'remove')", "event"),
    )
    filing_id: int = big()
    line_no: int = whole()
    event: str = words()
    member_id: int = big()
    dependant_id: int = big()
    holder_document_kind: str = words()
    holder_document: str = words()
    document_kind: str = words()
    document: str = words()
    given_names: str = words()
    first_surname: str = words()
    second_surname: str = words()
    status: str = words(server="'waiting'")
    state_code: str | None = words(nullable=True)
    state_text: str | None = words(nullable=True)
    answered_at: dt.datetime | None = instant(nullable=True)


class FilingMovement(TenantTable, table=True):
    """What happened to a member that the state is to be told beside the payroll, with the state's answer.

    A movement without a line is not told this time, and says why; it stays due. What is told of whom is frozen when the
    filing is sealed.
    """

    __tablename__ = "filing_movement"
    __table_args__ = (
        unique("filing_id", "line_no"),
        unique("filing_id", "event_key"),
        refers("filing_id", "filing"),
        refers("member_id", "member"),
        one_of("status", LineStatus),
        one_of("event", Movement),
        check("(line_no IS NULL) = (held_back IS NOT NULL)", "held_back"),
        Index(None, "mutual_id", "member_id", "id"),
        Index(None, "mutual_id", "event_key", "id"),
    )
    filing_id: int = big()
    line_no: int | None = whole(nullable=True)
    """1, 2, … in the order of the files; empty where it is not told this time."""
    file_group: int = whole(server="0")
    """Which of the filing's files it stands in: the state takes one line a person and file. The exits that follow the
    payroll are in a group of their own, the highest."""
    after_payroll: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Told after the workers' file: an exit, so that the month she worked is still taken."""
    held_back: str | None = words(nullable=True)
    """A ``movement_rules.Hindrance``: why it is not told this time."""
    detail: str = words(server="''")
    """What exactly is in the way, where the reason alone does not say it."""
    event: str = words()
    event_key: str = words()
    """What is told, the same in every filing that tells it: an accepted one is never told again."""
    reason: str = words()
    """A ``movement_rules.Cause``."""
    source_kind: str = words()
    """Table of membership it comes from: enrolment, leave, member_wage, payroll_wage, member_change."""
    source_id: int = big()
    """Its row."""
    again_after: str | None = words(nullable=True)
    """The state's code where an earlier filing told it and it was rejected."""
    member_id: int = big()
    starts_on: dt.date
    ends_on: dt.date | None = None
    document_kind: str = words(server="''")
    document: str = words(server="''")
    given_names: str = words()
    first_surname: str = words()
    second_surname: str = words()
    sex: str = words()
    birth_date: dt.date
    wage_minor: int = big()
    status: str = words(server="'waiting'")
    state_code: str | None = words(nullable=True)
    state_text: str | None = words(nullable=True)
    answered_at: dt.datetime | None = instant(nullable=True)


class StateDependant(TenantTable, table=True):
    """What the state holds of our members' additional dependants, by its own answers to what we filed."""

    __tablename__ = "state_dependant"
    __table_args__ = (
        unique("member_id", "document_kind", "document"),
        refers("member_id", "member"),
        refers("dependant_id", "dependant"),
        refers("filing_id", "filing"),
    )
    member_id: int = big()
    dependant_id: int = big()
    document_kind: str = words()
    document: str = words()
    is_active: bool
    filing_id: int = big()
    """The filing whose answer said so last."""
    changed_at: dt.datetime = instant(now=True)


class FilingDocument(TenantTable, table=True):
    """One frozen file of a filing and where it stands with the state. Its bytes are in ``filing_document_chunk``."""

    __tablename__ = "filing_document"
    __table_args__ = (
        unique("filing_id", "kind", "part"),
        unique("reference"),
        refers("filing_id", "filing"),
        one_of("status", DocumentStatus),
        check("holds IN ('workers', 'dependants', 'movements')", "holds"),
        check("carried_by IN ('api', 'portal')", "carried_by"),
    )
    filing_id: int = big()
    position: int = whole()
    """1, 2, … in the order they must reach the state."""
    holds: str = words()
    """``workers`` (filing_line), ``dependants`` (filing_dependant_line) or ``movements`` (filing_movement)."""
    kind: str = words()
    """The state's kind of file, for example AM or RD."""
    part: int = whole()
    part_count: int = whole()
    file_name: str = words()
    media_type: str = words()
    line_count: int = whole()
    """Detail lines, without header and summary."""
    first_line_no: int = whole()
    """``line_no`` of the first member (or dependant) in this file."""
    head_lines: int = whole()
    """Lines of the file before the first that declares somebody."""
    byte_count: int = big()
    sha256: str = words()
    reference: uuid.UUID = Field(sa_type=Uuid)
    """Our id for this file, by which the state is asked."""
    created_at: dt.datetime = instant(now=True)
    status: str = words(server="'sealed'")
    reception_reference: str | None = words(nullable=True)
    """The state's reception number."""
    answer_code: str | None = words(nullable=True)
    answer_text: str | None = words(nullable=True)
    accepted_count: int = whole(server="0")
    rejected_count: int = whole(server="0")
    accepted_minor: int = big(server="0")
    """What its accepted lines cost by our reckoning: what a bill may claim of them."""
    accepted_by_place: list[int] = big_list(server="'{}'::bigint[]")
    """By the place of each component in ``schedule_id``, our fees at theirs; empty where that is null."""
    schedule_id: int | None = big(nullable=True)
    """By which all its lines were assessed; null where the month has several, and until it is answered."""
    answered_at: dt.datetime | None = instant(nullable=True)
    carried_by: str = words(server="'api'")
    """``api``, or ``portal`` where somebody uploaded it by hand: the state does not know it by our id then."""
    mirrored_at: dt.datetime | None = instant(nullable=True)
    """When its accepted lines were written into ``state_holding``."""


class FilingDocumentChunk(TenantTable, table=True):
    """At most 1 MiB of a frozen file, so that no file is ever whole in memory. Insert only."""

    __tablename__ = "filing_document_chunk"
    __table_args__ = (
        unique("document_id", "seq"),
        ForeignKeyConstraint(
            ["mutual_id", "document_id"],
            ["filing_document.mutual_id", "filing_document.id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        check("octet_length(body) BETWEEN 1 AND 1048576", "body"),
    )
    document_id: int = big()
    seq: int = whole()
    lines_before: int = whole()
    """How many lines ended before the first byte of this chunk."""
    body: bytes = octets()
    """As a zlib stream (RFC 1950), which many tools unpack: the database would take three times as long to pack it. Its digest
    is the file's, over the bytes as they leave."""


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
    """``submit:<kind>:<part>``; ``query:<kind>:<part>``, of which an attempt keeps the newest."""
    started_at: dt.datetime = instant(now=True)
    finished_at: dt.datetime | None = instant(nullable=True)
    outcome: str | None = words(nullable=True)
    """received, refused, unavailable, unknown, absent; superseded where the attempt had lost its lease."""
    detail: str | None = words(nullable=True)
    request_sha256: str | None = words(nullable=True)
    evidence_id: int | None = big(nullable=True)
    worker: str = words()


class FilingAnswer(TenantTable, table=True):
    """The state's answer for the lines, whole, with its control totals; quarantined if they do not agree."""

    __tablename__ = "filing_answer"
    __table_args__ = (
        unique("document_id", "sha256"),
        refers("filing_id", "filing"),
        refers("document_id", "filing_document"),
        refers("evidence_id", "evidence"),
    )
    filing_id: int = big()
    document_id: int = big()
    sha256: str = words()
    """Over the pages as they came, one after the other, and how the state said the file stands."""
    evidence_id: int = big()
    """How the state said the file stands."""
    status: str = words()
    """applied, quarantined; contradicted where it says something else than the answer that was applied."""
    code: str | None = words(nullable=True)
    accepted_count: int = whole()
    rejected_count: int = whole()
    problem: str | None = words(nullable=True)
    received_at: dt.datetime = instant(now=True)


class FilingAnswerPage(TenantTable, table=True):
    """One page of an answer, whole. Insert only."""

    __tablename__ = "filing_answer_page"
    __table_args__ = (
        unique("answer_id", "page_no"),
        refers("answer_id", "filing_answer"),
        refers("evidence_id", "evidence"),
    )
    answer_id: int = big()
    page_no: int = whole()
    first_line: int = whole()
    """Line of the file, the header being 1."""
    last_line: int = whole()
    evidence_id: int = big()


class Bill(TenantTable, table=True):
    """The state's payment notice for a payroll and month."""

    __tablename__ = "bill"
    __table_args__ = (
        unique("notice_reference", "version", "sha256"),
        refers("payroll_id", "payroll"),
        refers("replaces_id", "bill"),
        refers("ledger_tx_id", "ledger_tx"),
        refers("evidence_id", "evidence"),
        one_of("status", BillStatus),
        Index(None, "mutual_id", "payroll_id", "period_start"),
    )
    notice_reference: str = words()
    version: int = whole()
    """Counts recalculations under one reference, as the state does."""
    sha256: str = words()
    """Over what it asks for; the same version with other amounts is another bill."""
    payroll_id: int = big()
    period_start: dt.date
    replaces_id: int | None = big(nullable=True)
    status: str = words(server="'received'")
    currency: str = words()
    total_minor: int = big()
    """What the notice asks for, all of it."""
    ours_minor: int = big()
    """What our own accepted lines say it should be."""
    paid_before_minor: int = big(server="0")
    """Ordered and released already under earlier versions of the notice."""
    answered_count: int = whole(server="0")
    """Answered files of its payroll and month when our lines were last added up; with more, they are added up again."""
    ledger_tx_id: int | None = big(nullable=True)
    issued_on: dt.date
    due_on: dt.date
    taken_on: dt.date
    """The day we took it in: a notice that charges lateness does so up to then."""
    notice_status: str = words()
    """The state's own word: current, overdue, paid, recalculated, cancelled; or one we do not know."""
    line_count: int = whole()
    """How many lines the notice says it bills."""
    evidence_id: int = big()
    received_at: dt.datetime = instant(now=True)
    row_version: int = whole(server="1")


class BillComponent(TenantTable, table=True):
    """One component of a bill, theirs against ours. Theirs is frozen; ours follows our lines until the bill is ordered."""

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


class BillCredit(TenantTable, table=True):
    """What the state owes us after a notice fell below what was paid, or took off a later one. Insert only.

    The sum of a payroll's movements, those of superseded bills left out, is what is open; the books hold the same on
    ``state:<payroll>:credit``.
    """

    __tablename__ = "bill_credit"
    __table_args__ = (
        unique("bill_id", "kind"),
        refers("bill_id", "bill"),
        refers("payroll_id", "payroll"),
        check("kind IN ('overpaid', 'used')", "kind"),
        check("amount_minor <> 0 AND (kind = 'overpaid' OR amount_minor < 0)", "amount"),
        Index(None, "mutual_id", "payroll_id", "id"),
    )
    bill_id: int = big()
    payroll_id: int = big()
    kind: str = words()
    """``overpaid`` raises it (or corrects an earlier version's), ``used`` is what a notice took off."""
    amount_minor: int = big()
    currency: str = words()
    at: dt.datetime = instant(now=True)


class StateHolding(TenantTable, table=True):
    """What the state holds of a member in a payroll, by its own answers to what we filed."""

    __tablename__ = "state_holding"
    __table_args__ = (
        unique("payroll_id", "member_id"),
        refers("payroll_id", "payroll"),
        refers("member_id", "member"),
        refers("filing_id", "filing"),
        check("active_since <= last_period", "since"),
        Index(None, "mutual_id", "member_id"),
    )
    payroll_id: int = big()
    member_id: int = big()
    active_since: dt.date
    """First month of the unbroken run of accepted months that ends with ``last_period``."""
    last_period: dt.date
    wage_minor: int = big()
    additional_dependants: int = whole()
    amount_minor: int = big()
    """What the state took for ``last_period``."""
    is_active: bool
    """False once a later month of the payroll was accepted without her."""
    filing_id: int = big()
    """The filing whose answer said so last."""
    changed_at: dt.datetime = instant(now=True)


class StatePush(TenantTable, table=True):
    """One thing that a state told by itself, where what it tells is booked: an answer, a page, a bill, what was paid.

    The words stand in the inbox's message, as they came. What a later one says otherwise is set aside there.
    """

    __tablename__ = "state_push"
    __table_args__ = (
        refers("message_id", "inbox_message"),
        one_of("subject", PushSubject),
        check("(subject IN ('filing_page', 'remittance_page')) = (last_no IS NOT NULL)", "page"),
        Index(None, "mutual_id", "subject", "reference"),
        Index(None, "mutual_id", "message_id"),
    )
    subject: str = words()
    reference: str = words()
    """Our id of a file; the state's number of a bill or remittance."""
    employer: str | None = words(nullable=True)
    """Of a bill or remittance."""
    period_start: dt.date | None = None
    """Of a bill."""
    first_no: int | None = whole(nullable=True)
    """Of a page: its first line, as the state counts them; of a bill, its version."""
    last_no: int | None = whole(nullable=True)
    is_final: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    """False where a file was received and is not answered."""
    said_at: dt.datetime = instant()
    """By the state's clock."""
    message_id: int = big()
    replaced_by: int | None = big(nullable=True)
    """The message that counts in its stead, once a person has said so."""


class FilingPayment(TenantTable, table=True):
    """The payment of a bill: ordered by one person, released by another, booked by the bank, confirmed by the state."""

    __tablename__ = "filing_payment"
    __table_args__ = (
        unique("end_to_end_id"),
        unique("message_id"),
        refers("bill_id", "bill"),
        refers("ledger_tx_id", "ledger_tx"),
        check("amount_minor > 0", "amount"),
        check("released_by IS NULL OR released_by <> ordered_by", "two_people"),
        Index(
            "uq_filing_payment_one_live",
            "mutual_id",
            "bill_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND returned_at IS NULL"),
        ),
        refers("return_tx_id", "ledger_tx"),
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
    statement_line_id: int | None = big(nullable=True)
    """The bank's line that booked it."""
    ledger_tx_id: int | None = big(nullable=True)
    cover_tx_id: int | None = big(nullable=True)
    """What an employer's own money covered of the difference between his bill and what was reserved."""
    confirmed_at: dt.datetime | None = instant(nullable=True)
    confirmation_evidence_id: int | None = big(nullable=True)
    with_bill_ids: list[int] = big_list()
    """Earlier bills of the notice whose payments came to nothing, and which are paid with this one."""
    returned_on: dt.date | None = None
    """The bank's day, where it gave the money back."""
    returned_at: dt.datetime | None = instant(nullable=True)
    return_reason: str | None = words(nullable=True)
    """As the bank's line says it."""
    return_tx_id: int | None = big(nullable=True)
