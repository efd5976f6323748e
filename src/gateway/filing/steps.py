"""One step of a filing's, a file's or a bill's life: the table decides, the log is written, the version goes up."""

from sqlmodel import Session

from gateway.filing.models import Bill, Filing, FilingDocument
from gateway.filing.states import (
    BILL,
    DOCUMENT,
    FILING,
    BillEvent,
    BillStatus,
    DocumentEvent,
    DocumentStatus,
    FilingEvent,
    FilingStatus,
)
from gateway.kit import audit


def advance(
    session: Session,
    filing: Filing,
    event: FilingEvent,
    *,
    actor: str,
    reason: str | None = None,
    evidence_id: int | None = None,
) -> None:
    """Move a locked filing one step.

    Raises:
        InvalidTransitionError: The event is not allowed in its state.
    """
    before = FilingStatus(filing.status)
    filing.status = FILING.advance(before, event).value
    filing.version += 1
    _written(session, filing, "filing", filing.id, event, before, filing.status, actor, reason, evidence_id)


def advance_document(
    session: Session,
    document: FilingDocument,
    event: DocumentEvent,
    *,
    actor: str,
    reason: str | None = None,
    evidence_id: int | None = None,
) -> None:
    """Move a file of a locked filing one step.

    Raises:
        InvalidTransitionError: The event is not allowed in its state.
    """
    before = DocumentStatus(document.status)
    document.status = DOCUMENT.advance(before, event).value
    _written(
        session, document, "filing_document", document.id, event, before, document.status, actor, reason, evidence_id
    )


def advance_bill(
    session: Session,
    bill: Bill,
    event: BillEvent,
    *,
    actor: str,
    reason: str | None = None,
    evidence_id: int | None = None,
) -> None:
    """Move a locked bill one step.

    Raises:
        InvalidTransitionError: The event is not allowed in its state.
    """
    before = BillStatus(bill.status)
    bill.status = BILL.advance(before, event).value
    bill.row_version += 1
    _written(session, bill, "bill", bill.id, event, before, bill.status, actor, reason, evidence_id)


def _written(
    session: Session,
    row: Filing | FilingDocument | Bill,
    kind: str,
    row_id: int,
    event: str,
    before: str,
    after: str,
    actor: str,
    reason: str | None,
    evidence_id: int | None,
) -> None:
    session.add(row)
    session.flush()
    audit.log_transition(
        session,
        subject_kind=kind,
        subject_id=row_id,
        event=event,
        from_state=before,
        to_state=after,
        actor=actor,
        reason=reason,
        evidence_id=evidence_id,
    )
