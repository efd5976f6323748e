"""Health benefits that the state pays back: the advice, its lines, whose each of them is; and the claims for them."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text

import gateway.filing.models  # noqa: F401 - a foreign key names its table
from gateway.benefits.states import (
    BenefitKind,
    ClaimStatus,
    InstalmentStatus,
    LineStatus,
    RemittanceStatus,
    WriteOffOutcome,
    WriteOffStatus,
)
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
    words,
)


class BenefitRemittance(TenantTable, table=True):
    """The state's advice of benefits paid, and the money that belongs to it."""

    __tablename__ = "benefit_remittance"
    __table_args__ = (
        unique("authority_reference"),
        one_of("status", RemittanceStatus),
        refers("evidence_id", "evidence"),
        refers("allotment_tx_id", "ledger_tx"),
        Index(None, "mutual_id", "transfer_reference"),
    )
    authority_reference: str = words()
    transfer_reference: str = words()
    """The end-to-end id of the state's bank transfer."""
    status: str = words(server="'advised'")
    employer: str = words()
    """Under which number the state owes it to us."""
    currency: str = words()
    total_minor: int = big()
    line_count: int = whole()
    advised_on: dt.date
    advised_at: dt.datetime = instant()
    """The state's own instant; the next question begins there."""
    evidence_id: int = big()
    problem: str | None = words(nullable=True)
    """Why it is in quarantine, or what the state has said differently since."""
    funded_on: dt.date | None = None
    funded_minor: int | None = big(nullable=True)
    """What has come so far; a break as long as it is not the total."""
    allotment_tx_id: int | None = big(nullable=True)
    """The one ledger transaction that gave every line its place."""
    allotted_minor: int = big(server="0")
    suspense_minor: int = big(server="0")
    received_at: dt.datetime = instant(now=True)
    version: int = whole(server="1")


class BenefitRemittanceLine(TenantTable, table=True):
    """One benefit of one member, as the state advises it."""

    __tablename__ = "benefit_remittance_line"
    __table_args__ = (
        unique("remittance_id", "line_no"),
        one_of("status", LineStatus),
        check("amount_minor > 0", "amount"),
        Index(None, "mutual_id", "member_id"),
    )
    remittance_id: int = big()
    line_no: int = whole()
    document_kind: str = words()
    document: str = words()
    holder_name: str | None = words(nullable=True)
    benefit_kind: str = words()
    """maternity, breastfeeding, common_illness."""
    claim_reference: str | None = words(nullable=True)
    instalment: int | None = whole(nullable=True)
    instalment_count: int | None = whole(nullable=True)
    period_start: dt.date | None = None
    amount_minor: int = big()
    status: str = words(server="'unmatched'")
    member_id: int | None = big(nullable=True)
    """Whose it is: first as far as was known when the advice came; the allotment looks again."""
    reason: str | None = words(nullable=True)
    """Why it is, or was, in suspense: unknown_identity, unknown_document_kind, deceased."""


class BenefitPlacement(TenantTable, table=True):
    """A line in suspense given to the member it belongs to, with the reason. Insert only."""

    __tablename__ = "benefit_placement"
    __table_args__ = (
        unique("remittance_line_id"),
        refers("remittance_line_id", "benefit_remittance_line"),
        refers("member_id", "member"),
        refers("ledger_tx_id", "ledger_tx"),
        Index(None, "mutual_id", "member_id"),
    )
    remittance_line_id: int = big()
    member_id: int = big()
    amount_minor: int = big()
    ledger_tx_id: int = big()
    actor: str = words()
    reason: str = words()
    at: dt.datetime = instant(now=True)


class BenefitAmount(TenantTable, table=True):
    """What the state pays for a wage band from a day on, as staff entered it; the newest record for a day counts. Insert only."""

    __tablename__ = "benefit_amount"
    __table_args__ = (
        one_of("kind", BenefitKind),
        check("band > 0 AND amount_minor >= 0 AND instalments > 0", "amount"),
        Index(None, "mutual_id", "kind", "band", "valid_from"),
    )
    kind: str = words()
    band: int = whole()
    """1 up to one minimum wage, 2 up to two, …"""
    valid_from: dt.date
    amount_minor: int = big()
    """For one child and one instalment; zero where nothing is paid."""
    instalments: int = whole()
    currency: str = words()
    source: str = words()
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)


