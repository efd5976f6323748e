"""Release a batch: the second person's word, the ledger's transaction, and the request frozen before anything leaves."""

import datetime as dt
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, bulk, db, evidence, jobs, tenant
from gateway.kit.evidence import Packed
from gateway.kit.money import currency_of
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bulk import Head, post_lines
from gateway.payouts import queries, rules
from gateway.payouts.bank_file import bank_file
from gateway.payouts.errors import PayoutsStaleError, ReleaseLimitError, SamePersonError
from gateway.payouts.hand_over import take_out
from gateway.payouts.queries import BatchRow
from gateway.payouts.states import BATCH, BatchEvent, BatchStatus, Means

MEMBERS_BETWEEN = """
-- one row: the first and last member of a batch. A batch is ordered by member: what is asked of its members is looked for between
-- these two, not in the whole mutual, of which it may be a tenth
SELECT min(member_id) AS first_member, max(member_id) AS last_member FROM payout
WHERE mutual_id = current_mutual() AND batch_id = :batch_id
"""

RELEASE_ENTRIES = """
-- one row per account that a release touches: what each member was owed, and the batch it is all in now
SELECT a.id AS account_id, a.currency, owed.amount_minor
FROM (
    SELECT member_id, sum(amount_minor)::bigint AS amount_minor FROM payout
    WHERE mutual_id = (SELECT current_mutual()) AND batch_id = %(batch_id)s GROUP BY member_id
) owed
JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.control = 'member:benefits' AND a.owner_kind = 'member'
    AND a.owner_id = owed.member_id AND a.owner_id BETWEEN %(first_member)s AND %(last_member)s
UNION ALL
SELECT a.id, a.currency, -%(total_minor)s::bigint FROM ledger_account a
WHERE a.mutual_id = (SELECT current_mutual()) AND a.code = %(batch_code)s
"""

CHANGED_SINCE = """
-- one row: how many payouts of a draft go to who has died since, or where she is not paid any more: another account or telephone
-- than the one written down for her by now, or another means that she chose after the draft was prepared
WITH newest AS (
    SELECT DISTINCT ON (member_id) member_id, means, account, holder, bank_identifier, recorded_at FROM payout_destination
    WHERE mutual_id = (SELECT current_mutual()) AND member_id BETWEEN :first_member AND :last_member AND member_id IN (
        SELECT p.member_id FROM payout p WHERE p.mutual_id = (SELECT current_mutual()) AND p.batch_id = :batch_id)
    ORDER BY member_id, id DESC
)
SELECT count(*) FILTER (WHERE m.status = 'deceased') AS deceased, count(*) FILTER (WHERE m.status <> 'deceased') AS moved
FROM payout p
JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.id = p.member_id AND m.id BETWEEN :first_member AND :last_member
LEFT JOIN newest c ON c.member_id = p.member_id
WHERE p.mutual_id = (SELECT current_mutual()) AND p.batch_id = :batch_id AND (m.status = 'deceased'
    OR (c.recorded_at > CAST(:prepared_at AS timestamptz) AND (c.means <> :means OR (c.means = 'bank' AND
        (p.destination, p.creditor_name, p.creditor_bank) IS DISTINCT FROM (c.account, c.holder, c.bank_identifier))))
    OR (:means = 'mobile' AND p.destination IS DISTINCT FROM coalesce(CASE WHEN c.means = 'mobile' THEN nullif(c.account, '') END, m.phone)))
"""

