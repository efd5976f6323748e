"""What a month costs, receipts and files of them, as they stand on the wire."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText, minor_of, text_of
from gateway.api.schemas.common import (
    CurrencyCode,
    Id,
    Line,
    PeriodText,
    ProgressRead,
    ReadModel,
    Reason,
    WriteModel,
    example,
)
from gateway.contributions.fee import FeeRow
from gateway.contributions.import_receipts import ImportRow
from gateway.contributions.models import Channel, ReceiptImportState
from gateway.contributions.queries import ReceiptLineRow, ReceiptRow
from gateway.contributions.receive import NewLine, NewReceipt
from gateway.contributions.rules import PERCENT, Component
from gateway.contributions.schedule import Schedule
from gateway.kit.money import Currency, format_amount
from gateway.kit.progress import Progress

AccountCode = Annotated[
    str, StringConstraints(pattern=r"^(cash|momo|bank):[a-z0-9:-]{1,60}$"), Field(examples=["cash:office"])
]
"""The ledger account that the money is in."""


class FeeCreate(WriteModel):
    """The mutual's own fee per member and month, and who decided it."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "valid_from": "2026-01-01",
                "amount": "150.00",
                "currency": "DOP",
                "source": "Assembly of 2025-12-15, item 4",
            }
        ),
    }

    valid_from: dt.date
    amount: AmountText
    """Zero ends a fee."""
    currency: CurrencyCode
    source: Line


class FeeRead(ReadModel):
    """A fee that was decided."""

    id: int
    valid_from: dt.date
    amount: AmountText
    currency: str
    source: str
    actor: str
    recorded_at: dt.datetime

    @classmethod
    def of(cls, row: FeeRow) -> Self:
        """Shape a row."""
        values = row._asdict()
        return cls(amount=text_of(values.pop("amount_minor"), row.currency), **values)


class RateRead(ReadModel):
    """One component of a month, with everything that decides its amount."""

    code: str
    insurance: str
    share: str
    kind: str
    rate: str
    """A fraction (``0.0304``) where ``kind`` is percent, else an amount."""
    ceiling: AmountText | None
    """Wage above which it does not grow."""
    cap: AmountText | None
    less: str | None
    """Component whose amount is taken off this one."""
    rounded_to: AmountText
    source: str
    valid_from: dt.date
    read_on: dt.date
    mark: str
    """``2`` independent sources, ``1``, ``d`` derived or carried forward from an earlier reading, ``?`` not checked."""
    verified: bool
    """Whether two independent sources agree, for this very month."""


class ScheduleRead(ReadModel):
    """The rates of a month."""

    country: str
    period: str
    currency: str
    sha256: str
    verified: bool
    components: list[RateRead]

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """Shape a schedule."""
        parts = schedule.components
        return cls(
            country=schedule.country,
            period=str(schedule.period),
            currency=schedule.currency.code,
            sha256=schedule.sha256,
            verified=all(part.verified for part in parts),
            components=[_rate(part, schedule.currency, [one.code for one in parts]) for part in parts],
        )


def _rate(part: Component, currency: Currency, codes: list[str]) -> RateRead:
    def text(minor: int | None) -> str | None:
        return None if minor is None else format_amount(minor, currency)

    return RateRead(
        code=part.code,
        insurance=part.insurance,
        share=part.share,
        kind=part.kind,
        rate=part.rate if part.kind == PERCENT else format_amount(part.amount_minor, currency),
        ceiling=text(part.ceiling_minor),
        cap=text(part.cap_minor),
        less=None if part.less is None else codes[part.less],
        rounded_to=format_amount(part.unit_minor, currency),
        source=part.source,
        valid_from=dt.date.fromisoformat(part.valid_from),
        read_on=dt.date.fromisoformat(part.read_on),
        mark=part.mark,
        verified=part.verified,
    )


class AssessmentCreate(WriteModel):
    """Which payroll and month to assess."""

    model_config = {**WriteModel.model_config, **example({"payroll_id": 1, "period": "2026-03"})}

    payroll_id: Id
    period: PeriodText


class AssessedRead(ReadModel):
    """What an assessment found and wrote."""

    model_config = {
        **ReadModel.model_config,
        **example({"written": 2, "members": 2, "total": "9846.54", "currency": "DOP", "without_wage": 0}),
    }

    written: int
    """New versions; 0 where nothing changed since the last time."""
    members: int
    total: AmountText
    currency: str
    without_wage: int
    """Enrolled members who declared no wage; they are not assessed."""


class ComponentRead(ReadModel):
    """One component of an assessment."""

    code: str
    insurance: str
    share: str
    amount: AmountText


