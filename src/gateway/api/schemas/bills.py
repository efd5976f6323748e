"""A bill set against ours, what paying it on a day costs, and what the state owes."""

import datetime as dt
from typing import Self

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, Id, PeriodText, ReadModel, example, month_of
from gateway.filing.bill_words import costs, why
from gateway.filing.compare_bill import Comparison
from gateway.filing.comparison import Compared, Likely
from gateway.filing.credits import CreditRow, OpenCredit
from gateway.filing.forecast import Forecast
from gateway.filing.states import NoticeStatus
from gateway.kit.written import writer_of

CHARGE = {
    "component": "surcharges",
    "rate": "0.011",
    "amount": "13.10",
    "source": "SRC-009, SRC-010 [?]",
    "mark": "?",
    "verified": False,
}
FORECAST = {
    "bill_id": 1,
    "pay_on": "2026-04-09",
    "due_on": "2026-04-06",
    "our_due_on": "2026-04-06",
    "days_late": 3,
    "months": 1,
    "currency": "DOP",
    "unpaid": "1191.23",
    "in_time": "1191.23",
    "more": "13.10",
    "total": "1204.33",
    "charges": [CHARGE],
    "verified": False,
    "text": "Paying on 9 April 2026 costs DOP\u00a01,204.33: DOP\u00a013.10 more than by 6 April 2026.",
}
COMPONENT = {
    "component": "work_risk",
    "ours": "255.45",
    "theirs": "278.68",
    "difference": "23.23",
    "reason": "rate_unverified",
    "text": "Our rate is not verified by two sources; it may be another. Source: SRC-003, SRC-005.",
    "source": "SRC-003, SRC-005",
    "mark": "1",
    "verified": False,
}


class ChargeRead(ReadModel):
    """What one part of the rule of lateness adds."""

    component: str
    rate: str
    """Per month begun, as a fraction."""
    amount: AmountText
    source: str
    mark: str
    verified: bool


class BillForecastRead(ReadModel):
    """What paying a bill on a day costs."""

    model_config = {**ReadModel.model_config, **example(FORECAST)}

    bill_id: Id
    pay_on: dt.date
    due_on: dt.date
    """The state's own day, from the notice."""
    our_due_on: dt.date | None
    """By our calendar; null where no list of holidays is known."""
    days_late: int
    months: int
    """Months begun after the due day; each is charged whole."""
    currency: CurrencyCode
    unpaid: AmountText
    """Contributions that nothing has paid yet, which alone are charged for lateness."""
    in_time: AmountText
    more: AmountText
    total: AmountText
    charges: list[ChargeRead]
    verified: bool
    text: str
    """The same in a sentence, in the language of whoever asks."""

    @classmethod
    def of(cls, row: Forecast, language: str, country: str) -> Self:
        """Shape a forecast."""
        currency = row.currency
        charges = [
            ChargeRead(
                component=charge.code,
                rate=charge.rate,
                amount=text_of(charge.amount_minor, currency),
                source=charge.source,
                mark=charge.mark,
                verified=charge.is_verified,
            )
            for charge in row.charges
        ]
        told = costs(
            language,
            writer_of(currency, language, country),
            pay_on=row.pay_on,
            due_on=row.due_on,
            total_minor=row.total_minor,
            more_minor=row.more_minor,
            is_verified=row.is_verified,
        )
        return cls(
            bill_id=row.bill_id,
            pay_on=row.pay_on,
            due_on=row.due_on,
            our_due_on=row.our_due_on,
            days_late=max(0, (row.pay_on - row.due_on).days),
            months=row.lateness.months,
            currency=currency,
            unpaid=text_of(row.unpaid_minor, currency),
            in_time=text_of(row.in_time_minor, currency),
            more=text_of(row.more_minor, currency),
            total=text_of(row.total_minor, currency),
            charges=charges,
            verified=row.is_verified,
            text=told,
        )


