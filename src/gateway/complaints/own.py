"""What a member does in her own case: say more, or say that it is right after all."""

import datetime as dt

from sqlmodel import Session

from gateway.complaints import queries, rules
from gateway.complaints.errors import ComplaintClosedError, ComplaintLimitError
from gateway.complaints.states import COMPLAINT, LIVE, ComplaintEvent, ComplaintStatus, Voice
from gateway.complaints.write import add_message, move
from gateway.kit import audit, db

DAY_SECONDS = 86_400

HOLD = """
-- one row that matters to nobody: one member's presses take turns until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('complaint:' || current_mutual() || ':' || CAST(:member_id AS bigint), 0))
"""


def take_turn(session: Session, member_id: int) -> None:
    """Wait for whatever else the member is pressing, so that what is counted and found stays so."""
    db.rows(session, HOLD, {"member_id": member_id})


def require_room(session: Session, member_id: int, *, is_case: bool = False) -> None:
    """Refuse where a member has opened or written as much as a day allows.

    Raises:
        ComplaintLimitError: She has.
    """
    taken = db.one(session, queries.TAKEN_TODAY, {"member_id": member_id})
    if (is_case and taken.cases >= rules.MOST_CASES) or taken.texts >= rules.MOST_WORDS:
        raise ComplaintLimitError(
            f"at most {rules.MOST_CASES} complaints and {rules.MOST_WORDS} texts a day; call the office",
            seconds=DAY_SECONDS,
        )


def reply(session: Session, complaint_id: int, *, member_id: int, words: str, actor: str, today: dt.date) -> None:
    """Add a member's words to her case; where she was asked or answered, it is staff's again.

    Raises:
        ComplaintUnknownError: It is not hers.
        ComplaintClosedError: It is over.
        ComplaintLimitError: She has written as much as a day allows.
    """
    take_turn(session, member_id)
    case = queries.lock_complaint(session, complaint_id, member_id=member_id)
    if ComplaintStatus(case.status) not in LIVE:
        raise ComplaintClosedError(f"complaint {complaint_id} is over; open a new one from the row itself")
    require_room(session, member_id)
    add_message(session, case, Voice.REPLY, words, actor=actor, today=today)
    if COMPLAINT.allows(ComplaintStatus(case.status), ComplaintEvent.REPLY):
        move(session, case, ComplaintEvent.REPLY, actor=actor, today=today, due_on=rules.due_day(case.kind, today))


def withdraw(session: Session, complaint_id: int, *, member_id: int, actor: str, today: dt.date) -> None:
    """End a case by the member's own word.

    Raises:
        ComplaintUnknownError: It is not hers.
        InvalidTransitionError: It is over.
    """
    case = queries.lock_complaint(session, complaint_id, member_id=member_id)
    move(session, case, ComplaintEvent.WITHDRAW, actor=actor, today=today)
    audit.record(session, actor=actor, action="complaint.withdraw", subject_kind="complaint", subject_id=case.id)
