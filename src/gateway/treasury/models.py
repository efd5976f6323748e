"""Days that were closed, and providers' settlement reports."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

import gateway.contributions.models
import gateway.reconciliation.models  # noqa: F401 - foreign keys name its tables
from gateway.kit.columns import TenantTable, big, check, instant, json_column, one_of, refers, unique, whole, words
from gateway.treasury.states import SettlementLineFate, SettlementStatus


class DayClosing(TenantTable, table=True):
    """A day that somebody signed off, for the house or for one till, with its figures as she saw them. Insert only."""

    __tablename__ = "day_closing"
    __table_args__ = (
        Index("uq_day_closing_house", "mutual_id", "closed_on", unique=True, postgresql_where=text("till = ''")),
        Index(
            "uq_day_closing_till", "mutual_id", "till", "closed_on", unique=True, postgresql_where=text("till <> ''")
        ),
        check("unexplained_minor = 0", "explained"),
    )
    closed_on: dt.date
    """The day that is closed."""
    till: str = words(server="''")
    """One till's code; empty for the whole house."""
    figures: dict[str, Any] = json_column()
    """What every place held, in minor units."""
    sha256: str = words()
    """Digest of the figures."""
    unexplained_minor: int = big()
    note: str | None = words(nullable=True)
    signed_by: str = words()
    signed_at: dt.datetime = instant(now=True)


class ProviderSettlement(TenantTable, table=True):
    """One settlement of a provider: payments less fees, brought to the bank as one credit."""

    __tablename__ = "provider_settlement"
    __table_args__ = (
        Index(
            "uq_provider_settlement_booked",
            "mutual_id",
            "provider",
            "reference",
            unique=True,
            postgresql_where=text("status = 'booked'"),
        ),
        one_of("status", SettlementStatus),
        refers("evidence_id", "evidence"),
        refers("transfer_id", "own_transfer"),
        refers("fee_tx_id", "ledger_tx"),
    )
    provider: str = words()
    """For example ``momo:orange``."""
    reference: str = words()
    """The provider's own; stands in the bank's text."""
    settled_on: dt.date
    currency: str = words()
    gross_minor: int = big()
    fee_minor: int = big()
    net_minor: int = big()
    line_count: int = whole()
    open_count: int = whole(server="0")
    open_minor: int = big(server="0")
    """What the lines that a person must look at are off by."""
    status: str = words()
    reason: str | None = words(nullable=True)
    """Why it was put aside."""
    sha256: str = words()
    evidence_id: int = big()
    transfer_id: int | None = big(nullable=True)
    """The transfer that the bank's credit is matched to."""
    fee_tx_id: int | None = big(nullable=True)
    loaded_by: str = words()
    loaded_at: dt.datetime = instant(now=True)


class ProviderSettlementLine(TenantTable, table=True):
    """One transaction of a settlement report. Insert only."""

    __tablename__ = "provider_settlement_line"
    __table_args__ = (
        refers("settlement_id", "provider_settlement"),
        refers("receipt_id", "contribution_receipt"),
        unique("settlement_id", "line_no"),
        one_of("fate", SettlementLineFate),
        Index(None, "mutual_id", "transaction_reference"),
    )
    settlement_id: int = big()
    line_no: int = whole()
    transaction_reference: str = words()
    is_reversal: bool = Field(sa_column_kwargs={"server_default": text("false")})
    amount_minor: int = big()
    """Negative where it is taken back."""
    fee_minor: int = big()
    fate: str = words()
    detail: str | None = words(nullable=True)
    receipt_id: int | None = big(nullable=True)
