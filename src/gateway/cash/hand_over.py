"""Hand cash from one person's drawer to another's: it is in transit until the one who gets it has counted it.

Whoever gives takes it out of her open session, for one named person. That person counts it into her own open session:
what is the sum she was told is hers at once; what differs waits, with her reason, for a third person's word, and goes to
the account of shortages or surpluses. Until it is counted the giver can take it back.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.count import SHORTAGES, SURPLUSES
from gateway.cash.denominations import pieces_of
from gateway.cash.errors import (
    CountReasonError,
    HandoverInvalidError,
    NotYoursError,
    SamePersonError,
    SessionNeededError,
)
from gateway.cash.rules import Pieces, counted_total
from gateway.cash.states import HANDOVER, HandoverEvent, HandoverStatus
from gateway.cash.tills import in_drawer
from gateway.kit import audit, db
from gateway.kit.money import currency_of, format_amount
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post

INSERT = """
-- one row: the new handover's id
INSERT INTO cash_handover (from_session_id, from_till, giver, receiver, currency, amount_minor, given_on, note)
VALUES (:session_id, :till, :actor, :receiver, :currency, :amount_minor, :today, :note) RETURNING id
"""

PERSON = """
-- at most one row: an active staff user
SELECT username FROM staff_user WHERE mutual_id = current_mutual() AND username = :username AND is_active
"""

MARK = """
-- no row: the handover with what was counted, and where it went
UPDATE cash_handover SET status = :status, to_session_id = :to_session_id, to_till = :to_till, counted_minor = :counted_minor,
    reason = :reason, confirmed_by = :confirmed_by,
    ended_at = CASE WHEN :status IN ('received', 'taken_back') THEN clock_timestamp() END
