"""Shapes of movements told to the state, and of what is done by hand on its portal."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText, minor_of, text_of
from gateway.api.schemas.common import (
    CurrencyCode,
    Id,
    PeriodText,
    ReadModel,
    Reason,
    WriteModel,
    example,
    period_of,
)
from gateway.filing.movement_rules import Cause, Hindrance, explain
from gateway.filing.portal_answer import Loaded
from gateway.filing.portal_notice import TypedNotice
from gateway.filing.portal_submit import Reception
from gateway.filing.states import LineStatus

Number = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00]*$"),
    Field(examples=["R202604000000017"]),
]
MOVEMENT = {
    "id": 41,
    "line_no": 1,
    "event": "entry",
    "reason": "entered",
    "explanation": "The member entered the payroll.",
    "held_back": None,
    "detail": "",
    "again_after": None,
    "source_kind": "enrolment",
    "source_id": 318,
    "member_id": 17,
    "number": "M0000017",
    "starts_on": "2026-04-06",
    "ends_on": None,
    "after_payroll": False,
    "document_kind": "national_id",
    "document": "99900000018",
    "given_names": "Ana",
    "first_surname": "Pérez",
    "second_surname": "",
    "currency": "DOP",
    "wage": "23223.00",
    "status": "waiting",
    "state_code": None,
    "state_text": None,
    "answered_at": None,
}


class MovementRead(ReadModel):
    """One thing that happened to a member and that the state is told, or is not told this time and why."""

    model_config = {**ReadModel.model_config, **example(MOVEMENT)}

    id: int
    line_no: int | None
    """Number among the movements; null where it is held back."""
    event: str
    """entry, exit, holiday, voluntary, maternity, disability, change."""
    reason: Cause
    explanation: str
    """In the language of whoever asks."""
    held_back: Hindrance | None
    detail: str
    again_after: str | None
    """The state's code where an earlier filing told it in vain."""
    source_kind: str
    """Where in the register it comes from: enrolment, leave, member_wage, payroll_wage, member_change."""
    source_id: int
    member_id: int
    number: str
    starts_on: dt.date
    ends_on: dt.date | None
    after_payroll: bool
    document_kind: str
    document: str
    given_names: str
    first_surname: str
    second_surname: str
    currency: CurrencyCode
    wage: AmountText
    status: LineStatus
    state_code: str | None
    state_text: str | None
    answered_at: dt.datetime | None

    @classmethod
    def of(cls, row: Any, currency: str, language: str) -> Self:
        """Shape a row."""
        words = explain(row.reason, row.held_back, row.detail, row.again_after, language)
        made = {"explanation": words, "currency": currency, "wage": text_of(row.wage_minor, currency)}
        shown = {name: getattr(row, name) for name in cls.model_fields if name not in made}
        return cls.model_validate({**shown, **made})


class ReceptionCreate(WriteModel):
    """What the portal gave for one file."""

    model_config = {
        **WriteModel.model_config,
        **example({"document_id": 3, "reception_number": "R202604000000017"}),
    }

    reception_number: Number
    document_id: Id | None = None
    """Not needed where one file of the filing is not uploaded yet."""

    def as_new(self) -> Reception:
        """Return what the use case takes."""
        return Reception(self.reception_number, self.document_id)


class PortalSubmissionCreate(WriteModel):
    """Files that were uploaded by hand."""

    model_config = {
        **WriteModel.model_config,
        **example({"receptions": [{"document_id": 3, "reception_number": "R202604000000017"}]}),
    }

    receptions: Annotated[list[ReceptionCreate], Field(min_length=1, max_length=1000)]
    is_known_absent: bool = False
    """Of a filing that nobody knows about: the portal was looked at, and it was not there. Needs a reason."""
    reason: Reason | None = None


class PortalAnswerRead(ReadModel):
    """What the portal's answer says, and what became of it."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "document_id": 3,
                "outcome": "applied",
                "accepted": 1838,
                "rejected": 2,
                "problem": None,
                "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            }
        ),
    }

    document_id: int
    outcome: Literal["applied", "quarantined", "repeated", "previewed"]
    accepted: int
    rejected: int
    problem: str | None
    """Why it is quarantined."""
    sha256: str
    """Of the answer file, as it is kept."""

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Shape a result."""
        return cls.model_validate(loaded._asdict())


class NoticeComponentCreate(WriteModel):
    """One component of a notice."""

    model_config = {**WriteModel.model_config, **example({"code": "health_worker", "amount": "882060.02"})}

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    amount: AmountText
    """Adjustments and credits may be below zero."""


class PortalNoticeCreate(WriteModel):
    """A payment notice, as it stands on the portal."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "payroll_id": 1,
                "period": "2026-03",
                "reference": "0320260000000014",
                "version": 1,
                "replaces": None,
                "issued_on": "2026-04-01",
                "due_on": "2026-04-07",
                "currency": "DOP",
                "components": [{"code": "health_worker", "amount": "705.98"}],
                "total": "705.98",
                "filing_ids": None,
            }
        ),
    }

    payroll_id: Id
    period: PeriodText
    reference: Number
    version: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Counts recalculations under one reference."""
    replaces: Number | None = None
    issued_on: dt.date
    due_on: dt.date
    currency: CurrencyCode
    components: Annotated[list[NoticeComponentCreate], Field(min_length=1, max_length=100)]
    total: AmountText
    filing_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None
    """Which filings it covers; null: every accepted one of the payroll and month."""

    def as_new(self) -> TypedNotice:
        """Return what the use case takes.

        Raises:
            AmountError, CurrencyError: An amount cannot be read.
        """
        return TypedNotice(
            payroll_id=self.payroll_id,
            period=period_of(self.period),
            reference=self.reference,
            version=self.version,
            replaces=self.replaces,
            issued_on=self.issued_on,
            due_on=self.due_on,
            components=[(part.code, minor_of(part.amount, self.currency)) for part in self.components],
            total_minor=minor_of(self.total, self.currency),
            filing_ids=self.filing_ids,
        )


class PortalConfirmationCreate(WriteModel):
    """What the portal shows of a bill's payment."""

    model_config = {
        **WriteModel.model_config,
        **example({"amount": "6151402.11", "currency": "DOP", "paid_on": "2026-04-02", "authorisation": "A-1182"}),
    }

    amount: AmountText
    currency: CurrencyCode
    paid_on: dt.date
    authorisation: Number
