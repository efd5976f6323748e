"""Payout batches, payouts, and what is asked of them."""

import datetime as dt
import uuid
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import ReadModel, Reason, WriteModel, example
from gateway.payouts.order import LeftOut, Prepared
from gateway.payouts.queries import BatchRow, PayoutRow, StatusSum
from gateway.payouts.rules import figures
from gateway.payouts.states import BatchStatus, PayoutStatus

BATCH = {
    "id": 1,
    "correlation_id": "6f1c1f6e-7a0e-4a77-9d0a-3b0a3e1c2d11",
    "provider": "momo:orange",
    "status": "finished",
    "currency": "DOP",
    "payout_count": 1204,
    "total": "3400117.20",
    "figures": "1,204 payouts, DOP 3,400,117.20",
    "request_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "provider_reference": "b-000017",
    "reason": None,
    "attempt": 1,
    "next_check_at": None,
    "prepared_by": "staff:ana",
    "prepared_at": "2026-04-20T13:00:00Z",
    "released_by": "staff:eva",
    "released_at": "2026-04-20T13:10:00Z",
    "finished_at": "2026-04-20T13:12:00Z",
    "version": 5,
}
BY_STATUS = [{"status": "paid", "payout_count": 1204, "total": "3400117.20", "currency": "DOP"}]
LEFT_OUT = [{"obstacle": "no_telephone", "member_count": 3, "total": "9120.00", "currency": "DOP"}]
PAYOUT = {
    "id": 1,
    "batch_id": 1,
    "member_id": 17,
    "amount": "23223.00",
    "currency": "DOP",
    "destination": "+18095550101",
    "end_to_end_id": "PO6F1C1F6E3E1C2D11-1",
    "status": "paid",
    "provider_reference": "T0001",
    "reason_code": None,
    "reason_text": None,
    "settled_on": "2026-04-20",
    "retry_of_id": None,
    "contradiction": None,
}


class PayoutBatchRead(ReadModel):
    """Payouts that leave the house together."""

    model_config = {**ReadModel.model_config, **example(BATCH)}

    id: int
    correlation_id: uuid.UUID
    """Our id, by which the provider is asked."""
    provider: str
    status: BatchStatus
    currency: str
    payout_count: int
    total: AmountText
    figures: str
    """What a person releases, in words."""
    request_sha256: str | None
    """Digest of the frozen request; from the release on."""
    provider_reference: str | None
    reason: str | None
    """Why it was discarded or refused."""
    attempt: int
    next_check_at: dt.datetime | None
    prepared_by: str
    prepared_at: dt.datetime
    released_by: str | None
    released_at: dt.datetime | None
    finished_at: dt.datetime | None
    version: int

    @classmethod
    def of(cls, row: BatchRow) -> Self:
        """Shape a row."""
        return cls.model_validate(_shown(row))


class PayoutSumRead(ReadModel):
    """How many payouts of a batch stand where, and what they come to."""

    status: PayoutStatus
    payout_count: int
    total: AmountText
    currency: str


class PayoutBatchDetailRead(PayoutBatchRead):
    """A batch, and where its payouts stand."""

    model_config = {**ReadModel.model_config, **example({**BATCH, "payouts": BY_STATUS})}

    payouts: list[PayoutSumRead]

    @classmethod
    def with_payouts(cls, row: BatchRow, sums: list[StatusSum]) -> Self:
        """Shape a row and the sums of its payouts."""
        payouts = [
            {**one._asdict(), "total": text_of(one.total_minor, row.currency), "currency": row.currency} for one in sums
        ]
        return cls.model_validate({**_shown(row), "payouts": payouts})


class LeftOutRead(ReadModel):
    """What is owed and could not be ordered, by obstacle."""

    obstacle: str
    """no_telephone, telephone_invalid, below_minimum, deceased."""
    member_count: int
    total: AmountText
    currency: str

    @classmethod
    def of(cls, row: LeftOut, currency: str) -> Self:
        """Shape a row."""
        return cls.model_validate({**row._asdict(), "total": text_of(row.total_minor, currency), "currency": currency})


class PayoutBatchPreparedRead(PayoutBatchRead):
    """The draft that was prepared; further ones where the provider takes no more in one; and what was left out."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                **BATCH,
                "status": "draft",
                "request_sha256": None,
                "provider_reference": None,
                "attempt": 0,
                "released_by": None,
                "released_at": None,
                "finished_at": None,
                "version": 1,
                "further_batches": [],
                "left_out": LEFT_OUT,
            }
        ),
    }

    further_batches: list[PayoutBatchRead]
    left_out: list[LeftOutRead]

    @classmethod
    def of_all(cls, prepared: Prepared) -> Self:
        """Shape what was prepared."""
        first, *rest = prepared.batches
        further = [PayoutBatchRead.of(row) for row in rest]
        left_out = [LeftOutRead.of(row, first.currency) for row in prepared.left_out]
        return cls.model_validate({**_shown(first), "further_batches": further, "left_out": left_out})


class PayoutBatchCreate(WriteModel):
    """Which provider everything that is owed is to go through."""

    model_config = example({"provider": "orange"})

    provider: Annotated[str, StringConstraints(pattern=r"^(momo:)?[a-z0-9-]{1,40}$"), Field(examples=["orange"])]


class PayoutBatchDiscardCreate(WriteModel):
    """Why a draft is given up."""

    model_config = example({"reason": "prepared before the last remittance came"})

    reason: Reason | None = None


class PayoutRead(ReadModel):
    """Money on its way to one member, or what became of it."""

    model_config = {**ReadModel.model_config, **example(PAYOUT)}

    id: int
    batch_id: int
    member_id: int
    amount: AmountText
    currency: str
    destination: str
    end_to_end_id: str
    status: PayoutStatus
    provider_reference: str | None
    reason_code: str | None
    reason_text: str | None
    settled_on: dt.date | None
    retry_of_id: int | None
    """The failed or returned payout whose money this one pays anew."""
    contradiction: str | None
    """What the provider said later that cannot be true together with the status."""

    @classmethod
    def of(cls, row: PayoutRow) -> Self:
        """Shape a row."""
        return cls.model_validate({**row._asdict(), "amount": text_of(row.amount_minor, row.currency)})


def _shown(row: BatchRow) -> dict[str, object]:
    return {
        **row._asdict(),
        "total": text_of(row.total_minor, row.currency),
        "figures": figures(row.payout_count, row.total_minor, row.currency),
    }
