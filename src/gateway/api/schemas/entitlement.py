"""Who is entitled to a benefit, and what the law and staff say of its amounts."""

import datetime as dt
from typing import Annotated, Self

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import CurrencyCode, PeriodText, ReadModel, Reason, WriteModel, example
from gateway.benefits.amounts import AmountRow
from gateway.benefits.eligibility import Eligibility
from gateway.benefits.states import BenefitKind

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
