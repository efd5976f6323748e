"""Funding policies, filings with their decisions, lines and files, and the evidence of a line."""

import datetime as dt
import uuid
from typing import Any, Literal, Self

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import (
    CurrencyCode,
    Id,
    PeriodText,
    ReadModel,
    Reason,
    WriteModel,
    example,
    month_of,
)
from gateway.api.schemas.state_codes import StateCodeRead
from gateway.authority.connect import state_format
from gateway.filing.look_at_line import LineSeen
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.models import FundingPolicy as FundingPolicyRow
from gateway.filing.rules import Change
from gateway.filing.rules import Reason as DecisionReason
from gateway.filing.states import DocumentStatus, FilingKind, FilingStatus, LineStatus
from gateway.filing.words import explain
from gateway.kit.written import writer_of

RULES: dict[str, Any] = {
    "order": ["own_money", "credit", "fund", "reserve"],
    "own_share_minimum": "0.75",
    "fund": {"limit_per_member": "1500.00", "limit_in_total": "50000.00"},
    "reserve": {"limit_per_member": "500.00", "only_if_covered_last_month": True},
}


POLICY = {
    "id": 2,
    "valid_from": "2026-01-01",
    "version": 1,
    "rules": RULES,
    "reason": "assembly of 12 January",
    "actor": "staff:mara",
    "recorded_at": "2026-01-12T20:14:00Z",
}


FILING = {
    "id": 7,
    "reference": "5f0c9c0a-1a52-4a0e-9a57-0d6f6a8a2f61",
    "payroll_id": 1,
    "period": "2026-03",
    "sequence": 1,
    "kind": "monthly",
    "parent_id": None,
    "policy_id": 2,
    "status": "draft",
    "currency": "DOP",
    "line_count": 1840,
    "movement_count": 12,
    "dependant_line_count": 12,
    "not_funded_count": 160,
    "wage": "29016800.00",
    "state_amount": "6151402.11",
    "fees": "184000.00",
    "reserved": "6335402.11",
    "merkle_root": None,
    "accepted_count": 0,
    "rejected_count": 0,
    "reception_reference": None,
    "answer_code": None,
    "attempt": 0,
    "next_check_at": None,
    "prepared_by": "staff:olga",
    "prepared_at": "2026-04-01T12:00:00Z",
    "sealed_by": None,
    "sealed_at": None,
    "version": 1,
}


PREVIEW = {
    **FILING,
    "by_reason": [{"reason": "own_money", "is_funded": True, "members": 1840, "needed": "6335402.11", "short": "0.00"}],
    "by_change": {"same": 1800, "new": 40},
    "last_bill": {"period": "2026-02", "total": "6010220.40", "due_on": "2026-03-04"},
    "due_on": "2026-04-06",
    "unverified": [
        {"component": "work_risk", "rate": "0.0110", "source": "SRC-003, SRC-005", "mark": "1", "read_on": "2026-11-24"}
    ],
}


DECISION = {
    "member_id": 17,
    "number": "M000017",
    "name": "Ana Pérez",
    "is_funded": False,
    "reason": "short",
    "explanation": "Tiene DOP\u00a04,000.00 de DOP\u00a04,923.27; faltan DOP\u00a0923.27.",
    "detail": "",
    "currency": "DOP",
    "needed": "4923.27",
    "available": "4000.00",
    "short": "923.27",
    "from_member": "0.00",
    "of_it_credit": "0.00",
    "from_fund": "0.00",
    "from_reserve": "0.00",
    "from_employer": "0.00",
    "change_since_last": "same",
    "line_no": None,
}


LINE = {
    "line_no": 1,
    "member_id": 17,
    "document_kind": "national_id",
    "document": "99900000018",
    "given_names": "Ana",
    "first_surname": "Pérez",
    "second_surname": "",
    "currency": "DOP",
    "wage": "23223.00",
    "additional_dependants": 0,
    "state_amount": "4923.27",
    "fee": "100.00",
    "total": "5023.27",
    "from_member": "5023.27",
    "of_it_credit": "0.00",
    "from_fund": "0.00",
    "from_reserve": "0.00",
    "from_employer": "0.00",
    "reason": "own_money",
    "change_since_last": "same",
    "status": "accepted",
    "state_code": "0",
    "state_text": "Aceptada",
    "state_accepted": "4923.27",
    "answered_at": "2026-04-01T13:12:45Z",
    "answer": {
        "code": "0",
        "meaning": "Aceptada",
        "category": "accepted",
        "role": "nobody",
        "fix": "No hay nada que hacer.",
        "is_known": True,
    },
}


