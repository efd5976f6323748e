"""Say which members a collector's till is for: she is shown them, and they may pay anybody all the same."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.errors import TillInvalidError
from gateway.cash.states import TillKind
from gateway.kit import audit, db
from gateway.kit.errors import FieldProblem
from gateway.membership.errors import MemberNotFoundError

MISSING = """
-- one row per id that is no member's, in the order given
SELECT a.n, a.id FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS a (id, n)
WHERE NOT EXISTS (SELECT FROM member m WHERE m.mutual_id = current_mutual() AND m.id = a.id) ORDER BY a.n
"""

ASSIGN = """
-- one row per member that was not on this route
INSERT INTO route_member (till_id, member_id, changed_by)
SELECT DISTINCT CAST(:till_id AS bigint), m.id, CAST(:actor AS text) FROM member m
WHERE m.mutual_id = current_mutual()
  AND (m.id = ANY (CAST(:ids AS bigint[])) OR m.fund_id = CAST(:fund_id AS bigint))
ORDER BY m.id
ON CONFLICT (mutual_id, member_id) DO UPDATE SET till_id = excluded.till_id, changed_by = excluded.changed_by,
    changed_at = now()
WHERE route_member.till_id <> excluded.till_id
"""


def assign_members(
    session: Session, till_id: int, *, member_ids: Sequence[int], fund_id: int | None, actor: str
) -> int:
    """Put members on a route, away from the one they were on; return how many were not on it before.

    Args:
        session: The open transaction.
        till_id: The collector's till.
        member_ids: Who.
        fund_id: And everybody of this fund.
        actor: Who says so.

    Raises:
        TillUnknownError: No such till.
        TillInvalidError: It is no collector's till.
        MemberNotFoundError: An id is no member's.
    """
    till = queries.get_till(session, till_id)
    if till.kind != TillKind.ROUTE:
        raise TillInvalidError(f"{till.code} stands at the counter; members are put on a collector's till")
    missing = db.rows(session, MISSING, {"ids": list(member_ids)})
    if missing:
        errors = [FieldProblem(f"/member_ids/{row.n - 1}", "member_unknown", "no such member") for row in missing]
        raise MemberNotFoundError(f"there is no member {missing[0].id}", errors=errors)
    values = {"till_id": till_id, "ids": list(member_ids), "fund_id": fund_id, "actor": actor}
    moved = db.run(session, ASSIGN, values)
    audit.record(
        session,
        actor=actor,
        action="route.assign",
        subject_kind="cash_till",
        subject_id=till_id,
        detail={"members": moved, "fund_id": fund_id},
    )
    return moved


def list_route(session: Session, till_id: int, *, after: int, limit: int) -> list[Any]:
    """Return the members of a collector's till, by id.

    Raises:
        TillUnknownError: No such till.
    """
    queries.get_till(session, till_id)
    return db.rows(session, queries.ROUTE, {"till_id": till_id, "after": after, "limit": limit})
