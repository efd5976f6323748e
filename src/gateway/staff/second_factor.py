"""The second factor: set it up, ask for its code at the log-in, do without the telephone once, take it off."""

import secrets
from typing import Any

import pyotp
from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.kit.errors import UnauthenticatedError
from gateway.staff import queries
from gateway.staff.errors import FactorCodeWrongError, FactorNeededError, FactorSetError, StaffUnknownError
from gateway.staff.login import LoggedIn, Whence, note_failure, record, refusal, start_session
from gateway.staff.rules import (
    RECOVERY_CODES,
    STEP_SECONDS,
    bare_code,
    digest_of,
    mutual_in,
    needs_factor,
    new_recovery_codes,
    steps_taken,
)
from gateway.staff.vault import Vault

CODE_WRONG = FactorCodeWrongError(
    "the code is not the one of this half minute, or it was used before; wait for the next"
)


def begin_factor(session: Session, user_id: int, vault: Vault) -> str:
    """Make a new secret, which is asked of nobody until its first code is seen, and return it.

    Raises:
        FactorSetError: She has a second factor; whoever knows no more than her password must not put another in its place.
    """
    mutual = tenant.current(session)
    secret = pyotp.random_base32()
    sealed = vault.seal(secret, mutual_id=mutual.id, user_id=user_id)
    if not db.run(session, queries.BEGIN_FACTOR, {"user_id": user_id, "sealed_secret": sealed}):
        raise FactorSetError("a second factor is set up; it has to be taken off before another is set up")
    return secret


def begun_factor(session: Session, user_id: int, vault: Vault) -> str | None:
    """Return the secret that waits for its first code, if there is one."""
    found = db.first(session, queries.FACTOR_OF, {"user_id": user_id})
    if found is None or found.confirmed_at is not None or not found.sealed_secret:
        return None
    return vault.open(bytes(found.sealed_secret), mutual_id=tenant.current(session).id, user_id=user_id)