class AssessmentRead(ReadModel):
    """What the month costs one member, by component, in the newest version."""

    member_id: int
    member_number: str
    name: str
    version: int
    wage: AmountText
    additional_dependants: int
    components: list[ComponentRead]
    state: AmountText
    """Of the total, what the state bills."""
    total: AmountText
    currency: str
    assessed_at: dt.datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Shape a row."""
        currency = row["currency"]
        names = (row["given_names"], row["first_surname"], row["second_surname"])
        parts = zip(row["components"], row["amounts_minor"], strict=True)
        return cls(
            member_id=row["member_id"],
            member_number=row["number"],
            name=" ".join(part for part in names if part),
            version=row["version"],
            wage=text_of(row["wage_minor"], currency),
            additional_dependants=row["additional_dependants"],
            components=[
                ComponentRead(
                    code=part["code"], insurance=part["insurance"], share=part["share"], amount=text_of(minor, currency)
                )
                for part, minor in parts
            ],
            state=text_of(row["state_minor"], currency),
            total=text_of(row["total_minor"], currency),
            currency=currency,
            assessed_at=row["assessed_at"],
        )


class ReceiptLineCreate(WriteModel):
    """A member's part: `member_id`, or what the payer gave as identity or member number."""

    member_id: Id | None = None
    identity: Line | None = None
    amount: AmountText | None = None
    """Without one, an equal part of what the other lines leave."""


class ReceiptCreate(WriteModel):
    """A payment, as it happened."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "channel": "cash",
                "account_code": "cash:office",
                "amount": "4923.27",
                "currency": "DOP",
                "paid_on": "2026-03-03",
                "payer_name": "Ana Prueba",
                "payer_reference": "libreta 12",
                "lines": [{"identity": "999-0000001-8", "amount": "4923.27"}],
            }
        ),
    }

    channel: Channel
    account_code: AccountCode
    amount: AmountText
    currency: CurrencyCode
    paid_on: dt.date
    """The day the money was handed over, in the mutual's time zone."""
    payer_name: Line | None = None
    payer_reference: Line | None = None
    """What the payer wrote."""
    collector: Line | None = None
    note: Line | None = None
    source_reference: Line | None = None
    """The payment's own number at its source (a provider's transaction id, a receipt book's number), if it has one:
    the same number is received once, whoever types it. Without one, the Idempotency-Key stands for the payment."""
    lines: Annotated[list[ReceiptLineCreate], Field(min_length=1, max_length=1000)]

    def receipt(self, *, actor: str, key: str) -> NewReceipt:
        """Return the payment in minor units, with the identity it has at its source.

        Raises:
            AmountError, CurrencyError: An amount or currency that cannot be read.
        """
        fields = self.model_dump(exclude={"amount", "lines", "source_reference"})
        lines = [
            NewLine(one.member_id, one.identity, None if one.amount is None else minor_of(one.amount, self.currency))
            for one in self.lines
        ]
        numbered = self.source_reference is not None
        return NewReceipt(
            source=self.account_code.removesuffix(":clearing") if numbered else f"api:{actor}",
            source_reference=self.source_reference or key,
            amount_minor=minor_of(self.amount, self.currency),
            lines=lines,
            **fields,
        )


class ReceiptLineRead(ReadModel):
    """A part of a receipt and whose it is now."""

    id: int
    line_no: int
    member_id: int | None
    """Null while nobody knows whose it is."""
    first_member_id: int | None
    """Whose it was when it was received."""
    amount: AmountText
    claimed_identity: str | None
    placement_version: int

    @classmethod
    def of(cls, row: ReceiptLineRow, currency: str) -> Self:
        """Shape a row."""
        values = row._asdict()
        return cls(amount=text_of(values.pop("amount_minor"), currency), **values)


class ReceiptRead(ReadModel):
    """A receipt with its lines."""

    id: int
    number: str
    """With check digits (ISO 11649); printed on the receipt."""
    state: Literal["received", "reversed"]
    source: str
    source_reference: str
    channel: Channel
    account_code: str
    collector: str | None
    payer_name: str | None
    payer_reference: str | None
    amount: AmountText
    currency: str
    paid_on: dt.date
    recorded_at: dt.datetime
    actor: str
    note: str | None
    import_id: int | None
    ledger_tx_id: int
    reversed_on: dt.date | None
    reversal_reason: str | None
    lines: list[ReceiptLineRead]

    @classmethod
    def of(cls, row: ReceiptRow) -> Self:
        """Shape a row."""
        values = row._asdict()
        del values["is_new"]
        values["amount"] = text_of(values.pop("amount_minor"), row.currency)
        values["lines"] = [ReceiptLineRead.of(line, row.currency) for line in row.lines]
        return cls(state="received" if row.reversed_on is None else "reversed", **values)


