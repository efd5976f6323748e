"""Standing rules for members' money, refunds to who left, and reminders."""

import datetime as dt
from typing import Any, Self

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import Id, PeriodText, ReadModel, Reason, WriteModel, example
from gateway.cash.remind import Reminded, Short
from gateway.contributions.allotment import (
    Allotment,
    AllotmentRow,
    Credit,
    Dependants,
    Leaving,
    Months,
    explain,
)
from gateway.contributions.refund import RefundRow
from gateway.contributions.states import RefundStatus


class AllotmentRules(WriteModel):
    """The rules; what is left out is as the first rules have it."""

    months: Months = Months.NEXT_FILING
    """Which month a member's money pays."""
    additional_dependants: Dependants = Dependants.FIRST
    """What becomes of additional dependants where the money does not reach for them too."""
    credit: Credit = Credit.CARRY_FORWARD
    """What becomes of money that no month needed."""
    on_leaving: Leaving = Leaving.REFUND
    """What becomes of a member's money after leaving."""


class AllotmentCreate(WriteModel):
    """Rules from a day on."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "valid_from": "2026-04-01",
                "rules": {"months": "oldest_first"},
                "reason": "assembly of 2026-03-15, item 2",
            }
        ),
    }

    valid_from: dt.date
    rules: AllotmentRules
    reason: Reason


class AllotmentRead(ReadModel):
    """Rules that were laid down, and what they mean."""

    id: int | None
    """Null for the first rules, which hold until the mutual lays down its own."""
    valid_from: dt.date | None
    version: int | None
    rules: AllotmentRules
    explanation: list[str]
    """What each setting means, in the language asked for with ``Accept-Language``."""
    reason: str | None
    actor: str | None
    recorded_at: dt.datetime | None

    @classmethod
    def of(cls, row: AllotmentRow, language: str) -> Self:
        """Shape a row; what it means is told in a language."""
        rule = Allotment.parse(row.rules)
        values = {**row._asdict(), "rules": AllotmentRules(**rule._asdict())}
        return cls(**values, explanation=explain(rule, language))

    @classmethod
    def first(cls, language: str) -> Self:
        """Return the rules of a mutual that has laid down none."""
        rule = Allotment()
        return cls(
            id=None, valid_from=None, version=None, rules=AllotmentRules(), reason=None, actor=None, recorded_at=None,
            explanation=explain(rule, language),
        )  # fmt: skip


class RefundCreate(WriteModel):
    """What a member who left still has, to be owed back."""

    model_config = {
        **WriteModel.model_config,
        **example({"member_id": 17, "reason": "moved abroad and asked for it"}),
    }

    member_id: Id
    reason: Reason


class RefundDecisionCreate(WriteModel):
    """A second person's word."""

    model_config = {**WriteModel.model_config, **example({"is_agreed": True, "reason": None})}

    is_agreed: bool
    reason: Reason | None = None


class RefundRead(ReadModel):
    """A refund."""

    id: int
    member_id: int
    amount: AmountText
    currency: str
    status: RefundStatus
    reason: str
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    decision_reason: str | None

    @classmethod
    def of(cls, row: RefundRow) -> Self:
        """Shape a row."""
        values: dict[str, Any] = row._asdict()
        values.pop("ledger_tx_id")
        return cls(amount=text_of(values.pop("amount_minor"), row.currency), **values)


class ReminderCreate(WriteModel):
    """The month that members are to be reminded of."""

    model_config = {**WriteModel.model_config, **example({"period": "2026-04", "payroll_id": 1})}

    period: PeriodText
    payroll_id: Id | None = None
    """Of this payroll alone."""


class RemindedRead(ReadModel):
    """What a run of reminders came to."""

    period: str
    short_count: int
    """Members who are short."""
    written_count: int
    """Messages that are new; nobody is reminded of a month twice."""
    without_telephone_count: int
    until: dt.date
    """The last day to pay."""

    @classmethod
    def of(cls, done: Reminded, period: str) -> Self:
        """Shape what was done."""
        return cls(period=period, **done._asdict())


class ShortRead(ReadModel):
    """A member who is short for a month."""

    till: str | None
    """The collector's till she is shown to; null where she is on no route."""
    member_id: int
    number: str
    name: str
    reference: str
    """What she writes on what she pays, with check digits."""
    has_telephone: bool
    month_costs: AmountText
    has: AmountText
    short: AmountText
    currency: str
    until: dt.date
    reminder: str | None
    """How far her message got; null where none was written."""
    reminded_at: dt.datetime | None

    @classmethod
    def of(cls, row: Short) -> Self:
        """Shape a row."""
        values = {**row._asdict(), "till": row.till or None}
        for name, source in (("month_costs", "cost_minor"), ("has", "held_minor"), ("short", "short_minor")):
            values[name] = text_of(values.pop(source), row.currency)
        return cls(**values)
