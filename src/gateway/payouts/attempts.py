"""The steps of a batch on its way out: each is one short transaction, fenced by the number of the attempt.

A worker that wakes up after its lease finds that the batch has another attempt or another state; its step changes
nothing and is written down as superseded.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from gateway.bank.protocol import PayerChannel, RawAnswer
from gateway.kit import audit, db, evidence
from gateway.kit.evidence import digest
from gateway.payouts.queries import BatchRow, get_batch
from gateway.payouts.states import BATCH, BatchEvent

LEASE = dt.timedelta(minutes=5)

CLAIM = """
-- at most one row: the batch, now being sent by this attempt until its lease ends
UPDATE payout_batch
SET status = :status, attempt = attempt + 1, lease_until = clock_timestamp() + CAST(:lease AS interval), next_check_at = NULL,
    version = version + 1
WHERE mutual_id = current_mutual() AND id = :id AND status = ANY (:sources)
RETURNING attempt
"""

LOSE_SIGHT_OF_LATE = """
-- at most one row: a batch whose worker did not come back within its lease
UPDATE payout_batch SET status = :status, lease_until = NULL, next_check_at = NULL, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id AND status = ANY (:sources) AND lease_until < clock_timestamp()
RETURNING attempt
"""

STEP = """
-- at most one row: the batch after a step that its own attempt takes; none where somebody else took it over
UPDATE payout_batch
SET status = :status, lease_until = NULL, provider_reference = coalesce(:reference, provider_reference),
    next_check_at = clock_timestamp() + CAST(:wait AS interval), version = version + 1
WHERE mutual_id = current_mutual() AND id = :id AND attempt = :attempt AND status = ANY (:sources)
RETURNING id
"""

ASK_LATER = """
-- no row: the next question about a batch that is still on its way
UPDATE payout_batch SET next_check_at = clock_timestamp() + CAST(:wait AS interval)
WHERE mutual_id = current_mutual() AND id = :id AND attempt = :attempt AND status IN ('unknown', 'submitted')
"""

ASK_NOW = """
-- no row: somebody says that there is news of a batch
UPDATE payout_batch SET next_check_at = NULL
WHERE mutual_id = current_mutual() AND id = :id AND status IN ('unknown', 'submitted')
"""

PUT_OFF = """
-- no row: a batch that is being looked after is not due again for a while
UPDATE payout_batch SET next_check_at = clock_timestamp() + interval '30 seconds'
WHERE mutual_id = current_mutual() AND id = :id AND status IN ('released', 'unknown', 'submitted')
"""

PUT_OFF_RECHECK = """
-- no row: an ended batch that is being asked about again is not due for a while
UPDATE payout_batch SET next_check_at = clock_timestamp() + CAST(:wait AS interval)
WHERE mutual_id = current_mutual() AND id = :id AND recheck_on IS NOT NULL
"""

GO_ON_RECHECK = """
-- no row: how far a batch was asked about again, and when the next question is
UPDATE payout_batch SET recheck_on = :recheck_on, recheck_after = :after, next_check_at = NULL
WHERE mutual_id = current_mutual() AND id = :id
"""

KNOW_REFERENCE = """
-- no row: the provider's id of a batch, where it was not known yet
UPDATE payout_batch SET provider_reference = :reference
WHERE mutual_id = current_mutual() AND id = :id AND provider_reference IS NULL AND CAST(:reference AS text) IS NOT NULL
"""

AGE = """
-- one row: how long ago a batch was released
SELECT clock_timestamp() - coalesce(released_at, clock_timestamp()) AS age FROM payout_batch
WHERE mutual_id = current_mutual() AND id = :id
"""

START_ATTEMPT = """
-- no row: an attempt or question begins
INSERT INTO payout_submission (batch_id, attempt, step, worker)
SELECT :id, :attempt, :step || CASE WHEN :step = 'send' THEN '' ELSE ':' || (
    SELECT count(*) + 1 FROM payout_submission
    WHERE mutual_id = current_mutual() AND batch_id = :id AND attempt = :attempt AND step LIKE :step || ':%') END, :worker
RETURNING id
"""

END_ATTEMPT = """
-- no row: what became of it
UPDATE payout_submission
SET finished_at = clock_timestamp(), outcome = :outcome, detail = :detail, evidence_id = :evidence_id
WHERE mutual_id = current_mutual() AND id = :id
"""


@dataclass(frozen=True, slots=True)
class Way:
    """What a worker needs to bring a batch out and to ask about it."""

    open_session: Callable[[], AbstractContextManager[Session]]
    """Opens a transaction of the mutual; none of them spans a call."""
    channel: PayerChannel
    worker: str
    today: dt.date
    time_zone: str
    lease: dt.timedelta = LEASE
    mark: Callable[[str], None] = lambda _point: None
    """Called at named points, so that a test can end the process there."""

    @property
    def actor(self) -> str:
        """The worker's name in the log."""
        return f"worker:{self.worker}"


class Attempt(NamedTuple):
    """An attempt, or a question, that has begun."""

    batch: BatchRow
    number: int
    submission_id: int


def claim(way: Way, batch_id: int) -> Attempt | None:
    """Take a released batch for sending, or nothing where it is not there to be taken. Committed before any byte leaves."""
    values = {
        "id": batch_id,
        "lease": way.lease,
        "status": BATCH.target(BatchEvent.START_SENDING).value,
        "sources": BATCH.sources(BatchEvent.START_SENDING),
    }
    with way.open_session() as session:
        before = get_batch(session, batch_id, lock=True)
        taken = db.first(session, CLAIM, values)
        if taken is None:
            return None
        _log(session, way, before, BatchEvent.START_SENDING, f"attempt {taken.attempt}", None)
        return _begin(session, way, get_batch(session, batch_id), "send")


