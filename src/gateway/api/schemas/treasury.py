"""Days as they stand and as they were signed off; providers' settlement reports."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field

from gateway.api.errors import ProblemField
from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import Line, ReadModel, WriteModel, example
from gateway.treasury.day import Day
from gateway.treasury.states import SettlementLineFate, SettlementStatus

SIDES = ("bank", "cash", "mobile_money", "in_transit", "suspense", "owed", "lent", "expense")


class DayClosingCreate(WriteModel):
    """A day to sign off."""

    model_config = {**WriteModel.model_config, **example({"on": "2026-03-31", "till": None, "note": None})}

    on: dt.date
    till: Annotated[str | None, Field(pattern=r"^cash:[a-z0-9-]{1,40}$")] = None
    """One till; the whole house without one."""
    note: Line | None = None


class BankOnDay(ReadModel):
    """An account at a bank or provider on a day."""

    code: str
    number: str
    name: str
    currency: str
    statement_on: dt.date | None
    """Day of its newest statement up to the day; null where there is none, and then nothing is compared."""
    statement: AmountText | None
    books: AmountText
    """What the books said on the statement's day."""
    unbooked: AmountText
    """Lines loaded and not booked."""
    unexplained: AmountText


class TillOnDay(ReadModel):
    """A till on a day."""

    code: str
    name: str
    kind: str
    currency: str
    books: AmountText
    status: str | None
    """Of its session that is not closed: open, or counted with a difference that waits for a second person."""
    holder: str | None
    opened_on: dt.date | None
    waiting: AmountText
    """That difference."""
    sessions: int
    """Sessions closed that day."""
    counted: AmountText
    differences: AmountText
    """Shortages and surpluses of that day, added up."""
    set_aside: AmountText
    """What that day's counts set aside for the bank."""


class PlaceOnDay(ReadModel):
    """What an account held at the end of a day."""

    account: str
    amount: AmountText


class FiguresRead(ReadModel):
    """What every place held: where the money is, and whose it is."""

    banks: list[BankOnDay]
    tills: list[TillOnDay]
    bank: list[PlaceOnDay]
    cash: list[PlaceOnDay]
    mobile_money: list[PlaceOnDay]
    in_transit: list[PlaceOnDay]
    suspense: list[PlaceOnDay]
    owed: list[PlaceOnDay]
    lent: list[PlaceOnDay]
    expense: list[PlaceOnDay]

    @classmethod
    def of(cls, figures: Mapping[str, Any], currency: str) -> Self:
        """Shape figures in minor units."""
        sides = {
            side: [
                PlaceOnDay(account=code, amount=text_of(minor, currency)) for code, minor in sorted(accounts.items())
            ]
            for side, accounts in ((side, figures.get(side, {})) for side in SIDES)
        }
        return cls(
            banks=[BankOnDay(**_texts(one)) for one in figures.get("banks", ())],
            tills=[TillOnDay(**_texts(one)) for one in figures.get("tills", ())],
            **sides,
        )


class DayRead(ReadModel):
    """A day as it stands now."""

    on: dt.date
    till: str | None
    currency: str
    figures: FiguresRead
    unexplained: AmountText
    is_clear: bool
    """Whether it may be signed off."""
    blockers: list[ProblemField]

    @classmethod
    def of(cls, day: Day, currency: str) -> Self:
        """Shape a day."""
        return cls(
            on=day.on,
            till=day.till or None,
            currency=currency,
            figures=FiguresRead.of(day.figures, currency),
            unexplained=text_of(day.unexplained_minor, currency),
            is_clear=not day.blockers and day.unexplained_minor == 0,
            blockers=[ProblemField(pointer=one.pointer, code=one.code, detail=one.detail) for one in day.blockers],
        )


class DayClosingRead(ReadModel):
    """A day that was signed off, with its figures as they were seen."""

    id: int
    on: dt.date
    till: str | None
    currency: str
    figures: FiguresRead
    sha256: str
    """Digest of the figures."""
    unexplained: AmountText
    note: str | None
    signed_by: str
    signed_at: dt.datetime

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        """Shape a row."""
        return cls(
            id=row.id,
            on=row.closed_on,
            till=row.till or None,
            currency=currency,
            figures=FiguresRead.of(row.figures, currency),
            sha256=row.sha256,
            unexplained=text_of(row.unexplained_minor, currency),
            note=row.note,
            signed_by=row.signed_by,
            signed_at=row.signed_at,
        )


class SettlementRead(ReadModel):
    """A provider's settlement report."""

    id: int
    provider: str
    reference: str
    settled_on: dt.date
    currency: str
    gross: AmountText
    fee: AmountText
    net: AmountText
    line_count: int
    open_count: int
    """Lines that a person must look at; what they are off by stays in the provider's clearing account."""
    open_amount: AmountText
    status: SettlementStatus
    reason: str | None
    sha256: str
    transfer_id: int | None
    """The transfer that the bank's credit is matched to."""
    loaded_by: str
    loaded_at: dt.datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        values = dict(row._mapping)
        open_minor = values.pop("open_minor")
        for name in ("gross", "fee", "net"):
            values[name] = text_of(values.pop(f"{name}_minor"), row.currency)
        return cls(**values, open_amount=text_of(open_minor, row.currency))


class SettlementLineRead(ReadModel):
    """A transaction of a settlement report."""

    line_no: int
    transaction_reference: str
    is_reversal: bool
    amount: AmountText
    fee: AmountText
    fate: SettlementLineFate
    detail: str | None
    receipt_id: int | None

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        """Shape a row."""
        values = dict(row._mapping)
        for name in ("amount", "fee"):
            values[name] = text_of(values.pop(f"{name}_minor"), currency)
        return cls(**values)


def _texts(one: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in one.items():
        if name.endswith("_minor"):
            shown[name.removesuffix("_minor")] = None if value is None else text_of(value, one["currency"])
        else:
            shown[name] = value
    return shown
