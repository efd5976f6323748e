"""Claims for benefits, who is entitled to them, and what is asked of them."""

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, Id, Line, PeriodText, ReadModel, Reason, WriteModel, example
from gateway.benefits.amounts import AmountRow
from gateway.benefits.claim_queries import ClaimRow, InstalmentRow
from gateway.benefits.eligibility import Eligibility
from gateway.benefits.law import VERIFIED
from gateway.benefits.receive_document import ChecklistItem
from gateway.benefits.repay import HeldAs
from gateway.benefits.rules import Stretch
from gateway.benefits.states import BenefitKind, ClaimStatus, InstalmentStatus, Place, WriteOffOutcome, WriteOffStatus
from gateway.benefits.write_off import WriteOffRow

WORDS = {
    "es": "6 de 8 meses pagados; con derecho desde marzo de 2026 si se pagan enero y febrero.",
    "fr": "6 mois payés sur 8 ; droit à partir de mars 2026 si janvier et février sont payés.",
    "en": "6 of 8 months paid; eligible from March 2026 if January and February are paid.",
}
VALUE = {
    "name": "maternity.months_needed",
    "value": "8",
    "source": "SRC-070",
    "valid_from": "2010-01-01",
    "mark": "1",
    "verified": False,
}
CLAIM = {
    "id": 1,
    "member_id": 17,
    "kind": "maternity",
    "status": "accepted",
    "starts_on": "2026-03-02",
    "ends_on": "2026-06-07",
    "currency": "DOP",
    "wage": "23223.00",
    "computed": "75028.15",
    "decided": "75028.15",
    "submit_by": None,
    "submitted_on": "2026-03-05",
    "authority_reference": "M00000012",
    "decided_on": "2026-03-20",
    "advanced": "23223.00",
    "recovered": "0.00",
    "written_off": "0.00",
    "outstanding": "23223.00",
    "opened_by": "staff:ana",
    "opened_at": "2026-03-02T13:00:00Z",
    "version": 5,
}
INSTALMENT = {
    "instalment": 1,
    "expected_on": "2026-04-02",
    "expected": "23223.00",
    "received": "0.00",
    "advanced": "23223.00",
    "status": "expected",
    "reason": None,
}
DOCUMENT = {
    "code": "identity_copy",
    "words": {
        "es": "Copia de la cédula",
        "fr": "Copie de la carte d'identité",
        "en": "Copy of the identity card",
    },
    "mark": "?",
    "received_on": "2026-03-02",
}
WRITE_OFF = {
    "id": 1,
    "claim_id": 1,
    "outcome": "loss",
    "amount": "23223.00",
    "reason": "the state refused it because of a bill that we paid late",
    "status": "proposed",
    "proposed_by": "staff:mara",
    "proposed_at": "2026-05-02T13:00:00Z",
    "decided_by": None,
}
AMOUNT = {
    "id": 1,
    "kind": "breastfeeding",
    "band": 1,
    "valid_from": "2026-01-01",
    "amount": "1500.00",
    "instalments": 12,
    "currency": "DOP",
    "source": "the state's circular 12/2025, seen by Ana",
    "actor": "staff:ana",
    "recorded_at": "2026-01-02T13:00:00Z",
}
Words = dict[str, str]
"""By language: es, fr, en."""


class LawValueRead(ReadModel):
    """A figure of the law that was used, where it comes from, and whether it is verified."""

    model_config = {**ReadModel.model_config, **example(VALUE)}

    name: str
    value: str
    source: str
    valid_from: dt.date
    mark: str
    """2 two or more independent sources, 1 one source, d derived, ? not checked."""
    verified: bool