MARK_RELEASED = """
-- no row: the draft is released, with what was frozen
UPDATE payout_batch
SET status = :status, released_by = :actor, released_at = clock_timestamp(), request_sha256 = :sha256,
    request_evidence_id = :evidence_id, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""


def release(session: Session, batch_id: int, *, actor: str, roles: Collection[str], today: dt.date) -> BatchRow:
    """Release a draft that another person prepared: book it, freeze what will be sent, and queue its delivery.

    Args:
        session: The open transaction.
        batch_id: The draft.
        actor: Who releases it; never who prepared it.
        roles: What the actor may do; the mutual's settings say up to how much.
        today: The day it is booked on.

    Raises:
        BatchNotFoundError: No such batch.
        InvalidTransitionError: It is no draft.
        SamePersonError: The actor prepared it.
        ReleaseLimitError: It is larger than these roles may release.
        PayoutsStaleError: A member has died since, or is paid another way by now; discard it and prepare another.
        FloorBrokenError: A member is owed less by now than was ordered for her; discard it and prepare another.
        PeriodClosedError: Today's month is closed in the books.
        PaymentOrderError: An account or name that the bank would refuse; discard it and mend the destination.
    """
    batch = queries.get_batch(session, batch_id, lock=True)
    status = BATCH.advance(BatchStatus(batch.status), BatchEvent.RELEASE)
    if batch.prepared_by == actor:
        raise SamePersonError(f"{actor} prepared batch {batch_id}; another person must look at it and release it")
    _check_limit(session, batch, roles)
    between = db.one(session, MEMBERS_BETWEEN, {"batch_id": batch_id})._asdict()
    _check_as_now(session, batch, between)
    code = f"payout:{batch_id}"
    open_accounts(session, [NewAccount(code)], batch.currency)
    head = Head(f"payout_batch:{batch_id}:release", "payout.release", today, actor, evidence=f"payout_batch:{batch_id}")
    told = {"batch_id": batch_id, "batch_code": code, "total_minor": batch.total_minor, **between}
    with _freezing(session, batch, today) as freezing:
        with bulk.without_nested_loops(session, batch.payout_count):
            post_lines(session, head, RELEASE_ENTRIES, told)
        frozen = freezing.result()
    evidence_id = _keep(session, batch, frozen)
    values = {"status": status.value, "actor": actor, "sha256": frozen.sha256, "evidence_id": evidence_id}
    db.run(session, MARK_RELEASED, {**values, "id": batch_id})
    audit.log_transition(
        session,
        subject_kind="payout_batch",
        subject_id=batch_id,
        event=BatchEvent.RELEASE.value,
        from_state=batch.status,
        to_state=status.value,
        actor=actor,
        reason=rules.figures(batch.payout_count, batch.total_minor, batch.currency),
        evidence_id=evidence_id,
    )
    means = rules.means_of(batch.provider)
    if means is Means.MOBILE:
        jobs.defer(session, "payouts.deliver", lock=f"payout_batch:{batch_id}", batch_id=batch_id)
    if means is Means.CASH:
        return take_out(session, queries.get_batch(session, batch_id), "it waits at the counter", actor=actor)
    return queries.get_batch(session, batch_id)


def _check_limit(session: Session, batch: BatchRow, roles: Collection[str]) -> None:
    settings, currency = tenant.current(session).settings, currency_of(batch.currency)
    limit = rules.release_limit(settings, roles, currency)
    if limit is not None and batch.total_minor > limit:
        asked = rules.figures(batch.payout_count, batch.total_minor, batch.currency)
        raise ReleaseLimitError(f"{asked} is above the limit of your roles ({', '.join(sorted(roles))})")


def _check_as_now(session: Session, batch: BatchRow, between: Mapping[str, int]) -> None:
    means = rules.means_of(batch.provider).value
    told = {"batch_id": batch.id, "means": means, "prepared_at": batch.prepared_at, **between}
    with bulk.without_nested_loops(session, batch.payout_count):
        found = db.one(session, CHANGED_SINCE, told)
    if found.deceased or found.moved:
        raise PayoutsStaleError(
            f"{found.moved} in batch {batch.id} are paid another way by now and {found.deceased} have died; discard it and"
            " prepare another"
        )


@contextmanager
def _freezing(session: Session, batch: BatchRow, today: dt.date) -> Iterator[Future[Packed]]:
    """Write and pack what will be sent in a thread beside, while the database books what it pays."""
    is_file = rules.means_of(batch.provider) is Means.BANK
    write = bank_file(session, batch, today) if is_file else _request(session, batch)
    chunks = list(bulk.read_chunks(session, queries.ITEMS_TO_FREEZE, {"batch_id": batch.id}))
    with ThreadPoolExecutor(max_workers=1) as beside:
        yield beside.submit(lambda: evidence.pack(write(itertools.chain.from_iterable(chunks))))


def _keep(session: Session, batch: BatchRow, frozen: Packed) -> int:
    is_file = rules.means_of(batch.provider) is Means.BANK
    return evidence.keep(
        session,
        kind="payout.request",
        source="gateway",
        media_type="application/xml" if is_file else "application/jsonl",
        body=frozen,
        about={"batch_id": batch.id, "provider": batch.provider, "correlation_id": batch.correlation_id},
    )


def _request(session: Session, batch: BatchRow) -> Callable[[Iterable[tuple[Any, ...]]], bytes]:
    head = rules.RequestHead(
        correlation_id=batch.correlation_id,
        provider=batch.provider,
        currency=batch.currency,
        payout_count=batch.payout_count,
        total_minor=batch.total_minor,
        title=tenant.current(session).name,
    )
    return lambda rows: rules.freeze(head, rows)
