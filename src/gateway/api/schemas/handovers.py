"""Cash that one person hands to another."""

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import Field

from gateway.api.money import AmountText, minor_of, text_of
from gateway.api.schemas.cash import PiecesCreate
from gateway.api.schemas.common import Line, ReadModel, Reason, WriteModel, example
from gateway.cash.rules import Pieces
from gateway.cash.states import HandoverStatus


class HandoverCreate(WriteModel):
    """Cash out of one's own drawer for another person."""

    model_config = {**WriteModel.model_config, **example({"to": "rosa", "amount": "5000.00", "note": "cambio"})}

    to: Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9._-]+$")]
    """Log-in name of who gets it; she counts it into her own open session."""
    amount: AmountText
    note: Line | None = None


class HandoverCountCreate(WriteModel):
    """A count of what was handed over."""

    model_config = {
        **WriteModel.model_config,
        **example({"pieces": [{"value": "2000.00", "number": 2}], "loose": "1000.00"}),
    }

    pieces: Annotated[list[PiecesCreate], Field(max_length=40)] = []
    """Each note and coin once; see the currency's denominations at GET /v1/cash-denominations."""
    loose: AmountText | None = None
    """Small change, as one sum."""
    reason: Reason | None = None
    """Needed where the count is not what was given."""

    def counted(self, currency: str) -> tuple[list[Pieces], int]:
        """Return pieces and small change, in minor units.

        Raises:
            AmountError: An amount that cannot be read.
        """
        pieces = [Pieces(minor_of(one.value, currency), one.number) for one in self.pieces]
        return pieces, 0 if self.loose is None else minor_of(self.loose, currency)


class HandoverRead(ReadModel):
    """Cash that one person hands to another."""

    id: int
    from_till: str
    giver: str
    receiver: str
    status: HandoverStatus
    amount: AmountText
    currency: str
    given_on: dt.date
    given_at: dt.datetime
    note: str | None
    to_till: str | None
    counted: AmountText | None
    difference: str | None
    """Counted less given; a third person looks at it where it is not zero."""
    reason: str | None
    confirmed_by: str | None
    ended_at: dt.datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        kept = ("id", "from_till", "giver", "receiver", "status", "currency", "given_on", "given_at", "note", "to_till")
        more = ("reason", "confirmed_by", "ended_at")
        counted = row.counted_minor
        return cls(
            **{name: getattr(row, name) for name in (*kept, *more)},
            amount=text_of(row.amount_minor, row.currency),
            counted=None if counted is None else text_of(counted, row.currency),
            difference=None if counted is None else text_of(counted - row.amount_minor, row.currency),
        )
