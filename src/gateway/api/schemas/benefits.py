"""Remittances of benefits, their lines, and what is asked of them."""

import datetime as dt
from typing import Literal, Self

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import Id, ReadModel, Reason, WriteModel, example
from gateway.benefits.queries import RemittanceLineRow, RemittanceRow
from gateway.benefits.states import RemittanceStatus

REMITTANCE = {
    "id": 1,
    "authority_reference": "S202604000001",
    "transfer_reference": "REM-S202604000001",
    "status": "allotted",
    "employer": "401999999",
    "currency": "DOP",
    "total": "23223.00",
    "line_count": 1,
    "advised_on": "2026-04-15",
    "problem": None,
    "funded_on": "2026-04-16",
    "funded": "23223.00",
    "allotted": "23223.00",
    "suspense": "0.00",
    "received_at": "2026-04-15T14:00:00Z",
    "version": 3,
}
LINE = {
    "id": 1,
    "remittance_id": 1,
    "line_no": 1,
    "document_kind": "national_id",
    "document": "99900000018",
    "benefit_kind": "maternity",
    "claim_reference": "M2026-000123",
    "instalment": 1,
    "instalment_count": 4,
    "period": "2026-03",
    "amount": "23223.00",
    "currency": "DOP",
    "status": "allotted",
    "member_id": 17,
    "reason": None,
}


LineShown = Literal["waiting", "allotted", "suspense"]
"""Where the money of a line is: not given out yet, with its member, or waiting for a person."""


class RemittanceRead(ReadModel):
    """The state's advice of benefits, and the money that belongs to it."""

    model_config = {**ReadModel.model_config, **example(REMITTANCE)}

    id: int
    authority_reference: str
    transfer_reference: str
    """End-to-end id of the state's transfer."""
    status: RemittanceStatus
    employer: str
    currency: str
    total: AmountText
    line_count: int
    advised_on: dt.date
    problem: str | None
    """Why it is in quarantine, or what the state has said differently since."""
    funded_on: dt.date | None
    funded: AmountText | None
    """What has come so far."""
    allotted: AmountText
    suspense: AmountText
    received_at: dt.datetime
    version: int

    @classmethod
    def of(cls, row: RemittanceRow) -> Self:
        """Shape a row."""
        values = row._asdict()
        for name in ("total", "allotted", "suspense"):
            values[name] = text_of(values.pop(f"{name}_minor"), row.currency)
        funded = values.pop("funded_minor")
        values["funded"] = None if funded is None else text_of(funded, row.currency)
        return cls.model_validate(values)


class RemittanceLineRead(ReadModel):
    """One benefit of one member, as the state advises it."""

    model_config = {**ReadModel.model_config, **example(LINE)}

    id: int
    remittance_id: int
    line_no: int
    document_kind: str
    document: str
    benefit_kind: str
    claim_reference: str | None
    instalment: int | None
    instalment_count: int | None
    period: str | None
    amount: AmountText
    currency: str
    status: LineShown
    member_id: int | None
    reason: Literal["unknown_identity", "unknown_document_kind", "deceased"] | None
    """Why it is, or was, in suspense."""

    @classmethod
    def of(cls, row: RemittanceLineRow) -> Self:
        """Shape a row."""
        values = row._asdict()
        values["amount"] = text_of(values.pop("amount_minor"), row.currency)
        start = values.pop("period_start")
        values["period"] = None if start is None else f"{start:%Y-%m}"
        return cls.model_validate(values)


class BenefitPlacementCreate(WriteModel):
    """Whose a benefit in suspense is, and how that was found out."""

    model_config = example({"member_id": 17, "reason": "the state has the old card number; seen on the new card"})

    member_id: Id
    reason: Reason
