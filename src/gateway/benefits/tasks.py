"""The jobs of benefits."""

from gateway.authority.errors import OutcomeUnknownError
from gateway.benefits.collect import Round, collect
from gateway.benefits.deadlines import tell_members
from gateway.filing.pushed_channel import channel_of
from gateway.kit import tenant
from gateway.kit.errors import UnavailableError
from gateway.kit.jobs import Context, periodic, task


@periodic(seconds=60)
@task("benefits.collect", retry_on=(OutcomeUnknownError,))
def collect_advices(context: Context, mutual_id: int) -> None:
    """Ask the state for the remittances it has advised since the last time."""
    with context.session(mutual_id) as session:
        mutual = tenant.current(session)
    try:
        channel = channel_of(context, mutual)
    except UnavailableError:
        return  # no address was given: a mutual without a state's interface has nothing to collect
    try:
        collect(Round(lambda: context.session(mutual_id), channel, mutual, f"worker:{context.worker}"))
    finally:
        channel.close()


@periodic(seconds=3600)
@task("benefits.deadlines")
def tell_of_deadlines(context: Context, mutual_id: int) -> None:
    """Write to members whose claim's last day comes near."""
    with context.session(mutual_id) as session:
        tell_members(session, today=context.today(tenant.current(session).time_zone))
