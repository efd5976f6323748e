"""What staff do with a complaint: take it, ask, answer, note, resolve, reopen. Each needs the case in one's own hand."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.complaints import queries, rules
from gateway.complaints.errors import (
    ComplaintNotTakenError,
    ComplaintOpenError,
    ComplaintPostingError,
    ComplaintRoleError,
    ComplaintUnansweredError,
)
from gateway.complaints.states import LIVE, ComplaintEvent, ComplaintStatus, Resolution, Voice
from gateway.complaints.write import add_message, move
from gateway.kit import audit, db, tenant
from gateway.notices.write import write_once
from gateway.staff.models import Role


class Handler(NamedTuple):
    """Who looks into a case."""

    username: str
    actor: str
    """Her name in the log, ``staff:ana``."""
    roles: Collection[Role]
    today: dt.date


def take(session: Session, complaint_id: int, who: Handler) -> None:
    """Take a case in hand, also out of somebody else's.

    Raises:
        ComplaintUnknownError: No such case.
        ComplaintRoleError: It is another role's, or about what she recorded herself.
        InvalidTransitionError: It waits for the member, or is over.
    """
    case = queries.lock_complaint(session, complaint_id)
    _require_fit(case, who)
    move(session, case, ComplaintEvent.TAKE, actor=who.actor, today=who.today, assignee=who.username)
    _note(session, case, who, "complaint.take")


def ask(session: Session, complaint_id: int, words: str, who: Handler) -> None:
    """Ask the member something; a message tells her that there is a question.

    Raises:
        ComplaintUnknownError, ComplaintRoleError, ComplaintNotTakenError: As everywhere here.
        InvalidTransitionError: It is not in hand.
    """
    case = _in_my_hand(session, complaint_id, who)
    move(session, case, ComplaintEvent.ASK, actor=who.actor, today=who.today)
    _tell(session, case, Voice.QUESTION, words, who)
    _note(session, case, who, "complaint.ask")


def answer(session: Session, complaint_id: int, words: str, who: Handler) -> None:
    """Tell the member what was found, in plain words; she may object for fourteen days.

    Raises:
        ComplaintUnknownError, ComplaintRoleError, ComplaintNotTakenError: As everywhere here.
        InvalidTransitionError: It is neither in hand nor asked.
    """
    case = _in_my_hand(session, complaint_id, who)
    move(session, case, ComplaintEvent.ANSWER, actor=who.actor, today=who.today)
    _tell(session, case, Voice.ANSWER, words, who)
    _note(session, case, who, "complaint.answer")


def note(session: Session, complaint_id: int, words: str, who: Handler) -> None:
    """Keep what was found out, for staff alone.

    Raises:
        ComplaintUnknownError: No such case.
    """
    case = queries.lock_complaint(session, complaint_id)
    add_message(session, case, Voice.NOTE, words, actor=who.actor, today=who.today)


def resolve(
    session: Session,
    complaint_id: int,
    resolution: Resolution,
    who: Handler,
    *,
    words: str | None = None,
    ledger_tx_id: int | None = None,
) -> None:
    """End a case with a reason, an answer where there was none yet, and the posting where money moved.

    Raises:
        ComplaintUnknownError, ComplaintRoleError, ComplaintNotTakenError: As everywhere here.
        ComplaintUnansweredError: The member was told nothing since she spoke last.
        ComplaintPostingError: Money moved and no posting of hers is named, or one is named where none moved.
        InvalidTransitionError: It is not in hand, or over.
    """
    case = _in_my_hand(session, complaint_id, who)
    _require_posting(session, case, resolution, ledger_tx_id)
    if not words and db.first(session, queries.ANSWERED, {"id": case.id}) is None:
        raise ComplaintUnansweredError(
            "tell the member what was found: answer first, or give words with the resolution"
        )
    move(
        session,
        case,
        ComplaintEvent.RESOLVE,
        actor=who.actor,
        today=who.today,
        resolution=resolution,
        ledger_tx_id=ledger_tx_id,
    )
    if words:
        _tell(session, case, Voice.ANSWER, words, who)
    _note(session, case, who, "complaint.resolve", {"resolution": resolution.value, "ledger_tx_id": ledger_tx_id})


def reopen(session: Session, complaint_id: int, reason: str, who: Handler) -> None:
    """Take up a case again that was over; it is in the hand of who does.

    Raises:
        ComplaintUnknownError, ComplaintRoleError: As everywhere here.
        InvalidTransitionError: It is not over.
        ComplaintOpenError: The member has opened another about the same row since.
    """
    case = queries.lock_complaint(session, complaint_id)
    _require_fit(case, who)
    last = db.one(session, queries.LAST_OF_ROW, {"member_id": case.member_id, "row_key": case.row_key})
    if last.id != case.id and ComplaintStatus(last.status) in LIVE:
        raise ComplaintOpenError(f"complaint {last.id} is open about the same; go on there")
    due_on = rules.due_day(case.kind, who.today)
    event = ComplaintEvent.REOPEN
    move(session, case, event, actor=who.actor, today=who.today, due_on=due_on, assignee=who.username)
    add_message(session, case, Voice.NOTE, reason, actor=who.actor, today=who.today)
    _note(session, case, who, "complaint.reopen")


def _in_my_hand(session: Session, complaint_id: int, who: Handler) -> Any:
    case = queries.lock_complaint(session, complaint_id)
    if case.assignee == who.username:
        return case  # her role fitted when she took it; a late case becomes a manager's and may still be hers to end
    _require_fit(case, who)
    holder = f"{case.assignee} has it in hand" if case.assignee else "nobody has taken it"
    raise ComplaintNotTakenError(f"{holder}; take it first, so that one person answers for it")


def _require_fit(case: Any, who: Handler) -> None:
    if not rules.may_look_into(who.roles, case.owner_role):
        raise ComplaintRoleError(f"complaint {case.id} is for the role {case.owner_role} or a manager to look into")
    if rules.judges_herself(who.actor, case.made_by):
        raise ComplaintRoleError("the row was recorded by you; let somebody else look into it")


def _require_posting(session: Session, case: Any, resolution: Resolution, ledger_tx_id: int | None) -> None:
    if (resolution is Resolution.MONEY_MOVED) != (ledger_tx_id is not None):
        raise ComplaintPostingError("name the posting that moved the money, and only where money moved")
    values = {"ledger_tx_id": ledger_tx_id, "member_id": case.member_id}
    if ledger_tx_id is not None and db.first(session, queries.POSTING_OF, values) is None:
        raise ComplaintPostingError(f"posting {ledger_tx_id} touches no account of member {case.member_id}")


def _tell(session: Session, case: Any, voice: Voice, words: str, who: Handler) -> None:
    add_message(session, case, voice, words, actor=who.actor, today=who.today)
    number = len(queries.list_messages(session, case.id))
    # The words themselves stay behind her log-in: whoever holds the telephone sees that there is something to read.
    write_once(
        session,
        member_id=case.member_id,
        kind=f"complaint_{voice.value}",
        key=f"complaint:{case.id}:{number}",
        text_params={"mutual": tenant.current(session).name, "number": str(case.id)},
    )


def _note(
    session: Session, case: Any, who: Handler, action: str, detail: dict[str, str | int | None] | None = None
) -> None:
    audit.record(
        session, actor=who.actor, action=action, subject_kind="complaint", subject_id=case.id, detail=detail or {}
    )
