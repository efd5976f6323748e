"""Discard a draft: nothing was booked for it, so nothing is taken back."""

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.payouts import queries
from gateway.payouts.queries import BatchRow
from gateway.payouts.states import BATCH, PAYOUT, BatchEvent, BatchStatus, PayoutEvent

MARK_DISCARDED = """
-- no row: the draft is given up
UPDATE payout_batch SET status = :status, reason = :reason, finished_at = clock_timestamp(), version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

CANCEL_PAYOUTS = """
-- no row: every payout of the draft is cancelled
UPDATE payout SET status = :status WHERE mutual_id = current_mutual() AND batch_id = :id AND status = ANY (:sources)
"""


def discard(session: Session, batch_id: int, *, actor: str, reason: str | None = None) -> BatchRow:
    """Give up a draft; what it would have paid stays owed and comes into the next one.

    Raises:
        BatchNotFoundError: No such batch.
        InvalidTransitionError: It is no draft any more.
    """
    batch = queries.get_batch(session, batch_id, lock=True)
    status = BATCH.advance(BatchStatus(batch.status), BatchEvent.DISCARD)
    db.run(session, MARK_DISCARDED, {"id": batch_id, "status": status.value, "reason": reason})
    cancelled = {"status": PAYOUT.target(PayoutEvent.CANCEL).value, "sources": PAYOUT.sources(PayoutEvent.CANCEL)}
    db.run(session, CANCEL_PAYOUTS, {**cancelled, "id": batch_id})
    audit.log_transition(
        session,
        subject_kind="payout_batch",
        subject_id=batch_id,
        event=BatchEvent.DISCARD.value,
        from_state=batch.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
    )
    return queries.get_batch(session, batch_id)
