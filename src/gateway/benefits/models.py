"""Health benefits that the state pays back: the advice, its lines, and whose each of them is."""

import datetime as dt

from sqlalchemy import Index

from gateway.benefits.states import LineStatus, RemittanceStatus
from gateway.kit.columns import TenantTable, big, check, instant, one_of, refers, unique, whole, words


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
        refers("remittance_id", "benefit_remittance"),
        refers("member_id", "member"),
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
