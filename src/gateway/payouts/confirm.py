"""Settle payouts by what the provider says of them: paid, or failed and owed again. One ledger transaction per set."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import audit, bulk, db, tenant
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.periods import is_closed
from gateway.payouts import confirm_queries, queries, rules
from gateway.payouts.errors import BatchNotSentError
from gateway.payouts.queries import BatchRow
from gateway.payouts.states import BATCH, PAYOUT, BatchEvent, BatchStatus, PayoutEvent, PayoutStatus

TOLD = "told"
"""The outcome of a payment that is none of ours, and of which a bank says no more than that it has it."""
NEVER_SENT = frozenset({BatchStatus.DRAFT, BatchStatus.DISCARDED})


class Result(NamedTuple):
    """What the provider says of one payout."""

    end_to_end_id: str
    outcome: str
    """``paid`` or ``failed``."""
    provider_reference: str | None = None
    settled_on: dt.date | None = None
    reason_code: str | None = None
    reason_text: str | None = None
    amount_minor: int | None = None
    """What it moved, where somebody said so; looked at for payments that are none of ours."""


class Applied(NamedTuple):
    """What a set of results changed."""

    paid_count: int
    paid_minor: int
    failed_count: int
    failed_minor: int
    contradictions: int
    """Payouts of which the provider now says what cannot be true together with what it said before."""
    unknown: list[str]
    """End-to-end ids, at most a hundred, that are of no payout of this batch; each is kept for a person to find out."""
    open_count: int
    """Payouts of the batch that have no outcome yet."""
    tx_id: int | None = None
    """What was booked for them; None where nothing was."""


def apply_results(
    session: Session,
    batch_id: int,
    results: Iterable[Result],
    *,
    actor: str,
    today: dt.date,
    evidence_id: int | None = None,
) -> Applied:
    """Settle the payouts that have no outcome yet; results that were applied before change nothing.

    Paid money leaves the provider's float; failed money is owed to the member again. A result that contradicts an
    earlier one moves nothing: it is written beside the payout for a person.

    Args:
        session: The open transaction.
        batch_id: The batch; results of other payouts are named in the answer and kept for a person (``payout_stranger``).
        results: In any order, repeated or not.
        actor: Who applies them.
        today: The day booked on where a result names none, or one in a closed month.
        evidence_id: The provider's answer, where it was kept.

    Raises:
        BatchNotFoundError: No such batch.
        BatchNotSentError: The batch never left the house, so nobody can have results of it.
    """
    batch = queries.get_batch(session, batch_id, lock=True)
    if batch.status in NEVER_SENT:
        raise BatchNotSentError(f"batch {batch_id} is {batch.status}; it never left the house")
    bulk.stage(session, "payout_result", confirm_queries.STAGED, results)
    db.driver(session).execute(confirm_queries.DROP_SETTLED.encode())
    bulk.execute(
        session,
        confirm_queries.SETTLE,
        {
            "batch_id": batch_id,
            "before_pay": PAYOUT.sources(PayoutEvent.PAY),
            "before_fail": PAYOUT.sources(PayoutEvent.FAIL),
        },
    )
    sums = db.one(session, confirm_queries.SUMS)
    tx_id = None
    if sums.paid_count + sums.failed_count:
        tx_id = _book(session, batch, sums.digest, _open_day(session, sums.settled_on, today), actor, evidence_id)
        _mark(session, actor, today, evidence_id)
    contradictions = db.rows(session, confirm_queries.CONTRADICTIONS, {"batch_id": batch_id})
    unknown = db.rows(session, confirm_queries.UNKNOWN_RESULTS, {"batch_id": batch_id})
    if unknown:
        told = {"batch_id": batch_id, "today": today, "evidence_id": evidence_id}
        db.run(session, confirm_queries.KEEP_STRANGERS, told)
    return Applied(
        sums.paid_count,
        sums.paid_minor,
        sums.failed_count,
        sums.failed_minor,
        len(contradictions),
        [row.end_to_end_id for row in unknown],
        open_count(session, batch_id),
        tx_id,
    )


def open_count(session: Session, batch_id: int) -> int:
    """Return how many payouts of a batch have no outcome yet."""
    return int(db.scalar(session, confirm_queries.OPEN_COUNT, {"batch_id": batch_id}))


def finish(session: Session, batch_id: int, *, actor: str, today: dt.date, evidence_id: int | None = None) -> bool:
    """End a batch all of whose payouts have their outcome; return whether it ended now."""
    batch = queries.get_batch(session, batch_id, lock=True)
    if not BATCH.allows(BatchStatus(batch.status), BatchEvent.FINISH) or open_count(session, batch_id):
        return False
    _end(session, batch, BatchEvent.FINISH, None, actor, today, evidence_id)
    return True


def refuse(
    session: Session,
    batch_id: int,
    *,
    code: str,
    reason: str,
    actor: str,
    today: dt.date,
    evidence_id: int | None = None,
) -> Applied:
    """End a batch that the provider takes none of: every payout without an outcome fails and is owed again.

    Raises:
        InvalidTransitionError: The batch is not on its way.
    """
    batch = queries.get_batch(session, batch_id, lock=True)
    _end(session, batch, BatchEvent.REFUSE, reason, actor, today, evidence_id)
    chunks = bulk.read_chunks(session, confirm_queries.OPEN_PAYOUTS, {"batch_id": batch_id})
    failed = PayoutStatus.FAILED.value
    results = [Result(row[0], failed, reason_code=code, reason_text=reason) for chunk in chunks for row in chunk]
    return apply_results(session, batch_id, results, actor=actor, today=today, evidence_id=evidence_id)


def _book(session: Session, batch: BatchRow, digest: str, day: dt.date, actor: str, evidence_id: int | None) -> int:
    open_accounts(session, [NewAccount(f"payout:{batch.id}"), NewAccount(batch.provider)], batch.currency)
    evidence = f"payout_batch:{batch.id}" if evidence_id is None else f"evidence:{evidence_id}"
    head = Head(f"payout_batch:{batch.id}:results:{digest}", "payout.settle", day, actor, evidence=evidence)
    posted = post_lines(session, head, confirm_queries.ENTRIES, {"batch_id": batch.id, "provider": batch.provider})
    return posted.tx_id


def _mark(session: Session, actor: str, today: dt.date, evidence_id: int | None) -> None:
    bulk.execute(session, confirm_queries.MARK, {"today": today})
    said = {"pay": PayoutEvent.PAY.value, "fail": PayoutEvent.FAIL.value, "actor": actor, "evidence_id": evidence_id}
    audit.log_selected_transitions(session, confirm_queries.STEPS, said)


def _open_day(session: Session, settled_on: dt.date | None, today: dt.date) -> dt.date:
    # A result that is learned after its month was closed is booked today; its own day stays on the payout.
    if settled_on is None or settled_on > today or is_closed(session, settled_on):
        return today
    return settled_on


def _end(
    session: Session,
    batch: BatchRow,
    event: BatchEvent,
    reason: str | None,
    actor: str,
    today: dt.date,
    evidence_id: int | None,
) -> None:
    status = BATCH.advance(BatchStatus(batch.status), event)
    days = rules.recheck_days(tenant.current(session).settings)
    values = {"today": today, "recheck_on": rules.day_to_ask_again(today, today, days)}
    db.run(session, confirm_queries.MARK_FINISHED, {"id": batch.id, "status": status.value, "reason": reason, **values})
    audit.log_transition(
        session,
        subject_kind="payout_batch",
        subject_id=batch.id,
        event=event.value,
        from_state=batch.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
        evidence_id=evidence_id,
    )
