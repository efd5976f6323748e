"""What is asked of a claim: made, papers, the state's word, money, its end."""

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText
from gateway.api.schemas.common import Id, Line, Reason, WriteModel, example
from gateway.benefits.repay import HeldAs
from gateway.benefits.rules import Stretch
from gateway.benefits.states import BenefitKind, Place, WriteOffOutcome


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
    """How much of what the member owes is taken from which of their money, and how that was agreed."""

    model_config = example({"amount": "500.00", "held_as": "contributions", "reason": "signed on 4 May"})

    amount: AmountText
    held_as: HeldAs
    reason: Reason
