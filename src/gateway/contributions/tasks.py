"""The jobs of contributions."""

from sqlmodel import Session

from gateway.contributions import import_receipts
from gateway.contributions.day_totals import keep_receipt_totals
from gateway.kit import progress, tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.kit.progress import Progress, Tell


@task(import_receipts.TASK, attempts=3)
def work_on_import(context: Context, mutual_id: int, subject_id: int) -> None:
    """Look at a file of payments, or receive it; how far it is can be looked at meanwhile."""

    def work(session: Session, asked: Progress, tell: Tell) -> None:
        today = context.today(tenant.current(session).time_zone)
        import_receipts.carry_out(session, asked, tell, today=today)

    progress.carry_out(context, mutual_id, import_receipts.SUBJECT, subject_id, work)


@periodic(seconds=600)
@task("contributions.totals")
def keep_totals(context: Context, mutual_id: int) -> None:
    """Keep what came in on each day quick to tell."""
    with context.session(mutual_id) as session:
        keep_receipt_totals(session)
