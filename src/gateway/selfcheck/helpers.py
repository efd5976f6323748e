"""Whom a member lets see what she sees: by her own act, and taken off by her own act."""

from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.membership.queries import get_member, lock_member
from gateway.membership.rules import check_phone
from gateway.selfcheck import access_queries as sql
from gateway.selfcheck.errors import HelperInvalidError, HelperLimitError, HelperUnknownError
from gateway.selfcheck.rules import MOST_HELPERS


def list_helpers(session: Session, member_id: int) -> list[Any]:
    """Return a member's helpers.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    get_member(session, member_id)
    return db.rows(session, sql.HELPERS, {"member_id": member_id})


def allow_helper(session: Session, *, member_id: int, name: str, phone: str, actor: str) -> Any:
    """Let somebody see what the member sees; she logs in with her own telephone and the member's identity number.

    Raises:
        PhoneInvalidError: Nobody can have this telephone.
        HelperInvalidError: It is the member's own.
        HelperLimitError: She has as many as she may.
    """
    number = check_phone(phone, tenant.current(session).country)
    member = lock_member(session, member_id)
    if number == member.phone:
        raise HelperInvalidError("this is your own telephone; give the number of the one who helps you")
    known = db.rows(session, sql.HELPERS, {"member_id": member_id})
    same = [one for one in known if one.phone == number]
    if same:
        return same[0]
    if len(known) >= MOST_HELPERS:
        raise HelperLimitError(f"there are {len(known)} helpers, at most {MOST_HELPERS}; take one off first")
    row = db.one(session, sql.ADD_HELPER, {"member_id": member_id, "name": name.strip(), "phone": number})
    audit.record(session, actor=actor, action="helper.allow", subject_kind="access_helper", subject_id=row.id)
    return row


def end_helper(session: Session, *, member_id: int, helper_id: int, actor: str) -> None:
    """Take a helper off; what she has open ends at once.

    Raises:
        HelperUnknownError: The member has no such helper.
    """
    if db.first(session, sql.END_HELPER, {"member_id": member_id, "id": helper_id}) is None:
        raise HelperUnknownError(f"no helper {helper_id} of yours; GET /v1/me/helpers has those there are")
    db.run(session, sql.END_ALL, {"member_id": member_id, "helper_id": helper_id, "reason": "helper_ended"})
    audit.record(session, actor=actor, action="helper.end", subject_kind="access_helper", subject_id=helper_id)
