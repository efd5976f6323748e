"""The jobs of filing."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.authority.errors import OutcomeUnknownError
from gateway.filing import collect_bills, listen, mirror
from gateway.filing import pursue as pursuing
from gateway.filing.answer_later import ANSWER
from gateway.filing.channel import is_by_portal
from gateway.filing.courier import Courier
from gateway.filing.pushed_channel import channel_of
from gateway.kit import jobs, long_file, tenant
from gateway.kit.jobs import Context, periodic, task


@contextmanager
def _courier(context: Context, mutual_id: int) -> Iterator[Courier]:
    with context.session(mutual_id) as session:
        mutual = tenant.current(session)
    channel = channel_of(context, mutual)
    try:
        today = context.today(mutual.time_zone)
        yield Courier(context.database, mutual, channel, context.worker, today, context.mark)
    finally:
        channel.close()


@task("filing.pursue")
def pursue(context: Context, mutual_id: int, *, filing_id: int) -> None:
    """Do what is next between a filing and the state."""
    with _courier(context, mutual_id) as courier:
        pursuing.pursue(courier, filing_id)


@periodic(seconds=5)
@task("filing.sweep")
def sweep(context: Context, mutual_id: int) -> None:
    """Queue every filing with which something is to be done: a lease that ran out, an answer that is due."""
    with context.session(mutual_id) as session:
        for filing_id in pursuing.due(session):
            jobs.defer(session, "filing.pursue", lock=f"filing:{filing_id}", filing_id=filing_id)


@task("filing.look", retry_on=(OutcomeUnknownError,))
def look(context: Context, mutual_id: int, *, filing_id: int, document_id: int) -> None:
    """Ask about a file of which the state says that it has an answer, or a new one."""
    with _courier(context, mutual_id) as courier:
        pursuing.look_again(courier, document_id, filing_id)


@task("filing.inbox")
def read_inbox(context: Context, mutual_id: int) -> None:
    """Read what the state pushed to us; each event makes us ask for the truth."""
    with context.session(mutual_id) as session:
        if listen.read_events(session) == listen.AT_ONCE:
            jobs.defer(session, "filing.inbox", lock=f"inbox:{listen.KIND}")


@periodic(seconds=20)
@task("filing.bills")
def collect(context: Context, mutual_id: int) -> None:
    """Ask for the bills of months that are accepted and not settled, and for the confirmation of what was paid."""
    with context.session(mutual_id) as session:
        anything = not is_by_portal(tenant.current(session)) and collect_bills.is_anything_open(session)
    if anything:
        with _courier(context, mutual_id) as courier:
            collect_bills.collect(courier)


@periodic(seconds=60)
@task("filing.mirror")
def mirror_answers(context: Context, mutual_id: int) -> None:
    """Write the state's answers into what it holds."""
    with context.session(mutual_id) as session:
        mirror.catch_up(session)


@task(ANSWER.task, attempts=3)
def take_in_answer(context: Context, mutual_id: int, subject_id: int) -> None:
    """Take in a long answer of the state's portal; how far it is can be looked at meanwhile."""
    long_file.carry_out(context, mutual_id, ANSWER, subject_id)