DOCUMENT = {
    "id": 3,
    "filing_id": 7,
    "position": 1,
    "holds": "workers",
    "kind": "AM",
    "part": 1,
    "part_count": 1,
    "file_name": "AM_401999999_032026.txt",
    "media_type": "text/plain; charset=iso-8859-1",
    "line_count": 1840,
    "first_line_no": 1,
    "byte_count": 577796,
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "reference": "0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11",
    "status": "accepted",
    "reception_reference": "R202604000000017",
    "answer_code": "0",
    "answer_text": None,
    "accepted_count": 1840,
    "rejected_count": 0,
    "created_at": "2026-04-01T12:05:00Z",
    "answered_at": "2026-04-01T13:12:45Z",
}
LAYOUT = {
    "filing_id": 7,
    "line_no": 1,
    "file_name": "AM_401999999_032026.txt",
    "file_line": 2,
    "fault": None,
    "fields": [
        {"name": "type", "start": 1, "end": 1, "text": "D", "is_verified": True},
        {"name": "payroll", "start": 2, "end": 4, "text": "001", "is_verified": True},
    ],
}
EVIDENCE = {
    "filing": {"id": 7, "period": "2026-03", "merkle_root": "…"},
    "line": {"line_no": 1, "status": "accepted", "total": "5023.27"},
    "funding": {"from_member": "5023.27", "receipts": [{"number": "RF18539007547034", "used": "5023.27"}]},
    "assessment": {
        "components": [{"code": "health_worker", "rate": "0.0304", "source": "SRC-002", "amount": "705.98"}]
    },
    "sealed": {"file_line": 2, "canonical": "…", "leaf_hash": "…", "inclusion_proof": ["…"]},
    "dependants": [],
    "movements": [],
    "submissions": [{"attempt": 1, "step": "submit:AM:1", "outcome": "received"}],
    "answer": {"code": "0", "raw": {"line": 2, "status": "accepted"}},
    "bills": [{"notice_reference": "0320260000000014", "status": "confirmed"}],
    "bookings": [{"kind": "filing.seal", "valid_on": "2026-04-01"}],
    "same_month": [],
}


def _model(shown: dict[str, Any]) -> Any:
    return {**ReadModel.model_config, **example(shown)}


class FundingPolicyCreate(WriteModel):
    """How members' lines may be funded from a day on."""

    model_config = {
        **WriteModel.model_config,
        **example({"valid_from": "2026-01-01", "rules": RULES, "reason": "assembly of 12 January"}),
    }

    valid_from: dt.date
    rules: dict[str, Any]
    """order, own_share_minimum, fund, reserve, leave_out, one_payroll_only; what is missing takes its usual value."""
    reason: Reason


class FundingPolicyRead(ReadModel):
    """A funding policy; the newest for a day counts."""

    model_config = _model(POLICY)

    id: int
    valid_from: dt.date
    version: int
    rules: dict[str, Any]
    reason: str
    actor: str
    recorded_at: dt.datetime

    @classmethod
    def of(cls, row: FundingPolicyRow) -> Self:
        """Shape a row."""
        return cls.model_validate(row)


class FilingCreate(WriteModel):
    """Which payroll and month to prepare."""

    model_config = {
        **WriteModel.model_config,
        **example({"payroll_id": 1, "period": "2026-03", "kind": "monthly"}),
    }

    payroll_id: Id
    period: PeriodText
    kind: FilingKind = FilingKind.MONTHLY


class Discard(WriteModel):
    """Why a draft is given up."""

    model_config = {**WriteModel.model_config, **example({"reason": "prepared for the wrong payroll"})}

    reason: Reason


class FilingRead(ReadModel):
    """One payroll and month, filed once."""

    model_config = _model(FILING)

    id: int
    reference: uuid.UUID
    payroll_id: int
    period: PeriodText
    sequence: int
    kind: FilingKind
    parent_id: int | None
    policy_id: int
    status: FilingStatus
    currency: CurrencyCode
    line_count: int
    dependant_line_count: int
    movement_count: int
    """Entries, exits, leaves and changes told beside the workers."""
    not_funded_count: int
    wage: AmountText
    state_amount: AmountText
    """Sum of what the state will bill for the lines, by our own rates."""
    fees: AmountText
    reserved: AmountText
    merkle_root: str | None
    accepted_count: int
    rejected_count: int
    reception_reference: str | None
    answer_code: str | None
    attempt: int
    next_check_at: dt.datetime | None
    prepared_by: str
    prepared_at: dt.datetime
    sealed_by: str | None
    sealed_at: dt.datetime | None
    version: int

    @classmethod
    def of(cls, row: Filing) -> Self:
        """Shape a row."""
        return cls.model_validate(_filing_values(row))


