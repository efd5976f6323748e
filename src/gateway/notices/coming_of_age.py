"""Tell members that a child of theirs will be of age, while there is time to bring proof for a longer cover."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.audit import Transition
from gateway.notices import queries
from gateway.notices.rules import latest_leaving
from gateway.notices.states import NOTICE, NoticeEvent
from gateway.notices.write import NewNotice, write_many

KIND = "child_leaves"
RENEWED = "the cover was renewed or ended otherwise"

WITHDRAW = """
-- one row per waiting notice of a child whose cover does not end on the told day any more
UPDATE notice n SET status = :target, status_reason = :reason, changed_at = now()
WHERE n.mutual_id = current_mutual() AND n.kind = :kind AND n.status = ANY (CAST(:sources AS text[])) AND NOT EXISTS (
    SELECT FROM dependant d
    WHERE d.mutual_id = n.mutual_id AND d.member_id = n.member_id
      AND n.about_key = 'dependant:' || d.id || ':' || d.valid_to AND d.valid_to = d.eligible_until + 1)
RETURNING n.id
"""


def announce(session: Session, *, actor: str, today: dt.date) -> int:
    """Write the notices that are due and take back those that are not true any more; return how many are new.

    A child is told of once, sixty days before or as soon afterwards as this runs; never once the day has come. A second
    run writes nothing.
    """
    _withdraw(session, actor)
    leaving = db.rows(session, queries.CHILDREN_LEAVING, {"today": today, "latest": latest_leaving(today)})
    return write_many(session, [_notice(row) for row in leaving])


def _notice(row: queries.ChildLeaving) -> NewNotice:
    return NewNotice(
        row.member_id,
        KIND,
        f"dependant:{row.dependant_id}:{row.leaves_on.isoformat()}",
        {
            "child": row.given_names,
            "age": str(row.leaves_on.year - row.birth_date.year),
            "day": row.leaves_on.strftime("%d/%m/%Y"),
        },
    )


def _withdraw(session: Session, actor: str) -> None:
    event = NoticeEvent.WITHDRAW
    values = {"kind": KIND, "reason": RENEWED, "sources": NOTICE.sources(event), "target": NOTICE.target(event).value}
    ids = [row.id for row in db.rows(session, WITHDRAW, values)]
    before, after = NOTICE.sources(event)[0], NOTICE.target(event).value
    audit.log_transitions(session, [Transition("notice", i, event.value, before, after, actor, RENEWED) for i in ids])
