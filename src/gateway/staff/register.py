"""Take somebody on, change what she may do, let her go."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.staff import queries
from gateway.staff.errors import LastManagerError, StaffChangedError, StaffUnknownError, UsernameTakenError
from gateway.staff.models import Role
from gateway.staff.passwords import hash_password
from gateway.staff.rules import check_password, check_username


@dataclass(frozen=True, slots=True)
class NewStaffUser:
    """Somebody to take on."""

    username: str
    full_name: str
    password: str
    roles: Collection[Role]
    language: str = "es"


@dataclass(frozen=True, slots=True)
class StaffChange:
    """What to change of a staff user; None leaves it as it is."""

    full_name: str | None = None
    roles: Collection[Role] | None = None
    language: str | None = None
    is_active: bool | None = None
    password: str | None = None


def register_staff(session: Session, new: NewStaffUser, *, actor: str) -> Any:
    """Add a staff user and return the row.

    Raises:
        UsernameInvalidError: Not a username.
        PasswordWeakError: The password is too easy.
        UsernameTakenError: The mutual has one with this name.
    """
    username = check_username(new.username)
    check_password(new.password, username)
    roles = _names(new.roles)
    row = db.first(
        session,
        queries.INSERT_USER,
        {
            "username": username,
            "full_name": new.full_name.strip(),
            "password_hash": hash_password(new.password),
            "roles": roles,
            "language": new.language,
        },
    )
    if row is None:
        raise UsernameTakenError(f"the mutual has a staff user {username!r}; choose another username")
    _record(session, actor, "staff_user.create", row.id, {"roles": roles})
    return row


def change_staff(session: Session, user_id: int, change: StaffChange, *, version: int | None, actor: str) -> Any:
    """Change a staff user and return the row; a new password or letting her go ends her sessions.

    Args:
        session: The open transaction.
        user_id: Whom.
        change: What.
        version: The one that was read; None where what changes does not depend on what was there (a new password).
        actor: Who changes it.

    Raises:
        StaffUnknownError: There is none with this identifier.
        StaffChangedError: The person has another version by now.
        PasswordWeakError: The new password is too easy.
        LastManagerError: The mutual would have no active manager left.
    """
    before = db.first(session, queries.STAFF_USER, {"user_id": user_id})
    if before is None:
        raise StaffUnknownError(f"no staff user {user_id}; GET /v1/staff-users lists them")
    if version is not None and version != before.version:
        raise StaffChangedError(
            f"staff user {user_id} has version {before.version}, the change was made to version {version}; read it again"
        )
    roles = list(before.roles) if change.roles is None else _names(change.roles)
    is_active = before.is_active if change.is_active is None else change.is_active
    if _is_manager(before.roles, before.is_active) and not _is_manager(roles, is_active):
        _require_other_manager(session, user_id)
    if change.password is not None:
        check_password(change.password, before.username)
    row = db.one(
        session,
        queries.UPDATE_USER,
        {
            "user_id": user_id,
            "full_name": (change.full_name or before.full_name).strip(),
            "roles": roles,
            "language": change.language or before.language,
            "is_active": is_active,
            "password_hash": None if change.password is None else hash_password(change.password),
        },
    )
    if change.password is not None or not is_active:
        db.run(session, queries.END_SESSIONS_OF, {"user_id": user_id})
    told = {"roles": roles, "is_active": is_active, "password_changed": change.password is not None}
    _record(session, actor, "staff_user.change", user_id, told)
    return row


def _is_manager(roles: Collection[str], is_active: bool) -> bool:
    return is_active and Role.MANAGER.value in roles


def _require_other_manager(session: Session, user_id: int) -> None:
    if db.scalar(session, queries.OTHER_MANAGERS, {"user_id": user_id}) == 0:
        raise LastManagerError("this is the last active manager of the mutual; make somebody else a manager first")


def _names(roles: Collection[Role]) -> list[str]:
    return sorted({Role(role).value for role in roles})


def _record(session: Session, actor: str, action: str, user_id: int, detail: dict[str, Any]) -> None:
    audit.record(session, actor=actor, action=action, subject_kind="staff_user", subject_id=user_id, detail=detail)
