"""Jobs of reconciliation: match what was loaded, then look for differences."""

from gateway.kit import long_file
from gateway.kit.jobs import Context, periodic, task
from gateway.kit.tenant import current
from gateway.reconciliation import load_later
from gateway.reconciliation.run import reconcile


@periodic(seconds=300)
@task("reconciliation.run")
def run(context: Context, mutual_id: int) -> None:
    """Match and book what is open, open and close breaks."""
    with context.session(mutual_id) as session:
        reconcile(session, today=context.today(current(session).time_zone))


@task(load_later.STATEMENT.task, attempts=3)
def load(context: Context, mutual_id: int, subject_id: int) -> None:
    """Load a large statement file; how far it is can be looked at meanwhile."""
    long_file.carry_out(context, mutual_id, load_later.STATEMENT, subject_id)
