"""What the ledger does by itself: seal what is below the horizon, and take snapshots of busy accounts."""

from gateway.kit import tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.ledger.seal import seal
from gateway.ledger.snapshots import keep_totals, take_snapshots


@periodic(seconds=3600)
@task("ledger.seal")
def seal_books(context: Context, mutual_id: int) -> None:
    """Seal what was booked since the last seal, with the key of the service ``seal_key`` where there is one."""
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        seal(session, today=today, key=context.services.get("seal_key"))


@periodic(seconds=600)
@task("ledger.snapshot")
def snapshot_accounts(context: Context, mutual_id: int) -> None:
    """Keep the balances of busy accounts, and those of every day, quick to tell."""
    with context.session(mutual_id) as session:
        take_snapshots(session)
        keep_totals(session)
