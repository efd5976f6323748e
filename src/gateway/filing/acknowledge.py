"""Take the state's answer in: check it whole, then lines, money and states in one transaction.

The answer stands staged in ``filing_answered`` (see ``fetch``), its pages are kept as evidence already. Nothing is
posted before every control total agrees; an answer that does not agree is quarantined and asked for again. An answer
that comes again has no effect.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.authority.connect import country_of
from gateway.authority.protocol import FilingStanding
from gateway.filing import queries, staging
from gateway.filing.control import Expected, Said, Sums, disagreement, wrong_subject
from gateway.filing.models import Filing, FilingDocument
from gateway.filing.sql import answer as sql
from gateway.filing.sql.bill import SCHEDULES
from gateway.filing.states import FILING, DocumentEvent, DocumentStatus, FilingEvent, FilingStatus
from gateway.filing.steps import advance, advance_document
from gateway.kit import audit, bulk, db, tenant
from gateway.kit.period import Period
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.post import Event, Line, post
from gateway.membership.queries import get_payroll


class KeptPage(NamedTuple):
    """One page of an answer, kept."""

    first_line: int
    last_line: int
    evidence_id: int


class Answer(NamedTuple):
    """An answer whose lines are staged."""

    standing: FilingStanding
    standing_evidence_id: int
    heads: Sequence[Said]
    """What each page says it belongs to; empty where the file was refused whole and has no line results."""
    pages: Sequence[KeptPage]
    sha256: str
    is_in_order: bool = False
    """Each line's number was seen to be above the one before."""


class _Ours(NamedTuple):
    """What of a file's workers the state took, by our reckoning."""

    accepted_minor: int = 0
    """What the state bills of them."""
    fee_minor: int = 0
    amounts_minor: Sequence[int] = ()
    """By the place of a component in ``schedule_id``; empty where that is None."""
    schedule_id: int | None = None
    """By which all of them were assessed, where the month has but one."""
    usual: Mapping[str, str | None] = {}
    """Code and text of whom it took as filed."""


_NOTHING = _Ours()


def acknowledge(session: Session, document_id: int, answer: Answer, *, actor: str, today: dt.date) -> str:
    """Apply the staged answer to one file; return applied, quarantined, or repeated.

    Raises:
        FilingUnknownError, DocumentUnknownError: The filing is not ours.
    """
    ref = queries.find_by_reference(session, answer.standing.reference)
    filing = queries.lock_filing(session, ref.filing_id if ref else 0)
    document = queries.get_document(session, filing.id, document_id)
    if document.status != DocumentStatus.RECEIVED:
        return "repeated"
    problem, ours = _compare(session, filing, document, answer)
    sums = {"accepted": answer.standing.counts.accepted, "rejected": answer.standing.counts.rejected}
    answer_id = _write_answer(session, filing, document, answer, problem, sums)
    if problem is not None:
        return "quarantined" if answer_id is not None else "repeated"
    _apply(session, filing, document, answer, ours, actor=actor, today=today)
    return "applied"


def refuse_document(
    session: Session,
    filing: Filing,
    document: FilingDocument,
    *,
    code: str,
    text: str,
    evidence_id: int | None,
    actor: str,
    today: dt.date,
) -> None:
    """Write down that no line of a file was taken, and give the money back."""
    values = {**_range(filing, document), "code": code, "text": text}
    counts = _take_answer(session, document, [(sql.REJECT_ALL[document.holds], values)])
    _settle_lines(session, filing, document, counts, _NOTHING, code, text, evidence_id, actor=actor, today=today)


def conclude(session: Session, filing: Filing, *, actor: str, evidence_id: int | None = None) -> None:
    """Once every file with workers is answered, say how the filing stands as a whole."""
    standing = db.one(session, sql.WORKERS_STANDING, {"filing_id": filing.id})
    filing.accepted_count, filing.rejected_count = standing.accepted, standing.rejected
    is_concluded = not FILING.allows(FilingStatus(filing.status), FilingEvent.ACCEPT)
    if standing.workers_open or is_concluded:
        # A file of dependants or movements may be answered after the workers' file has decided.
        session.add(filing)
        return
    if standing.accepted == 0:
        event = FilingEvent.REFUSE
    else:
        event = FilingEvent.ACCEPT_PARTLY if standing.rejected else FilingEvent.ACCEPT
    advance(session, filing, event, actor=actor, evidence_id=evidence_id)
    if not filing.line_count and standing.accepted:
        reason = "nobody is declared in it: no bill comes for it"
        advance(session, filing, FilingEvent.SETTLE, actor=actor, reason=reason, evidence_id=evidence_id)