class ReasonFigures(ReadModel):
    """How many members of a filing are funded in one way, or not funded for one reason."""

    reason: DecisionReason
    is_funded: bool
    members: int
    needed: AmountText
    short: AmountText


class LastBill(ReadModel):
    """The newest bill of the payroll's months before."""

    period: PeriodText
    total: AmountText
    due_on: dt.date


class UnverifiedRate(ReadModel):
    """A component whose amount rests on a value that is not known from two sources."""

    component: str
    rate: str
    source: str
    mark: str
    """``1`` one source, ``d`` derived or carried forward, ``?`` not checked."""
    read_on: dt.date


class FilingPreview(FilingRead):
    """A filing with its figures: who is funded how, who is not and why, what changed, and the last bill beside it."""

    model_config = _model(PREVIEW)

    by_reason: list[ReasonFigures]
    by_change: dict[Change, int]
    last_bill: LastBill | None
    due_on: dt.date | None
    """When the month is to be paid, by our calendar."""
    unverified: list[UnverifiedRate]
    """Components whose amounts rest on a value that is not known from two sources."""

    @classmethod
    def with_figures(cls, row: Filing, figures: dict[str, Any], due_on: dt.date | None) -> Self:
        """Shape a row and its figures."""
        bill, currency = figures["last_bill"], row.currency
        by_reason = [
            {
                "reason": reason,
                "is_funded": sums["is_funded"],
                "members": sums["members"],
                "needed": text_of(sums["needed_minor"], currency),
                "short": text_of(sums["short_minor"], currency),
            }
            for reason, sums in figures["by_reason"].items()
        ]
        last_bill = None if bill is None else {
            "period": month_of(bill.period_start), "total": text_of(bill.total_minor, currency), "due_on": bill.due_on,
        }  # fmt: skip
        values = {**_filing_values(row), "by_reason": by_reason, "by_change": figures["by_change"]}
        return cls.model_validate(
            {**values, "last_bill": last_bill, "due_on": due_on, "unverified": figures["unverified"]}
        )


class DecisionRead(ReadModel):
    """Whether one member is declared, how it is funded, and if not, why."""

    model_config = _model(DECISION)

    member_id: int
    number: str
    name: str
    is_funded: bool
    reason: DecisionReason
    explanation: str
    """The reason in the language of whoever asks."""
    detail: str
    currency: CurrencyCode
    needed: AmountText
    available: AmountText
    short: AmountText
    from_member: AmountText
    of_it_credit: AmountText
    from_fund: AmountText
    from_reserve: AmountText
    from_employer: AmountText
    change_since_last: Change
    line_no: int | None

    @classmethod
    def of(cls, row: Any, currency: str, language: str, country: str) -> Self:
        """Shape a row."""
        told = explain(
            row.reason,
            language,
            writer_of(currency, language, country),
            needed_minor=row.needed_minor,
            available_minor=row.available_minor,
            short_minor=row.short_minor,
            detail=row.detail,
        )
        names = ("member_id", "number", "is_funded", "reason", "detail", "change_since_last", "line_no")
        amounts = ("needed", "available", "short", "from_member", "from_fund", "from_reserve", "from_employer")
        name = " ".join(part for part in (row.given_names, row.first_surname, row.second_surname) if part)
        shown: dict[str, Any] = {field: getattr(row, field) for field in names}
        shown |= {field: text_of(getattr(row, f"{field}_minor"), currency) for field in amounts}
        shown |= {"of_it_credit": text_of(row.credit_minor, currency), "name": name, "currency": currency}
        return cls(**shown, explanation=told)


class FilingLineRead(ReadModel):
    """One declared member, and how the state answered."""

    model_config = _model(LINE)

    line_no: int
    member_id: int
    document_kind: str
    document: str
    given_names: str
    first_surname: str
    second_surname: str
    currency: CurrencyCode
    wage: AmountText
    additional_dependants: int
    state_amount: AmountText
    fee: AmountText
    total: AmountText
    from_member: AmountText
    of_it_credit: AmountText
    from_fund: AmountText
    from_reserve: AmountText
    from_employer: AmountText
    reason: DecisionReason
    change_since_last: Change
    status: LineStatus
    state_code: str | None
    """The state's code, as it came."""
    state_text: str | None
    state_accepted: AmountText | None
    answered_at: dt.datetime | None
    answer: StateCodeRead | None
    """What the state's code means, who acts and how; empty while there is no answer."""

    @classmethod
    def of(cls, row: Any, currency: str, country: str, language: str) -> Self:
        """Shape a row; its code is the one of the country's state."""
        values = row._asdict()
        code = values["state_code"]
        known = None if code is None else state_format(country).explain(code)
        values["answer"] = None if known is None else StateCodeRead.of(known, language)
        amounts = {
            "wage": "wage", "state": "state_amount", "fee": "fee", "total": "total", "from_member": "from_member",
            "credit": "of_it_credit", "from_fund": "from_fund", "from_reserve": "from_reserve",
            "from_employer": "from_employer",
        }  # fmt: skip
        for stored, shown in amounts.items():
            values[shown] = text_of(values.pop(f"{stored}_minor"), currency)
        accepted = values.pop("state_accepted_minor")
        values["state_accepted"] = None if accepted is None else text_of(accepted, currency)
        return cls(**values, currency=currency)