def address_of(secret: str, username: str, mutual_name: str) -> str:
    """Return the address that an app reads a secret from, as a picture or typed."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=mutual_name)


def confirm_factor(session: Session, user: Any, code: str, vault: Vault) -> list[str]:
    """Take the first code of a new secret and return the recovery codes, which are shown once and kept nowhere.

    Args:
        session: The open transaction.
        user: Row or principal with ``id`` or ``user_id`` and ``username``.
        code: As typed.
        vault: Opens the secret.

    Raises:
        FactorSetError: Her second factor is confirmed already: its codes are asked for where wrong ones are counted.
        FactorCodeWrongError: Not the code of this half minute.
    """
    found = db.first(session, queries.FACTOR_OF, {"user_id": user.id})
    if found is not None and found.confirmed_at is not None:
        raise FactorSetError("the second factor is set up already")
    if found is None or not _takes(session, user.id, found, code, vault):
        raise CODE_WRONG
    record(session, user, "second_factor.set")
    return renew_recovery_codes(session, user)


def renew_recovery_codes(session: Session, user: Any) -> list[str]:
    """Give a person new recovery codes; those before are given up."""
    codes = new_recovery_codes([secrets.token_bytes(10) for _ in range(RECOVERY_CODES)])
    db.run(session, queries.DROP_RECOVERY_CODES, {"user_id": user.id})
    digests = [digest_of(bare_code(code)) for code in codes]
    db.run(session, queries.INSERT_RECOVERY_CODES, {"user_id": user.id, "codes": digests})
    record(session, user, "second_factor.recovery_codes")
    return codes


def awaiting(session: Session, token: str) -> Any:
    """Return the session that awaits its second factor, with its person; binds the transaction to her mutual.

    Raises:
        UnauthenticatedError: No such session is alive.
    """
    mutual_id = mutual_in(token)
    if mutual_id is not None:
        db.act_for(session, mutual_id, actor="staff:unknown")
        found = db.first(session, queries.AWAITING, {"token_sha256": digest_of(token)})
        if found is not None:
            db.act_for(session, mutual_id, actor=f"staff:{found.username}")
            return found
    raise UnauthenticatedError("the log-in was begun too long ago; begin it again")


def pass_factor(
    session: Session, waiting: Any, code: str, vault: Vault, *, hours: int
) -> LoggedIn | UnauthenticatedError:
    """Take the code of a log-in's second factor, or a recovery code; a refusal is returned, so that it is counted.

    The session that waited ends, and a new one with another token begins.
    """
    found = db.first(session, queries.FACTOR_OF, {"user_id": waiting.id})
    is_set = found is not None and found.confirmed_at is not None
    if waiting.is_locked or not is_set:
        return refusal()
    if not (_takes(session, waiting.id, found, code, vault) or _recovers(session, waiting, code)):
        note_failure(session, waiting)
        return refusal()
    return let_in(session, waiting, hours=hours)


def check_again(session: Session, user: Any, code: str, vault: Vault) -> bool:
    """Take a code for one act of somebody who is logged in; a wrong one counts as a wrong password does.

    Args:
        session: The open transaction; to be committed also where the answer is no.
        user: With ``id`` and ``username``.
        code: As typed.
        vault: Opens the secret.
    """
    login = db.first(session, queries.FIND_LOGIN, {"username": user.username})
    found = db.first(session, queries.FACTOR_OF, {"user_id": user.id})
    if login is None or login.is_locked or found is None or found.confirmed_at is None:
        return False
    if _takes(session, user.id, found, code, vault):
        return True
    note_failure(session, login)
    return False


def let_in(session: Session, waiting: Any, *, hours: int) -> LoggedIn:
    """End a session that waited and begin the one that opens everything."""
    db.run(session, queries.NOTE_SUCCESS, {"user_id": waiting.id})
    db.run(session, queries.END_SESSION, {"session_id": waiting.session_id})
    return start_session(session, waiting, hours=hours, whence=Whence(waiting.device, waiting.address))


def take_off(session: Session, user_id: int, *, actor: str, reason: str, is_own: bool) -> None:
    """Take off a person's second factor and end her sessions: her telephone is lost, or she no longer wants it.

    Args:
        session: The open transaction.
        user_id: Whose.
        actor: Who does it.
        reason: Why.
        is_own: She does it herself; then her role must not ask for one.

    Raises:
        StaffUnknownError: There is no such person.
        FactorNeededError: Her own role asks for it.
    """
    user = db.first(session, queries.STAFF_USER, {"user_id": user_id})
    if user is None:
        raise StaffUnknownError(f"no staff user {user_id}")
    if is_own and needs_factor(user.roles, tenant.current(session).settings):
        raise FactorNeededError(
            "your role asks for a second factor; a manager can take it off so that you set up another"
        )
    db.run(session, queries.DROP_FACTOR, {"user_id": user_id})
    db.run(session, queries.DROP_RECOVERY_CODES, {"user_id": user_id})
    if not is_own:
        db.run(session, queries.END_SESSIONS_OF, {"user_id": user_id})
    audit.record(
        session,
        actor=actor,
        action="second_factor.take_off",
        subject_kind="staff_user",
        subject_id=user_id,
        reason=reason,
    )


def factor_of(session: Session, user_id: int) -> Any:
    """Return since when a person has a second factor (None: she has none) and how many recovery codes are left."""
    return db.one(session, queries.HAS_FACTOR, {"user_id": user_id})


def _takes(session: Session, user_id: int, factor: Any, code: str, vault: Vault) -> bool:
    """Tell whether a code is of a half minute that was not used; it is used up by it."""
    if not factor.sealed_secret:
        return False
    secret = vault.open(bytes(factor.sealed_secret), mutual_id=tenant.current(session).id, user_id=user_id)
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    typed = bare_code(code).encode()
    right = [
        step
        for step in steps_taken(factor.now, factor.last_step)
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed)
    ]
    if not right:
        return False
    db.run(session, queries.USE_STEP, {"user_id": user_id, "step": right[0]})
    return True


def _recovers(session: Session, waiting: Any, code: str) -> bool:
    values = {"user_id": waiting.id, "code_sha256": digest_of(bare_code(code))}
    if db.first(session, queries.USE_RECOVERY_CODE, values) is None:
        return False
    record(session, waiting, "second_factor.recover")
    return True
