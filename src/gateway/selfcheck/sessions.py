"""Trade a code for tokens, renew them, end them. What is refused for a reason that must be kept is returned, not raised."""

import datetime as dt
import secrets
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.selfcheck import access_queries as sql
from gateway.selfcheck import limit, rules
from gateway.selfcheck.codes import Typed
from gateway.selfcheck.errors import AccessEndedError, AccessRefusedError, TooManyTriesError
from gateway.staff.passwords import is_right


class Tokens(NamedTuple):
    """What a member's client keeps."""

    access_token: str
    refresh_token: str
    access_expires_at: dt.datetime


def open_session(
    session: Session, typed: Typed, code: str, *, address: str, limits: rules.Limits
) -> Tokens | AccessRefusedError | TooManyTriesError:
    """Trade a code for tokens; an unknown number takes as long and is told the same as a wrong code."""
    over = limit.take(session, "session", asked=typed.digest, address=address, limits=limits)
    if over is not None:
        return over
    found = db.first(session, sql.NEWEST_CODE, {"asked": typed.digest})
    usable = found is not None and found.is_open and found.tries < rules.CODE_TRIES
    right = is_right(code, found.code_hash if found is not None and usable else None)
    if found is not None:
        db.run(session, sql.COUNT_TRY, {"id": found.id, "is_right": right})
    if not right or found is None:
        return AccessRefusedError(
            "the telephone, the identity number or the code is not right, or the code is too old; ask for a new code"
        )
    return start(session, member_id=found.member_id, helper_id=found.helper_id, phone=typed.phone)


def start(session: Session, *, member_id: int, helper_id: int | None, phone: str) -> Tokens:
    """Start a family of tokens for somebody whose telephone was proved."""
    access, refresh = secrets.token_bytes(32), secrets.token_bytes(32)
    mutual_id = int(db.scalar(session, "SELECT current_mutual()"))
    token = rules.access_token(mutual_id, access)
    values = {
        "member_id": member_id,
        "helper_id": helper_id,
        "phone": rules.digest(phone),
        "access": rules.digest(token),
        "minutes": rules.ACCESS_MINUTES,
        "days": rules.SESSION_DAYS,
    }
    row = db.one(session, sql.START, values)
    given = Tokens(token, rules.refresh_token(mutual_id, refresh), row.access_expires_at)
    _keep_refresh(session, row.id, given.refresh_token)
    _record(session, member_id, helper_id, "access.start")
    return given


def renew(session: Session, refresh: str) -> Tokens | AccessEndedError:
    """Trade a refresh token for the next pair.

    A token that was used ends its whole family, as somebody else may hold it; but within the grace, and while what it
    gave was not used in turn, it gives the same pair again, as the answer may have been lost on the way.
    """
    values = {"token": rules.digest(refresh), "grace": rules.GRACE_SECONDS}
    family = db.first(session, sql.FIND_REFRESH, values)
    if family is None:
        return _ended()
    # Waited for first: what the token's row says is read after whoever else renews has committed.
    db.run(session, sql.LOCK_SESSION, {"id": family.session_id})
    found = db.one(session, sql.LOCK_FAMILY, values)
    if not found.is_live or not found.is_fresh:
        return _ended()
    if not found.is_used:
        return _rotate(session, found, refresh)
    if found.is_recent and not found.is_overtaken:
        return _pair(session, refresh, found.nonce, found.access_expires_at)
    db.run(session, sql.END, {"id": found.id, "reason": "reused"})
    _record(session, found.member_id, found.helper_id, "access.reused")
    return _ended()


def end(session: Session, *, session_id: int, member_id: int, helper_id: int | None) -> None:
    """End one family; ending it again changes nothing."""
    db.run(session, sql.END, {"id": session_id, "reason": "logged_out"})
    _record(session, member_id, helper_id, "access.end")


def end_everywhere(session: Session, *, member_id: int, actor: str) -> None:
    """End every family of a member's, her helpers' included: for a lost telephone."""
    db.run(session, sql.END_ALL, {"member_id": member_id, "helper_id": None, "reason": "everywhere"})
    audit.record(session, actor=actor, action="access.end_all", subject_kind="member", subject_id=member_id)


def _rotate(session: Session, found: Any, refresh: str) -> Tokens:
    nonce = secrets.token_hex(16)
    given = _pair(session, refresh, nonce, found.access_expires_at)
    db.run(session, sql.USE_REFRESH, {"id": found.refresh_id, "nonce": nonce})
    values = {"id": found.id, "access": rules.digest(given.access_token), "minutes": rules.ACCESS_MINUTES}
    row = db.one(session, sql.RENEW, values)
    _keep_refresh(session, found.id, given.refresh_token)
    return given._replace(access_expires_at=row.access_expires_at)


def _pair(session: Session, refresh: str, nonce: str, expires_at: dt.datetime) -> Tokens:
    mutual_id = int(db.scalar(session, "SELECT current_mutual()"))
    access, following = rules.successors(refresh, nonce)
    return Tokens(rules.access_token(mutual_id, access), rules.refresh_token(mutual_id, following), expires_at)


def _keep_refresh(session: Session, session_id: int, token: str) -> None:
    values = {"session_id": session_id, "token": rules.digest(token), "days": rules.REFRESH_DAYS}
    db.run(session, sql.ADD_REFRESH, values)


def _ended() -> AccessEndedError:
    return AccessEndedError("this token renews nothing; ask for a new code at POST /v1/me/codes")


def _record(session: Session, member_id: int, helper_id: int | None, action: str) -> None:
    actor = f"member:{member_id}" + ("" if helper_id is None else f":helper:{helper_id}")
    audit.record(session, actor=actor, action=action, subject_kind="member", subject_id=member_id)
