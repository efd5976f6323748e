"""Tills, cash sessions, their counts, and what goes to the bank."""

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import Field

from gateway.api.money import AmountText, minor_of, text_of
from gateway.api.schemas.common import Id, Line, ReadModel, Reason, WriteModel, example
from gateway.cash.queries import Undeposited
from gateway.cash.rules import Pieces
from gateway.cash.states import SessionStatus, TillKind

TillCode = Annotated[str, Field(pattern=r"^cash:[a-z0-9-]{1,40}$", examples=["cash:oficina"])]
"""The ledger account of a till."""


class TillCreate(WriteModel):
    """A till to register; from then on cash is taken into it in an open session only."""

    model_config = {
        **WriteModel.model_config,
        **example({"code": "cash:oficina", "name": "Caja de la oficina", "kind": "counter"}),
    }

    code: TillCode
    name: Line
    kind: TillKind


class TillRead(ReadModel):
    """A till."""

    id: int
    code: str
    name: str
    kind: TillKind
    currency: str
    is_active: bool
    created_at: dt.datetime
    created_by: str


class TillListed(TillRead):
    """A till and who has it."""

    session_id: int | None
    """Its session that is not closed."""
    holder: str | None


class RouteCreate(WriteModel):
    """Members to be put on a collector's till."""

    model_config = {**WriteModel.model_config, **example({"member_ids": [1, 2], "fund_id": None})}

    member_ids: Annotated[list[Id], Field(max_length=10_000)] = []
    fund_id: Id | None = None
    """And everybody of this fund."""


class RouteRead(ReadModel):
    """What putting members on a route came to."""

    till_id: int
    moved_count: int
    """Members who were not on it before."""


class RouteMemberRead(ReadModel):
    """A member of a collector's till."""

    id: int
    number: str
    given_names: str
    first_surname: str
    second_surname: str
    status: str


class CashSessionCreate(WriteModel):
    """A session to open: who opens it answers for the drawer."""

    model_config = {
        **WriteModel.model_config,
        **example({"till": "cash:oficina", "float": "2000.00", "float_from": "reserve:float"}),
    }

    till: TillCode
    float: AmountText
    """What is in the drawer now, counted."""
    float_from: Annotated[str | None, Field(pattern=r"^(reserve:float|cash:[a-z0-9-]{1,40})$")] = None
    """Where what the books lack came from, or where the rest of it went."""


class PiecesCreate(WriteModel):
    """So many notes or coins of one value."""

    value: AmountText
    number: Annotated[int, Field(ge=0, le=10_000_000)]


class CountCreate(WriteModel):
    """A count of the drawer."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "pieces": [{"value": "2000.00", "number": 3}, {"value": "100.00", "number": 12}],
                "loose": "23.27",
                "kept": "2000.00",
                "reason": None,
            }
        ),
    }

    pieces: Annotated[list[PiecesCreate], Field(max_length=40)] = []
    """Each note and coin once; see the currency's denominations at GET /v1/cash-denominations."""
    loose: AmountText | None = None
    """Small change, as one sum."""
    kept: AmountText | None = None
    """What stays in the drawer as the next float; the rest is set aside for the bank."""
    reason: Reason | None = None
    """Needed where the count is not what the books say."""

    def counted(self, currency: str) -> tuple[list[Pieces], int, int]:
        """Return pieces, small change and what is kept, in minor units.

        Raises:
            AmountError: An amount that cannot be read.
        """
        pieces = [Pieces(minor_of(one.value, currency), one.number) for one in self.pieces]
        loose, kept = (0 if text is None else minor_of(text, currency) for text in (self.loose, self.kept))
        return pieces, loose, kept


class ConfirmationCreate(WriteModel):
    """A second person's word for a difference."""

    model_config = {**WriteModel.model_config, **example({"is_confirmed": True, "reason": None})}

    is_confirmed: bool
    """False asks for another count."""
    reason: Reason | None = None


class CashSessionRead(ReadModel):
    """A cash session."""

    id: int
    till_id: int
    till: str
    holder: str
    status: SessionStatus
    currency: str
    float: AmountText
    opened_on: dt.date
    opened_at: dt.datetime
    opened_by: str
    expected: AmountText | None
    """What the books said when it was counted."""
    counted: AmountText | None
    difference: AmountText | None
    """Counted less expected: negative is a shortage."""
    kept: AmountText | None
    reason: str | None
    counted_on: dt.date | None
    counted_by: str | None
    confirmed_by: str | None
    closed_at: dt.datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        return cls(**_session_values(row))


