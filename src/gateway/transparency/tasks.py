"""What the log does by itself: take in what was sealed and answered, and sign its head."""

from gateway.kit import tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.transparency.rules import LOG_SECONDS
from gateway.transparency.seal import seal_log


@periodic(seconds=LOG_SECONDS)
@task("transparency.seal")
def seal(context: Context, mutual_id: int) -> None:
    """Bring the log up to date; without the service ``log_keys`` it grows and waits for a signature."""
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        keys = context.services.get("log_keys", ())
        seal_log(session, today=today, keys=keys, public_url=context.services.get("public_url", ""))
