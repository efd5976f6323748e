"""The jobs of notices."""

from gateway.kit import tenant
from gateway.kit.jobs import Context, periodic, task
from gateway.membership.coming_of_age import close_ended_covers
from gateway.notices.carry import Way, carry
from gateway.notices.coming_of_age import announce


@periodic(seconds=3600)
@task("notices.families")
def follow_families(context: Context, mutual_id: int) -> None:
    """Let children who are of age leave their families by the mutual's day, and tell of those who soon will."""
    actor = f"worker:{context.worker}"
    with context.session(mutual_id) as session:
        today = context.today(tenant.current(session).time_zone)
        close_ended_covers(session, actor=actor, today=today)
        announce(session, actor=actor, today=today)


@periodic(seconds=30)
@task("notices.carry")
def carry_notices(context: Context, mutual_id: int) -> None:
    """Bring what waits to the members' telephones; without a carrier it goes on waiting."""
    channel = context.services["sms"]() if "sms" in context.services else None
    if channel is None:
        return
    with context.session(mutual_id) as session:
        mutual = tenant.current(session)
    try:
        carry(
            Way(
                open_session=lambda: context.session(mutual_id),
                channel=channel,
                mutual_code=mutual.code,
                actor=f"worker:{context.worker}",
                today=context.today(mutual.time_zone),
            )
        )
    finally:
        channel.close()
