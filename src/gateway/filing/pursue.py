"""Do what is next between a filing and the state: carry it, ask what became of it, or fetch its answer.

Each call does one thing and commits it; the state machine, not the job, knows what is left. Asking twice, or by two
workers at once, has no other effect than asking once.
"""

from sqlmodel import Session

from gateway.authority.errors import AuthorityRefusedError, AuthorityUnavailableError, OutcomeUnknownError
from gateway.authority.protocol import FilingStanding
from gateway.filing import queries
from gateway.filing.courier import LONGEST_WAIT, LONGEST_WAIT_IN_QUARANTINE, Courier, backoff, keep_raw, patience
from gateway.filing.deliver import deliver, finish_sending, lose_sight, receive_document
from gateway.filing.errors import NothingToldError
from gateway.filing.fetch import fetch_answer
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.sql import answer as sql
from gateway.filing.states import DocumentEvent, DocumentStatus, FilingEvent, FilingStatus
from gateway.filing.steps import advance, advance_document
from gateway.filing.submit import queue_pursuit
from gateway.kit import db, evidence

ANSWERED = (DocumentStatus.ACCEPTED, DocumentStatus.PARTIAL, DocumentStatus.REJECTED)
HTTP_OK = 200
_UNCLEAR = (AuthorityUnavailableError, AuthorityRefusedError, OutcomeUnknownError)


def pursue(courier: Courier, filing_id: int) -> None:
    """Take a filing as far as it can go now.

    Raises:
        FilingUnknownError: No such filing.
    """
    with courier.session() as session:
        status = _after_lease(session, courier, filing_id)
    if status == FilingStatus.SEALED:
        deliver(courier, filing_id)
    elif status == FilingStatus.UNKNOWN:
        _ask(courier, filing_id)
    elif status in (
        FilingStatus.SUBMITTED, FilingStatus.ACCEPTED, FilingStatus.PARTIAL, FilingStatus.REJECTED,
    ):  # fmt: skip
        _fetch(courier, filing_id)


def look_again(courier: Courier, document_id: int, filing_id: int) -> None:
    """Compare an answered file with what the state says of it now; another answer is kept and changes nothing.

    Called when the state says that there is an answer, or a new one. What was answered once never goes back.
    """
    with courier.session() as session:
        document = queries.get_document(session, filing_id, document_id)
    if document.carried_by != "api":
        return
    if document.status not in ANSWERED:
        pursue(courier, filing_id)
        return
    standing = courier.channel.query(document.reference)
    if standing is None or not standing.is_answered:
        return
    ours = (document.accepted_count, document.rejected_count)
    theirs = (standing.counts.accepted, standing.counts.rejected)
    if ours != theirs and standing.counts.lines:
        _contradiction(courier, document, standing)


def due(session: Session) -> list[int]:
    """Return the filings with which something is to be done now, and look at them again a little later."""
    return sorted(row.id for row in db.rows(session, sql.DUE))


def _after_lease(session: Session, courier: Courier, filing_id: int) -> FilingStatus:
    filing = queries.lock_filing(session, filing_id)
    lost = filing.lease_until is None or filing.lease_until < queries.now(session)
    if filing.status == FilingStatus.SENDING and lost:
        lose_sight(session, filing, actor=courier.actor, reason="its worker did not come back in time")
    return FilingStatus(filing.status)


def _ask(courier: Courier, filing_id: int) -> None:
    """Ask about the file that is in doubt: the first that the state is not known to have."""
    with courier.session() as session:
        filing = queries.get_filing(session, filing_id)
        attempt = filing.attempt
        document = next(d for d in queries.list_documents(session, filing_id) if d.status == DocumentStatus.SEALED)
        step = {"filing_id": filing_id, "attempt": attempt, "step": f"query:{document.kind}:{document.part}"}
        db.run(session, sql.OPEN_STEP, {**step, "request_sha256": document.sha256, "worker": courier.worker})
    try:
        standing = courier.channel.query(document.reference)
    except NothingToldError as error:
        with courier.session() as session:
            db.run(session, sql.CLOSE_STEP, {**step, "outcome": "unknown", "detail": error.detail, "evidence_id": None})
            _send_again(session, courier, queries.lock_filing(session, filing_id), attempt)
        return
    except _UNCLEAR as error:
        with courier.session() as session:
            kept = keep_raw(session, "state.unclear", error.raw)
            db.run(session, sql.CLOSE_STEP, {**step, "outcome": "unknown", "detail": error.detail, "evidence_id": kept})
            _wait(session, queries.lock_filing(session, filing_id))
        return
    courier.mark("filing.after_query")
    with courier.session() as session:
        kept = keep_raw(session, "state.standing", standing.raw if standing else None)
        outcome = "absent" if standing is None else "received"
        db.run(session, sql.CLOSE_STEP, {**step, "outcome": outcome, "detail": None, "evidence_id": kept})
        filing = queries.lock_filing(session, filing_id)
        if filing.attempt == attempt and filing.status == FilingStatus.UNKNOWN:
            _decide(session, courier, filing, document.id, standing, kept)


def _send_again(session: Session, courier: Courier, filing: Filing, attempt: int) -> None:
    """Let the same bytes go out again under the same id, later each time: a state that cannot be asked answers that alone."""
    if filing.attempt != attempt or filing.status != FilingStatus.UNKNOWN:
        return
    now = queries.now(session)
    filing.next_check_at = now + patience(now - (filing.sealed_at or now))
    reason = "the state cannot be asked; the same bytes go again under the same id, which makes them the same filing"
    advance(session, filing, FilingEvent.PROVE_ABSENT, actor=courier.actor, reason=reason)