class EligibilityRead(ReadModel):
    """How a member stands towards a benefit on a day; only months whose bill is paid count."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "member_id": 17,
                "kind": "maternity",
                "on": "2026-02-10",
                "is_eligible": False,
                "paid_count": 6,
                "needed_count": 8,
                "looked_at_from": "2025-02",
                "looked_at_to": "2026-01",
                "paid": ["2025-03", "2025-04", "2025-05", "2025-06", "2025-07", "2025-08"],
                "pending": [],
                "eligible_from": "2026-03",
                "if_paid": ["2026-01", "2026-02"],
                "words": WORDS,
                "values": [VALUE],
            }
        ),
    }

    member_id: int
    kind: BenefitKind
    on: dt.date
    is_eligible: bool
    paid_count: int
    needed_count: int
    looked_at_from: PeriodText
    looked_at_to: PeriodText
    paid: list[PeriodText]
    pending: list[PeriodText]
    """Accepted by the state, their bill not paid yet."""
    eligible_from: PeriodText | None
    """The first month in which the event is covered, if those of `if_paid` are paid; null where that is out of reach."""
    if_paid: list[PeriodText]
    words: Words
    values: list[LawValueRead]

    @classmethod
    def of(cls, found: Eligibility) -> Self:
        """Shape what was found."""
        standing = found.standing
        return cls.model_validate(
            {
                "member_id": found.member_id,
                "kind": found.kind,
                "on": found.on,
                "is_eligible": standing.is_eligible,
                "paid_count": standing.paid_count,
                "needed_count": standing.needed,
                "looked_at_from": str(standing.first),
                "looked_at_to": str(standing.last),
                "paid": [str(month) for month in found.paid],
                "pending": [str(month) for month in found.pending],
                "eligible_from": None if standing.eligible_from is None else str(standing.eligible_from),
                "if_paid": [str(month) for month in standing.if_paid],
                "words": dict(found.words),
                "values": [value.as_json() for value in found.values],
            }
        )


class ClaimRead(ReadModel):
    """A claim, without anything about health."""

    model_config = {**ReadModel.model_config, **example(CLAIM)}

    id: int
    member_id: int
    kind: BenefitKind
    status: ClaimStatus
    starts_on: dt.date | None
    """Null for those who do not see what is about health, where the claim is for an illness."""
    ends_on: dt.date | None
    currency: str
    wage: AmountText | None
    computed: AmountText | None
    """What the state should pay by the rule; from the submission on."""
    decided: AmountText | None
    submit_by: dt.date | None
    submitted_on: dt.date | None
    authority_reference: str | None
    decided_on: dt.date | None
    advanced: AmountText
    recovered: AmountText
    written_off: AmountText
    outstanding: AmountText
    """Advanced, and neither paid back by the state nor borne by anybody yet."""
    opened_by: str
    opened_at: dt.datetime
    version: int

    @classmethod
    def of(cls, row: ClaimRow, *, sees_health: bool) -> Self:
        """Shape a row for somebody who may, or may not, see what is about health."""
        return cls.model_validate(_shown(row, sees_health))


class StretchRead(ReadModel):
    """Days of an illness in one place, both included."""

    model_config = {
        **ReadModel.model_config,
        **example({"from": "2026-03-02", "to": "2026-03-15", "place": "home"}),
        "populate_by_name": True,
    }

    first: Annotated[dt.date, Field(alias="from")]
    last: Annotated[dt.date, Field(alias="to")]
    place: Place


class HealthRead(ReadModel):
    """What a claim says about somebody's health."""

    model_config = {
        **ReadModel.model_config,
        **example({"diagnosis": "J18.9", "stretches": [], "children": None, "decision_reason": None}),
    }

    diagnosis: str | None
    stretches: list[StretchRead]
    children: int | None
    decision_reason: str | None
    """The state's words."""


class InstalmentRead(ReadModel):
    """One instalment: awaited, come, and paid ahead of the state."""

    model_config = {**ReadModel.model_config, **example(INSTALMENT)}

    instalment: int
    expected_on: dt.date
    expected: AmountText
    received: AmountText
    advanced: AmountText
    status: InstalmentStatus
    reason: str | None

    @classmethod
    def of(cls, row: InstalmentRow, currency: str) -> Self:
        """Shape a row."""
        amounts = {
            name: text_of(getattr(row, f"{name}_minor"), currency) for name in ("expected", "received", "advanced")
        }
        return cls.model_validate({**row._asdict(), "instalment": row.instalment_no, **amounts})


class ChecklistRead(ReadModel):
    """A document that a claim needs, and when it came."""

    model_config = {**ReadModel.model_config, **example(DOCUMENT)}

    code: str
    words: Words
    mark: str
    received_on: dt.date | None


