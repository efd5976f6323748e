"""The jobs of membership."""

from sqlmodel import Session

from gateway.kit import progress, tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.kit.progress import Progress, Tell
from gateway.membership import import_members
from gateway.membership.move import keep_leaves_current


@periodic(seconds=3600)
@task("membership.leaves")
def follow_leaves(context: Context, mutual_id: int) -> None:
    """Let statuses follow leaves that have begun or ended by the mutual's day."""
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        keep_leaves_current(session, actor=f"worker:{context.worker}", today=today)


@task(import_members.TASK, attempts=3)
def work_on_import(context: Context, mutual_id: int, subject_id: int) -> None:
    """Look at an uploaded file, or write what it says; how far it is can be looked at meanwhile."""

    def work(session: Session, asked: Progress, tell: Tell) -> None:
        today = context.today(tenant.current(session).time_zone)
        import_members.carry_out(session, asked, tell, today=today)

    progress.carry_out(context, mutual_id, import_members.SUBJECT, subject_id, work)
