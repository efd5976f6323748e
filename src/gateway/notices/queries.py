"""What is read of notices."""

from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.membership.queries import get_member

NOTICES_OF = """
-- one row per notice to a member, newest first
SELECT id, member_id, kind, about_key, language, text, due_on, status, status_reason, created_at, changed_at FROM notice
WHERE mutual_id = current_mutual() AND member_id = :member_id AND (CAST(:before AS bigint) IS NULL OR id < :before)
ORDER BY id DESC LIMIT :limit
"""

LANGUAGES_OF = """
-- one row per member of the list: the language she reads
SELECT id, language FROM member WHERE mutual_id = current_mutual() AND id = ANY (:member_ids)
"""


def list_notices(session: Session, member_id: int, *, before: int | None, limit: int) -> list[Any]:
    """Return what a member was told or is to be told, the newest first.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    get_member(session, member_id)
    return db.rows(session, NOTICES_OF, {"member_id": member_id, "before": before, "limit": limit})


def languages_of(session: Session, member_ids: list[int]) -> dict[int, str]:
    """Return the language of each member."""
    return {row.id: row.language for row in db.rows(session, LANGUAGES_OF, {"member_ids": member_ids})}
