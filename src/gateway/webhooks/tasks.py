"""The jobs of webhooks: look for what happened, send it, forget what is old."""

from functools import partial

from gateway.kit import jobs, tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.webhooks.collect import collect
from gateway.webhooks.deliver import Carrier, deliver, lease_of, reserve
from gateway.webhooks.forget import forget
from gateway.webhooks.send import send


@periodic(seconds=5)
@task("webhooks.collect")
def collect_events(context: Context, mutual_id: int) -> None:
    """Make deliveries of what happened, and queue a job for each subscription that has something due."""
    with context.session(mutual_id) as session:
        collect(session)
    with context.session(mutual_id) as session:
        for subscription_id in reserve(session, lease_of(tenant.current(session).settings)):
            jobs.defer(session, "webhooks.send", subscription_id=subscription_id)


@task("webhooks.send")
def send_events(context: Context, mutual_id: int, subscription_id: int) -> None:
    """Send what is due for one subscription; what fails is due again by its schedule, not by the queue's."""
    with context.session(mutual_id) as session:
        lease = lease_of(tenant.current(session).settings)
    keys, private = context.services.get("message_keys"), bool(context.services.get("webhooks_private"))
    carrier = Carrier(
        open_session=lambda: context.session(mutual_id),
        send=partial(send, keys=keys, private=private),
        actor=f"worker:{context.worker}",
        lease=lease,
        mark=context.mark,
    )
    deliver(carrier, subscription_id)


@periodic(seconds=3600)
@task("webhooks.forget")
def forget_events(context: Context, mutual_id: int) -> None:
    """Delete what is older than the mutual keeps it."""
    with context.session(mutual_id) as session:
        forget(session, today=context.today(tenant.current(session).time_zone))