class ReceiptOfClaimRead(ReadModel):
    """Money of the state for a claim."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "source": "remittance_line",
                "source_id": 88,
                "instalment": 1,
                "amount": "23223.00",
                "recovered": "23223.00",
                "at": "2026-04-15T14:00:00Z",
            }
        ),
    }

    source: str
    """remittance_line or bill_credit."""
    source_id: int
    instalment: int | None
    amount: AmountText
    recovered: AmountText
    """Of it, what paid back the mutual's advance; the rest is the member's."""
    at: dt.datetime


class WriteOffRead(ReadModel):
    """Who is to bear an advance that the state does not pay back."""

    model_config = {**ReadModel.model_config, **example(WRITE_OFF)}

    id: int
    claim_id: int
    outcome: WriteOffOutcome
    amount: AmountText
    reason: str
    status: WriteOffStatus
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None

    @classmethod
    def of(cls, row: WriteOffRow, currency: str) -> Self:
        """Shape a row."""
        return cls.model_validate({**row._asdict(), "amount": text_of(row.amount_minor, currency)})


class ClaimDetailRead(ClaimRead):
    """A claim with its checklist, instalments and money; what is about health only for those who need it."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                **CLAIM,
                "health": None,
                "checklist": [DOCUMENT],
                "instalments": [INSTALMENT],
                "receipts": [],
                "write_offs": [],
                "values": [VALUE],
                "is_verified": False,
            }
        ),
    }

    health: HealthRead | None
    """Null for everybody but the benefits officer and the auditor."""
    checklist: list[ChecklistRead]
    instalments: list[InstalmentRead]
    receipts: list[ReceiptOfClaimRead]
    write_offs: list[WriteOffRead]
    values: list[LawValueRead]
    """What the amount was computed with."""
    is_verified: bool
    """Whether every one of these figures is."""

    @classmethod
    def of_all(
        cls,
        row: ClaimRow,
        *,
        sees_health: bool,
        checklist: list[ChecklistItem],
        instalments: list[InstalmentRow],
        receipts: list[Any],
        write_offs: list[WriteOffRow],
    ) -> Self:
        """Shape a claim with what belongs to it."""
        values = list(row.basis.get("values", ()))
        return cls.model_validate(
            {
                **_shown(row, sees_health),
                "health": _health(row) if sees_health else None,
                "checklist": [item._asdict() for item in checklist],
                "instalments": [InstalmentRead.of(one, row.currency) for one in instalments],
                "receipts": [
                    {
                        "source": one.source,
                        "source_id": one.source_id,
                        "instalment": one.instalment_no,
                        "amount": text_of(one.amount_minor, row.currency),
                        "recovered": text_of(one.recovered_minor, row.currency),
                        "at": one.at,
                    }
                    for one in receipts
                ],
                "write_offs": [WriteOffRead.of(one, row.currency) for one in write_offs],
                "values": values,
                "is_verified": bool(values) and all(value["mark"] == VERIFIED for value in values),
            }
        )


class DeadlineRead(ReadModel):
    """A claim that has to go to the state, and until when."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "claim_id": 1,
                "member_id": 17,
                "status": "opened",
                "submit_by": "2026-05-01",
                "days_left": 12,
                "is_late": False,
                "missing_count": 1,
            }
        ),
    }

    claim_id: int
    member_id: int
    status: ClaimStatus
    submit_by: dt.date
    days_left: int
    """Below zero where the day has passed."""
    is_late: bool
    missing_count: int
    """How many documents of the checklist are not here."""


class StretchCreate(WriteModel):
    """Days of an illness in one place, both included."""

    model_config = {
        **WriteModel.model_config,
        **example({"from": "2026-03-02", "to": "2026-03-15", "place": "home"}),
        "populate_by_name": True,
    }

    first: Annotated[dt.date, Field(alias="from")]
    last: Annotated[dt.date, Field(alias="to")]
    place: Place


class ClaimCreate(WriteModel):
    """What happened to whom, and when."""

    model_config = example(
        {
            "member_id": 17,
            "kind": "common_illness",
            "starts_on": "2026-03-02",
            "stretches": [{"from": "2026-03-02", "to": "2026-03-15", "place": "home"}],
            "diagnosis": "J18.9",
        }
    )

    member_id: Id
    kind: BenefitKind
    starts_on: dt.date
    """First day of leave or illness; for breastfeeding the day of birth."""
    stretches: Annotated[list[StretchCreate], Field(max_length=60)] = []
    """For an illness: its days, by place."""
    children: Annotated[int, Field(ge=1, le=9)] = 1
    diagnosis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")] = ""
    """As the licence has it; only the benefits officer and the auditor see it."""

    def as_stretches(self) -> list[Stretch]:
        """Return the stretches as the use case takes them."""
        return [Stretch(one.first, one.last, one.place) for one in self.stretches]


class ClaimDocumentsCreate(WriteModel):
    """Which documents of the checklist came."""

    model_config = example({"codes": ["identity_copy", "medical_licence"], "received_on": "2026-03-05"})

    codes: Annotated[list[Line], Field(min_length=1, max_length=20)]
    received_on: dt.date | None = None
    """Today, unless said otherwise."""


class ClaimSubmissionCreate(WriteModel):
    """The day a claim went to the state, and the state's number of it."""

    model_config = example({"submitted_on": "2026-03-05", "authority_reference": "M00000012"})

    submitted_on: dt.date | None = None
    authority_reference: Line | None = None