def question(way: Way, batch_id: int, name: str = "ask") -> Attempt:
    """Begin a question about a batch."""
    with way.open_session() as session:
        return _begin(session, way, get_batch(session, batch_id), name)


def lose_sight_of_late(way: Way, batch_id: int) -> bool:
    """Put a batch in doubt whose worker did not come back within its lease."""
    values = {
        "id": batch_id,
        "status": BATCH.target(BatchEvent.LOSE_SIGHT).value,
        "sources": BATCH.sources(BatchEvent.LOSE_SIGHT),
    }
    with way.open_session() as session:
        before = get_batch(session, batch_id, lock=True)
        if db.first(session, LOSE_SIGHT_OF_LATE, values) is None:
            return False
        _log(session, way, before, BatchEvent.LOSE_SIGHT, "its worker did not come back within the lease", None)
        return True


def step(
    way: Way,
    attempt: Attempt,
    event: BatchEvent,
    *,
    outcome: str,
    wait: dt.timedelta,
    reference: str | None = None,
    detail: str | None = None,
    raw: RawAnswer | None = None,
) -> bool:
    """Write down the outcome of an attempt; return False where the batch was taken over meanwhile."""
    values = {
        "id": attempt.batch.id,
        "attempt": attempt.number,
        "status": BATCH.target(event).value,
        "sources": BATCH.sources(event),
        "reference": reference,
        "wait": wait,
    }
    with way.open_session() as session:
        kept = keep(session, attempt.batch, raw)
        before = get_batch(session, attempt.batch.id, lock=True)
        moved = db.first(session, STEP, values) is not None
        close(session, attempt, outcome if moved else "superseded", detail, kept)
        if moved:
            _log(session, way, before, event, detail, kept)
        return moved


def ask_later(
    way: Way, attempt: Attempt, *, outcome: str, wait: dt.timedelta, detail: str, raw: RawAnswer | None
) -> None:
    """Write down that a question brought nothing new, and when to ask again."""
    with way.open_session() as session:
        wait_for(session, attempt, wait)
        close(session, attempt, outcome, detail, keep(session, attempt.batch, raw))


def wait_for(session: Session, attempt: Attempt, wait: dt.timedelta) -> None:
    """Put off the next question about a batch."""
    db.run(session, ASK_LATER, {"id": attempt.batch.id, "attempt": attempt.number, "wait": wait})


def know(session: Session, batch_id: int, reference: str | None) -> None:
    """Remember the provider's id of a batch, once it has one."""
    db.run(session, KNOW_REFERENCE, {"id": batch_id, "reference": reference})


def put_off(session: Session, batch_id: int) -> None:
    """Mark a due batch as being looked after, so that the next turn of the timetable does not queue it again."""
    db.run(session, PUT_OFF, {"id": batch_id})


def put_off_recheck(session: Session, batch_id: int, wait: dt.timedelta) -> None:
    """Let an ended batch not be asked about again for a while."""
    db.run(session, PUT_OFF_RECHECK, {"id": batch_id, "wait": wait})


def go_on_recheck(session: Session, batch_id: int, *, recheck_on: dt.date | None, after: int) -> None:
    """Write down behind which payout, and on which day, an ended batch is asked about next."""
    db.run(session, GO_ON_RECHECK, {"id": batch_id, "recheck_on": recheck_on, "after": after})


def ask_now(session: Session, batch_id: int) -> None:
    """Let the next question about a batch be asked at once."""
    db.run(session, ASK_NOW, {"id": batch_id})


def age_of(way: Way, batch_id: int) -> dt.timedelta:
    """Return how long ago a batch was released."""
    with way.open_session() as session:
        age: dt.timedelta = db.scalar(session, AGE, {"id": batch_id})
        return age


def keep(session: Session, batch: BatchRow, raw: RawAnswer | None) -> int | None:
    """Keep a provider's answer; the same bytes once, however often they come."""
    if raw is None or not raw.body:
        return None
    known = evidence.find(session, "payer.answer", digest(raw.body))
    if known is not None:
        return known
    about = {"batch_id": batch.id, "url": raw.url, "status": raw.status, "at": raw.finished_at, "problem": raw.problem}
    media_type = raw.headers.get("content-type", "application/json")
    return evidence.keep(
        session, kind="payer.answer", source=batch.provider, media_type=media_type, body=raw.body, about=about
    )


def _begin(session: Session, way: Way, batch: BatchRow, name: str) -> Attempt:
    values = {"id": batch.id, "attempt": batch.attempt, "step": name, "worker": way.worker}
    return Attempt(batch, batch.attempt, int(db.scalar(session, START_ATTEMPT, values)))


def close(session: Session, attempt: Attempt, outcome: str, detail: str | None, evidence_id: int | None = None) -> None:
    """Write down what became of an attempt or question."""
    values = {"id": attempt.submission_id, "outcome": outcome, "detail": detail, "evidence_id": evidence_id}
    db.run(session, END_ATTEMPT, values)


def _log(
    session: Session, way: Way, before: BatchRow, event: BatchEvent, reason: str | None, evidence_id: int | None
) -> None:
    audit.log_transition(
        session,
        subject_kind="payout_batch",
        subject_id=before.id,
        event=event.value,
        from_state=before.status,
        to_state=BATCH.target(event).value,
        actor=way.actor,
        reason=reason,
        evidence_id=evidence_id,
    )
