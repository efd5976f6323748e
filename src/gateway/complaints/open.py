"""Open a case about something a member sees; a second press finds the same case."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.complaints import queries, rules
from gateway.complaints.own import reply, require_room, take_turn
from gateway.complaints.states import LIVE, ComplaintStatus, Voice
from gateway.complaints.write import ADD_MESSAGE
from gateway.kit import audit, db

INSERT = """
-- one row: a new case
INSERT INTO complaint (member_id, kind, row_key, opened_by, channel, opened_on, owner_role, due_on, moved_on, earlier_id)
VALUES (:member_id, :kind, :row_key, :actor, :channel, :today, :owner_role, :due_on, :today, :earlier_id) RETURNING id
"""

INSERT_EVIDENCE = """
-- no row: what she saw and what it rests on
INSERT INTO complaint_evidence (complaint_id, seen, links, made_by, sha256)
VALUES (:complaint_id, CAST(:seen AS jsonb), CAST(:links AS jsonb), :made_by, :sha256)
"""


class Seen(NamedTuple):
    """A row as a member was shown it."""

    kind: str
    """A key of ``rules.KINDS``."""
    row: int | None
    """Its number, where it has one."""
    period: dt.date | None
    """First day of the month that it is, where it is one."""
    content: Mapping[str, Any]
    """Plain JSON values, numbers of people masked."""

    @property
    def key(self) -> str:
        """What the case is known by."""
        return rules.row_key(self.kind, f"{self.period:%Y-%m}" if self.kind == "month" and self.period else self.row)


class Opened(NamedTuple):
    """A case, and whether it is a new one."""

    id: int
    is_new: bool


def open_complaint(
    session: Session, seen: Seen, *, member_id: int, words: str | None, actor: str, channel: str, today: dt.date
) -> Opened:
    """Open a case with its evidence as it stands; where one is open for the row, add the words to it and return it.

    Raises:
        ComplaintLimitError: The member has opened or written as much as a day allows.
    """
    take_turn(session, member_id)
    last = db.first(session, queries.LAST_OF_ROW, {"member_id": member_id, "row_key": seen.key})
    if last is not None and ComplaintStatus(last.status) in LIVE:
        if words:
            reply(session, last.id, member_id=member_id, words=words, actor=actor, today=today)
        return Opened(last.id, is_new=False)
    require_room(session, member_id, is_case=True)
    kind = rules.KINDS[seen.kind]
    values = {"member_id": member_id, "kind": kind.code, "row_key": seen.key, "actor": actor, "channel": channel}
    ours = {"today": today, "owner_role": kind.owner.value, "due_on": rules.due_day(kind.code, today)}
    case = db.one(session, INSERT, {**values, **ours, "earlier_id": last.id if last else None})
    resting = queries.rests_on(session, seen.kind, member_id, row=seen.row, period=seen.period)
    evidence = {
        "seen": json.dumps(dict(seen.content), ensure_ascii=False),
        "links": json.dumps(resting.links, ensure_ascii=False),
        "made_by": resting.made_by,
        "sha256": rules.digest_of(seen.content, resting.links),
    }
    db.run(session, INSERT_EVIDENCE, {"complaint_id": case.id, **evidence})
    if words:
        said = {"complaint_id": case.id, "member_id": member_id, "voice": Voice.OPENING.value, "actor": actor}
        db.run(session, ADD_MESSAGE, {**said, "text": words, "today": today})
    audit.record(
        session,
        actor=actor,
        action="complaint.open",
        subject_kind="complaint",
        subject_id=case.id,
        detail={"kind": kind.code, "row": seen.row, "channel": channel},
    )
    return Opened(case.id, is_new=True)
