"""Everything the register knows of one member, for one page, each thing asked for once."""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.membership import queries
from gateway.membership.queries import FundRow, MemberRow

LOOK = "member.look"

NOTES_OF = """
-- one row per note about a member, newest first
SELECT id, text, actor, recorded_at FROM member_note
WHERE mutual_id = current_mutual() AND member_id = :member_id ORDER BY id DESC LIMIT :limit
"""

LOOKS_AT = """
-- one row per person who looked at a member, who looked last first: when, and how many times
SELECT actor, max(at) AS at, count(*) AS times, max(at) > now() - interval '10 minutes' AS is_now FROM audit_log
WHERE mutual_id = current_mutual() AND subject_kind = 'member' AND subject_id = :subject_id AND action = :action
GROUP BY actor ORDER BY max(at) DESC LIMIT :limit
"""

INSERT_NOTE = """
-- one row: the note's id
INSERT INTO member_note (member_id, text, actor) VALUES (:member_id, :text, :actor) RETURNING id
"""


class Dossier(NamedTuple):
    """A member and all that belongs to her."""

    member: MemberRow
    identities: list[Any]
    """The one she is filed under first."""
    enrolments: list[Any]
    """Newest first."""
    wages: list[Any]
    """Newest record first; of those for one day the first counts."""
    leaves: list[Any]
    dependants: list[Any]
    """Those she has and had, newest first."""
    fund: FundRow | None
    notes: list[Any]
    looks: list[Any]
    """Who looked at her page, who looked last first."""


def dossier(session: Session, member_id: int, *, notes: int = 20, looks: int = 10) -> Dossier:
    """Return a member with all that belongs to her.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    member = queries.get_member(session, member_id)
    one, several = {"member_id": member_id}, {"member_ids": [member_id]}
    return Dossier(
        member,
        db.rows(session, queries.IDENTITIES_OF, several),
        db.rows(session, queries.ENROLMENTS_OF, several),
        db.rows(session, queries.WAGES_OF, one),
        db.rows(session, queries.LEAVES_OF, one),
        db.rows(session, queries.DEPENDANTS_OF, one),
        None if member.fund_id is None else queries.get_fund(session, member.fund_id),
        db.rows(session, NOTES_OF, {**one, "limit": notes}),
        db.rows(session, LOOKS_AT, {"subject_id": str(member_id), "action": LOOK, "limit": looks}),
    )


def note_look(session: Session, found: Dossier, *, actor: str) -> None:
    """Write down that somebody looked at a member's page; once for what is one look with some reloading."""
    if not any(look.actor == actor and look.is_now for look in found.looks):
        audit.record(session, actor=actor, action=LOOK, subject_kind="member", subject_id=found.member.id)


def add_note(session: Session, member_id: int, text: str, *, actor: str) -> int:
    """Write a note about a member and return its id. It is never changed; a further note corrects it.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    queries.get_member(session, member_id)
    note_id = int(db.scalar(session, INSERT_NOTE, {"member_id": member_id, "text": text, "actor": actor}))
    audit.record(session, actor=actor, action="member.note", subject_kind="member", subject_id=member_id)
    return note_id


def wage_in_force(wages: list[Any], day: dt.date) -> Any | None:
    """Return the wage, of whichever payroll she stands in, that is in force on a day; None without one."""
    return next((wage for wage in wages if wage.payroll_id is None and wage.valid_from <= day), None)
