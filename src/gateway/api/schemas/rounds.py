"""Collectors' rounds: what is taken along, what comes back, and what became of each receipt."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.cash import TillCode
from gateway.api.schemas.common import PeriodText, ReadModel, WriteModel, example, month_of
from gateway.cash.read_items import Refused
from gateway.cash.receive_round import Booked
from gateway.cash.states import SessionStatus


class RoundCreate(WriteModel):
    """A collector to be sent out."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "collector": "rosa",
                "till": "cash:ruta-1",
                "period": "2026-03",
                "float": "0.00",
                "float_from": None,
                "receipt_count": 200,
            }
        ),
    }

    collector: Annotated[str, Field(min_length=2, max_length=40, pattern=r"^[a-z][a-z0-9._-]*$")]
    """Her username."""
    till: TillCode
    period: PeriodText
    """The month her members pay for."""
    float: AmountText
    """Change she takes along."""
    float_from: Annotated[str | None, Field(pattern=r"^(reserve:float|cash:[a-z0-9-]{1,40})$")] = None
    receipt_count: Annotated[int, Field(ge=1, le=2_000)] = 200
    """How many receipt numbers she is given."""


class RoundRead(ReadModel):
    """A round."""

    id: int
    session_id: int
    """Her cash session; the round takes receipts while it is open."""
    till: str
    collector: str
    status: SessionStatus
    period: str
    currency: str
    opened_on: dt.date
    number_count: int
    created_at: dt.datetime
    created_by: str

    @classmethod
    def of(cls, row: Any, **more: Any) -> Self:
        """Shape a row."""
        kept = (
            "id",
            "session_id",
            "till",
            "status",
            "currency",
            "opened_on",
            "number_count",
            "created_at",
            "created_by",
        )
        values = {name: getattr(row, name) for name in kept}
        return cls(**values, collector=row.holder, period=month_of(row.period_start), **more)


class RoundStartedRead(RoundRead):
    """A round that begins, with what its packages are signed with; shown once."""

    secret: str
    """Standard Webhooks secret; the package's headers ``webhook-id``, ``-timestamp`` and ``-signature`` are made with it."""


class RoundReceiptsCreate(WriteModel):
    """Receipts made on a telephone, in any parts and as often as needed."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "receipts": [
                    {
                        "id": "5a8f6f2e-0f0e-4a51-9c1d-2b8f3c1d7e11",
                        "number": "RF0400010000001234567890",
                        "member": "M000017",
                        "amount": "500.00",
                        "currency": "DOP",
                        "issued_at": "2026-03-03T09:15:00-04:00",
                        "payer_name": None,
                        "note": None,
                    }
                ]
            }
        ),
    }

    receipts: Annotated[list[Any], Field(min_length=1, max_length=1_000)]
    """Each is looked at by itself: an ``id`` made on the telephone (UUID), a ``number`` of her block, the ``member``'s
    number, ``amount`` and ``currency``, the telephone's clock (``issued_at``), and ``payer_name`` and ``note`` if any."""


class RoundResultRead(ReadModel):
    """What became of one receipt."""

    index: int
    """Its place in the batch, from 0."""
    id: str
    """As the telephone made it."""
    status: Literal["booked", "repeated", "refused"]
    receipt_id: int | None
    number: str | None
    booked_on: dt.date | None
    """The day in the books; the telephone's clock is kept beside it."""
    in_suspense: str | None
    """Why its money is nobody's yet: ``member_unknown``, ``member_left``, ``member_deceased``."""
    code: str | None
    """Why it was refused."""
    detail: str | None
    pointer: str | None

    @classmethod
    def of(cls, result: Booked | Refused) -> Self:
        """Shape a result."""
        if isinstance(result, Refused):
            return cls(
                index=result.place, id=result.device_id, status="refused", receipt_id=None, number=None, booked_on=None,
                in_suspense=None, code=result.code, detail=result.detail, pointer=result.pointer,
            )  # fmt: skip
        return cls(
            index=result.place, id=result.device_id, status="booked" if result.is_new else "repeated",
            receipt_id=result.receipt_id, number=result.number, booked_on=result.booked_on,
            in_suspense=result.suspense_reason, code=None, detail=None, pointer=None,
        )  # fmt: skip


class RoundResultsRead(ReadModel):
    """What became of a batch, in its order."""

    round_id: int
    booked_count: int
    repeated_count: int
    refused_count: int
    results: list[RoundResultRead]

    @classmethod
    def of_all(cls, round_id: int, results: list[Booked | Refused]) -> Self:
        """Shape a batch's results."""
        shown = [RoundResultRead.of(one) for one in results]
        counts = {
            f"{status}_count": sum(one.status == status for one in shown)
            for status in ("booked", "repeated", "refused")
        }
        return cls(round_id=round_id, results=shown, **counts)


class RoundReceiptRead(ReadModel):
    """A receipt of a round as it stands: booked, or refused and not sent again."""

    id: str
    status: Literal["booked", "reversed", "refused"]
    receipt_id: int | None
    number: str | None
    amount: AmountText | None
    currency: str | None
    booked_on: dt.date | None
    claimed_at: dt.datetime | None
    """The telephone's clock."""
    received_at: dt.datetime
    """Ours."""
    in_suspense: str | None
    code: str | None
    detail: str | None

    @classmethod
    def booked(cls, row: Any) -> Self:
        """Shape a booked receipt."""
        return cls(
            id=str(row.device_id), status="reversed" if row.is_reversed else "booked", receipt_id=row.receipt_id,
            number=row.number, amount=text_of(row.amount_minor, row.currency), currency=row.currency,
            booked_on=row.paid_on, claimed_at=row.claimed_at, received_at=row.received_at,
            in_suspense=row.suspense_reason, code=None, detail=None,
        )  # fmt: skip

    @classmethod
    def refused(cls, row: Any) -> Self:
        """Shape a refused receipt."""
        return cls(
            id=row.device_id, status="refused", receipt_id=None, number=None, amount=None, currency=None, booked_on=None,
            claimed_at=None, received_at=row.refused_at, in_suspense=None, code=row.code, detail=row.detail,
        )  # fmt: skip
