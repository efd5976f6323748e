"""Payout batches, payouts, and what is asked of them."""

import datetime as dt
import uuid
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import Id, Line, ReadModel, Reason, WriteModel, example
from gateway.membership.rules import mask
from gateway.membership.states import IdentityKind
from gateway.payouts.bank_results import Reported
from gateway.payouts.destinations import DestinationRow
from gateway.payouts.order import LeftOut, Prepared
from gateway.payouts.queries import BatchRow, PayoutRow, StatusSum
from gateway.payouts.rules import figures
from gateway.payouts.states import BatchStatus, Means, PayoutStatus

_BIC = r"^([A-Za-z]{6}[A-Za-z2-9][A-NP-Za-np-z0-9]([A-Za-z0-9]{3})?)?$"
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
    "recheck_on": "2026-04-21",
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
    "end_to_end_id": "PO00000426F1C1F6E3E1C2D11-000001",
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
    recheck_on: dt.date | None
    """The day on which the provider is asked again whether it took a payment back; null where it is asked no more."""
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
    """no_telephone, telephone_invalid, no_account, paid_otherwise, below_minimum, deceased, contradicted (the provider said two things of it)."""
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
                "recheck_on": None,
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
    """Through whom everything that is owed is to go, to everybody who chose this way, or to the members named."""

    model_config = example({"provider": "orange"})

    provider: Annotated[
        str, StringConstraints(pattern=r"^((momo|bank|cash):)?[a-z0-9-]{1,40}$"), Field(examples=["orange"])
    ]
    """A mobile money provider, or the ledger account that pays: `bank:main`, `cash:main`."""
    member_ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)] | None = None
    """Only these members, this way, whatever they chose."""


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


class PayoutHandOverCreate(WriteModel):
    """Which file was carried to the bank, by its digest."""

    model_config = example(
        {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "reference": None}
    )

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]
    """SHA-256 of the file that was given, hexadecimal."""
    reference: Line | None = None
    """The bank's own number of it."""


class StatusReportRead(ReadModel):
    """What a bank's status report changed."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "batch_id": 1,
                "batch_status": "submitted",
                "bank_status": "PART",
                "failed_count": 1,
                "failed": "500.00",
                "contradictions": 0,
                "open_count": 3,
                "unknown": [],
                "currency": "DOP",
            }
        ),
    }

    batch_id: int
    batch_status: BatchStatus
    bank_status: str
    """The bank's word for the whole file; acceptance is no booking."""
    failed_count: int
    """Payouts that are owed again now."""
    failed: AmountText
    contradictions: int
    """Payouts it rejects that were booked; a break tells."""
    open_count: int
    """Payouts that wait for their booking."""
    unknown: list[str]
    """Payments it speaks of that are not in the file."""
    currency: str

    @classmethod
    def of(cls, told: Reported) -> Self:
        """Shape what was reported."""
        return cls.model_validate(
            {
                **told.applied._asdict(),
                "batch_id": told.batch.id,
                "batch_status": told.batch.status,
                "bank_status": told.status,
                "failed": text_of(told.applied.failed_minor, told.batch.currency),
                "unknown": told.unknown,
                "currency": told.batch.currency,
            }
        )


class PayoutCodeRead(ReadModel):
    """A one-time code, to be told to the member; it is shown once and kept nowhere."""

    model_config = {
        **ReadModel.model_config,
        **example({"payout_id": 1, "code": "04821390", "expires_at": "2026-04-27T13:00:00Z"}),
    }

    payout_id: int
    code: str
    expires_at: dt.datetime


class PayoutHandOutCreate(WriteModel):
    """The code as the member tells it, and the card that is shown."""

    model_config = example({"code": "04821390", "identity_kind": "national_id", "identity": "999-0000001-8"})

    code: Annotated[str, StringConstraints(pattern=r"^[0-9 ]{1,12}$")]
    identity_kind: IdentityKind
    identity: Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^[^\x00]*$")]


class DestinationCreate(WriteModel):
    """How a member wants their money, and how that was found out."""

    model_config = example(
        {
            "means": "bank",
            "account": "9600000123",
            "holder": "Ana Pérez",
            "bank_identifier": "BPDODOSX",
            "reason": "told at the counter, with the bank's card",
        }
    )

    means: Means
    account: Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00]*$")] = ""
    holder: Annotated[str, StringConstraints(max_length=140, pattern=r"^[^\x00]*$")] = ""
    bank_identifier: Annotated[str, StringConstraints(pattern=_BIC)] = ""
    reason: Reason


class DestinationRead(ReadModel):
    """How a member gets their money, from when on; the newest counts."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "id": 1,
                "member_id": 17,
                "means": "bank",
                "account": "••••••0123",
                "holder": "Ana Pérez",
                "bank_identifier": "BPDODOSX",
                "actor": "staff:ana",
                "reason": "told at the counter, with the bank's card",
                "recorded_at": "2026-04-20T13:00:00Z",
            }
        ),
    }

    id: int
    member_id: int
    means: Means
    account: str
    """Whole for those who pay; the others see its end."""
    holder: str
    bank_identifier: str
    actor: str
    reason: str
    recorded_at: dt.datetime

    @classmethod
    def of(cls, row: DestinationRow, *, is_open: bool) -> Self:
        """Shape a row, with the account in the open or masked."""
        account = row.account if is_open or not row.account else mask(row.account)
        return cls.model_validate({**row._asdict(), "account": account})


def _shown(row: BatchRow) -> dict[str, object]:
    return {
        **row._asdict(),
        "total": text_of(row.total_minor, row.currency),
        "figures": figures(row.payout_count, row.total_minor, row.currency),
    }
