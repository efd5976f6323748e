"""Discard a draft: nothing of it was reserved, nothing of it left the house."""

from sqlmodel import Session

from gateway.filing.models import Filing
from gateway.filing.queries import lock_filing
from gateway.filing.sql.prepare import CLEAR_DRAFT
from gateway.filing.states import FilingEvent
from gateway.filing.steps import advance
from gateway.kit import bulk


def discard(session: Session, filing_id: int, *, actor: str, reason: str | None = None) -> Filing:
    """Give up a draft; its number is kept, its lines are not.

    Raises:
        FilingUnknownError: No such filing.
        InvalidTransitionError: It is not a draft any more.
    """
    filing = lock_filing(session, filing_id)
    advance(session, filing, FilingEvent.DISCARD, actor=actor, reason=reason)
    for statement in CLEAR_DRAFT:
        bulk.execute(session, statement, {"filing_id": filing.id})
    return filing
