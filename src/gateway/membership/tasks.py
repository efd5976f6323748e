"""The jobs of membership."""

from gateway.kit import tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.membership.move import keep_leaves_current


@periodic(seconds=3600)
@task("membership.leaves")
def follow_leaves(context: Context, mutual_id: int) -> None:
    """Let statuses follow leaves that have begun or ended by the mutual's day."""
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        keep_leaves_current(session, actor=f"worker:{context.worker}", today=today)