def _compare(session: Session, filing: Filing, document: FilingDocument, answer: Answer) -> tuple[str | None, _Ours]:
    """Set an answer against our lines: say why it cannot be used, if so, and what we make of what the state took."""
    standing, payroll = answer.standing, get_payroll(session, filing.payroll_id)
    if standing.content_sha256 != document.sha256:
        return f"the state holds other bytes under our id: their digest is {standing.content_sha256}", _NOTHING
    expected = Expected(
        reference=document.reference,
        kind=document.kind,
        employer=payroll.employer_number,
        period=str(Period.of(filing.period_start)),
        currency=filing.currency,
        sha256=document.sha256,
        lines=document.line_count,
    )
    head = Said(
        standing.reference,
        standing.kind,
        standing.employer,
        str(standing.period),
        standing.counts,
        standing.totals,
    )
    if standing.is_refused_whole:
        return wrong_subject(expected, head), _NOTHING
    sums, ours = _add_up(session, filing, document, is_in_order=answer.is_in_order)
    return disagreement(expected, [head, *answer.heads], sums), ours


def _add_up(session: Session, filing: Filing, document: FilingDocument, *, is_in_order: bool) -> tuple[Sums, _Ours]:
    connection, values = db.driver(session), _range(filing, document)
    if document.holds != "workers":
        row = connection.execute(
            sql.sums_of_answer(document.holds, is_in_order=is_in_order).encode(), values
        ).fetchone()
        assert row is not None
        return Sums(*row), _NOTHING
    schedules = db.rows(session, SCHEDULES, {"start": filing.period_start})
    known = schedules[0] if len(schedules) == 1 else None
    usual = dict(zip(("code", "text"), connection.execute(sql.USUAL.encode()).fetchone() or (None, None), strict=True))
    staging.create(session, "filing_alone", sql.ALONE)
    statement = sql.sums_of_answer("workers", len(known.components) if known else 0, is_in_order=is_in_order)
    row = connection.execute(statement.encode(), {**values, **usual}).fetchone()
    assert row is not None
    bulk.count_for_plans(session, "filing_alone", "line")
    *theirs, kept_minor, fee_minor, amounts = row
    return Sums(*theirs), _Ours(kept_minor, fee_minor, amounts, known.id if known else None, usual)


def _write_answer(
    session: Session,
    filing: Filing,
    document: FilingDocument,
    answer: Answer,
    problem: str | None,
    sums: dict[str, int],
) -> int | None:
    row = db.first(
        session,
        sql.INSERT_ANSWER,
        {
            "filing_id": filing.id,
            "document_id": document.id,
            "sha256": answer.sha256,
            "evidence_id": answer.standing_evidence_id,
            "status": "quarantined" if problem else "applied",
            "code": answer.standing.code,
            "problem": problem,
            **sums,
        },
    )
    if row is None:
        return None
    pages = answer.pages
    db.run(
        session,
        sql.INSERT_PAGES,
        {
            "answer_id": row.id,
            "first": [page.first_line for page in pages],
            "last": [page.last_line for page in pages],
            "evidence": [page.evidence_id for page in pages],
        },
    )
    return int(row.id)


def _apply(
    session: Session,
    filing: Filing,
    document: FilingDocument,
    answer: Answer,
    ours: _Ours,
    *,
    actor: str,
    today: dt.date,
) -> None:
    standing, evidence_id = answer.standing, answer.standing_evidence_id
    values = _range(filing, document)
    if standing.is_refused_whole:
        errors = standing.line_errors()
        told = {
            "lines": list(errors),
            "codes": [code for code, _ in errors.values()],
            "texts": [text for _, text in errors.values()],
        }
        told_of_others = {"code": standing.code or "", "text": standing.message or ""}
        steps = [
            (sql.REJECT_WITH_CAUSE[document.holds], {**values, **told}),
            (sql.REJECT_ALL[document.holds], {**values, **told_of_others}),
        ]
    else:
        steps = [(sql.UPDATE[document.holds], values)]
    counts = _take_answer(session, document, steps)
    if document.holds == "workers" and not standing.is_refused_whole:
        # What took an answer of its own waits no more: all others were taken as filed, and of them the same is said.
        bulk.execute(session, sql.UPDATE_USUAL, {**values, **ours.usual})
    code, text = standing.code, standing.message
    _settle_lines(session, filing, document, counts, ours, code, text, evidence_id, actor=actor, today=today)
    conclude(session, filing, actor=actor, evidence_id=evidence_id)


