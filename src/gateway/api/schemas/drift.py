"""What the state holds, and where it differs from what we filed and what was paid."""

import datetime as dt
from typing import Self

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, Id, PeriodText, ReadModel, example, month_of
from gateway.filing.drift import Difference
from gateway.filing.drift_kinds import DriftKind
from gateway.filing.mirror import HoldingRow
from gateway.filing.states import LineStatus
from gateway.kit.written import writer_of


class StateSide(ReadModel):
    """What the state says."""

    active_since: PeriodText | None
    last_period: PeriodText | None
    wage: AmountText | None
    dependants: int
    amount: AmountText | None
    """What it took for this month."""
    code: str | None


class FiledSide(ReadModel):
    """What we filed."""

    filing_id: Id
    line_no: int
    status: LineStatus
    wage: AmountText
    dependants: int
    amount: AmountText


class PaidSide(ReadModel):
    """What was paid."""

    needed: AmountText
    """What the month costs her, the mutual's fee with it."""
    held: AmountText
    """What nothing has used: her own money, or her employer's."""
    from_member: AmountText
    """Of the filed line, what her own money paid."""
    from_others: AmountText
    """Of the filed line, what fund, reserve or employer paid."""


class DifferenceRead(ReadModel):
    """One way in which the three sides differ on a member."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "payroll_id": 1,
                "payroll_code": "001",
                "employer_number": "401999999",
                "member_id": 17,
                "number": "M000017",
                "kind": "rejected",
                "role": "filing_officer",
                "text": "The state refused the line with code 24: mend it and file it again.",
                "currency": "DOP",
                "is_enrolled": True,
                "our_wage": "23223.00",
                "our_dependants": 0,
                "state": {
                    "active_since": None, "last_period": None, "wage": None, "dependants": 0, "amount": "0.00", "code": "24",
                },
                "filed": {
                    "filing_id": 7, "line_no": 3, "status": "rejected", "wage": "23223.00", "dependants": 0,
                    "amount": "4923.27",
                },
                "paid": {"needed": "4923.27", "held": "4923.27", "from_member": "4923.27", "from_others": "0.00"},
            }
        ),
    }  # fmt: skip

    payroll_id: Id
    payroll_code: str
    employer_number: str
    member_id: Id
    number: str
    kind: DriftKind
    role: str
    """Who has to act."""
    text: str
    """What it is and what to do, in the language of whoever asks."""
    currency: CurrencyCode
    is_enrolled: bool
    our_wage: AmountText | None
    our_dependants: int
    state: StateSide
    filed: FiledSide | None
    paid: PaidSide

    @classmethod
    def of(cls, row: Difference, currency: str, language: str, country: str) -> Self:
        """Shape a difference."""
        sides = row.sides

        def money(minor: int | None) -> str | None:
            return None if minor is None else text_of(minor, currency)

        filed = None
        if sides.filing_id is not None:
            filed = FiledSide.model_validate(
                {
                    "filing_id": sides.filing_id,
                    "line_no": sides.line_no,
                    "status": sides.line_status,
                    "wage": money(sides.filed_wage_minor),
                    "dependants": sides.filed_heads,
                    "amount": money(sides.filed_minor),
                }
            )
        others = (sides.filed_total_minor or 0) - (sides.from_member_minor or 0)
        return cls(
            payroll_id=row.payroll_id,
            payroll_code=row.payroll_code,
            employer_number=row.employer_number,
            member_id=sides.member_id,
            number=sides.number,
            kind=row.kind,
            role=row.role,
            text=row.text(language, writer_of(currency, language, country)),
            currency=currency,
            is_enrolled=sides.is_enrolled,
            our_wage=money(sides.wage_minor),
            our_dependants=sides.heads,
            state=StateSide(
                active_since=month_of(sides.active_since) if sides.active_since else None,
                last_period=month_of(sides.last_period) if sides.last_period else None,
                wage=money(sides.held_wage_minor),
                dependants=sides.held_heads,
                amount=money(sides.state_accepted_minor),
                code=sides.state_code,
            ),
            filed=filed,
            paid=PaidSide(
                needed=text_of(sides.needed_minor, currency),
                held=text_of(row.paid_minor, currency),
                from_member=text_of(sides.from_member_minor or 0, currency),
                from_others=text_of(others, currency),
            ),
        )


class HoldingRead(ReadModel):
    """What the state holds of a member in a payroll, by its own answers."""

    payroll_id: Id
    payroll_code: str
    employer_number: str
    member_id: Id
    number: str
    active_since: PeriodText
    """First month of the unbroken run of accepted months."""
    last_period: PeriodText
    currency: CurrencyCode
    wage: AmountText
    additional_dependants: int
    amount: AmountText
    """What it took for the last month."""
    is_active: bool
    """False once a later month of the payroll was accepted without her."""
    filing_id: Id
    """The filing whose answer said so last."""
    changed_at: dt.datetime

    @classmethod
    def of(cls, row: HoldingRow, currency: str) -> Self:
        """Shape a row."""
        values = row._asdict()
        wage, amount = (text_of(values.pop(name), currency) for name in ("wage_minor", "amount_minor"))
        since, last = (month_of(values.pop(name)) for name in ("active_since", "last_period"))
        return cls(wage=wage, amount=amount, active_since=since, last_period=last, currency=currency, **values)
