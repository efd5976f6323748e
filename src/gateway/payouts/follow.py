"""Ask about a batch that the provider has, until every payout of it has its outcome.

Callbacks may never come, come twice, or lie: what counts is what the provider answers when it is asked.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.protocol import BatchStanding, ItemFailure, ItemResult
from gateway.payouts import attempts, confirm, rules
from gateway.payouts.attempts import Attempt, Way
from gateway.payouts.confirm import Applied, Result
from gateway.payouts.queries import get_batch, known_ids
from gateway.payouts.states import BatchStatus, PayoutStatus

MOST_STRANGERS = 100
"""Of so many payments that are none of ours it is asked what they moved; the others are told without."""


def follow(way: Way, batch_id: int) -> Applied | None:
    """Ask how a batch stands, let it be paid if it waits for our word, and settle what has an outcome.

    Returns what was settled, or None where nothing was to be had. May be repeated at any time.
    """
    with way.open_session() as session:
        if get_batch(session, batch_id).status != BatchStatus.SUBMITTED:
            return None
    asking = attempts.question(way, batch_id)
    wait = rules.wait_before_asking(attempts.age_of(way, batch_id))
    try:
        standing = _standing(way, asking)
        if standing is None:
            detail = "the provider took it and says now that it never had it"
            attempts.ask_later(way, asking, outcome="vanished", wait=wait, detail=detail, raw=None)
            return None
        if standing.status == "created" and standing.reference is not None:
            # Two people have released it here; this is their word to the provider.
            way.mark("payouts.before_approve")
            standing = way.channel.approve(standing.reference)
        return _settle(way, asking, standing, wait)
    except (PayerUnavailableError, PayerOutcomeUnknownError, PayerRefusedError) as error:
        attempts.ask_later(way, asking, outcome="unknown", wait=wait, detail=error.detail, raw=error.raw)
        return None


def _standing(way: Way, asking: Attempt) -> BatchStanding | None:
    if asking.batch.provider_reference is None:
        return way.channel.find_batch(asking.batch.correlation_id)
    return way.channel.batch(asking.batch.provider_reference)


def _settle(way: Way, asking: Attempt, standing: BatchStanding, wait: dt.timedelta) -> Applied | None:
    batch_id = asking.batch.id
    with way.open_session() as session:
        evidence_id = attempts.keep(session, asking.batch, standing.raw)
        attempts.know(session, asking.batch.id, standing.reference)
    if standing.reference is None or (standing.completed == 0 and standing.rejected == 0):
        if standing.status == "failed":
            return _refuse(way, asking, standing, evidence_id)
        attempts.ask_later(way, asking, outcome=standing.status, wait=wait, detail="no outcomes yet", raw=None)
        return None
    results = _with_amounts(way, batch_id, list(_results(way, standing.reference)))
    way.mark("payouts.before_settle")
    with way.open_session() as session:
        applied = confirm.apply_results(
            session, batch_id, results, actor=way.actor, today=way.today, evidence_id=evidence_id
        )
        detail = f"{applied.paid_count} paid, {applied.failed_count} failed, {applied.open_count} open"
        if standing.is_finished and applied.open_count == 0:
            confirm.finish(session, batch_id, actor=way.actor, today=way.today, evidence_id=evidence_id)
        else:
            attempts.wait_for(session, asking, wait)
        attempts.close(session, asking, "settled", detail, evidence_id)
    return applied


def _refuse(way: Way, asking: Attempt, standing: BatchStanding, evidence_id: int | None) -> Applied:
    reason = standing.reason or "the provider's batch failed"
    with way.open_session() as session:
        applied = confirm.refuse(
            session,
            asking.batch.id,
            code="failed",
            reason=reason,
            actor=way.actor,
            today=way.today,
            evidence_id=evidence_id,
        )
        attempts.close(session, asking, "refused", reason, evidence_id)
    return applied


def _results(way: Way, reference: str) -> Iterator[Result]:
    zone = ZoneInfo(way.time_zone)
    for paid in way.channel.completions(reference):
        yield _paid(paid, zone)
    for failed in way.channel.rejections(reference):
        yield _failed(failed)


def _with_amounts(way: Way, batch_id: int, results: list[Result]) -> list[Result]:
    """Add what payments moved that are none of ours: the list does not say it, the payment itself does."""
    with way.open_session() as session:
        ours = known_ids(session, batch_id, [one.end_to_end_id for one in results])
    strange = {
        one.end_to_end_id: one
        for one in results
        if one.end_to_end_id not in ours and one.outcome == PayoutStatus.PAID and one.provider_reference
    }
    for name, one in itertools.islice(strange.items(), MOST_STRANGERS):
        try:
            moved = way.channel.payment(one.provider_reference or "")
        except (PayerUnavailableError, PayerOutcomeUnknownError, PayerRefusedError):
            continue  # What it moved stays unknown; that it was told does not.
        strange[name] = one._replace(amount_minor=moved.amount_minor)
    return [strange.get(one.end_to_end_id, one) for one in results]


def _paid(paid: ItemResult, zone: ZoneInfo) -> Result:
    settled_on = None if paid.completed_at is None else paid.completed_at.astimezone(zone).date()
    return Result(paid.end_to_end_id, PayoutStatus.PAID.value, paid.provider_reference, settled_on)


def _failed(failed: ItemFailure) -> Result:
    return Result(failed.end_to_end_id, PayoutStatus.FAILED.value, reason_code=failed.code, reason_text=failed.text)
