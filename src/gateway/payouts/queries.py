"""Everything payouts reads."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.payouts.errors import BatchNotFoundError, PayoutNotFoundError

_BATCH = """id, correlation_id, provider, status, currency, payout_count, total_minor, request_sha256, request_evidence_id,
provider_reference, reason, attempt, lease_until, next_check_at, prepared_by, prepared_at, released_by, released_at,
finished_at, finished_on, recheck_on, recheck_after, version"""

BATCH = f"""
-- at most one row: a batch
SELECT {_BATCH} FROM payout_batch WHERE mutual_id = current_mutual() AND id = :id
"""

LOCK_BATCH = f"{BATCH} FOR UPDATE"

BATCHES = f"""
-- one row per batch, newest first
SELECT {_BATCH} FROM payout_batch
WHERE mutual_id = current_mutual() AND id < coalesce(CAST(:before AS bigint), 9223372036854775807)
  AND status = coalesce(CAST(:status AS text), status)
ORDER BY id DESC LIMIT :limit
"""

BATCH_BY_THEIR_IDS = """
-- at most one row: the batch that a message from a provider is about, by our id or by theirs
SELECT id, status FROM payout_batch
WHERE mutual_id = current_mutual() AND (correlation_id = CAST(:correlation_id AS uuid)
    OR (provider = :provider AND provider_reference = :reference))
ORDER BY id DESC LIMIT 1
"""

STANDING_OF_BATCH = """
-- one row per status of a batch's payouts
SELECT status, count(*) AS payout_count, sum(amount_minor)::bigint AS total_minor FROM payout
WHERE mutual_id = current_mutual() AND batch_id = :batch_id GROUP BY status ORDER BY status
"""

MEMBERS_OF_BATCH = """
-- one figure: how many people a batch pays
SELECT count(DISTINCT member_id) FROM payout WHERE mutual_id = current_mutual() AND batch_id = :batch_id
"""

_PAYOUT = """id, batch_id, member_id, amount_minor, currency, destination, end_to_end_id, status, provider_reference,
reason_code, reason_text, settled_on, retry_of_id, contradiction"""

PAYOUTS = f"""
-- one row per payout of a batch, in the order they were written
SELECT {_PAYOUT} FROM payout
WHERE mutual_id = current_mutual() AND batch_id = :batch_id AND id > :after
  AND status = coalesce(CAST(:status AS text), status)
ORDER BY id LIMIT :limit
"""

PAYOUT = f"""
-- at most one row: a payout
SELECT {_PAYOUT} FROM payout WHERE mutual_id = current_mutual() AND id = :id
"""

LOCK_PAYOUT_BY_END_TO_END_ID = f"""
-- at most one row: a payout by our id, locked
SELECT {_PAYOUT} FROM payout WHERE mutual_id = current_mutual() AND end_to_end_id = :end_to_end_id FOR UPDATE
"""

ITEMS_TO_FREEZE = """
-- one row per payout of a batch, in the order they were written
SELECT end_to_end_id, amount_minor, destination, creditor_name, creditor_bank FROM payout
WHERE mutual_id = current_mutual() AND batch_id = %(batch_id)s ORDER BY id
"""

PAYOUT_OF_TRANSACTION = """
-- at most one row: the payout that a provider's transaction is, by our id or by theirs
SELECT id, batch_id FROM payout
WHERE mutual_id = current_mutual() AND (end_to_end_id = :end_to_end_id OR provider_reference = ANY (CAST(:references AS text[])))
ORDER BY end_to_end_id = :end_to_end_id DESC, id DESC LIMIT 1
"""

DUE = """
-- one row per batch of mobile money that somebody must look after now: released and not taken, in doubt, or to be asked about
SELECT id, status FROM payout_batch
WHERE mutual_id = current_mutual() AND provider LIKE 'momo:%' AND (
    (status IN ('released', 'unknown', 'submitted') AND coalesce(next_check_at, '-infinity') <= clock_timestamp())
    OR (status = 'sending' AND lease_until < clock_timestamp()))
ORDER BY id
"""


TO_RECHECK = """
-- one row per ended batch of mobile money of which it is to be asked today whether a success was taken back
SELECT id FROM payout_batch
WHERE mutual_id = current_mutual() AND recheck_on <= :today AND coalesce(next_check_at, '-infinity') <= clock_timestamp()
ORDER BY id
"""

PAID_TO_RECHECK = """
-- one row per paid payout of a batch that the provider can be asked about, behind one, in their order
SELECT id, end_to_end_id, provider_reference FROM payout
WHERE mutual_id = current_mutual() AND batch_id = :batch_id AND id > :after AND status = 'paid' AND provider_reference <> ''
ORDER BY id LIMIT :limit
"""

OF_BATCH = """
-- one row per id that is of a payout of the batch
SELECT p.end_to_end_id FROM payout p
WHERE p.mutual_id = current_mutual() AND p.batch_id = :batch_id AND p.end_to_end_id = ANY (CAST(:ids AS text[]))
"""

AT_COUNTER = f"""
-- one row per payout that waits at a counter for its member, the oldest first; of some members alone, where they are named
SELECT {", ".join(f"p.{name.strip()}" for name in _PAYOUT.split(","))} FROM payout_batch b
JOIN payout p ON p.mutual_id = b.mutual_id AND p.batch_id = b.id AND p.status = 'ordered'
WHERE b.mutual_id = current_mutual() AND b.provider LIKE 'cash:%' AND b.status NOT IN ('draft', 'discarded', 'finished')
  AND p.id > :after AND (CAST(:members AS bigint[]) IS NULL OR p.member_id = ANY(CAST(:members AS bigint[])))