def _decide(
    session: Session,
    courier: Courier,
    filing: Filing,
    document_id: int,
    standing: FilingStanding | None,
    evidence_id: int | None,
) -> None:
    if standing is not None and standing.content_sha256 != queries.get_document(session, filing.id, document_id).sha256:
        # The state holds something else under our id: neither absent nor ours. A person must look; we keep asking.
        _wait(session, filing)
        return
    if standing is not None:
        document = queries.get_document(session, filing.id, document_id)
        receive_document(session, filing, document, standing.reception_number, courier.actor, evidence_id)
        if all(d.status != DocumentStatus.SEALED for d in queries.list_documents(session, filing.id)):
            finish_sending(session, filing, actor=courier.actor)
            return
    filing.next_check_at = queries.now(session)
    reason = "the state never had it" if standing is None else "the state has this file; the rest never left"
    advance(session, filing, FilingEvent.PROVE_ABSENT, actor=courier.actor, reason=reason, evidence_id=evidence_id)
    queue_pursuit(session, filing)


def _fetch(courier: Courier, filing_id: int) -> None:
    """Fetch the answer of every file that has one, and wait for the rest."""
    with courier.session() as session:
        waiting = [d for d in queries.list_documents(session, filing_id) if _is_asked_for(d)]
    for document in waiting:
        try:
            standing = courier.channel.query(document.reference)
            if standing is None:
                _lost_there(courier, document)
            elif standing.is_answered:
                fetch_answer(courier, document.id, standing)
        except OutcomeUnknownError as error:
            _set_aside(courier, document, error)
        except (AuthorityUnavailableError, AuthorityRefusedError):
            continue
    with courier.session() as session:
        _wait(session, queries.lock_filing(session, filing_id))


def _lost_there(courier: Courier, document: FilingDocument) -> None:
    """Send again what the state acknowledged and says now, by our id, that it has none of."""
    with courier.session() as session:
        filing = queries.lock_filing(session, document.filing_id)
        document = queries.get_document(session, filing.id, document.id)
        if filing.status != FilingStatus.SUBMITTED or document.status != DocumentStatus.RECEIVED:
            return
        problem = f"acknowledged as {document.reception_reference}; asked by our id, the state says it has none"
        body = problem.encode()
        kept = evidence.keep(session, kind="state.lost", source="gateway", media_type="text/plain", body=body)
        _note_answer(session, document, evidence.digest(body), kept, "contradicted", problem)
        advance_document(session, document, DocumentEvent.LOSE, actor=courier.actor, reason=problem)
        filing.next_check_at = queries.now(session)
        advance(session, filing, FilingEvent.PROVE_ABSENT, actor=courier.actor, reason=problem)
        queue_pursuit(session, filing)


def _is_asked_for(document: FilingDocument) -> bool:
    """Tell whether the state is asked for a file's answer: one that was uploaded by hand it does not know by our id."""
    return document.status == DocumentStatus.RECEIVED and document.carried_by == "api"


def _wait(session: Session, filing: Filing) -> None:
    """Say when to look at a filing again: later the longer it takes, never once all is answered."""
    now = queries.now(session)
    if filing.status == FilingStatus.UNKNOWN:
        filing.next_check_at = now + patience(now - (filing.sealed_at or now))
    elif any(_is_asked_for(d) for d in queries.list_documents(session, filing.id)):
        since = max((row.finished_at or now for row in queries.list_attempts(session, filing.id)), default=now)
        put_aside = any(answer.status == "quarantined" for answer in queries.list_answers(session, filing.id))
        filing.next_check_at = now + patience(now - since, LONGEST_WAIT_IN_QUARANTINE if put_aside else LONGEST_WAIT)
    elif filing.status not in (FilingStatus.SEALED, FilingStatus.SENDING):
        filing.next_check_at = None
        return
    session.add(filing)
    session.flush()
    if filing.next_check_at is not None and filing.next_check_at - now < backoff(3):
        queue_pursuit(session, filing, later=True)


def _set_aside(courier: Courier, document: FilingDocument, error: OutcomeUnknownError) -> None:
    """Keep an answer that cannot even be read, for a person to see; it is asked for again."""
    if error.raw is None or error.raw.status != HTTP_OK:
        return
    with courier.session() as session:
        kept = keep_raw(session, "state.answer", error.raw)
        _note_answer(session, document, evidence.digest(error.raw.body), kept, "quarantined", error.detail)


def _contradiction(courier: Courier, document: FilingDocument, standing: FilingStanding) -> None:
    before = f"answered before with {document.accepted_count} accepted and {document.rejected_count} rejected"
    with courier.session() as session:
        kept = keep_raw(session, "state.standing", standing.raw)
        digest = evidence.digest(standing.raw.body)
        _note_answer(session, document, digest, kept, "contradicted", before, standing)


def _note_answer(
    session: Session,
    document: FilingDocument,
    sha256: str,
    evidence_id: int,
    status: str,
    problem: str,
    standing: FilingStanding | None = None,
) -> None:
    values = {"filing_id": document.filing_id, "document_id": document.id, "sha256": sha256}
    told = {"evidence_id": evidence_id, "status": status, "problem": problem}
    counts = {
        "code": standing.code if standing else None,
        "accepted": standing.counts.accepted if standing else 0,
        "rejected": standing.counts.rejected if standing else 0,
    }
    db.first(session, sql.INSERT_ANSWER, {**values, **told, **counts})
