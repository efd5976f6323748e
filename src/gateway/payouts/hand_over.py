"""Write down that a batch's file was carried to the bank: once. A second time it would be paid twice."""

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.payouts import queries, rules
from gateway.payouts.errors import PayoutFileSentError, RequestDamagedError, WrongMeansError
from gateway.payouts.queries import BatchRow
from gateway.payouts.states import BATCH, BatchEvent, BatchStatus, Means

MARK_OUT = """
-- no row: the batch is out of the house
UPDATE payout_batch SET status = :status, provider_reference = coalesce(:reference, provider_reference), version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""


def hand_over(session: Session, batch_id: int, *, sha256: str, reference: str | None = None, actor: str) -> BatchRow:
    """Write down that the file with this digest was given to the bank.

    Args:
        session: The open transaction.
        batch_id: The batch.
        sha256: Digest of the file that was carried, hexadecimal; has to be that of the release.
        reference: The bank's own number of it, where it gave one.
        actor: Who carried it.

    Raises:
        BatchNotFoundError: No such batch.
        WrongMeansError: Its money does not leave by a file.
        RequestDamagedError: The file is not the one that was released.
        PayoutFileSentError: It was carried before.
        InvalidTransitionError: It is not released.
    """
    batch = queries.get_batch(session, batch_id, lock=True)
    if rules.means_of(batch.provider) is not Means.BANK:
        raise WrongMeansError(f"batch {batch_id} is paid through {batch.provider}; only a bank gets a file")
    if batch.request_sha256 is not None and batch.request_sha256 != sha256.lower():
        raise RequestDamagedError(
            f"the file with the digest {sha256[:12]}… is not what was released as batch {batch_id}"
            f" ({batch.request_sha256[:12]}…); fetch it anew and compare"
        )
    if batch.status in (BatchStatus.SUBMITTED, BatchStatus.FINISHED, BatchStatus.REFUSED):
        raise PayoutFileSentError(
            f"the file of batch {batch_id} was given to the bank before; it is {batch.status}: do not give it again"
        )
    return take_out(session, batch, f"the file {sha256.lower()}", actor=actor, reference=reference)


def take_out(
    session: Session,
    batch: BatchRow,
    reason: str,
    *,
    actor: str,
    reference: str | None = None,
    evidence_id: int | None = None,
) -> BatchRow:
    """Bring a released batch out of the house, by a person's hand.

    Raises:
        InvalidTransitionError: It is not released.
    """
    status = BATCH.advance(BatchStatus(batch.status), BatchEvent.HAND_OVER)
    db.run(session, MARK_OUT, {"id": batch.id, "status": status.value, "reference": reference})
    audit.log_transition(
        session,
        subject_kind="payout_batch",
        subject_id=batch.id,
        event=BatchEvent.HAND_OVER.value,
        from_state=batch.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
        evidence_id=evidence_id,
    )
    return queries.get_batch(session, batch.id)
