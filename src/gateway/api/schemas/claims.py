"""Claims for benefits: what is known of one, and what still has to come."""

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import ReadModel, example
from gateway.api.schemas.entitlement import VALUE, LawValueRead, Words
from gateway.benefits.claim_queries import ClaimRow, InstalmentRow
from gateway.benefits.law import VERIFIED
from gateway.benefits.receive_document import ChecklistItem
from gateway.benefits.states import BenefitKind, ClaimStatus, InstalmentStatus, Place, WriteOffOutcome, WriteOffStatus
from gateway.benefits.write_off import WriteOffRow

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
