"""What a state's systems send and get."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, PeriodText, ReadModel, WriteModel, example, month_of
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.states import DocumentStatus, FilingKind, FilingStatus, LineStatus
from gateway.kit.models import InboxState
from gateway.membership.queries import PayrollRow
from gateway.membership.states import IdentityKind
from gateway.statelink.look import Look, Month
from gateway.statelink.states import CoverStatus, Standing

EventId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$"), Field(examples=["evt-2026-04-0001"])]
"""The sender's own id of an event: the same on every retry."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Document = Annotated[
    str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\x00]*$"), Field(examples=["00112345678"])
]
Purpose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=r"^[^\x00]*$"),
    Field(examples=["claim of a hospital, case 771"]),
]
"""Why a person is looked at; kept with the look."""


class TokenRequest(BaseModel):
    """OAuth 2 client credentials (RFC 6749), with an assertion (RFC 7523) or a certificate (RFC 8705)."""

    model_config = example(
        {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.e30.c2ln",
            "scope": "filings:read",
        }
    )

    grant_type: str = ""
    client_assertion_type: str = ""
    client_assertion: Annotated[str, StringConstraints(max_length=8000)] = ""
    client_id: Annotated[str, StringConstraints(max_length=100)] = ""
    """Only with a certificate; an assertion names the client itself."""
    scope: Annotated[str, StringConstraints(max_length=1000)] = ""
    """Scopes with spaces between; without, all that the client has."""


class TokenRead(BaseModel):
    """An access token, shown this once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 — the name of the scheme
    expires_in: int
    """Seconds."""
    scope: str


class _About(BaseModel):
    """What an event is about; whatever else the sender says of it is kept."""

    model_config = ConfigDict(extra="allow")


class AboutFiling(_About):
    """Which file of ours: the id that we sent it under."""

    filing_id: uuid.UUID


class AboutNotice(_About):
    """Which bill, by the state's number."""

    reference: Text


class AboutRemittance(_About):
    """Which remittance, by the state's number."""

    remittance_id: Text


class AboutCoverage(_About):
    """Whose cover changed, how, and from which day."""

    document_kind: IdentityKind
    document: Document
    status: CoverStatus
    effective_on: dt.date
    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""


class _Push(BaseModel):
    """An event that is pushed to us."""

    id: EventId
    timestamp: AwareDatetime
    """When it happened, by the sender's clock."""


def _event(kind: str, about: dict[str, Any]) -> ConfigDict:
    return example({"id": "evt-1", "type": kind, "timestamp": "2026-04-01T09:12:45-04:00", "data": about})


FILE_ID = "0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11"


class AcknowledgementPush(_Push):
    """A file of ours was received."""

    model_config = _event("filing.received", {"filing_id": FILE_ID})

    type: Literal["filing.received"]
    data: AboutFiling


class LineResultsPush(_Push):
    """A file of ours was answered, line by line."""

    model_config = _event("filing.answered", {"filing_id": FILE_ID})

    type: Literal["filing.answered"]
    data: AboutFiling


class BillPush(_Push):
    """A bill was issued, also in place of another."""

    model_config = _event("notice.issued", {"reference": "2026-03-001"})

    type: Literal["notice.issued"]
    data: AboutNotice


class PaymentConfirmationPush(_Push):
    """A bill's payment was received."""

    model_config = _event("notice.paid", {"reference": "2026-03-001"})

    type: Literal["notice.paid"]
    data: AboutNotice


class RemittanceAdvicePush(_Push):
    """Benefits are advised or were paid."""

    model_config = _event("remittance.advised", {"remittance_id": "R-2026-04-7"})

    type: Literal["remittance.advised"]
    data: AboutRemittance


class CoverageChangePush(_Push):
    """A person's cover changed."""

    model_config = _event(
        "coverage.changed",
        {
            "document_kind": "national_id",
            "document": "00112345678",
            "status": "suspended",
            "effective_on": "2026-05-01",
            "reason": "bill overdue",
        },
    )

    type: Literal["coverage.changed"]
    data: AboutCoverage


class PushRead(BaseModel):
    """What became of an event: ``new`` until its reader has worked, ``quarantined`` while a person looks at it."""

    id: str
    status: InboxState
    received_at: dt.datetime
    handled_at: dt.datetime | None
    sha256: str
    """Of the body as it came."""
    note: str | None
    """Why it is set aside."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a message of the inbox."""
        return cls(
            id=row.event_id,
            status=row.state,
            received_at=row.received_at,
            handled_at=row.handled_at,
            sha256=row.sha256,
            note=row.note,
        )


class CoverageLookup(WriteModel):
    """A look at how a person is covered in a month."""

    model_config = example(
        {"document_kind": "national_id", "document": "00112345678", "period": "2026-03", "purpose": "claim, case 771"}
    )

    document_kind: IdentityKind
    document: Document
    period: PeriodText
    purpose: Purpose
    case: Text | None = None


class ContributionLookup(WriteModel):
    """A look at what was filed for a person, month by month; at most 24 months."""

    model_config = example(
        {
            "document_kind": "national_id",
            "document": "00112345678",
            "first_period": "2026-01",
            "last_period": "2026-03",
            "purpose": "pension, case 12",
        }
    )

    document_kind: IdentityKind
    document: Document
    first_period: PeriodText
    last_period: PeriodText
    purpose: Purpose
    case: Text | None = None