class VerificationRead(ReadModel):
    """What anybody who holds a receipt may know of it."""

    number: str
    paid_on: dt.date
    amount: AmountText
    currency: str
    state: Literal["received", "reversed"]


class PlacementCreate(WriteModel):
    """Whose a line's money is; without a member it goes back to suspense."""

    model_config = {
        **WriteModel.model_config,
        **example({"member_id": 17, "reason": "showed the provider's message with this transaction"}),
    }

    member_id: Id | None = None
    reason: Reason


class SuspenseRead(ReadModel):
    """Money that nobody could place yet."""

    line_id: int
    receipt_id: int
    number: str
    channel: Channel
    account_code: str
    amount: AmountText
    currency: str
    claimed_identity: str | None
    payer_name: str | None
    payer_reference: str | None
    collector: str | None
    paid_on: dt.date
    recorded_at: dt.datetime
    age_days: int
    """Days since it was paid."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        values = dict(row._mapping)
        return cls(amount=text_of(values.pop("amount_minor"), row.currency), **values)


class StatementLineRead(ReadModel):
    """One movement of a member's contributions, with the balance after it."""

    tx_id: int
    line: int
    kind: str
    valid_on: dt.date
    """When it happened."""
    recorded_at: dt.datetime
    """When it was booked."""
    reason: str | None
    evidence: str | None
    reverses: int | None
    """The transaction that this one takes back."""
    amount: AmountText
    """Above zero where it came to her, below where it left."""
    balance: AmountText
    currency: str

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        values = dict(row._mapping)
        amount, balance = values.pop("amount_minor"), values.pop("balance_minor")
        return cls(amount=text_of(amount, row.currency), balance=text_of(balance, row.currency), **values)


class ImportOptionsRead(ReadModel):
    """What holds for every row of a file."""

    channel: Channel
    account_code: str
    unknown: Literal["suspense", "refuse"]
    collector: str | None
    day_first: bool


class ReceiptImportRead(ReadModel):
    """An uploaded file of payments and what was found in it."""

    id: int
    file_name: str
    sha256: str
    state: ReceiptImportState
    row_count: int
    accept_count: int
    """Rows whose member is known."""
    suspense_count: int
    same_count: int
    """Rows that were received before; they have no effect."""
    refused_count: int
    accept_amount: AmountText
    """Of accepted rows and those for suspense."""
    refused_amount: AmountText
    """Of refused rows whose amount can be read."""
    applied_count: int
    applied_amount: AmountText
    currency: str
    options: ImportOptionsRead
    created_at: dt.datetime
    created_by: str
    applied_at: dt.datetime | None
    applied_by: str | None

    @classmethod
    def of(cls, row: ImportRow, currency: str) -> Self:
        """Shape a row."""
        values = row._asdict()
        for name in ("accept", "refused", "applied"):
            values[f"{name}_amount"] = text_of(values.pop(f"{name}_minor"), currency)
        return cls.model_validate({**values, "currency": currency})


class ReceiptImportStandingRead(ReceiptImportRead):
    """An uploaded file of payments, and how far the work on it is where a worker does it."""

    progress: ProgressRead | None
    """Of the last work that a worker was asked for (``in_background``); null where there was none."""

    @classmethod
    def standing(cls, row: ImportRow, currency: str, progress: Progress | None) -> Self:
        """Shape a row and the work on it."""
        return cls(**ReceiptImportRead.of(row, currency).model_dump(), progress=ProgressRead.of(progress))


class ApplicationCreate(WriteModel):
    """Whether a file with refused rows is applied without them, or not at all."""

    model_config = {**WriteModel.model_config, **example({"policy": "good_rows"})}

    policy: Literal["good_rows", "all_or_nothing"]
    in_background: bool = False
    """Let a worker do it and answer at once: ``progress`` of the file says how far it is."""


class RowProblemRead(ReadModel):
    """One thing that is wrong with a row."""

    pointer: str
    code: str
    detail: str


class ReceiptImportRowRead(ReadModel):
    """A refused row, as it came, with what is wrong."""

    row_no: int
    action: Literal["refuse"]
    cells: list[str]
    problems: list[RowProblemRead]

    @classmethod
    def of(cls, row: Any, action: Literal["refuse"]) -> Self:
        """Shape a row."""
        problems = [RowProblemRead(**one) for one in row.problems]
        return cls(row_no=row.row_no, action=action, cells=list(row.raw or []), problems=problems)