WHERE mutual_id = current_mutual() AND id = :id
"""


def hand_over(
    session: Session, *, username: str, amount_minor: int, note: str | None, actor: str, today: dt.date
) -> Any:
    """Take cash out of the actor's open session for another person, and return the handover.

    Raises:
        SessionNeededError: The actor has no open session.
        HandoverInvalidError: To oneself or nobody who works here, not above zero, or more than is in the drawer.
    """
    giving = _session_of(session, actor)
    there = in_drawer(session, giving.till)
    receiver = f"staff:{username}"
    if receiver == actor or db.first(session, PERSON, {"username": username}) is None:
        raise HandoverInvalidError(f"cash is handed to another active person of the staff; {username!r} is none")
    if not 0 < amount_minor <= there:
        shown = f"{format_amount(there, currency_of(giving.currency))} {giving.currency}"
        raise HandoverInvalidError(f"{giving.till} holds {shown}; hand over more than nothing and no more than that")
    values = {"session_id": giving.id, "till": giving.till, "actor": actor, "receiver": receiver, "note": note}
    values |= {"currency": giving.currency, "amount_minor": amount_minor, "today": today}
    made = int(db.scalar(session, INSERT, values))
    transit = f"{giving.till}:in-transit"
    open_accounts(session, [NewAccount(transit)], giving.currency)
    lines = [Line(transit, amount_minor), Line(giving.till, -amount_minor)]
    _post(session, made, "given", lines, actor=actor, today=today)
    detail = {"from": giving.till, "receiver": receiver, "amount_minor": amount_minor}
    audit.record(
        session, actor=actor, action="cash_handover.give", subject_kind="cash_handover", subject_id=made, detail=detail
    )
    return queries.get_handover(session, made)


def receive_handover(
    session: Session,
    handover_id: int,
    *,
    pieces: Sequence[Pieces],
    loose_minor: int,
    reason: str | None,
    actor: str,
    today: dt.date,
) -> Any:
    """Count what was handed over into the actor's open session, and return the handover.

    Raises:
        HandoverUnknownError: No such handover.
        NotYoursError: It is for another person.
        InvalidTransitionError: It was counted or taken back.
        SessionNeededError: The actor has no open session.
        CountInvalidError: The count cannot be added up.
        CountReasonError: It is another sum than was given, and nobody says why.
    """
    found = queries.get_handover(session, handover_id, lock=True)
    if found.receiver != actor:
        raise NotYoursError(f"handover {handover_id} is for {found.receiver}; only that person counts it")
    HANDOVER.advance(HandoverStatus(found.status), HandoverEvent.AGREE)
    getting = _session_of(session, actor)
    total = counted_total(pieces, loose_minor, pieces_of(found.currency))
    if total != found.amount_minor and not (reason or "").strip():
        off = format_amount(total - found.amount_minor, currency_of(found.currency))
        raise CountReasonError(
            f"the count differs by {off} {found.currency} from what was given; count again, or say why"
        )
    event = HandoverEvent.AGREE if total == found.amount_minor else HandoverEvent.DIFFER
    values = {"to_session_id": getting.id, "to_till": getting.till, "counted_minor": total}
    if event is HandoverEvent.AGREE:
        _post(session, found.id, "received", _moved(found, getting.till, total), actor=actor, today=today)
    told = reason if event is HandoverEvent.DIFFER else None
    return _mark(session, found, event, {**values, "reason": told, "confirmed_by": None}, actor, told)


def confirm_handover(
    session: Session, handover_id: int, *, is_confirmed: bool, reason: str | None, actor: str, today: dt.date
) -> Any:
    """Give a third person's word for a difference and book it, or ask for another count; return the handover.

    Raises:
        HandoverUnknownError: No such handover.
        InvalidTransitionError: It does not wait for a third person.
        SamePersonError: The actor gave it or counted it.
        CountReasonError: Another count is asked for without a reason.
        SessionNeededError: The session it was counted into is not open any more; ask for another count.
    """
    found = queries.get_handover(session, handover_id, lock=True)
    event = HandoverEvent.CONFIRM if is_confirmed else HandoverEvent.RECOUNT
    HANDOVER.advance(HandoverStatus(found.status), event)
    if actor in (found.giver, found.receiver):
        raise SamePersonError(f"{actor} gave or counted handover {handover_id}; a third person looks at the difference")
    nothing = {"to_session_id": None, "to_till": None, "counted_minor": None, "reason": None, "confirmed_by": None}
    if not is_confirmed:
        if not (reason or "").strip():
            raise CountReasonError("say why another count is asked for")
        return _mark(session, found, event, nothing, actor, reason)
    if _session_of(session, found.receiver).id != found.to_session_id:
        raise SessionNeededError(f"{found.to_till} was closed since; ask for another count, into the session open now")
    difference = found.counted_minor - found.amount_minor
    other = SURPLUSES if difference > 0 else SHORTAGES
    open_accounts(session, [NewAccount(other)], found.currency)
    lines = [*_moved(found, found.to_till, found.counted_minor), Line(other, -difference)]
    _post(session, found.id, "received", lines, actor=actor, today=today, reason=found.reason)
    kept = {name: getattr(found, name) for name in ("to_session_id", "to_till", "counted_minor", "reason")}
    return _mark(session, found, event, {**kept, "confirmed_by": actor}, actor, reason or found.reason)


def take_back_handover(session: Session, handover_id: int, *, reason: str, actor: str, today: dt.date) -> Any:
    """Put what nobody has counted yet back into the giver's open session, and return the handover.

    Raises:
        HandoverUnknownError: No such handover.
        NotYoursError: Another person gave it.
        InvalidTransitionError: It was counted or taken back.
        SessionNeededError: The giver has no open session.
    """
    found = queries.get_handover(session, handover_id, lock=True)
    if found.giver != actor:
        raise NotYoursError(f"handover {handover_id} was given by {found.giver}; only that person takes it back")
    HANDOVER.advance(HandoverStatus(found.status), HandoverEvent.TAKE_BACK)
    own = _session_of(session, actor)
    lines = [Line(own.till, found.amount_minor), Line(f"{found.from_till}:in-transit", -found.amount_minor)]
    _post(session, found.id, "taken-back", lines, actor=actor, today=today, reason=reason)
    back = {"to_session_id": own.id, "to_till": own.till, "counted_minor": None, "reason": reason, "confirmed_by": None}
    return _mark(session, found, HandoverEvent.TAKE_BACK, back, actor, reason)


def _session_of(session: Session, holder: str) -> Any:
    found = db.first(session, queries.OPEN_SESSION_OF, {"holder": holder})
    if found is None:
        raise SessionNeededError(f"{holder} has no open cash session; open one with POST /v1/cash-sessions")
    return found


def _moved(found: Any, till: str, counted_minor: int) -> list[Line]:
    return [Line(till, counted_minor), Line(f"{found.from_till}:in-transit", -found.amount_minor)]


def _post(
    session: Session,
    number: int,
    step: str,
    lines: Sequence[Line],
    *,
    actor: str,
    today: dt.date,
    reason: str | None = None,
) -> None:
    key, told = f"cash-handover:{number}:{step}", f"cash_handover:{number}"
    kept = [line for line in lines if line.amount_minor]
    post(session, Event(key, "cash.handover", today, kept, actor, reason=reason, evidence=told))


def _mark(
    session: Session, found: Any, event: HandoverEvent, values: dict[str, Any], actor: str, reason: str | None
) -> Any:
    status = HANDOVER.target(event)
    db.run(session, MARK, {"id": found.id, "status": status.value, **values})
    audit.log_transition(
        session,
        subject_kind="cash_handover",
        subject_id=found.id,
        event=event.value,
        from_state=found.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
    )
    return queries.get_handover(session, found.id)