ORDER BY p.id LIMIT :limit
"""


HANDED_OUT_BY = """
-- at most one row: who handed a payout out at the counter
SELECT actor FROM audit_log
WHERE mutual_id = current_mutual() AND subject_kind = 'payout' AND subject_id = CAST(:id AS text) AND action = 'payout.hand_out'
ORDER BY id DESC LIMIT 1
"""


class BatchRow(NamedTuple):
    """A batch as it stands."""

    id: int
    correlation_id: uuid.UUID
    provider: str
    status: str
    currency: str
    payout_count: int
    total_minor: int
    request_sha256: str | None
    request_evidence_id: int | None
    provider_reference: str | None
    reason: str | None
    attempt: int
    lease_until: dt.datetime | None
    next_check_at: dt.datetime | None
    prepared_by: str
    prepared_at: dt.datetime
    released_by: str | None
    released_at: dt.datetime | None
    finished_at: dt.datetime | None
    finished_on: dt.date | None
    recheck_on: dt.date | None
    """The day on which the provider is asked again whether it took a success back."""
    recheck_after: int
    version: int


class PayoutRow(NamedTuple):
    """A payout as it stands."""

    id: int
    batch_id: int
    member_id: int
    amount_minor: int
    currency: str
    destination: str
    end_to_end_id: str
    status: str
    provider_reference: str | None
    reason_code: str | None
    reason_text: str | None
    settled_on: dt.date | None
    retry_of_id: int | None
    contradiction: str | None


class StatusSum(NamedTuple):
    """How many payouts of a batch stand where, and what they come to."""

    status: str
    payout_count: int
    total_minor: int


def list_at_counter(
    session: Session, *, members: Sequence[int] | None = None, after: int = 0, limit: int
) -> list[PayoutRow]:
    """Return the payouts that wait at a counter for their members, the oldest first; of ``members`` alone, if given."""
    values = {"members": None if members is None else list(members), "after": after, "limit": limit}
    return [PayoutRow(*row) for row in db.rows(session, AT_COUNTER, values)]


def handed_out_by(session: Session, payout_id: int) -> str | None:
    """Return who handed a payout out at the counter; None of one that nobody handed out."""
    row = db.first(session, HANDED_OUT_BY, {"id": payout_id})
    return None if row is None else str(row.actor)


def get_batch(session: Session, batch_id: int, *, lock: bool = False) -> BatchRow:
    """Return a batch, locked where it is to be changed.

    Raises:
        BatchNotFoundError: None has this identifier.
    """
    row = db.first(session, LOCK_BATCH if lock else BATCH, {"id": batch_id})
    if row is None:
        raise BatchNotFoundError(f"no payout batch {batch_id}")
    return BatchRow(*row)


def list_batches(
    session: Session, *, status: str | None = None, before: int | None = None, limit: int = 50
) -> list[BatchRow]:
    """Return batches, newest first, those before an identifier."""
    return [BatchRow(*row) for row in db.rows(session, BATCHES, {"status": status, "before": before, "limit": limit})]


def standing_of(session: Session, batch_id: int) -> list[StatusSum]:
    """Return how many payouts of a batch stand where."""
    return [StatusSum(*row) for row in db.rows(session, STANDING_OF_BATCH, {"batch_id": batch_id})]


def count_members(session: Session, batch_id: int) -> int:
    """Return how many people a batch pays."""
    return int(db.scalar(session, MEMBERS_OF_BATCH, {"batch_id": batch_id}))


def list_payouts(
    session: Session, batch_id: int, *, status: str | None = None, after: int = 0, limit: int = 50
) -> list[PayoutRow]:
    """Return the payouts of a batch after an identifier, in order."""
    values = {"batch_id": batch_id, "status": status, "after": after, "limit": limit}
    return [PayoutRow(*row) for row in db.rows(session, PAYOUTS, values)]


def get_payout(session: Session, payout_id: int) -> PayoutRow:
    """Return a payout.

    Raises:
        PayoutNotFoundError: None has this identifier.
    """
    row = db.first(session, PAYOUT, {"id": payout_id})
    if row is None:
        raise PayoutNotFoundError(f"no payout {payout_id}")
    return PayoutRow(*row)


def find_payout(session: Session, end_to_end_id: str) -> PayoutRow | None:
    """Return the payout with this end-to-end id, locked, or None."""
    row = db.first(session, LOCK_PAYOUT_BY_END_TO_END_ID, {"end_to_end_id": end_to_end_id})
    return None if row is None else PayoutRow(*row)


def find_batch(
    session: Session, *, provider: str, correlation_id: uuid.UUID | None, reference: str | None
) -> tuple[int, str] | None:
    """Return the number and status of the batch that a provider's message is about, or None."""
    values = {"provider": provider, "correlation_id": correlation_id, "reference": reference}
    row = db.first(session, BATCH_BY_THEIR_IDS, values)
    return None if row is None else (int(row.id), str(row.status))


def known_ids(session: Session, batch_id: int, ids: Sequence[str]) -> set[str]:
    """Return those of some end-to-end ids that are of payouts of a batch."""
    return {row.end_to_end_id for row in db.rows(session, OF_BATCH, {"batch_id": batch_id, "ids": list(ids)})}


def list_to_recheck(session: Session, today: dt.date) -> list[int]:
    """Return the ended batches of which the provider is to be asked today whether it took a success back."""
    return [int(row.id) for row in db.rows(session, TO_RECHECK, {"today": today})]


def list_due(session: Session) -> list[tuple[int, str]]:
    """Return the batches that somebody must look after now, with their status."""
    return [(int(row.id), str(row.status)) for row in db.rows(session, DUE)]
