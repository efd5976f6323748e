"""Log in, log out, and find who a token belongs to."""

import datetime as dt
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.kit.errors import UnauthenticatedError
from gateway.kit.idempotency import Known
from gateway.kit.tenant import MutualRow
from gateway.staff import queries
from gateway.staff.errors import LoginRefusedError
from gateway.staff.models import Role
from gateway.staff.passwords import is_right
from gateway.staff.rules import (
    AWAITING_MINUTES,
    LOCK_MINUTES,
    digest_of,
    locked_until,
    mutual_in,
    needs_factor,
    token_of,
)


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a request."""

    session_id: int
    user_id: int
    username: str
    full_name: str
    roles: frozenset[Role]
    language: str

    @property
    def id(self) -> int:
        """Her identifier, under the name that a row of staff has it."""
        return self.user_id

    @property
    def actor(self) -> str:
        """Her name in the log."""
        return f"staff:{self.username}"


class Awaits(StrEnum):
    """What a log-in whose password was right still needs."""

    CODE = "code"
    """The code of her second factor."""
    SET_UP = "set_up"
    """A second factor: her role asks for one, and she has none."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session; the token is shown once and kept nowhere."""

    token: str
    expires_at: dt.datetime
    user: Any
    awaits: Awaits | None = None
    """What is needed before the token opens anything."""


class Whence(NamedTuple):
    """From where somebody logs in, so that she knows her own sessions again."""

    device: str = ""
    """Browser and system (``rules.device_of``)."""
    address: str | None = None


NOWHERE = Whence()


class Recognised(NamedTuple):
    """Who is behind a token, and what the request's key was used for before."""

    principal: Principal
    mutual: MutualRow
    known: Known


def log_in(
    session: Session, *, username: str, password: str, hours: int, whence: Whence = NOWHERE
) -> LoggedIn | LoginRefusedError:
    """Check a password and start a session; a refusal is returned, not raised, so that it is counted.

    After five failures in a row the account is locked for a while; a locked account, an unknown name and a wrong
    password take as long and are told in the same words. Where a second factor is asked for, the session opens nothing
    until ``second_factor.pass_factor`` has seen its code.
    """
    found = db.first(session, queries.FIND_LOGIN, {"username": username.strip().lower()})
    usable = found is not None and found.is_active and not found.is_locked
    if not is_right(password, found.password_hash if found is not None and usable else None):
        if found is not None and usable:
            note_failure(session, found)
        return refusal()
    assert found is not None
    if db.one(session, queries.HAS_FACTOR, {"user_id": found.id}).confirmed_at is not None:
        return start_session(session, found, hours=hours, awaits=Awaits.CODE, whence=whence)
    if needs_factor(found.roles, tenant.current(session).settings):
        return start_session(session, found, hours=hours, awaits=Awaits.SET_UP, whence=whence)
    db.run(session, queries.NOTE_SUCCESS, {"user_id": found.id})
    return start_session(session, found, hours=hours, whence=whence)


def refusal() -> LoginRefusedError:
    """Return the one refusal of every failed log-in."""
    return LoginRefusedError(
        "the mutual, the username or the password is not right, or the account is locked; "
        f"after several failures wait {LOCK_MINUTES} minutes or ask a manager"
    )


def start_session(
    session: Session, user: Any, *, hours: int, awaits: Awaits | None = None, whence: Whence = NOWHERE
) -> LoggedIn:
    """Start a session for a person whose password was checked; one that awaits something is short."""
    mutual_id = int(db.scalar(session, "SELECT current_mutual()"))
    token = token_of(mutual_id, secrets.token_bytes(32))
    minutes = hours * 60 if awaits is None else AWAITING_MINUTES
    values = {
        "user_id": user.id,
        "token_sha256": digest_of(token),
        "minutes": minutes,
        "awaits_factor": awaits is not None,
        **whence._asdict(),
    }
    row = db.one(session, queries.INSERT_SESSION, values)
    if awaits is None:
        record(session, user, "session.start")
    return LoggedIn(token, row.expires_at, user, awaits)


def log_out(session: Session, *, session_id: int, actor: str) -> None:
    """End a session; ending it again changes nothing."""
    db.run(session, queries.END_SESSION, {"session_id": session_id})
    audit.record(session, actor=actor, action="session.end", subject_kind="staff_session", subject_id=session_id)


def who_is(
    session: Session, token: str, *, trace_id: str | None = None, route: str | None = None, key: str | None = None
) -> Recognised:
    """Bind the transaction to the person and mutual of a token and take the request's key, in one round trip.

    Raises:
        UnauthenticatedError: No live session has this token.
    """
    mutual_id = mutual_in(token)
    row = None
    if mutual_id is not None:
        row = queries.recognise(
            session, mutual_id=mutual_id, token_sha256=digest_of(token), trace_id=trace_id, route=route, key=key
        )
    if row is None:
        raise UnauthenticatedError("this token is not of a live session; log in again at POST /v1/sessions")
    session_id, user_id, username, full_name, roles, language = row[:6]
    roles = frozenset(Role(role) for role in roles)
    principal = Principal(session_id, user_id, username, full_name, roles, language)
    return Recognised(principal, MutualRow(*row[6:15]), Known(*row[15:]))


def note_failure(session: Session, user: Any) -> None:
    """Count a failure in a row, and lock the account at the last that is allowed."""
    failures = user.failed_logins + 1
    until = locked_until(failures, user.now)
    values = {"user_id": user.id, "failed_logins": failures if until is None else 0, "locked_until": until}
    db.run(session, queries.NOTE_FAILURE, values)
    record(session, user, "session.refuse" if until is None else "staff_user.lock")


def record(session: Session, user: Any, action: str) -> None:
    """Write down what somebody did about her own log-in."""
    actor = f"staff:{user.username}"
    audit.record(session, actor=actor, action=action, subject_kind="staff_user", subject_id=user.id)
