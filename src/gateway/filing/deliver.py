"""Bring a sealed filing to the state, file after file, and survive whatever happens on the way.

For each file: ``sending`` with a lease and the attempt are committed, then the call is made with no transaction open,
then its outcome is committed, but only if the filing is still in the hands of this very attempt. What the state has
is not sent again; a later attempt goes on with the next file.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from gateway.authority.errors import AuthorityRefusedError, AuthorityUnavailableError, OutcomeUnknownError
from gateway.authority.protocol import Document, Reception
from gateway.filing import queries
from gateway.filing.acknowledge import conclude, refuse_document
from gateway.filing.courier import Courier, as_sent, backoff, keep_raw
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.sql import answer as sql
from gateway.filing.states import DocumentEvent, DocumentStatus, FilingEvent, FilingStatus
from gateway.filing.steps import advance, advance_document
from gateway.filing.submit import queue_pursuit
from gateway.kit import db
from gateway.membership.queries import get_payroll

NOT_ABOUT_THE_FILE = frozenset({"unauthorised"})
"""Refusals that a person cures without touching the filing: it waits, sealed."""


class LateError(Exception):
    """This attempt lost its lease; somebody else decides now, and its outcome is not written."""


class _Step(NamedTuple):
    """One file to carry."""

    attempt: int
    document_id: int
    document: Document

    @property
    def name(self) -> str:
        return f"submit:{self.document.kind}:{self.document.part}"


def deliver(courier: Courier, filing_id: int) -> bool:
    """Carry every file that the state does not have yet; return whether anything was done.

    A filing that is not sealed, or whose submission was not asked for, is left alone.
    """
    delivery = _Delivery(courier, filing_id)
    step = delivery.first()
    done = step is not None
    while step is not None:
        step = delivery.carry(step)
    return done


@dataclass
class _Delivery:
    courier: Courier
    filing_id: int

    def first(self) -> _Step | None:
        """Take the filing in hand."""
        with self.courier.session() as session:
            filing = queries.lock_filing(session, self.filing_id)
            if filing.status != FilingStatus.SEALED or filing.next_check_at is None:
                return None
            filing.attempt += 1
            advance(session, filing, FilingEvent.START_SENDING, actor=self.courier.actor)
            return self._open(session, filing)

    def carry(self, step: _Step) -> _Step | None:
        """Make the call for one file, write its outcome, and return the next file, if this attempt may go on."""
        self.courier.mark("filing.before_call")
        try:
            return self._carried(step)
        except LateError:
            self._note_late(step)
        return None

    def _carried(self, step: _Step) -> _Step | None:
        document, next_step = step.document, None
        try:
            reception = self.courier.channel.submit(document, self.courier.pieces(step.document_id))
        except AuthorityUnavailableError as error:
            self._wait(step, error, error.retry_after_seconds)
        except AuthorityRefusedError as error:
            if error.their_code in NOT_ABOUT_THE_FILE:
                self._wait(step, error, None)
            else:
                next_step = self._refused(step, error)
        except OutcomeUnknownError as error:
            self._lost(step, error.detail, error)
        else:
            self.courier.mark("filing.after_state_accepted")
            if (reception.content_sha256, reception.reference) == (document.sha256, document.reference):
                next_step = self._received(step, reception)
            else:
                self._lost(step, "the state acknowledged other bytes or another id than ours", reception)
        return next_step

    def _note_late(self, step: _Step) -> None:
        # A trace of an outcome that came too late to count.
        with self.courier.session() as session:
            self._close(session, step, "superseded", "the lease ran out; the filing is in other hands", None)

    def _open(self, session: Session, filing: Filing) -> _Step | None:
        waiting = [d for d in queries.list_documents(session, filing.id) if d.status == DocumentStatus.SEALED]
        filing.lease_until = queries.now(session) + self.courier.lease
        session.add(filing)
        if not waiting:
            return None
        payroll = get_payroll(session, filing.payroll_id)
        step = _Step(filing.attempt, waiting[0].id, as_sent(filing, waiting[0], payroll))
        values = {"filing_id": filing.id, "attempt": step.attempt, "step": step.name}
        db.run(
            session,
            sql.OPEN_STEP,
            {**values, "request_sha256": step.document.sha256, "worker": self.courier.worker},
        )
        return step

    def _ours(self, session: Session, step: _Step) -> tuple[Filing, FilingDocument]:
        filing = queries.lock_filing(session, self.filing_id)
        if filing.attempt != step.attempt or filing.status != FilingStatus.SENDING:
            raise LateError
        return filing, queries.get_document(session, filing.id, step.document_id)

    def _close(self, session: Session, step: _Step, outcome: str, detail: str | None, evidence_id: int | None) -> None:
        values = {"filing_id": self.filing_id, "attempt": step.attempt, "step": step.name}
        db.run(session, sql.CLOSE_STEP, {**values, "outcome": outcome, "detail": detail, "evidence_id": evidence_id})

    def _received(self, step: _Step, reception: Reception) -> _Step | None:
        with self.courier.session() as session:
            filing, document = self._ours(session, step)
            kept = keep_raw(session, "state.reception", reception.raw)
            self._close(session, step, "received", None, kept)
            receive_document(session, filing, document, reception.reception_number, self.courier.actor, kept)
            return self._next(session, filing)

    def _refused(self, step: _Step, error: AuthorityRefusedError) -> _Step | None:
        with self.courier.session() as session:
            filing, document = self._ours(session, step)
            kept = keep_raw(session, "state.refusal", error.raw)
            self._close(session, step, "refused", error.detail, kept)
            refuse_document(
                session,
                filing,
                document,
                code=error.their_code,
                text=error.detail,
                evidence_id=kept,
                actor=self.courier.actor,
                today=self.courier.today,
            )
            return self._next(session, filing)

    def _next(self, session: Session, filing: Filing) -> _Step | None:
        step = self._open(session, filing)
        if step is None:
            finish_sending(session, filing, actor=self.courier.actor)
        return step

    def _wait(
        self, step: _Step, error: AuthorityUnavailableError | AuthorityRefusedError, seconds: float | None
    ) -> None:
        with self.courier.session() as session:
            filing, _ = self._ours(session, step)
            kept = keep_raw(session, "state.unavailable", error.raw)
            self._close(session, step, "unavailable", error.detail, kept)
            filing.lease_until = None
            filing.next_check_at = queries.now(session) + backoff(filing.attempt, seconds)
            advance(session, filing, FilingEvent.PROVE_ABSENT, actor=self.courier.actor, reason=error.detail)
            queue_pursuit(session, filing, later=True)

    def _lost(self, step: _Step, detail: str, answer: OutcomeUnknownError | Reception) -> None:
        with self.courier.session() as session:
            filing, _ = self._ours(session, step)
            kept = keep_raw(session, "state.unclear", answer.raw)
            self._close(session, step, "unknown", detail, kept)
            lose_sight(session, filing, actor=self.courier.actor, reason=detail)
            queue_pursuit(session, filing, later=True)


def receive_document(
    session: Session,
    filing: Filing,
    document: FilingDocument,
    reception_number: str,
    actor: str,
    evidence_id: int | None,
) -> None:
    """Write down that the state has a file."""
    document.reception_reference = reception_number
    if document.holds == "workers" or filing.reception_reference is None:
        filing.reception_reference = reception_number
    advance_document(session, document, DocumentEvent.RECEIVE, actor=actor, evidence_id=evidence_id)


def finish_sending(session: Session, filing: Filing, *, actor: str) -> None:
    """Every file has reached the state or was refused: now its answer is waited for."""
    standing = db.one(session, sql.WORKERS_STANDING, {"filing_id": filing.id})
    filing.lease_until = None
    filing.next_check_at = queries.now(session) if standing.received else None
    if standing.workers_open:
        advance(session, filing, FilingEvent.RECEIVE, actor=actor)
    else:
        conclude(session, filing, actor=actor)
    if standing.received:
        queue_pursuit(session, filing)


def lose_sight(session: Session, filing: Filing, *, actor: str, reason: str) -> None:
    """Write down that nobody knows whether the state has it; only a question by our id leads out."""
    filing.lease_until = None
    filing.next_check_at = queries.now(session) + backoff(0)
    advance(session, filing, FilingEvent.LOSE_SIGHT, actor=actor, reason=reason)