class LineFieldRead(ReadModel):
    """One field of a line as it is written for the state."""

    name: str
    """What our table of the state's layout calls it; empty for what the table does not name."""
    start: int
    """Position of its first character, from 1."""
    end: int
    """Position of its last character."""
    text: str
    """As written, blanks included."""
    is_verified: bool
    """False where its place or form has one source or none."""


class LineLayoutRead(ReadModel):
    """A line of a filing in the state's own layout."""

    model_config = _model(LAYOUT)

    filing_id: int
    line_no: int
    file_name: str
    """Empty where it cannot be written."""
    file_line: int | None
    """Which line of the frozen file, the header being 1; null while the filing is a draft."""
    fault: str | None
    """Why it cannot be written as it is; null where it can."""
    fields: list[LineFieldRead]

    @classmethod
    def of(cls, seen: LineSeen, filing_id: int, line_no: int) -> Self:
        """Shape a line that was looked at."""
        fields = [
            LineFieldRead(
                name=one.name,
                start=one.start,
                end=one.start + len(one.text) - 1,
                text=one.text,
                is_verified=one.is_verified,
            )
            for one in seen.fields
        ]
        return cls(
            filing_id=filing_id,
            line_no=line_no,
            file_name=seen.file_name,
            file_line=seen.file_line or None,
            fault=seen.fault or None,
            fields=fields,
        )


class FilingDocumentRead(ReadModel):
    """One frozen file of a filing, and where it stands with the state."""

    model_config = _model(DOCUMENT)

    id: int
    filing_id: int
    position: int
    holds: Literal["workers", "dependants", "movements"]
    kind: str
    part: int
    part_count: int
    file_name: str
    media_type: str
    line_count: int
    first_line_no: int
    byte_count: int
    sha256: str
    reference: uuid.UUID
    status: DocumentStatus
    reception_reference: str | None
    answer_code: str | None
    answer_text: str | None
    accepted_count: int
    rejected_count: int
    created_at: dt.datetime
    answered_at: dt.datetime | None

    @classmethod
    def of(cls, row: FilingDocument) -> Self:
        """Shape a row."""
        return cls.model_validate(row)


class DocumentList(ReadModel):
    """The files of a filing, in the order they reach the state."""

    model_config = _model({"items": [DOCUMENT]})

    items: list[FilingDocumentRead]


class EvidenceRead(ReadModel):
    """The whole trace of one filed line; amounts are decimal strings in the filing's currency."""

    model_config = _model(EVIDENCE)

    filing: dict[str, Any]
    line: dict[str, Any]
    funding: dict[str, Any]
    """The receipts that paid for the line, the oldest money first, and what fund and reserve added."""
    assessment: dict[str, Any]
    """Each component with its rate and the source of the rate."""
    sealed: dict[str, Any]
    """The frozen bytes, their digest, and the proof that the line is under the filing's Merkle root."""
    dependants: list[dict[str, Any]]
    movements: list[dict[str, Any]]
    """Her comings and goings that the filing told, and those that wait."""
    submissions: list[dict[str, Any]]
    answer: dict[str, Any] | None
    """The state's answer for the line, as it came."""
    bills: list[dict[str, Any]]
    bookings: list[dict[str, Any]]
    same_month: list[dict[str, Any]]
    """The member's other lines of the month: what a rejected one became, or what this one mends."""


def _filing_values(row: Filing) -> dict[str, Any]:
    shown = {"wage": "wage_minor", "state_amount": "state_minor", "fees": "fee_minor", "reserved": "reserved_minor"}
    names = set(FilingRead.model_fields) - {*shown, "period"}
    return {
        **{name: getattr(row, name) for name in names},
        **{name: text_of(getattr(row, stored), row.currency) for name, stored in shown.items()},
        "period": month_of(row.period_start),
    }