class ToldRead(ReadModel):
    """What the state last told us of the member's cover, by its own clock."""

    status: CoverStatus
    effective_on: dt.date
    changed_at: dt.datetime
    reason: str


class MonthRead(BaseModel):
    """What was filed for a person in a payroll's month."""

    period: PeriodText
    employer: str
    payroll: str
    filing: uuid.UUID
    line: int
    standing: Standing
    currency: CurrencyCode
    wage: AmountText
    additional_dependants: int
    amount: AmountText
    """Contribution as filed."""
    accepted: AmountText | None
    """Contribution as the state accepted it."""
    state_code: str | None
    answered_at: dt.datetime | None

    @classmethod
    def of(cls, month: Month) -> Self:
        """Shape a month."""
        row = month.row
        accepted = row.state_accepted_minor
        return cls(
            period=month_of(row.period_start),
            employer=row.employer_number,
            payroll=row.payroll,
            filing=row.reference,
            line=row.line_no,
            standing=month.standing,
            currency=row.currency,
            wage=text_of(row.wage_minor, row.currency),
            additional_dependants=row.additional_dependants,
            amount=text_of(row.state_minor, row.currency),
            accepted=None if accepted is None else text_of(accepted, row.currency),
            state_code=row.state_code,
            answered_at=row.answered_at,
        )


class CoverageRead(BaseModel):
    """How a person is covered; with ``is_known`` false nobody is known by the number."""

    is_known: bool
    member_number: str | None
    period: PeriodText
    standing: Standing
    """Paid, accepted, waiting, rejected or not declared: how far the month is with the state."""
    months: list[MonthRead]
    told: ToldRead | None

    @classmethod
    def of(cls, look: Look) -> Self:
        """Shape a look."""
        return cls(
            is_known=look.member is not None,
            member_number=look.member.number if look.member else None,
            period=str(look.last),
            standing=look.standing,
            months=[MonthRead.of(one) for one in look.months],
            told=None if look.told is None else ToldRead.model_validate(look.told),
        )


class ContributionsRead(BaseModel):
    """What was filed for a person."""

    is_known: bool
    member_number: str | None
    first_period: PeriodText
    last_period: PeriodText
    months: list[MonthRead]

    @classmethod
    def of(cls, look: Look) -> Self:
        """Shape a look."""
        return cls(
            is_known=look.member is not None,
            member_number=look.member.number if look.member else None,
            first_period=str(look.first),
            last_period=str(look.last),
            months=[MonthRead.of(one) for one in look.months],
        )


class StateDocumentRead(ReadModel):
    """One frozen file of a filing."""

    reference: uuid.UUID
    kind: str
    part: int
    part_count: int
    file_name: str
    media_type: str
    line_count: int
    byte_count: int
    sha256: str
    status: DocumentStatus
    accepted_count: int
    rejected_count: int


class StateFilingRead(BaseModel):
    """A sealed filing with its files."""

    reference: uuid.UUID
    employer: str
    payroll: str
    period: PeriodText
    kind: FilingKind
    status: FilingStatus
    currency: CurrencyCode
    line_count: int
    wages: AmountText
    amount: AmountText
    merkle_root: str | None
    """Root over the canonical lines; each line's evidence leads to it."""
    accepted_count: int
    rejected_count: int
    sealed_at: dt.datetime | None
    documents: list[StateDocumentRead]

    @classmethod
    def of(cls, filing: Filing, payroll: PayrollRow, documents: list[FilingDocument]) -> Self:
        """Shape a filing."""
        return cls(
            reference=filing.reference,
            employer=payroll.employer_number,
            payroll=payroll.code,
            period=month_of(filing.period_start),
            kind=FilingKind(filing.kind),
            status=FilingStatus(filing.status),
            currency=filing.currency,
            line_count=filing.line_count,
            wages=text_of(filing.wage_minor, filing.currency),
            amount=text_of(filing.state_minor, filing.currency),
            merkle_root=filing.merkle_root,
            accepted_count=filing.accepted_count,
            rejected_count=filing.rejected_count,
            sealed_at=filing.sealed_at,
            documents=[StateDocumentRead.model_validate(one) for one in documents],
        )


class StateLineRead(BaseModel):
    """One declared person, and how the state answered. Whose money paid for it stands in the line's evidence."""

    line: int
    document_kind: str
    document: str
    given_names: str
    first_surname: str
    second_surname: str
    wage: AmountText
    additional_dependants: int
    amount: AmountText
    currency: CurrencyCode
    status: LineStatus
    state_code: str | None
    state_text: str | None
    accepted: AmountText | None
    answered_at: dt.datetime | None

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        """Shape a line."""
        accepted = row.state_accepted_minor
        return cls(
            line=row.line_no,
            document_kind=row.document_kind,
            document=row.document,
            given_names=row.given_names,
            first_surname=row.first_surname,
            second_surname=row.second_surname,
            wage=text_of(row.wage_minor, currency),
            additional_dependants=row.additional_dependants,
            amount=text_of(row.state_minor, currency),
            currency=currency,
            status=row.status,
            state_code=row.state_code,
            state_text=row.state_text,
            accepted=None if accepted is None else text_of(accepted, currency),
            answered_at=row.answered_at,
        )


class LineEvidenceRead(BaseModel):
    """Everything that is known of one filed line; each piece can be checked by itself."""

    model_config = ConfigDict(extra="allow")

    filing: dict[str, Any]
    line: dict[str, Any]
    sealed: dict[str, Any]