class ComparedRead(ReadModel):
    """One component of a bill, ours against theirs."""

    component: str
    ours: AmountText
    theirs: AmountText
    difference: AmountText
    """Theirs less ours."""
    reason: Likely
    """The likely reason of the difference."""
    text: str
    """The reason in words, and what to do, in the language of whoever asks."""
    source: str
    """Of our own amount."""
    mark: str
    verified: bool

    @classmethod
    def of(cls, row: Compared, currency: str, language: str) -> Self:
        """Shape a component."""
        return cls(
            component=row.component,
            ours=text_of(row.ours_minor, currency),
            theirs=text_of(row.theirs_minor, currency),
            difference=text_of(row.difference_minor, currency),
            reason=row.likely,
            text=why(row, language),
            source=row.source,
            mark=row.mark,
            verified=row.verified,
        )


class ComparisonRead(ReadModel):
    """A bill component by component, ours against theirs."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "bill_id": 1,
                "notice_reference": "0320260000000014",
                "version": 1,
                "period": "2026-03",
                "standing": "current",
                "currency": "DOP",
                "due_on": "2026-04-06",
                "our_due_on": "2026-04-06",
                "our_lines": 1,
                "their_lines": 1,
                "ours": "4923.27",
                "theirs": "4946.50",
                "difference": "23.23",
                "verified": False,
                "components": [COMPONENT],
            }
        ),
    }

    bill_id: Id
    notice_reference: str
    version: int
    period: PeriodText
    standing: NoticeStatus
    currency: CurrencyCode
    due_on: dt.date
    our_due_on: dt.date | None
    our_lines: int
    their_lines: int
    ours: AmountText
    theirs: AmountText
    difference: AmountText
    verified: bool
    """Whether each of our amounts is known from two sources."""
    components: list[ComparedRead]

    @classmethod
    def of(cls, row: Comparison, language: str) -> Self:
        """Shape a comparison."""
        bill, currency = row.bill, row.bill.currency
        return cls(
            bill_id=bill.id,
            notice_reference=bill.notice_reference,
            version=bill.version,
            period=month_of(bill.period_start),
            standing=row.standing,
            currency=currency,
            due_on=bill.due_on,
            our_due_on=row.our_due_on,
            our_lines=row.our_lines,
            their_lines=row.their_lines,
            ours=text_of(row.ours_minor, currency),
            theirs=text_of(row.theirs_minor, currency),
            difference=text_of(row.theirs_minor - row.ours_minor, currency),
            verified=all(one.verified for one in row.components if one.ours_minor),
            components=[ComparedRead.of(one, currency, language) for one in row.components],
        )


class CreditRead(ReadModel):
    """A movement of what the state owes: raised by a notice below what was paid, or taken off by a later one."""

    id: Id
    payroll_id: Id
    payroll_code: str
    employer_number: str
    bill_id: Id
    notice_reference: str
    version: int
    period: PeriodText
    kind: str
    """``overpaid`` or ``used``."""
    amount: AmountText
    currency: CurrencyCode
    is_void: bool
    """Its bill was superseded; it does not count any more."""
    at: dt.datetime

    @classmethod
    def of(cls, row: CreditRow) -> Self:
        """Shape a row."""
        values = row._asdict()
        amount, period = values.pop("amount_minor"), values.pop("period_start")
        return cls(amount=text_of(amount, row.currency), period=month_of(period), **values)


class OpenCreditRead(ReadModel):
    """What the state owes a payroll now."""

    payroll_id: Id
    payroll_code: str
    employer_number: str
    currency: CurrencyCode
    open: AmountText
    """Below zero where notices took off more than was paid beyond them."""

    @classmethod
    def of(cls, row: OpenCredit) -> Self:
        """Shape a row."""
        values = row._asdict()
        return cls(open=text_of(values.pop("open_minor"), row.currency), **values)


class OpenCreditList(ReadModel):
    """What the state owes each payroll; none that is even."""

    items: list[OpenCreditRead]