class CountRead(ReadModel):
    """A count."""

    attempt: int
    pieces: list[PiecesCreate]
    loose: AmountText
    total: AmountText
    expected: AmountText
    actor: str
    at: dt.datetime


class CashSessionDetailRead(CashSessionRead):
    """A cash session with its receipts and counts."""

    receipt_count: int
    received: AmountText
    counts: list[CountRead]

    @classmethod
    def with_parts(cls, row: Any, receipts: tuple[int, int], counts: Any) -> Self:
        """Shape a row with what belongs to it."""

        def text(minor: int) -> str:
            return text_of(minor, row.currency)

        shown = [
            CountRead(
                attempt=one.attempt,
                pieces=[
                    PiecesCreate(value=text(piece["value_minor"]), number=piece["number"]) for piece in one.pieces or ()
                ],
                loose=text(one.loose_minor),
                total=text(one.total_minor),
                expected=text(one.expected_minor),
                actor=one.actor,
                at=one.at,
            )
            for one in counts
        ]
        return cls(**_session_values(row), receipt_count=receipts[0], received=text(receipts[1]), counts=shown)


def _session_values(row: Any) -> dict[str, Any]:
    def text(minor: int | None) -> str | None:
        return None if minor is None else text_of(minor, row.currency)

    kept = ("id", "till_id", "till", "holder", "status", "currency", "opened_on", "opened_at", "opened_by", "reason")
    more = ("counted_on", "counted_by", "confirmed_by", "closed_at")
    is_counted = row.counted_minor is not None and row.expected_minor is not None
    return {
        **{name: getattr(row, name) for name in (*kept, *more)},
        "float": text(row.float_minor),
        "expected": text(row.expected_minor),
        "counted": text(row.counted_minor),
        "difference": text(row.counted_minor - row.expected_minor) if is_counted else None,
        "kept": text(row.kept_minor),
    }


class UndepositedRead(ReadModel):
    """A closed session whose money waits for the bank."""

    session_id: int
    holder: str
    till: str
    closed_on: dt.date
    amount: AmountText
    currency: str

    @classmethod
    def of(cls, row: Undeposited) -> Self:
        """Shape a row."""
        values = row._asdict()
        return cls(amount=text_of(values.pop("amount_minor"), row.currency), **values)


class DenominationsRead(ReadModel):
    """The notes and coins that are counted."""

    currency: str
    denominations: list[AmountText]
    """Largest first."""


class DepositCreate(WriteModel):
    """Closed sessions of one till whose money is brought to the bank together."""

    model_config = {
        **WriteModel.model_config,
        **example({"session_ids": [1, 2], "bank": "bank:main", "reference": None, "ordered_on": None}),
    }

    session_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    bank: Annotated[str, Field(pattern=r"^bank:[a-z0-9-]{1,40}$", examples=["bank:main"])]
    reference: Line | None = None
    """The slip's own; without one, a reference with check digits is made, to be written on the slip."""
    ordered_on: dt.date | None = None
    """The day it is brought; today without one."""


class DepositedSession(ReadModel):
    """A session whose money a deposit brings."""

    session_id: int
    amount: AmountText


class DepositRead(ReadModel):
    """A deposit on its way."""

    reference: str
    """To stand on the slip: the bank's line is matched by it."""
    transfer_id: int
    till: str
    bank: str
    amount: AmountText
    currency: str
    ordered_on: dt.date
    status: str
    sessions: list[DepositedSession]

    @classmethod
    def of(cls, transfer: Any, sessions: Any) -> Self:
        """Shape a transfer with its sessions."""
        shown = [
            DepositedSession(session_id=one.session_id, amount=text_of(one.amount_minor, transfer.currency))
            for one in sessions
        ]
        return cls(
            reference=transfer.reference,
            transfer_id=transfer.id,
            till=transfer.from_code,
            bank=transfer.to_code,
            amount=text_of(transfer.amount_minor, transfer.currency),
            currency=transfer.currency,
            ordered_on=transfer.ordered_on,
            status=transfer.status,
            sessions=shown,
        )
