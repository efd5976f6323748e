"""The jobs of payouts.

``services["payer"]`` is called with the mutual and the provider's name (``orange``) and returns a way to it; every
answer that comes over it is kept before it is understood (``on_answer``).
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.bank.errors import PayerOutcomeUnknownError, PayerUnavailableError
from gateway.bank.protocol import RawAnswer
from gateway.contributions.collect import read_collections
from gateway.kit import jobs, long_file, tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.payouts import attempts, queries, rules
from gateway.payouts.attempts import Way
from gateway.payouts.deliver import deliver
from gateway.payouts.follow import follow
from gateway.payouts.inbox import of_payout, read_hints
from gateway.payouts.recheck import recheck, recheck_batch
from gateway.payouts.report_later import REPORT


@task("payouts.deliver")
def deliver_batch(context: Context, mutual_id: int, batch_id: int) -> None:
    """Bring a released batch to its provider, and ask how it stands."""
    with _way(context, mutual_id, batch_id) as way:
        deliver(way, batch_id)
        follow(way, batch_id)


@task("payouts.advance")
def advance_batch(context: Context, mutual_id: int, batch_id: int) -> None:
    """Do for a batch whatever its state asks for now."""
    deliver_batch(context, mutual_id, batch_id)


@task("payouts.recheck", retry_on=(PayerUnavailableError, PayerOutcomeUnknownError))
def recheck_payout(context: Context, mutual_id: int, payout_id: int) -> None:
    """Ask again about a payout that was paid: the provider is said to have taken it back."""
    with context.session(mutual_id) as session:
        batch_id = queries.get_payout(session, payout_id).batch_id
    with _way(context, mutual_id, batch_id) as way:
        recheck(way, payout_id)


@task("payouts.ask_again")
def ask_again(context: Context, mutual_id: int, batch_id: int) -> None:
    """Ask about some payments of an ended batch whether they were taken back since; the rest is another job's."""
    with context.session(mutual_id) as session:
        days = rules.recheck_days(tenant.current(session).settings)
    with _way(context, mutual_id, batch_id, keeps=False) as way:
        is_more = recheck_batch(way, batch_id, days=days)
    if is_more:
        with context.session(mutual_id) as session:
            jobs.defer(session, "payouts.ask_again", lock=f"payout_batch:{batch_id}", batch_id=batch_id)


@periodic(seconds=5)
@task("payouts.watch")
def watch(context: Context, mutual_id: int) -> None:
    """Look after every batch that is due: not taken, in doubt, without news, or to be asked about again."""
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        for batch_id in queries.list_to_recheck(session, today):
            attempts.put_off_recheck(session, batch_id, rules.LONGEST_WAIT)
            jobs.defer(session, "payouts.ask_again", lock=f"payout_batch:{batch_id}", batch_id=batch_id)
        for batch_id, _status in queries.list_due(session):
            attempts.put_off(session, batch_id)
            jobs.defer(session, "payouts.advance", lock=f"payout_batch:{batch_id}", batch_id=batch_id)


@periodic(seconds=60)
@task("payouts.inbox")
def read_inbox(context: Context, mutual_id: int) -> None:
    """Read what providers pushed to us: news of batches, and money that members sent."""
    with context.session(mutual_id) as session:
        read_hints(session)
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        actor = f"worker:{context.worker}"
        read_collections(
            session, actor=actor, today=today, elsewhere=lambda message, told: of_payout(session, message, told, today)
        )


@contextmanager
def _way(context: Context, mutual_id: int, batch_id: int, *, keeps: bool = True) -> Iterator[Way]:
    """Open the way to a batch's provider; every answer is kept, or those alone that somebody keeps himself."""
    with context.session(mutual_id) as session:
        mutual = tenant.current(session)
        batch = queries.get_batch(session, batch_id)

    def keep(raw: RawAnswer) -> None:
        with context.session(mutual_id) as session:
            attempts.keep(session, batch, raw)

    channel = context.services["payer"](mutual, rules.provider_of(batch.provider), on_answer=keep if keeps else None)
    lease = mutual.settings.get("payout_lease_seconds")
    try:
        yield Way(
            open_session=lambda: context.session(mutual_id),
            channel=channel,
            worker=context.worker,
            today=context.today(mutual.time_zone),
            time_zone=mutual.time_zone,
            lease=attempts.LEASE if lease is None else dt.timedelta(seconds=lease),
            mark=context.mark,
        )
    finally:
        channel.close()


@task(REPORT.task, attempts=3)
def take_in_report(context: Context, mutual_id: int, subject_id: int) -> None:
    """Take in a long status report of the bank's; how far it is can be looked at meanwhile."""
    long_file.carry_out(context, mutual_id, REPORT, subject_id)
