"""The state's bills, what they consist of, and their payments."""

import datetime as dt
from typing import Any, Self

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.bills import FORECAST, BillForecastRead
from gateway.api.schemas.common import (
    CurrencyCode,
    Line,
    PeriodText,
    ReadModel,
    WriteModel,
    example,
    month_of,
)
from gateway.api.schemas.filing import _model
from gateway.filing.due import standing
from gateway.filing.forecast import Forecast
from gateway.filing.models import Bill, FilingPayment
from gateway.filing.pay import BillMoney
from gateway.filing.states import BillStatus, NoticeStatus

BILL = {
    "id": 1,
    "notice_reference": "0320260000000014",
    "version": 1,
    "payroll_id": 1,
    "period": "2026-03",
    "replaces_id": None,
    "status": "received",
    "currency": "DOP",
    "total": "6151402.11",
    "ours": "6151402.11",
    "difference": "0.00",
    "paid_before": "0.00",
    "issued_on": "2026-04-01",
    "due_on": "2026-04-07",
    "standing": "current",
    "notice_status": "current",
    "line_count": 1840,
    "taken_on": "2026-04-01",
    "received_at": "2026-04-01T13:13:00Z",
    "row_version": 1,
}


PAYMENT = {
    "id": 1,
    "bill_id": 1,
    "amount": "6151402.11",
    "currency": "DOP",
    "account_code": "bank:main",
    "message_id": "MF1B1P1-0320260000000014",
    "end_to_end_id": "F1B1P1-0320260000000014",
    "ordered_by": "staff:abel",
    "ordered_at": "2026-04-02T09:00:00Z",
    "released_by": "staff:mara",
    "released_at": "2026-04-02T09:30:00Z",
    "withdrawn_at": None,
    "order_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "booked_on": None,
    "confirmed_at": None,
    "returned_on": None,
    "return_reason": None,
}


BILL_WHOLE = {
    **BILL,
    "paid": "0.00",
    "returned": "0.00",
    "left_to_pay": "6151402.11",
    "components": [{"code": "health_worker", "theirs": "882060.02", "ours": "882060.02", "difference": "0.00"}],
    "filings": [{"filing_id": 7, "amount": "6151402.11"}],
    "payments": [PAYMENT],
    "forecast": [FORECAST],
}


class BillRead(ReadModel):
    """The state's payment notice for a payroll and month."""

    model_config = _model(BILL)

    id: int
    notice_reference: str
    version: int
    payroll_id: int
    period: PeriodText
    replaces_id: int | None
    status: BillStatus
    currency: CurrencyCode
    total: AmountText
    ours: AmountText
    """What our own accepted lines say it should be."""
    difference: AmountText
    """Theirs less ours."""
    paid_before: AmountText
    issued_on: dt.date
    due_on: dt.date
    standing: NoticeStatus
    """How the notice stands today: what we know ourselves before the state's last word."""
    notice_status: str
    """The state's own word when we last asked."""
    line_count: int
    """How many lines it bills."""
    taken_on: dt.date
    received_at: dt.datetime
    row_version: int

    @classmethod
    def of(cls, row: Bill, today: dt.date) -> Self:
        """Shape a row."""
        return cls.model_validate(_bill_values(row, today))


class BillComponentRead(ReadModel):
    """One component of a bill, theirs against ours."""

    code: str
    theirs: AmountText
    ours: AmountText
    difference: AmountText


class BillFilingRead(ReadModel):
    """A filing that a bill covers, and how much of it."""

    filing_id: int
    amount: AmountText


class PaymentOrderCreate(WriteModel):
    """From which account to pay."""

    model_config = {**WriteModel.model_config, **example({"account_code": "bank:main"})}

    account_code: Line
    """The account's code in the books."""


class PaymentOrderRead(ReadModel):
    """The payment of a bill: ordered by one person, released by another, booked by the bank, confirmed by the state."""

    model_config = _model(PAYMENT)

    id: int
    bill_id: int
    amount: AmountText
    currency: CurrencyCode
    account_code: str
    message_id: str
    end_to_end_id: str
    ordered_by: str
    ordered_at: dt.datetime
    released_by: str | None
    released_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    order_sha256: str | None
    booked_on: dt.date | None
    confirmed_at: dt.datetime | None
    returned_on: dt.date | None
    """The bank gave the money back on this day; the bill is to be ordered anew."""
    return_reason: str | None

    @classmethod
    def of(cls, row: FilingPayment) -> Self:
        """Shape a row."""
        names = set(cls.model_fields) - {"amount"}
        values = {name: getattr(row, name) for name in names}
        return cls.model_validate({**values, "amount": text_of(row.amount_minor, row.currency)})


class BillWholeRead(BillRead):
    """A bill with its components, the filings it covers and its payments."""

    model_config = _model(BILL_WHOLE)

    paid: AmountText
    """What left the mutual's account for it, or the state confirms, and did not come back."""
    returned: AmountText
    """What the bank gave back, all times together."""
    left_to_pay: AmountText
    """What is still to be paid with this bill, an order that the bank has not booked yet included; of one that a newer bill has
    replaced it is left with that one."""
    components: list[BillComponentRead]
    filings: list[BillFilingRead]
    payments: list[PaymentOrderRead] = Field(description="Newest first; withdrawn ones too.")
    forecast: list[BillForecastRead]
    """What paying on the days that matter costs; empty once it is paid."""

    @classmethod
    def whole(
        cls,
        row: Bill,
        money: BillMoney,
        parts: Any,
        forecasts: list[Forecast],
        today: dt.date,
        language: str,
        country: str,
    ) -> Self:
        """Shape a row, what became of its money, its parts and what paying on the next days costs."""
        currency = row.currency
        components = [
            BillComponentRead(
                code=part.code,
                theirs=text_of(part.theirs_minor, currency),
                ours=text_of(part.ours_minor, currency),
                difference=text_of(part.theirs_minor - part.ours_minor, currency),
            )
            for part in parts["components"]
        ]
        filings = [
            BillFilingRead(filing_id=part.filing_id, amount=text_of(part.amount_minor, currency))
            for part in parts["filings"]
        ]
        payments = [PaymentOrderRead.of(payment) for payment in parts["payments"]]
        forecast = [BillForecastRead.of(one, language, country) for one in forecasts]
        return cls(
            **_bill_values(row, today),
            paid=text_of(money.paid_minor, currency),
            returned=text_of(money.returned_minor, currency),
            left_to_pay=text_of(money.left_minor, currency),
            components=components,
            filings=filings,
            payments=payments,
            forecast=forecast,
        )


def _bill_values(row: Bill, today: dt.date) -> dict[str, Any]:
    shown = {"total": row.total_minor, "ours": row.ours_minor, "paid_before": row.paid_before_minor}
    names = set(BillRead.model_fields) - {*shown, "period", "difference", "standing"}
    return {
        **{name: getattr(row, name) for name in names},
        **{name: text_of(minor, row.currency) for name, minor in shown.items()},
        "difference": text_of(row.total_minor - row.ours_minor, row.currency),
        "standing": standing(row, today),
        "period": month_of(row.period_start),
    }
