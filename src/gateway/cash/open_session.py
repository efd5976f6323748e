"""Open a cash session: one person, one till, a float that is what the books say or is made so from elsewhere."""

import datetime as dt
import re
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.errors import FloatDiffersError, SessionOpenError, TillInvalidError, TillUnknownError
from gateway.cash.tills import in_drawer
from gateway.kit import audit, db
from gateway.kit.money import currency_of, format_amount
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post, require_accounts

INSERT_SESSION = """
-- one row: the new session's id
INSERT INTO cash_session (till_id, holder, currency, float_minor, opened_on, opened_by)
VALUES (:till_id, :holder, :currency, :float_minor, :opened_on, :actor) RETURNING id
"""

OPEN_OF = """
-- one row per session that is not closed of a till or of a person
SELECT s.id, s.holder, t.code AS till, s.status FROM cash_session s
JOIN cash_till t ON t.mutual_id = s.mutual_id AND t.id = s.till_id
WHERE s.mutual_id = current_mutual() AND s.status <> 'closed' AND (s.holder = :holder OR t.code = ANY (CAST(:codes AS text[])))
ORDER BY s.id
"""

FLOAT_SOURCE = re.compile(r"reserve:float|cash:[a-z0-9-]{1,40}")


def open_session(
    session: Session,
    *,
    till_code: str,
    float_minor: int,
    holder: str,
    actor: str,
    today: dt.date,
    float_from: str | None = None,
) -> Any:
    """Open a session and return it.

    Args:
        session: The open transaction.
        till_code: Which till.
        float_minor: What is in the drawer now, counted.
        holder: Who answers for it from now on.
        actor: Who opens it: the holder, or whoever sends her on a round.
        today: The day.
        float_from: Where what the books lack came from, or where the rest of it went: another till without a session,
            or ``reserve:float``; None where the drawer is what the books say.

    Raises:
        TillUnknownError, TillInvalidError: No such till, or one that is not used any more.
        SessionOpenError: The till or the person has a session that is not closed.
        FloatDiffersError: The drawer is not what the books say, and nobody said where the difference came from.
    """
    till = db.first(session, queries.TILL_BY_CODE, {"code": till_code})
    if till is None:
        raise TillUnknownError(f"no till {till_code!r}; GET /v1/tills lists them")
    if not till.is_active or float_minor < 0:
        raise TillInvalidError(f"{till_code} is not in use, or the float is below zero")
    for known in db.rows(session, OPEN_OF, {"holder": holder, "codes": [till_code]}):
        raise SessionOpenError(
            f"session {known.id} of {known.holder} at {known.till} is {known.status}; close it before another is opened"
        )
    books = in_drawer(session, till_code)
    if books != float_minor and float_from is None:
        shown = format_amount(books, currency_of(till.currency))
        raise FloatDiffersError(
            f"the books say that {shown} {till.currency} are in {till_code}; count again, or say with float_from where"
            " the difference comes from"
        )
    if books != float_minor:
        _check_source(session, till, str(float_from))
    values = {"till_id": till.id, "holder": holder, "currency": till.currency, "float_minor": float_minor}
    try:
        with session.begin_nested():
            made = int(db.scalar(session, INSERT_SESSION, {**values, "opened_on": today, "actor": actor}))
    except IntegrityError as refusal:
        raise SessionOpenError(f"{till_code} or {holder} was given a session at this moment; look again") from refusal
    if books != float_minor:
        _bring(session, made, till, float_minor - books, str(float_from), actor=actor, today=today)
    audit.record(
        session,
        actor=actor,
        action="cash_session.open",
        subject_kind="cash_session",
        subject_id=made,
        detail={"till": till_code, "holder": holder, "float_minor": float_minor},
    )
    return queries.get_session(session, made)


def _check_source(session: Session, till: Any, source: str) -> None:
    if FLOAT_SOURCE.fullmatch(source) is None or source == till.code:
        raise TillInvalidError(f"a float comes from another till or from reserve:float, not from {source!r}")
    if db.first(session, OPEN_OF, {"holder": "", "codes": [source]}) is not None:
        raise TillInvalidError(f"{source} has a session of its own; close it before money is taken from it")
    if source == "reserve:float":
        open_accounts(session, [NewAccount(source)], till.currency)
    require_accounts(session, [source])


def _bring(
    session: Session, session_id: int, till: Any, minor: int, source: str, *, actor: str, today: dt.date
) -> None:
    post(
        session,
        Event(
            key=f"cash-session:{session_id}:float",
            kind="cash.float",
            valid_on=today,
            lines=[Line(till.code, minor), Line(source, -minor)],
            actor=actor,
            evidence=f"cash_session:{session_id}",
        ),
    )
