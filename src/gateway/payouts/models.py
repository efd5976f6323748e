"""Payouts to members, in batches that one person prepares and another releases."""

import datetime as dt
import uuid

from sqlalchemy import Index, Uuid, text
from sqlmodel import Field

from gateway.kit.columns import TenantTable, big, check, instant, one_of, refers, unique, whole, words
from gateway.payouts.states import BatchStatus, Means, PayoutStatus


class PayoutBatch(TenantTable, table=True):
    """Payouts that leave the house together."""

    __tablename__ = "payout_batch"
    __table_args__ = (
        unique("correlation_id"),
        one_of("status", BatchStatus),
        check("released_by IS NULL OR released_by <> prepared_by", "two_people"),
    )
    correlation_id: uuid.UUID = Field(sa_type=Uuid)
    """Our id, by which the provider is asked; committed before any byte leaves."""
    provider: str = words()
    """For example ``momo:orange``; its float account in the ledger has this code."""
    status: str = words(server="'draft'")
    currency: str = words()
    payout_count: int = whole()
    total_minor: int = big()
    request_sha256: str | None = words(nullable=True)
    request_evidence_id: int | None = big(nullable=True)
    """The frozen request."""
    provider_reference: str | None = words(nullable=True)
    """The provider's batch id."""
    reason: str | None = words(nullable=True)
    """Why it was discarded or refused."""
    attempt: int = whole(server="0")
    lease_until: dt.datetime | None = instant(nullable=True)
    next_check_at: dt.datetime | None = instant(nullable=True)
    prepared_by: str = words()
    prepared_at: dt.datetime = instant(now=True)
    released_by: str | None = words(nullable=True)
    released_at: dt.datetime | None = instant(nullable=True)
    finished_at: dt.datetime | None = instant(nullable=True)
    finished_on: dt.date | None = None
    """The mutual's day on which every payout had its outcome."""
    recheck_on: dt.date | None = None
    """The day on which the provider is asked again whether it took a success back; empty where it is asked no more."""
    recheck_after: int = big(server="0")
    """The last payout that was asked about on that day: a question that was broken off goes on behind it."""
    version: int = whole(server="1")


class Payout(TenantTable, table=True):
    """Money owed to one member, on its way to her."""

    __tablename__ = "payout"
    __table_args__ = (
        unique("end_to_end_id"),
        one_of("status", PayoutStatus),
        check("amount_minor > 0", "amount"),
        Index(None, "mutual_id", "batch_id", "id"),
        Index(None, "mutual_id", "member_id"),
        Index(None, "mutual_id", "provider_reference", postgresql_where=text("provider_reference IS NOT NULL")),
        Index(
            "uq_payout_one_retry",
            "mutual_id",
            "retry_of_id",
            unique=True,
            postgresql_where=text("retry_of_id IS NOT NULL AND status <> 'cancelled'"),
        ),
        Index("ix_payout_unpaid", "mutual_id", "member_id", postgresql_where=text("status IN ('failed', 'returned')")),
    )
    batch_id: int = big()
    member_id: int = big()
    amount_minor: int = big()
    currency: str = words()
    destination: str = words()
    """Telephone in E.164, account number, or ``counter``."""
    creditor_name: str | None = words(nullable=True)
    """Whose account it is; for the bank."""
    creditor_bank: str | None = words(nullable=True)
    """The bank's identifier, where it is known."""
    end_to_end_id: str = words()
    """Our id for this payout, at most 35 characters, never reused."""
    status: str = words(server="'ordered'")
    provider_reference: str | None = words(nullable=True)
    reason_code: str | None = words(nullable=True)
    reason_text: str | None = words(nullable=True)
    settled_on: dt.date | None = None
    retry_of_id: int | None = big(nullable=True)
    """The failed or returned payout whose money this one pays anew."""
    contradiction: str | None = words(nullable=True)
    """What the provider said later that cannot be true together with the status; a person finds out."""
    contradiction_settled_at: dt.datetime | None = instant(nullable=True)
    """When two people explained it; until then its money is not paid anew."""


class PayoutStranger(TenantTable, table=True):
    """A payment that a provider or bank told of and that is none of ours, where it was told. Insert only; a person finds out."""

    __tablename__ = "payout_stranger"
    __table_args__ = (
        unique("provider", "end_to_end_id", "provider_reference", "outcome"),
        refers("batch_id", "payout_batch"),
        refers("evidence_id", "evidence"),
    )
    provider: str = words()
    """The ledger account it is paid from, for example ``momo:orange``."""
    batch_id: int | None = big(nullable=True)
    """The batch among whose outcomes it was told; empty where it was told by itself."""
    end_to_end_id: str = words(server="''")
    """The id that they call ours; empty where they told none."""
    provider_reference: str = words(server="''")
    outcome: str = words()
    """``paid``, ``failed``, or ``told`` where a bank says no more than that it has it."""
    amount_minor: int | None = big(nullable=True)
    """What it moved; empty where nobody said."""
    currency: str = words()
    told_on: dt.date
    evidence_id: int | None = big(nullable=True)


class PayoutDestination(TenantTable, table=True):
    """How a member gets their money; the newest counts, without one she gets it by mobile money on her telephone. Insert only."""

    __tablename__ = "payout_destination"
    __table_args__ = (
        refers("member_id", "member"),
        one_of("means", Means),
        check("means <> 'bank' OR (account <> '' AND holder <> '')", "account"),
        Index(None, "mutual_id", "member_id", "id"),
    )
    member_id: int = big()
    means: str = words()
    account: str = words(server="''")
    """Number at the bank, or another telephone than the one she is known by; empty for cash."""
    holder: str = words(server="''")
    """Whose account it is, as the bank has it."""
    bank_identifier: str = words(server="''")
    actor: str = words()
    reason: str = words()
    recorded_at: dt.datetime = instant(now=True)


class PayoutCode(TenantTable, table=True):
    """The one-time code by which a payout is handed out at the counter; the newest of a payout counts."""

    __tablename__ = "payout_code"
    __table_args__ = (
        refers("payout_id", "payout"),
        check("tries_left >= 0", "tries"),
        Index(None, "mutual_id", "payout_id", "id"),
    )
    payout_id: int = big()
    salt: str = words()
    digest: str = words()
    """scrypt of the code; the code itself is kept nowhere."""
    tries_left: int = whole()
    expires_at: dt.datetime = instant()
    used_at: dt.datetime | None = instant(nullable=True)
    issued_by: str = words()
    issued_at: dt.datetime = instant(now=True)


class PayoutSubmission(TenantTable, table=True):
    """One attempt to bring a batch to the provider, or one question about it."""

    __tablename__ = "payout_submission"
    __table_args__ = (
        unique("batch_id", "attempt", "step"),
        refers("batch_id", "payout_batch"),
        refers("evidence_id", "evidence"),
    )
    batch_id: int = big()
    attempt: int = whole()
    step: str = words()
    started_at: dt.datetime = instant(now=True)
    finished_at: dt.datetime | None = instant(nullable=True)
    outcome: str | None = words(nullable=True)
    detail: str | None = words(nullable=True)
    evidence_id: int | None = big(nullable=True)
    worker: str = words()
