"""Ask for a sealed filing to be brought to the state; a job does it."""

from sqlmodel import Session

from gateway.filing.channel import CHANNEL, is_by_portal
from gateway.filing.errors import PortalOnlyError
from gateway.filing.models import Filing
from gateway.filing.queries import lock_filing, now
from gateway.filing.states import FILING, FilingEvent, FilingStatus
from gateway.kit import audit, jobs, tenant


def request_submission(session: Session, filing_id: int, *, actor: str) -> Filing:
    """Let a sealed filing go out and queue the job that carries it; asked twice, it goes out once.

    Raises:
        FilingUnknownError: No such filing.
        InvalidTransitionError: It is a draft, or on its way already.
        PortalOnlyError: The mutual's state is reached by hand.
    """
    if is_by_portal(tenant.current(session)):
        raise PortalOnlyError(
            f"filing {filing_id} cannot be sent: the mutual's setting {CHANNEL} is portal; download its files, upload them"
            " on the state's portal and give the reception numbers"
        )
    filing = lock_filing(session, filing_id)
    FILING.advance(FilingStatus(filing.status), FilingEvent.START_SENDING)
    if filing.next_check_at is None:
        audit.record(
            session, actor=actor, action="filing.request_submission", subject_kind="filing", subject_id=filing.id
        )
    filing.next_check_at = now(session)
    filing.version += 1
    session.add(filing)
    session.flush()
    queue_pursuit(session, filing)
    return filing


def queue_pursuit(session: Session, filing: Filing, *, later: bool = False) -> None:
    """Queue the job that does what is next with the state: now, or ``later``, when ``next_check_at`` has come."""
    at = filing.next_check_at if later else None
    jobs.defer(session, "filing.pursue", lock=f"filing:{filing.id}", at=at, filing_id=filing.id)
