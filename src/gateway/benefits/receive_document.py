"""Tick a claim's checklist: what came, on which day; the claim is documented when everything is here."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.errors import DocumentUnknownError
from gateway.benefits.law import Law
from gateway.benefits.states import CLAIM, BenefitKind, ClaimEvent, ClaimStatus
from gateway.benefits.steps import advance_claim
from gateway.kit import audit, db, tenant
from gateway.kit.happened import check_happened
from gateway.kit.states import InvalidTransitionError


class ChecklistItem(NamedTuple):
    """A document that a claim needs, and whether it is here."""

    code: str
    words: dict[str, str]
    mark: str
    """How sure we are that the state asks for it."""
    received_on: dt.date | None


def checklist(session: Session, claim: ClaimRow) -> list[ChecklistItem]:
    """Return what a claim needs, and what of it has come."""
    here = {row.code: row.received_on for row in queries.list_documents(session, claim.id)}
    asked = Law(tenant.current(session).country, claim.starts_on).documents(BenefitKind(claim.kind))
    return [ChecklistItem(one.code, dict(one.words), one.mark, here.get(one.code)) for one in asked]


def receive_documents(
    session: Session, claim_id: int, *, codes: Collection[str], received_on: dt.date, actor: str, today: dt.date
) -> ClaimRow:
    """Write down documents that came; those that were here before change nothing.

    Raises:
        ClaimNotFoundError: No such claim.
        DocumentUnknownError: One that is not on the checklist.
        InvalidTransitionError: The claim is with the state, or over.
        NotHappenedError: The day they came has not come.
    """
    check_happened(received_on, today, "/received_on")
    claim = queries.get_claim(session, claim_id, lock=True)
    items = checklist(session, claim)
    known = {item.code for item in items}
    for code in codes:
        if code not in known:
            raise DocumentUnknownError(f"{code!r} is not on the checklist; expected one of {', '.join(sorted(known))}")
    missing = {item.code for item in items if item.received_on is None}
    coming = missing.intersection(codes)
    if not coming:
        return claim
    if claim.status not in (ClaimStatus.OPENED, ClaimStatus.DOCUMENTED):
        raise InvalidTransitionError(f"claim {claim_id} is {claim.status}; documents are taken until it is submitted")
    for code in sorted(coming):
        values = {"claim_id": claim_id, "code": code, "received_on": received_on, "actor": actor}
        db.run(session, queries.INSERT_DOCUMENT, values)
    audit.record(
        session,
        actor=actor,
        action="benefit_claim.documents",
        subject_kind="benefit_claim",
        subject_id=claim_id,
        detail={"codes": sorted(coming), "missing": len(missing - coming)},
    )
    if missing == coming and CLAIM.allows(ClaimStatus(claim.status), ClaimEvent.COMPLETE_DOCUMENTS):
        return advance_claim(session, claim, ClaimEvent.COMPLETE_DOCUMENTS, actor=actor)
    return queries.get_claim(session, claim_id)