class BenefitClaim(TenantTable, table=True):
    """What a member is to get from the state for one event, from the day she tells it until the last of it is settled."""

    __tablename__ = "benefit_claim"
    __table_args__ = (
        refers("member_id", "member"),
        one_of("kind", BenefitKind),
        one_of("status", ClaimStatus),
        check("recovered_minor + written_off_minor <= advanced_minor", "advance"),
        Index(
            "uq_benefit_claim_event",
            "mutual_id",
            "member_id",
            "kind",
            "starts_on",
            unique=True,
            postgresql_where=text("status NOT IN ('withdrawn', 'refused', 'closed')"),
        ),
        Index(
            "uq_benefit_claim_reference",
            "mutual_id",
            "authority_reference",
            unique=True,
            postgresql_where=text("authority_reference IS NOT NULL"),
        ),
        Index(None, "mutual_id", "member_id"),
        Index(
            "ix_benefit_claim_live",
            "mutual_id",
            "status",
            postgresql_where=text("status NOT IN ('withdrawn', 'closed')"),
        ),
    )
    member_id: int = big()
    kind: str = words()
    status: str = words(server="'opened'")
    starts_on: dt.date
    """The first day of leave or illness, or the child's birth."""
    ends_on: dt.date | None = None
    """The last day the benefit is for, as far as is known."""
    currency: str = words()
    health: dict[str, Any] = json_column()
    """Stretches of illness and their places, diagnosis, children: personal, for the benefits officer and the auditor."""
    basis: dict[str, Any] = json_column()
    """What the amount was computed from: months, wages, values of the law with source and mark. Nothing about health."""
    wage_minor: int | None = big(nullable=True)
    computed_minor: int | None = big(nullable=True)
    """What the state should pay by the rule; known from the submission on."""
    decided_minor: int | None = big(nullable=True)
    """What the state said it pays; ours where it did not say."""
    submit_by: dt.date | None = None
    """Last day the state takes it; empty where no limit is known."""
    submitted_on: dt.date | None = None
    authority_reference: str | None = words(nullable=True)
    """The state's number of the claim."""
    decided_on: dt.date | None = None
    decision_reason: str | None = words(nullable=True)
    advanced_minor: int = big(server="0")
    recovered_minor: int = big(server="0")
    written_off_minor: int = big(server="0")
    opened_by: str = words()
    opened_at: dt.datetime = instant(now=True)
    version: int = whole(server="1")


class BenefitClaimDocument(TenantTable, table=True):
    """A document of a claim's checklist that has come. Insert only."""

    __tablename__ = "benefit_claim_document"
    __table_args__ = (unique("claim_id", "code"), refers("claim_id", "benefit_claim"))
    claim_id: int = big()
    code: str = words()
    received_on: dt.date
    actor: str = words()
    at: dt.datetime = instant(now=True)


class BenefitClaimInstalment(TenantTable, table=True):
    """One instalment that is awaited from the state, and what the mutual has paid ahead of it."""

    __tablename__ = "benefit_claim_instalment"
    __table_args__ = (
        unique("claim_id", "instalment_no"),
        refers("claim_id", "benefit_claim"),
        refers("advance_tx_id", "ledger_tx"),
        one_of("status", InstalmentStatus),
        check("expected_minor > 0 AND received_minor >= 0 AND advanced_minor >= 0", "amount"),
        Index("ix_benefit_claim_instalment_open", "mutual_id", "status", postgresql_where=text("status <> 'received'")),
    )
    claim_id: int = big()
    instalment_no: int = whole()
    expected_on: dt.date
    expected_minor: int = big()
    received_minor: int = big(server="0")
    advanced_minor: int = big(server="0")
    advance_tx_id: int | None = big(nullable=True)
    status: str = words(server="'expected'")
    reason: str | None = words(nullable=True)
    """In what it differs, or why it was taken as it is."""


class BenefitClaimReceipt(TenantTable, table=True):
    """Money of the state for a claim, by a line of a remittance or a credit on a bill. Insert only."""

    __tablename__ = "benefit_claim_receipt"
    __table_args__ = (
        unique("source", "source_id"),
        refers("claim_id", "benefit_claim"),
        refers("instalment_id", "benefit_claim_instalment"),
        check("source IN ('remittance_line', 'bill_credit')", "source"),
        check("amount_minor > 0 AND recovered_minor BETWEEN 0 AND amount_minor", "amount"),
        Index(None, "mutual_id", "claim_id"),
    )
    claim_id: int = big()
    instalment_id: int | None = big(nullable=True)
    source: str = words()
    source_id: int = big()
    amount_minor: int = big()
    recovered_minor: int = big()
    """Of it, what paid back the mutual's advance; the rest is the member's."""
    at: dt.datetime = instant(now=True)


class BenefitCredit(TenantTable, table=True):
    """A benefit that the state pays by asking for less on a bill, and the claim a person found it to be for. Insert only."""

    __tablename__ = "benefit_credit"
    __table_args__ = (
        unique("bill_id", "claim_id", "instalment_no"),
        refers("bill_id", "bill"),
        refers("claim_id", "benefit_claim"),
        check("amount_minor > 0", "amount"),
    )
    bill_id: int = big()
    claim_id: int = big()
    instalment_no: int = whole()
    amount_minor: int = big()
    actor: str = words()
    at: dt.datetime = instant(now=True)


class BenefitWriteOff(TenantTable, table=True):
    """Who bears an advance that the state does not pay back: said by one manager, approved by another person."""

    __tablename__ = "benefit_write_off"
    __table_args__ = (
        refers("claim_id", "benefit_claim"),
        refers("ledger_tx_id", "ledger_tx"),
        one_of("outcome", WriteOffOutcome),
        one_of("status", WriteOffStatus),
        check("amount_minor > 0", "amount"),
        check("decided_by IS NULL OR decided_by <> proposed_by OR status = 'declined'", "two_people"),
        Index(
            "uq_benefit_write_off_open",
            "mutual_id",
            "claim_id",
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
    )
    claim_id: int = big()
    outcome: str = words()
    amount_minor: int = big()
    reason: str = words()
    status: str = words(server="'proposed'")
    proposed_by: str = words()
    proposed_at: dt.datetime = instant(now=True)
    decided_by: str | None = words(nullable=True)
    ledger_tx_id: int | None = big(nullable=True)
