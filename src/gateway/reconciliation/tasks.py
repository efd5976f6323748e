"""Jobs of reconciliation: match what was loaded, then look for differences."""

from gateway.kit.jobs import Context, periodic, task
from gateway.kit.tenant import current
from gateway.reconciliation.run import reconcile


@periodic(seconds=300)
@task("reconciliation.run")
def run(context: Context, mutual_id: int) -> None:
    """Match and book what is open, open and close breaks."""
    with context.session(mutual_id) as session:
        reconcile(session, today=context.today(current(session).time_zone))
