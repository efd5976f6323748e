"""Employers the mutual files for, and the money they pay in."""

import datetime as dt
from typing import Self

from gateway.api.money import AmountText, minor_of, text_of
from gateway.api.schemas.common import CurrencyCode, Id, Line, ReadModel, Reason, WriteModel, example
from gateway.api.schemas.contributions import AccountCode
from gateway.contributions.employer_money import EmployerReceiptRow, NewEmployerReceipt
from gateway.contributions.models import Channel
from gateway.contributions.reference import employer_reference
from gateway.membership.employers import EmployerRow

EMPLOYER = {
    "id": 1,
    "number": "130000018",
    "name": "Colmado Núñez",
    "account_code": None,
    "payment_reference": "RF34EMP130000018",
    "is_active": True,
    "held": "24616.35",
    "currency": "DOP",
    "created_at": "2026-01-02T14:00:00Z",
}


class EmployerCreate(WriteModel):
    """An employer the mutual will file for."""

    model_config = {**WriteModel.model_config, **example({"number": "1-30-00001-8", "name": "Colmado Núñez"})}

    number: Line
    """RNC or cédula in the Dominican Republic; the check digit is checked."""
    name: Line
    account_code: AccountCode | None = None
    """Ledger account of a bank account that is his alone; his bills are then paid from it and no other is."""


class EmployerRead(ReadModel):
    """An employer the mutual files for, and what he has paid in that nothing has used."""

    model_config = {**ReadModel.model_config, **example(EMPLOYER)}

    id: Id
    number: str
    name: str
    account_code: str | None
    payment_reference: str
    """What he writes on a transfer to the bank, so that the statement's line is known as his."""
    is_active: bool
    held: AmountText
    currency: CurrencyCode
    created_at: dt.datetime

    @classmethod
    def of(cls, row: EmployerRow, held_minor: int, currency: str) -> Self:
        """Shape a row and what he holds."""
        reference = employer_reference(row.number)
        return cls(held=text_of(held_minor, currency), currency=currency, payment_reference=reference, **row._asdict())


class EmployerReceiptCreate(WriteModel):
    """A payment of an employer, for his own payrolls."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "channel": "bank",
                "account_code": "bank:main",
                "amount": "24616.35",
                "currency": "DOP",
                "paid_on": "2026-03-30",
                "source_reference": "BR-2026-03-30-0071",
            }
        ),
    }

    channel: Channel
    account_code: AccountCode
    amount: AmountText
    currency: CurrencyCode
    paid_on: dt.date
    source_reference: Line | None = None
    """The payment's identity at its source; the request's Idempotency-Key where none is given."""
    note: Reason | None = None

    def receipt(self, employer_id: int, *, actor: str, key: str) -> NewEmployerReceipt:
        """Return the payment to be received."""
        return NewEmployerReceipt(
            employer_id=employer_id,
            source=f"api:{actor}",
            source_reference=self.source_reference or key,
            channel=self.channel.value,
            account_code=self.account_code,
            amount_minor=minor_of(self.amount, self.currency),
            currency=self.currency,
            paid_on=self.paid_on,
            note=self.note,
        )


class EmployerReceiptRead(ReadModel):
    """A payment of an employer, and whether it was taken back."""

    id: Id
    employer_id: Id
    source: str
    source_reference: str
    channel: Channel
    account_code: str
    amount: AmountText
    currency: CurrencyCode
    paid_on: dt.date
    note: str | None
    actor: str
    recorded_at: dt.datetime
    ledger_tx_id: Id
    reversal_reason: str | None
    reversed_at: dt.datetime | None

    @classmethod
    def of(cls, row: EmployerReceiptRow) -> Self:
        """Shape a row."""
        values = row._asdict()
        return cls(amount=text_of(values.pop("amount_minor"), row.currency), **values)
