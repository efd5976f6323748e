"""What is read of notices."""

import datetime as dt
from typing import Any, Protocol

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

CHILDREN_LEAVING = """
-- one row per child whose cover through a member who takes part ends by the rule of her age after today, up to a day
SELECT d.id AS dependant_id, d.member_id, d.given_names, d.birth_date, d.valid_to AS leaves_on
FROM dependant d JOIN member m ON m.mutual_id = d.mutual_id AND m.id = d.member_id AND m.status IN ('active', 'on_leave')
WHERE d.mutual_id = current_mutual() AND d.valid_to > :today AND d.valid_to <= :latest AND d.valid_to = d.eligible_until + 1
  AND d.valid_from < d.valid_to AND d.birth_date IS NOT NULL
ORDER BY d.id
"""


class ChildLeaving(Protocol):
    """A row of ``CHILDREN_LEAVING``."""

    dependant_id: int
    member_id: int
    given_names: str
    birth_date: dt.date
    leaves_on: dt.date


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


OWN_WORDS = """
-- one row per kind and language for which the mutual has words of its own today, by the clock that says when a notice is written
SELECT kind, language, text FROM (
    SELECT DISTINCT ON (t.kind, t.language) t.kind, t.language, t.text FROM message_template t
    JOIN mutual m ON m.mutual_id = t.mutual_id
    WHERE t.mutual_id = current_mutual() AND t.valid_from <= (now() AT TIME ZONE m.time_zone)::date
    ORDER BY t.kind, t.language, t.valid_from DESC, t.version DESC
) newest WHERE text IS NOT NULL
"""

TEMPLATES = """
-- one row per wording that was ever saved, by kind and language, the newest first
SELECT kind, language, version, valid_from, text, reason, actor, recorded_at FROM message_template
WHERE mutual_id = current_mutual() AND (CAST(:kind AS text) IS NULL OR kind = :kind)
ORDER BY kind, language, version DESC
"""

LOCK_TEMPLATE = """
-- one row: nobody else words this kind in this language until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(':', 'message_template', current_mutual(), CAST(:kind AS text), CAST(:language AS text)), 0))::text AS taken
"""

INSERT_TEMPLATE = """
-- one row: the new wording
INSERT INTO message_template (kind, language, version, valid_from, text, reason, actor)
VALUES (:kind, :language, :version, :valid_from, :text, :reason, :actor)
RETURNING kind, language, version, valid_from, text, reason, actor, recorded_at
"""


def own_words(session: Session) -> dict[tuple[str, str], str]:
    """Return the mutual's own words of today by kind and language; what is not there is said in the shipped words."""
    return {(row.kind, row.language): row.text for row in db.rows(session, OWN_WORDS)}
