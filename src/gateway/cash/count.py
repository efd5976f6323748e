"""Count a drawer, and give a second person's word for what differs."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.denominations import pieces_of
from gateway.cash.errors import (
    CountInvalidError,
    CountReasonError,
    HandoverWaitsError,
    NotYoursError,
    SamePersonError,
)
from gateway.cash.rules import Pieces, counted_total
from gateway.cash.states import SESSION, SessionEvent, SessionStatus
from gateway.cash.tills import in_drawer
from gateway.kit import audit, db
from gateway.kit.money import currency_of, format_amount
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.periods import is_closed
from gateway.ledger.post import Event, Line, post

SHORTAGES, SURPLUSES = "expense:shortages", "income:surpluses"

INSERT_COUNT = """
-- no row: a count, numbered after those of its session
INSERT INTO cash_count (session_id, attempt, pieces, loose_minor, total_minor, expected_minor, actor)
SELECT :session_id, coalesce(max(attempt), 0) + 1, CAST(:pieces AS jsonb), :loose_minor, :total_minor, :expected_minor, :actor
FROM cash_count WHERE mutual_id = current_mutual() AND session_id = :session_id
"""

MARK_COUNTED = """
-- no row: the session with its count
UPDATE cash_session SET status = :status, expected_minor = :expected_minor, counted_minor = :counted_minor,
    kept_minor = :kept_minor, reason = :reason, counted_on = :counted_on, counted_by = :actor,
    closed_at = CASE WHEN :status = 'closed' THEN clock_timestamp() END
WHERE mutual_id = current_mutual() AND id = :session_id
"""

MARK_CONFIRMED = """
-- no row: the session closed with its difference
UPDATE cash_session SET status = :status, confirmed_by = :actor, closed_at = clock_timestamp(), difference_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :session_id
"""

MARK_REOPENED = """
-- no row: the session is to be counted again
UPDATE cash_session SET status = :status, expected_minor = NULL, counted_minor = NULL, kept_minor = NULL, reason = NULL,
    counted_on = NULL, counted_by = NULL
WHERE mutual_id = current_mutual() AND id = :session_id
"""


def count_session(
    session: Session,
    session_id: int,
    *,
    pieces: Sequence[Pieces],
    loose_minor: int,
    kept_minor: int,
    reason: str | None,
    may_for_others: bool,
    actor: str,
    today: dt.date,
) -> Any:
    """Count a session's drawer and return the session: closed where the count is what the books say.

    Where it differs, a reason is asked for and the session waits for a second person. Receipts that are being issued
    in it at this moment are waited for; later ones are refused.

    Args:
        session: The open transaction.
        session_id: Which session.
        pieces: Each note and coin with its number.
        loose_minor: Small change counted as one sum.
        kept_minor: What stays in the drawer as the next float; the rest is set aside for the bank.
        reason: Why the count differs, where it does.
        may_for_others: Whether the actor may count another person's drawer.
        actor: Who counts.
        today: The day of the count.

    Raises:
        SessionUnknownError: No such session.
        NotYoursError: It is another person's.
        InvalidTransitionError: It is not open.
        HandoverWaitsError: Cash that was handed over into it differs, and nobody has looked at that yet.
        CountInvalidError: The count cannot be added up, or more is kept than was counted.
        CountReasonError: The count differs and no reason is given.
    """
    found = queries.get_session(session, session_id, lock=True)
    if found.holder != actor and not may_for_others:
        raise NotYoursError(f"session {session_id} is {found.holder}'s; the holder or an accountant counts it")
    SESSION.advance(SessionStatus(found.status), SessionEvent.AGREE)
    waiting = db.first(session, queries.HANDOVER_WAITS, {"session_id": session_id})
    if waiting is not None:
        raise HandoverWaitsError(
            f"handover {waiting.id} was counted into {found.till} and differs; have it looked at first"
        )
    total = counted_total(pieces, loose_minor, pieces_of(found.currency))
    if not 0 <= kept_minor <= total:
        raise CountInvalidError(f"{kept_minor} minor units cannot stay in the drawer, {total} were counted")
    expected = in_drawer(session, found.till)
    if total != expected and not (reason or "").strip():
        off = format_amount(total - expected, currency_of(found.currency))
        raise CountReasonError(
            f"the count differs by {off} {found.currency} from the books; count again, or give the reason"
        )
    event = SessionEvent.AGREE if total == expected else SessionEvent.DIFFER
    shown = json.dumps([one._asdict() for one in pieces if one.number])
    counted = {"session_id": session_id, "expected_minor": expected, "actor": actor}
    db.run(session, INSERT_COUNT, {**counted, "pieces": shown, "loose_minor": loose_minor, "total_minor": total})
    values = {**counted, "status": SESSION.target(event).value, "counted_minor": total, "kept_minor": kept_minor}
    db.run(session, MARK_COUNTED, {**values, "reason": reason if total != expected else None, "counted_on": today})
    _log(session, found, event, actor, reason)
    return queries.get_session(session, session_id)


def confirm_session(
    session: Session, session_id: int, *, is_confirmed: bool, reason: str | None, actor: str, today: dt.date
) -> Any:
    """Give a second person's word for a difference and book it, or ask for another count; return the session.

    A shortage is the mutual's expense, a surplus its income; who repays what is another matter.

    Raises:
        SessionUnknownError: No such session.
        InvalidTransitionError: It does not wait for a second person.
        SamePersonError: The actor holds or counted it.
        CountReasonError: Another count is asked for without a reason.
    """
    found = queries.get_session(session, session_id, lock=True)
    event = SessionEvent.CONFIRM if is_confirmed else SessionEvent.RECOUNT
    status = SESSION.advance(SessionStatus(found.status), event)
    if actor in (found.holder, found.counted_by):
        raise SamePersonError(f"{actor} holds or counted session {session_id}; another person looks at the difference")
    if not is_confirmed:
        if not (reason or "").strip():
            raise CountReasonError("say why another count is asked for")
        db.run(session, MARK_REOPENED, {"session_id": session_id, "status": status.value})
        _log(session, found, event, actor, reason)
        return queries.get_session(session, session_id)
    tx_id = _book_difference(session, found, actor=actor, today=today)
    values = {"session_id": session_id, "status": status.value, "actor": actor, "tx_id": tx_id}
    db.run(session, MARK_CONFIRMED, values)
    _log(session, found, event, actor, reason or found.reason)
    return queries.get_session(session, session_id)


def _book_difference(session: Session, found: Any, *, actor: str, today: dt.date) -> int:
    difference = found.counted_minor - found.expected_minor
    other = SURPLUSES if difference > 0 else SHORTAGES
    open_accounts(session, [NewAccount(other)], found.currency)
    day = today if is_closed(session, found.counted_on) else found.counted_on
    event = Event(
        key=f"cash-session:{found.id}:difference",
        kind="cash.difference",
        valid_on=day,
        lines=[Line(found.till, difference), Line(other, -difference)],
        actor=actor,
        reason=found.reason,
        evidence=f"cash_session:{found.id}",
    )
    return post(session, event).tx_id


def _log(session: Session, found: Any, event: SessionEvent, actor: str, reason: str | None) -> None:
    audit.log_transition(
        session,
        subject_kind="cash_session",
        subject_id=found.id,
        event=event.value,
        from_state=found.status,
        to_state=SESSION.target(event).value,
        actor=actor,
        reason=reason,
    )
