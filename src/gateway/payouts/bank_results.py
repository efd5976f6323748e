"""What a bank says of our payouts: a status report rejects, a booking on a statement makes final. Nothing else moves money."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from sqlmodel import Session

from gateway.bank.pain002 import read_status_report
from gateway.kit import db, evidence
from gateway.kit.evidence import digest
from gateway.kit.progress import Tell, silent
from gateway.payouts import queries, rules
from gateway.payouts.bank_file import information_id_of
from gateway.payouts.confirm import TOLD, Applied, Result, apply_results, finish
from gateway.payouts.errors import ReportUnknownError
from gateway.payouts.hand_over import take_out
from gateway.payouts.queries import BatchRow
from gateway.payouts.states import BatchStatus, PayoutStatus

BATCH_OF_CORRELATION = """
-- at most one row: the batch with our id
SELECT id FROM payout_batch WHERE mutual_id = current_mutual() AND correlation_id = CAST(:correlation_id AS uuid)
"""

PAYOUT_IDS = """
-- one row per payout of a batch
SELECT end_to_end_id FROM payout WHERE mutual_id = current_mutual() AND batch_id = :batch_id ORDER BY id
"""


class Reported(NamedTuple):
    """What a status report changed."""

    batch: BatchRow
    status: str
    """The bank's word for the whole file."""
    applied: Applied
    unknown: list[str]
    """Payments it speaks of that are not in the file, at most a hundred; each is kept for a person to find out."""


class Booking(NamedTuple):
    """A line of a statement that pays a payout."""

    line_id: int
    batch_id: int
    end_to_end_id: str
    booked_on: dt.date
    bank_reference: str | None


def apply_report(session: Session, body: bytes, *, actor: str, today: dt.date, tell: Tell = silent) -> Reported:
    """Take in a bank's pain.002: what it rejects is owed again; what it accepts waits for its booking. Again: no effect.

    Args:
        session: The open transaction.
        body: The report as it came.
        actor: Who loads it.
        today: The day rejected money is booked back.
        tell: Told how far it is: read, book.

    Raises:
        StatementError: It cannot be read.
        ReportUnknownError: It is about no file of ours.
        BatchNotSentError: Its batch never left the house.
        PeriodClosedError: Today's month is closed in the books.
    """
    tell("read", 0, None)
    report = read_status_report(body)
    correlation = rules.correlation_of(report.original_message_id)
    row = correlation and db.first(session, BATCH_OF_CORRELATION, {"correlation_id": correlation})
    if not row:
        raise ReportUnknownError(
            f"the report is about the file {report.original_message_id!r}, which is none of our payout files"
        )
    kept = evidence.find(session, "bank.status_report", digest(body))
    if kept is None:
        kept = evidence.keep(
            session, kind="bank.status_report", source="bank", media_type="application/xml", body=body,
            about={"batch_id": row.id},
        )  # fmt: skip
    tell("book", 0, None)
    batch = queries.get_batch(session, row.id, lock=True)
    if batch.status == BatchStatus.RELEASED:
        # The bank speaks of it, so somebody has carried it and not said so.
        take_out(session, batch, "the bank reports about it", actor=actor, evidence_id=kept)
    ours = [found.end_to_end_id for found in db.rows(session, PAYOUT_IDS, {"batch_id": batch.id})]
    rejected = report.rejections(ours, information_id_of(batch))
    results = [
        Result(name, PayoutStatus.FAILED.value, reason_code=verdict.code or verdict.status, reason_text=verdict.text)
        for name, verdict in rejected.items()
    ]
    unknown = sorted(set(report.transactions) - set(ours))
    for name in unknown:
        verdict = report.verdict_of(name)
        outcome = PayoutStatus.FAILED.value if verdict.is_rejection else TOLD
        results.append(Result(name, outcome, reason_code=verdict.code or verdict.status, reason_text=verdict.text))
    applied = apply_results(session, batch.id, results, actor=actor, today=today, evidence_id=kept)
    finish(session, batch.id, actor=actor, today=today, evidence_id=kept)
    return Reported(queries.get_batch(session, batch.id), report.group.status, applied, unknown[:100])


def book_lines(session: Session, bookings: Sequence[Booking], *, actor: str, today: dt.date) -> dict[int, int]:
    """Settle payouts by the bank's bookings: one ledger transaction per batch and day. Return it by statement line.

    Args:
        session: The open transaction.
        bookings: Lines that carry the end-to-end id and the amount of a payout that has no outcome yet.
        actor: Who matches.
        today: The day booked on where the bank's own lies in a closed month.
    """
    by_line: dict[int, int] = {}
    ordered = sorted(bookings, key=lambda one: (one.batch_id, one.booked_on, one.line_id))
    for (batch_id, _day), group in groupby(ordered, key=lambda one: (one.batch_id, one.booked_on)):
        lines = list(group)
        batch = queries.get_batch(session, batch_id, lock=True)
        if batch.status == BatchStatus.RELEASED:
            take_out(session, batch, "the bank has booked it", actor=actor)
        results = [
            Result(one.end_to_end_id, PayoutStatus.PAID.value, one.bank_reference, one.booked_on) for one in lines
        ]
        applied = apply_results(session, batch_id, results, actor=actor, today=today)
        if applied.tx_id is not None:
            by_line.update({one.line_id: applied.tx_id for one in lines})
        finish(session, batch_id, actor=actor, today=today)
    return by_line
