"""The jobs of contributions."""

from sqlmodel import Session

from gateway.contributions import import_receipts
from gateway.kit import progress, tenant
from gateway.kit.jobs import Context, task
from gateway.kit.progress import Progress, Tell


@task(import_receipts.TASK, attempts=3)
def work_on_import(context: Context, mutual_id: int, subject_id: int) -> None:
    """Look at a file of payments, or receive it; how far it is can be looked at meanwhile."""

    def work(session: Session, asked: Progress, tell: Tell) -> None:
        today = context.today(tenant.current(session).time_zone)
        import_receipts.carry_out(session, asked, tell, today=today)

    progress.carry_out(context, mutual_id, import_receipts.SUBJECT, subject_id, work)