class _Counts(NamedTuple):
    """How the lines of a file stand after their answer."""

    accepted: int
    rejected: int


def _take_answer(session: Session, document: FilingDocument, steps: list[tuple[str, dict[str, Any]]]) -> _Counts:
    """Write the state's word beside each line of which something of its own is said, and count how all stand."""
    if document.holds == "workers":
        staging.create(session, "filing_apart", sql.APART)
        steps = [(sql.told_apart(update), values) for update, values in steps]
    # Nobody has counted lines that are new: a plan for one of them would go through the answer for each of a file's.
    with bulk.without_nested_loops(session):
        for update, values in steps:
            bulk.execute(session, update, values)
    counted = {**steps[0][1], "lines": document.line_count}
    row = db.driver(session).execute(sql.COUNT_ANSWERED[document.holds].encode(), counted).fetchone()
    assert row is not None
    return _Counts(*row)


def _settle_lines(
    session: Session,
    filing: Filing,
    document: FilingDocument,
    counts: _Counts,
    ours: _Ours,
    code: str | None,
    text: str | None,
    evidence_id: int | None,
    *,
    actor: str,
    today: dt.date,
) -> None:
    """Let the money follow the lines' new states, and the file's state follow its lines."""
    values = _range(filing, document)
    if document.holds == "workers":
        _book(session, filing, document, counts, ours.fee_minor, actor=actor, today=today)
        audit.log_selected_transitions(session, sql.EXCEPTIONS_FOR_LOG, {"actor": actor, "evidence_id": evidence_id})
    elif document.holds == "movements":
        logged = {**values, "actor": actor, "evidence_id": evidence_id}
        audit.log_selected_transitions(session, sql.MOVEMENTS_FOR_LOG, logged)
    else:
        country = country_of(tenant.current(session).country)
        known = {"held": country.dependant_held, "not_held": country.dependant_not_held}
        bulk.execute(session, sql.MIRROR, {**values, **known})
    document.accepted_count, document.rejected_count = counts.accepted, counts.rejected
    document.accepted_minor = ours.accepted_minor
    document.accepted_by_place, document.schedule_id = list(ours.amounts_minor), ours.schedule_id
    document.answer_code, document.answer_text, document.answered_at = code, text, queries.now(session)
    if document.holds == "workers" or not filing.line_count:
        filing.answer_code = code
    if counts.accepted == 0:
        event = DocumentEvent.REFUSE
    else:
        event = DocumentEvent.ACCEPT_PARTLY if counts.rejected else DocumentEvent.ACCEPT
    advance_document(session, document, event, actor=actor, evidence_id=evidence_id)


def _book(
    session: Session,
    filing: Filing,
    document: FilingDocument,
    counts: _Counts,
    fee_minor: int,
    *,
    actor: str,
    today: dt.date,
) -> None:
    name = f"filing:{filing.reference}:{document.kind}:{document.part}"
    reserved = f"filing:{filing.id}:reserved"
    if counts.rejected:
        head = Head(f"{name}:release", "filing.release", today, actor, evidence=f"filing:{filing.id}")
        post_lines(session, head, sql.RELEASE, {"reserved": reserved})
    if fee_minor:
        lines = [Line(reserved, fee_minor), Line("income:fees", -fee_minor)]
        post(session, Event(f"{name}:fees", "filing.fees", today, lines, actor, evidence=f"filing:{filing.id}"))


def _range(filing: Filing, document: FilingDocument) -> dict[str, Any]:
    """Return which lines are in a file, and how a line of the file is numbered among ours."""
    return {
        "filing_id": filing.id,
        "first": document.first_line_no,
        "last": document.first_line_no + document.line_count - 1,
        "offset": document.first_line_no - 1 - document.head_lines,
    }