class ClaimDecisionCreate(WriteModel):
    """The state's word."""

    model_config = example({"outcome": "accepted", "amount": "75028.15", "authority_reference": "M00000012"})

    outcome: Annotated[str, StringConstraints(pattern=r"^(accepted|refused)$")]
    decided_on: dt.date | None = None
    amount: AmountText | None = None
    """What the state says it pays; ours where it does not say."""
    authority_reference: Line | None = None
    reason: Reason | None = None
    """Needed for a refusal."""


class ClaimAdvanceCreate(WriteModel):
    """Which instalment the mutual pays ahead of the state."""

    model_config = example({"instalment": 1})

    instalment: Annotated[int, Field(ge=1, le=100)]


class ClaimCreditCreate(WriteModel):
    """Which bill asks for less because the state pays an instalment by it."""

    model_config = example({"bill_id": 4, "instalment": 1, "amount": "23223.00"})

    bill_id: Id
    instalment: Annotated[int, Field(ge=1, le=100)]
    amount: AmountText


class ClaimClosingCreate(WriteModel):
    """Why nothing more comes, where something is still awaited or differs."""

    model_config = example({"reason": "the state pays one cent less and says that this is its rounding"})

    reason: Reason | None = None


class ClaimWriteOffCreate(WriteModel):
    """Who is to bear what the state does not pay back."""

    model_config = example({"outcome": "loss", "reason": "the state refused it because of a bill that we paid late"})

    outcome: WriteOffOutcome
    reason: Reason


class ClaimRepaymentCreate(WriteModel):
    """How much of what she owes is taken from which money of hers, and how she agreed."""

    model_config = example({"amount": "500.00", "held_as": "contributions", "reason": "signed on 4 May"})

    amount: AmountText
    held_as: HeldAs
    reason: Reason


class BenefitAmountRead(ReadModel):
    """What the state pays for one child and instalment in a wage band, from a day on, as staff entered it."""

    model_config = {**ReadModel.model_config, **example(AMOUNT)}

    id: int
    kind: BenefitKind
    band: int
    valid_from: dt.date
    amount: AmountText
    instalments: int
    currency: str
    source: str
    actor: str
    recorded_at: dt.datetime

    @classmethod
    def of(cls, row: AmountRow) -> Self:
        """Shape a row."""
        return cls.model_validate({**row._asdict(), "amount": text_of(row.amount_minor, row.currency)})


class BenefitAmountCreate(WriteModel):
    """What the state pays for breastfeeding in a band of minimum wages, from a day on, and who says so."""

    model_config = example(
        {
            "band": 1,
            "valid_from": "2026-01-01",
            "amount": "1500.00",
            "instalments": 12,
            "currency": "DOP",
            "source": "the state's circular 12/2025, seen by Ana",
        }
    )

    band: Annotated[int, Field(ge=1, le=20)]
    valid_from: dt.date
    amount: AmountText
    instalments: Annotated[int, Field(ge=1, le=24)] = 1
    currency: CurrencyCode
    source: Reason


def _shown(row: ClaimRow, sees_health: bool) -> dict[str, object]:
    amounts = {
        name: None if minor is None else text_of(minor, row.currency)
        for name, minor in (
            ("wage", row.wage_minor),
            ("computed", row.computed_minor),
            ("decided", row.decided_minor),
            ("advanced", row.advanced_minor),
            ("recovered", row.recovered_minor),
            ("written_off", row.written_off_minor),
            ("outstanding", row.outstanding_minor),
        )
    }
    days = {} if sees_health or row.kind != BenefitKind.COMMON_ILLNESS else {"starts_on": None, "ends_on": None}
    return {**row._asdict(), **amounts, **days}


def _health(row: ClaimRow) -> dict[str, object]:
    return {
        "diagnosis": row.health.get("diagnosis"),
        "stretches": row.health.get("stretches", []),
        "children": row.health.get("children"),
        "decision_reason": row.decision_reason,
    }
