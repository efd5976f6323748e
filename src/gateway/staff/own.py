"""What somebody does about her own log-in: another password, and which sessions of hers are open."""

from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.staff import queries
from gateway.staff.errors import PasswordSameError, PasswordWrongError, SessionUnknownError
from gateway.staff.login import Principal, note_failure
from gateway.staff.passwords import hash_password, is_right
from gateway.staff.rules import LOCK_MINUTES, check_password


def proves_password(session: Session, who: Principal, password: str) -> bool:
    """Tell whether somebody who is logged in knows her password; a wrong one counts as a failed log-in does.

    To be committed whatever it says: an open desk is no place to guess at.
    """
    found = db.one(session, queries.FIND_LOGIN, {"username": who.username})
    if found.is_locked:
        return False
    if is_right(password, found.password_hash):
        db.run(session, queries.NOTE_SUCCESS, {"user_id": found.id})
        return True
    note_failure(session, found)
    return False


def change_own_password(session: Session, who: Principal, *, old: str, new: str, is_proved: bool) -> int:
    """Give oneself another password and return how many other sessions of hers ended with it.

    Args:
        session: The open transaction.
        who: The person; the session she does it in goes on.
        old: Her password up to now.
        new: The one from now on.
        is_proved: What ``proves_password`` said of the old one.

    Raises:
        PasswordWrongError: The old one is not right, or the account is locked.
        PasswordSameError: The new one is the old one.
        PasswordWeakError: The new one is too easy.
    """
    if not is_proved:
        raise PasswordWrongError(
            f"the password up to now is not right; after several wrong ones the account is locked for {LOCK_MINUTES} minutes"
        )
    if new == old:
        raise PasswordSameError("the new password is the old one; choose another sentence")
    check_password(new, who.username)
    db.run(session, queries.KEEP_HASH, {"user_id": who.user_id, "password_hash": hash_password(new)})
    _record(session, who, "staff_user.own_password")
    return end_other_sessions(session, who)


def list_own_sessions(session: Session, who: Principal) -> list[Any]:
    """Return somebody's open sessions, the newest first; ``is_this`` is the one she looks from."""
    return db.rows(session, queries.OPEN_SESSIONS_OF, {"user_id": who.user_id, "session_id": who.session_id})


def end_own_session(session: Session, who: Principal, session_id: int) -> None:
    """End one of somebody's own sessions.

    Raises:
        SessionUnknownError: She has no such open session.
    """
    if session_id not in {row.id for row in list_own_sessions(session, who)}:
        raise SessionUnknownError(f"no open session {session_id} of yours")
    db.run(session, queries.END_SESSION, {"session_id": session_id})
    audit.record(session, actor=who.actor, action="session.end", subject_kind="staff_session", subject_id=session_id)


def end_other_sessions(session: Session, who: Principal) -> int:
    """End every session of somebody but the one she is in; return how many ended."""
    ended = db.run(session, queries.END_OTHER_SESSIONS_OF, {"user_id": who.user_id, "session_id": who.session_id})
    if ended:
        _record(session, who, "staff_user.end_sessions")
    return ended


def _record(session: Session, who: Principal, action: str) -> None:
    audit.record(session, actor=who.actor, action=action, subject_kind="staff_user", subject_id=who.user_id)
