"""Close a month of the books, and open it again with a reason. The newest row of a month counts; none is changed."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.period import Period
from gateway.ledger import queries


def is_closed(session: Session, day: dt.date) -> bool:
    """Tell whether the month a day lies in is closed."""
    newest = db.first(session, queries.NEWEST_PERIOD, {"start": Period.of(day).start})
    return newest is not None and bool(newest.is_closed)


def close(session: Session, period: Period, *, actor: str, reason: str) -> bool:
    """Close a month: nothing is booked into it from the commit on. Return False where it was closed before.

    Waits for postings into the month that are under way, and they see the month closed only after it is.
    """
    return _set(session, period, closed=True, actor=actor, reason=reason)


def reopen(session: Session, period: Period, *, actor: str, reason: str) -> bool:
    """Open a closed month again. Return False where it was open."""
    return _set(session, period, closed=False, actor=actor, reason=reason)


def _set(session: Session, period: Period, *, closed: bool, actor: str, reason: str) -> bool:
    if is_closed(session, period.start) is closed:
        return False
    values = {"start": period.start, "is_closed": closed, "actor": actor, "reason": reason}
    db.run(session, queries.INSERT_PERIOD, values)
    action = "books.close" if closed else "books.reopen"
    audit.record(session, actor=actor, action=action, subject_kind="month", subject_id=str(period), reason=reason)
    return True
