"""The job of complaints."""

from gateway.complaints.wait import let_wait
from gateway.kit import tenant
from gateway.kit.jobs import Context, periodic, task


@periodic(seconds=3600)
@task("complaints.wait")
def follow(context: Context, mutual_id: int) -> None:
    """Hand late complaints to a manager, bring back questions nobody answered, let answers stand."""
    with context.session(mutual_id) as session:
        let_wait(session, today=context.today(tenant.current(session).time_zone))
