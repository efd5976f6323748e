"""The jobs of the treasury."""

from gateway.kit import long_file
from gateway.kit.jobs import Context, task
from gateway.treasury.settle_later import SETTLEMENT


@task(SETTLEMENT.task, attempts=3)
def take_in_settlement(context: Context, mutual_id: int, subject_id: int) -> None:
    """Take in a long settlement report; how far it is can be looked at meanwhile."""
    long_file.carry_out(context, mutual_id, SETTLEMENT, subject_id)
