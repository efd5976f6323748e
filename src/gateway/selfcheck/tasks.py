"""The jobs of members' access."""

from gateway.kit import tenant
from gateway.kit.jobs import Context, task
from gateway.selfcheck.codes import JOB, Way, send_code


@task(JOB, attempts=4)
def send(context: Context, mutual_id: int, code_id: int) -> None:
    """Find whom a code is for and send it; without a carrier it is never sent."""
    channel = context.services["sms"]() if "sms" in context.services else None
    if channel is None:
        return
    with context.session(mutual_id) as session:
        mutual = tenant.current(session)
    try:
        send_code(
            Way(
                open_session=lambda: context.session(mutual_id),
                channel=channel,
                mutual_code=mutual.code,
                mutual_name=mutual.name,
                actor=f"worker:{context.worker}",
            ),
            code_id,
        )
    finally:
        channel.close()
