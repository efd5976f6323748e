"""End a dependant's cover."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.membership import queries, write_queries
from gateway.membership.errors import DaysOverlapError
from gateway.membership.rules import check_day_ahead


def end_dependant(
    session: Session,
    member_id: int,
    dependant_id: int,
    *,
    last_day: dt.date,
    reason: str,
    actor: str,
    today: dt.date,
) -> Any:
    """End the cover after a day and return the dependant's row; ending it on the same day again writes nothing.

    Raises:
        DependantNotFoundError: The member has no such dependant.
        DayTooFarError: More than thirty days ahead.
        DaysOverlapError: The cover begins later, or has ended earlier.
    """
    check_day_ahead(last_day, today=today, what="the end of the cover")
    queries.lock_member(session, member_id)
    dependant = queries.lock_dependant(session, member_id, dependant_id)
    first_without = last_day + dt.timedelta(days=1)
    if dependant.valid_to == first_without:
        return dependant
    if first_without < dependant.valid_from or (dependant.valid_to is not None and dependant.valid_to < first_without):
        ends = "has no end" if dependant.valid_to is None else f"ends before {dependant.valid_to.isoformat()}"
        raise DaysOverlapError(
            f"the cover begins on {dependant.valid_from.isoformat()} and {ends}; it cannot end after {last_day.isoformat()}"
        )
    values = {"id": dependant_id, "day": first_without, "reason": reason, "actor": actor}
    db.run(session, write_queries.END_DEPENDANT, values)
    db.scalar(session, write_queries.NEXT_VERSION, {"member_id": member_id})
    audit.record(
        session,
        actor=actor,
        action="dependant.end",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail={"dependant_id": dependant_id, "last_day": last_day},
    )
    return queries.lock_dependant(session, member_id, dependant_id)
