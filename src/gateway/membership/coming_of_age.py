"""Who leaves a family by herself on a day: a child whose age ends the rule that covers her.

The last day stands in the cover from the moment it was declared, so that no month declares her a day too long; here
the end is written into the history once it has come, with the reason.
"""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.membership import write_queries

REASON = "came of age"


def close_ended_covers(session: Session, *, actor: str, today: dt.date) -> int:
    """Write down every cover that its rule ended by now; return how many. A second run writes none.

    A cover that somebody ended, or that was renewed under another rule, has its own reason already.
    """
    values = {"today": today, "reason": REASON, "actor": actor}
    ended = db.rows(session, write_queries.END_BY_RULE, values)
    if not ended:
        return 0
    db.run(session, write_queries.NEXT_VERSIONS, {"ids": sorted({row.member_id for row in ended})})
    for row in ended:
        audit.record(
            session,
            actor=actor,
            action="dependant.come_of_age",
            subject_kind="member",
            subject_id=row.member_id,
            reason=REASON,
            detail={"dependant_id": row.id, "rule": row.rule, "first_day_without": row.valid_to},
        )
    return len(ended)
