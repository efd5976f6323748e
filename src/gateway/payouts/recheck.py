"""Ask again about payments that were made: a provider may take its success back, and the callback of it may be lost.

A batch that has ended is asked about for days, less and less often (``rules.day_to_ask_again``), payment by payment, some
hundreds to a job. What the provider's own books call taken back is owed to the member again; that it calls a payment failed
that it called made before, is a contradiction for a person.
"""

from typing import Any, NamedTuple

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.protocol import PaymentStanding
from gateway.kit import db
from gateway.payouts import attempts, queries, rules
from gateway.payouts.attempts import Way
from gateway.payouts.queries import BatchRow, get_batch, get_payout
from gateway.payouts.return_payout import return_payout
from gateway.payouts.states import PayoutStatus

TAKEN_BACK, FAILED = "reversed", "failed"
"""The provider's words for a success that it took back, and for a payment that was none."""
AT_ONCE = 200
"""How many payments a job asks about: each is a call."""
WHY = "the provider took its success back"

CONTRADICT = """
-- no row: the provider calls a payment failed by now that it called made
UPDATE payout SET contradiction = 'the provider says failed (asked again)'
WHERE mutual_id = current_mutual() AND id = :id AND status = 'paid' AND contradiction IS NULL
"""


class Asked(NamedTuple):
    """What one job's questions brought."""

    asked_count: int
    taken_back: int
    not_known: int
    """Payments of which the provider has no word, or none that can be read."""
    after: int
    """The last payout that was asked about."""
    trouble: str | None
    """Why the questions were broken off."""


def recheck(way: Way, payout_id: int) -> bool:
    """Ask again about a payout that was paid, because the provider is said to have taken its success back.

    Where the provider's own books say so, it came back: its money is owed again. Return whether it did.
    """
    with way.open_session() as session:
        payout = get_payout(session, payout_id)
        batch = get_batch(session, payout.batch_id)
    if payout.status != PayoutStatus.PAID or not payout.provider_reference:
        return False
    return _take_in(way, batch, payout.id, payout.end_to_end_id, way.channel.payment(payout.provider_reference))


def recheck_batch(way: Way, batch_id: int, *, days: int) -> bool:
    """Ask again about payments of an ended batch whose day has come; return whether more of them wait for another job.

    Where the provider cannot be reached, the rest is asked about later. May be repeated at any time.

    Args:
        way: What a worker needs.
        batch_id: The batch.
        days: For how many days after it ended it is asked about.
    """
    with way.open_session() as session:
        batch = get_batch(session, batch_id)
        if batch.finished_on is None or batch.recheck_on is None or batch.recheck_on > way.today:
            return False
        asked_about = {"batch_id": batch_id, "after": batch.recheck_after, "limit": AT_ONCE}
        rows = db.rows(session, queries.PAID_TO_RECHECK, asked_about)
    asking = attempts.question(way, batch_id, "recheck")
    asked = _ask(way, batch, rows)
    with way.open_session() as session:
        detail = f"{asked.asked_count} asked about, {asked.taken_back} taken back, {asked.not_known} not known to the provider"
        if asked.trouble is not None:
            attempts.go_on_recheck(session, batch_id, recheck_on=batch.recheck_on, after=asked.after)
            attempts.put_off_recheck(session, batch_id, rules.LONGEST_WAIT)
            attempts.close(session, asking, "broken_off", f"{detail}; {asked.trouble}")
            return False
        is_more = len(rows) == AT_ONCE
        day = batch.recheck_on if is_more else rules.day_to_ask_again(batch.finished_on, way.today, days)
        attempts.go_on_recheck(session, batch_id, recheck_on=day, after=asked.after if is_more else 0)
        attempts.close(session, asking, "asked_again", detail)
        return is_more


def _ask(way: Way, batch: BatchRow, rows: list[Any]) -> Asked:
    """Ask about each; one whose answer nobody can read once more at the end, for it may have been the line."""
    taken_back = not_known = 0
    unclear: list[Any] = []
    was_clear = True
    for count, row in enumerate(rows):
        try:
            known, came_back = _ask_one(way, batch, row)
        except (PayerUnavailableError, PayerOutcomeUnknownError) as error:
            if not was_clear or isinstance(error, PayerUnavailableError):
                return Asked(count, taken_back, not_known, (unclear or [row])[0].id - 1, error.detail)
            unclear.append(row)
            was_clear = False
        except PayerRefusedError as refusal:
            return Asked(count, taken_back, not_known, (unclear or [row])[0].id - 1, refusal.detail)
        else:
            was_clear = True
            taken_back, not_known = taken_back + came_back, not_known + (not known)
    for row in unclear:
        try:
            known, came_back = _ask_one(way, batch, row)
        except (PayerUnavailableError, PayerOutcomeUnknownError, PayerRefusedError):
            known = came_back = False
        taken_back, not_known = taken_back + came_back, not_known + (not known)
    return Asked(len(rows), taken_back, not_known, rows[-1].id if rows else batch.recheck_after, None)


def _ask_one(way: Way, batch: BatchRow, row: Any) -> tuple[bool, bool]:
    """Return whether the provider knows a payment, and whether it took it back."""
    try:
        standing = way.channel.payment(row.provider_reference)
    except PayerRefusedError as refusal:
        if refusal.http_status != 404:
            raise
        return False, False
    return True, _take_in(way, batch, row.id, row.end_to_end_id, standing)


def _take_in(way: Way, batch: BatchRow, payout_id: int, end_to_end_id: str, standing: PaymentStanding) -> bool:
    if standing.status not in (TAKEN_BACK, FAILED):
        return False
    with way.open_session() as session:
        kept = attempts.keep(session, batch, standing.raw)
        if standing.status == FAILED:
            db.run(session, CONTRADICT, {"id": payout_id})
            return False
        return_payout(
            session,
            end_to_end_id=end_to_end_id,
            reason=WHY,
            code=TAKEN_BACK,
            actor=way.actor,
            today=way.today,
            evidence_id=kept,
        )
    return True
