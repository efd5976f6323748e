"""Load the portal's answer to an uploaded file: kept first, read, set against our lines, then taken in like any answer.

A portal that names only what it refused is met halfway where somebody says so: the lines it does not name are then
accepted. What it does not say of a line (amounts) is ours. From there on the states, bookings and evidence are those of
an answer that a worker fetched.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.authority.portal import file_codes
from gateway.authority.protocol import Counts, FilingStanding, Finding, RawAnswer, Totals
from gateway.filing import queries, staging
from gateway.filing.acknowledge import Answer, KeptPage, acknowledge
from gateway.filing.control import Said
from gateway.filing.errors import DocumentUnknownError, NotReadyError
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.portal_file import ACCEPTED, REJECTED, PortalAnswer, Verdict, read_answer
from gateway.filing.sql import portal as sql
from gateway.filing.sql.answer import ANSWERED, TABLE
from gateway.filing.states import DocumentStatus
from gateway.kit import audit, bulk, db, evidence, tenant
from gateway.kit.money import currency_of
from gateway.kit.period import Period
from gateway.kit.progress import Tell, silent
from gateway.membership.queries import get_payroll

KIND = "state.answer"


class Loaded(NamedTuple):
    """What an answer file says, and what became of it."""

    document_id: int
    outcome: str
    """applied, quarantined (kept, does not add up), repeated; previewed where nothing was asked to be done."""
    accepted: int
    rejected: int
    problem: str | None
    sha256: str


def load_answer(
    session: Session,
    filing_id: int,
    *,
    body: bytes,
    file_name: str,
    document_id: int | None = None,
    unlisted_accepted: bool = False,
    is_preview: bool = False,
    actor: str,
    today: dt.date,
    tell: Tell = silent,
) -> Loaded:
    """Take in the portal's answer to one file; the same answer again has no effect.

    Args:
        session: The open transaction.
        filing_id: The filing.
        body: The answer file, whole: JSON as in ``openapi/authority.yaml``, CSV or XLSX.
        file_name: Its name, for messages and evidence.
        document_id: Which of our files it answers; None where one waits, or the answer's reception number tells.
        unlisted_accepted: The portal names only what it refused: the other lines are accepted.
        is_preview: Say what it would do; nothing is written.
        actor: Who loads it.
        today: The day the bookings carry.
        tell: Told how far it is: read, compare, book.

    Raises:
        FilingUnknownError, DocumentUnknownError: No such filing or file, or it is not clear which is meant.
        NotReadyError: The file is not marked as uploaded.
        PortalAnswerError, FileUnreadableError: The answer cannot be used; every mistake is named by its place.
    """
    filing = queries.lock_filing(session, filing_id)
    tell("read", 0, None)
    answer = read_answer(body, file_name, currency_of(filing.currency))
    answer.check()
    document = _document(session, filing, document_id, answer)
    digest = hashlib.sha256(body).hexdigest()
    if document.status == DocumentStatus.SEALED:
        raise NotReadyError(
            f"file {document.file_name} is not marked as uploaded; give its reception number before its answer"
        )
    if document.status != DocumentStatus.RECEIVED:
        return Loaded(document.id, "repeated", document.accepted_count, document.rejected_count, None, digest)
    matched = _Match(session, filing, document, answer, unlisted_accepted)
    matched.stage(tell)
    answer.check()
    counts, totals = matched.sums()
    matched.compare_controls(counts, totals)
    answer.check()
    if is_preview:
        return Loaded(document.id, "previewed", counts.accepted, counts.rejected, None, digest)
    media_type = "application/json" if body.lstrip()[:1] in (b"{", b"[") else "text/csv"
    about = {"file": file_name, "loaded_by": actor, "reception_number": document.reception_reference, "day": today}
    kept = evidence.keep(session, kind=KIND, source="portal", media_type=media_type, body=body, about=about)
    standing = matched.standing(counts, totals, body, digest)
    said = Said(standing.reference, standing.kind, standing.employer, str(standing.period), counts, totals)
    last = document.head_lines + document.line_count
    page = KeptPage(document.head_lines + 1, last, kept)
    told = Answer(standing, kept, [] if answer.refused_whole else [said], [page], digest)
    tell("book", 0, None)
    outcome = acknowledge(session, document.id, told, actor=actor, today=today)
    audit.record(
        session,
        actor=actor,
        action="filing.portal_answer",
        subject_kind="filing",
        subject_id=filing.id,
        detail={
            "document_id": document.id,
            "sha256": digest,
            "outcome": outcome,
            "unlisted_accepted": unlisted_accepted,
        },
    )
    kept_as = db.first(session, sql.PROBLEM_OF, {"document_id": document.id, "sha256": digest})
    problem = kept_as.problem if kept_as is not None else None
    return Loaded(document.id, outcome, counts.accepted, counts.rejected, problem, digest)


def _document(session: Session, filing: Filing, document_id: int | None, answer: PortalAnswer) -> FilingDocument:
    if document_id is not None:
        return queries.get_document(session, filing.id, document_id)
    documents = queries.list_documents(session, filing.id)
    if answer.reception_number is not None:
        for document in documents:
            if document.reception_reference == answer.reception_number:
                return document
        raise DocumentUnknownError(
            f"the answer is to reception {answer.reception_number}; no file of filing {filing.id} was received as that"
        )
    waiting = [document for document in documents if document.status == DocumentStatus.RECEIVED]
    if len(waiting) != 1 and len(documents) != 1:
        names = ", ".join(f"{document.id} ({document.file_name})" for document in documents)
        raise DocumentUnknownError(f"say which file of filing {filing.id} this answers; there are {names}")
    return waiting[0] if waiting else documents[0]


@dataclass
class _Match:
    """An answer's verdicts beside our lines."""

    session: Session
    filing: Filing
    document: FilingDocument
    answer: PortalAnswer
    unlisted_accepted: bool

    def stage(self, tell: Tell) -> None:
        """Fill the staged answer, one row per line of ours, and note every verdict that fits none."""
        compared = 0
        staging.create(self.session, TABLE, ANSWERED)
        if self.answer.refused_whole is not None:
            return
        by_line, by_document = self._index()
        first = self.document.head_lines + 1
        values = {
            "filing_id": self.filing.id,
            "first": self.document.first_line_no,
            "last": self.document.first_line_no + self.document.line_count - 1,
        }
        missing: list[int] = []
        for rows in bulk.read_chunks(self.session, sql.OURS[self.document.holds], values):
            tell("compare", compared, self.document.line_count)
            compared += len(rows)
            staged = []
            for row in rows:
                ours = sql.Ours(*row)
                line = ours.line_no - self.document.first_line_no + first
                verdict = by_line.pop(line, None)
                named = by_document.pop(ours.document, None) if self.document.holds != "dependants" else None
                verdict = self._agreed(line, ours, verdict, named)
                if verdict is None and not self.unlisted_accepted:
                    missing.append(line)
                else:
                    staged.append(self._row(line, ours, verdict))
            staging.append(self.session, TABLE, ANSWERED, staged)
        self._note_left(by_line, by_document, missing)
        bulk.execute(self.session, f"ANALYZE {TABLE}")

    def sums(self) -> tuple[Counts, Totals]:
        """Return what the staged answer adds up to."""
        if self.answer.refused_whole is not None:
            lines = self.document.line_count
            return Counts(lines, 0, lines), Totals(self.filing.currency, 0, 0, 0)
        (row,) = next(iter(bulk.read_chunks(self.session, sql.SUMS)))
        lines, accepted, rejected, declared, taken, billed = row
        return Counts(lines, accepted, rejected), Totals(self.filing.currency, declared, taken, billed)

    def compare_controls(self, counts: Counts, totals: Totals) -> None:
        """Note where the answer's own counts and totals are not what its lines come to."""
        found = {
            "lines": counts.lines,
            "accepted": counts.accepted,
            "rejected": counts.rejected,
            "accepted_wage": totals.accepted_wage_minor,
            "billed": totals.billed_minor,
        }
        for name, said in self.answer.controls.items():
            if said != found[name]:
                group = "counts" if name in ("lines", "accepted", "rejected") else "totals"
                detail = f"it says {said} and its lines come to {found[name]}; it may be cut off"
                self.answer.note(f"/{group}/{name}", "control_differs", detail)

    def standing(self, counts: Counts, totals: Totals, body: bytes, digest: str) -> FilingStanding:
        """Return the answer as one that a worker fetched."""
        payroll, now = get_payroll(self.session, self.filing.payroll_id), queries.now(self.session)
        code = self.answer.code or file_codes(tenant.current(self.session).country).of(counts.accepted, counts.rejected)
        refused = self.answer.refused_whole
        status = "rejected" if not counts.accepted else "partly_accepted" if counts.rejected else "accepted"
        raw = RawAnswer("PORTAL", f"portal:{digest}", None, {}, body, now, now)
        return FilingStanding(
            reference=self.document.reference,
            reception_number=self.document.reception_reference or "",
            kind=self.document.kind,
            employer=payroll.employer_number,
            period=Period.of(self.filing.period_start),
            payrolls=(payroll.code,),
            part=self.document.part,
            part_count=self.document.part_count,
            status=status,
            state_status=None,
            code=code,
            message=self.answer.message,
            counts=counts,
            totals=totals,
            content_sha256=self.document.sha256,
            received_at=now,
            answered_at=now,
            errors=tuple(Finding(code, message, None, line, column) for line, column, code, message in refused or ()),
            raw=raw,
        )

    def _index(self) -> tuple[dict[int, Verdict], dict[str, Verdict]]:
        by_line: dict[int, Verdict] = {}
        by_document: dict[str, Verdict] = {}
        for verdict in self.answer.verdicts:
            if verdict.line is not None:
                known: Verdict | None = by_line.setdefault(verdict.line, verdict)
            elif self.document.holds == "dependants":
                self.answer.note(verdict.where, "line_needed", "a holder may have several dependants; name the line")
                continue
            else:
                known = by_document.setdefault(_bare(verdict.document), verdict)
            if known is not verdict and known is not None:
                self.answer.note(verdict.where, "line_twice", f"{known.where} says something of the same line already")
        return by_line, by_document

    def _agreed(
        self, line: int, ours: sql.Ours, by_line: Verdict | None, by_document: Verdict | None
    ) -> Verdict | None:
        if by_line is not None and by_document is not None:
            self.answer.note(by_document.where, "line_twice", f"{by_line.where} says something of line {line} already")
        is_named = by_line is not None and by_line.document and self.document.holds != "dependants"
        if is_named and by_line is not None and _bare(by_line.document) != ours.document:
            self.answer.note(by_line.where, "document_differs", f"line {line} is of another document than it says")
        return by_line or by_document

    def _row(self, line: int, ours: sql.Ours, verdict: Verdict | None) -> tuple[Any, ...]:
        status = verdict.status if verdict else ACCEPTED
        wage, amount = ours.wage_minor, ours.state_minor
        if verdict is not None:
            wage = wage if verdict.accepted_wage_minor is None else verdict.accepted_wage_minor
            amount = amount if verdict.amount_minor is None else verdict.amount_minor
        if status == REJECTED:
            wage = amount = 0
        code, message = (verdict.code, verdict.message) if verdict else ("0", "")
        return (
            line, ours.payroll, ours.document_kind, ours.document, status, code, message or None, ours.wage_minor, wage,
            ours.heads, amount,
        )  # fmt: skip

    def _note_left(self, by_line: dict[int, Verdict], by_document: dict[str, Verdict], missing: list[int]) -> None:
        first, last = self.document.head_lines + 1, self.document.head_lines + self.document.line_count
        for verdict in by_line.values():
            detail = f"{self.document.file_name} has lines {first} to {last} that declare somebody, not {verdict.line}"
            self.answer.note(verdict.where, "line_unknown", detail)
        for verdict in by_document.values():
            self.answer.note(
                verdict.where, "document_unknown", f"nobody in {self.document.file_name} has this document"
            )
        if missing and not self.answer.problems:
            detail = (
                f"{len(missing)} lines have no answer, the first is line {missing[0]}; send the whole answer, or say that"
                " the lines it does not name are accepted"
            )
            self.answer.note("/", "lines_unanswered", detail)


def _bare(document: str | None) -> str:
    return "".join(letter for letter in (document or "").upper() if letter.isalnum())
