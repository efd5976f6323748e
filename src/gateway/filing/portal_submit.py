"""Mark files as uploaded by hand on the state's portal, with the reception numbers it gave.

For a state without an interface, and for the day on which the interface is down. The same states, log and evidence are
written as when a worker carries a file; only who carried it differs.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from gateway.filing import queries
from gateway.filing.channel import PORTAL, is_by_portal
from gateway.filing.deliver import receive_document
from gateway.filing.errors import DocumentUnknownError, HeldByCourierError, NotReadyError, ReceptionTakenError
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.sql import answer as sql
from gateway.filing.states import DocumentStatus, FilingEvent, FilingStatus
from gateway.filing.steps import advance
from gateway.kit import audit, db, evidence, tenant

NOT_YET = (FilingStatus.DRAFT, FilingStatus.DISCARDED)


class Reception(NamedTuple):
    """What the portal gave for one file."""

    number: str
    document_id: int | None = None
    """None where the filing has one file that is not uploaded yet."""


def mark_uploaded(
    session: Session,
    filing_id: int,
    receptions: Sequence[Reception],
    *,
    actor: str,
    today: dt.date,
    is_known_absent: bool = False,
    reason: str | None = None,
) -> Filing:
    """Write down that somebody uploaded files of a sealed filing; the same again writes nothing.

    Once every file is up the filing is ``submitted`` and nothing is asked of the interface for it.

    Args:
        session: The open transaction.
        filing_id: The filing.
        receptions: The portal's number for each file.
        actor: Who uploaded them.
        today: The day in the mutual's time zone, for the evidence.
        is_known_absent: She looked at the portal, and a filing of which nobody knew was not there.
        reason: How she knows; needed with ``is_known_absent``.

    Raises:
        FilingUnknownError, DocumentUnknownError: No such filing or file.
        NotReadyError: The filing is not sealed.
        HeldByCourierError: A worker is carrying it, or nobody knows whether the state has it.
        ReceptionTakenError: The file has another number, or the number is another file's.
    """
    filing = queries.lock_filing(session, filing_id)
    if filing.status in NOT_YET:
        raise NotReadyError(f"filing {filing_id} is {filing.status}; seal it, and upload the files it froze")
    documents = queries.list_documents(session, filing_id)
    new = [pair for pair in _paired(filing, documents, receptions) if pair[0].status == DocumentStatus.SEALED]
    if not new:
        return filing
    _check_free(filing, is_known_absent=is_known_absent and bool(reason))
    filing.attempt += 1
    if filing.status == FilingStatus.UNKNOWN:
        advance(session, filing, FilingEvent.PROVE_ABSENT, actor=actor, reason=reason)
    for document, number in new:
        _mark(session, filing, document, number, actor=actor, today=today)
    if all(d.status != DocumentStatus.SEALED for d in queries.list_documents(session, filing_id)):
        filing.lease_until = filing.next_check_at = None
        advance(session, filing, FilingEvent.RECEIVE, actor=actor, reason="uploaded by hand")
    elif is_by_portal(tenant.current(session)):
        filing.next_check_at = None
    session.add(filing)
    session.flush()
    return filing


def _paired(
    filing: Filing, documents: list[FilingDocument], receptions: Sequence[Reception]
) -> list[tuple[FilingDocument, str]]:
    by_id = {document.id: document for document in documents}
    open_ = [document for document in documents if document.status == DocumentStatus.SEALED] or documents
    taken = {d.reception_reference: d for d in documents if d.reception_reference is not None}
    pairs: list[tuple[FilingDocument, str]] = []
    for reception in receptions:
        if reception.document_id is None and len(open_) != 1:
            names = ", ".join(f"{document.id} ({document.file_name})" for document in documents)
            raise DocumentUnknownError(f"filing {filing.id} has several files: say which one; there are {names}")
        document = open_[0] if reception.document_id is None else by_id.get(reception.document_id)
        if document is None:
            raise DocumentUnknownError(f"filing {filing.id} has no file {reception.document_id}")
        number = reception.number.strip()
        if document.reception_reference not in (None, number):
            raise ReceptionTakenError(
                f"file {document.file_name} was received as {document.reception_reference}, not as {number}"
            )
        if taken.setdefault(number, document) is not document:
            raise ReceptionTakenError(f"{number} is the number of {taken[number].file_name}; each file has its own")
        pairs.append((document, number))
    return pairs


def _check_free(filing: Filing, *, is_known_absent: bool) -> None:
    if filing.status == FilingStatus.SENDING:
        raise HeldByCourierError(f"a worker is carrying filing {filing.id} now; look at it again in a few minutes")
    if filing.status == FilingStatus.UNKNOWN and not is_known_absent:
        raise HeldByCourierError(
            f"nobody knows whether the state has filing {filing.id} already: look for it on the portal; if it is not"
            " there, upload it and say so with is_known_absent and a reason"
        )


def _mark(
    session: Session, filing: Filing, document: FilingDocument, number: str, *, actor: str, today: dt.date
) -> None:
    told = {
        "file": document.file_name,
        "sha256": document.sha256,
        "reception_number": number,
        "uploaded_by": actor,
        "day": today.isoformat(),
    }
    body = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    kept = evidence.keep(
        session, kind="state.reception", source="portal", media_type="application/json", body=body, about=told
    )
    step = {"filing_id": filing.id, "attempt": filing.attempt, "step": f"portal:{document.kind}:{document.part}"}
    db.run(session, sql.OPEN_STEP, {**step, "request_sha256": document.sha256, "worker": actor})
    db.run(session, sql.CLOSE_STEP, {**step, "outcome": "received", "detail": number, "evidence_id": kept})
    document.carried_by = PORTAL
    receive_document(session, filing, document, number, actor, kept)
    audit.record(
        session,
        actor=actor,
        action="filing.portal_upload",
        subject_kind="filing",
        subject_id=filing.id,
        detail={"document_id": document.id, "reception_number": number, "sha256": document.sha256},
    )
