"""Change what is known of a member: her row as it was is kept, and nobody overwrites what they have not seen."""

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.membership import queries, write_queries
from gateway.membership.enrol import Person, check_person
from gateway.membership.errors import ChangedMeanwhileError, ChangeInvalidError
from gateway.membership.queries import MemberRow
from gateway.membership.rules import full_name


def change(
    session: Session,
    member_id: int,
    changes: Mapping[str, Any],
    *,
    expected_version: int,
    actor: str,
    today: dt.date,
    reason: str | None = None,
) -> MemberRow:
    """Change some of a member's data and return her; a change that changes nothing writes nothing.

    Args:
        session: The open transaction.
        member_id: Whose data.
        changes: Field of ``Person`` -> new value.
        expected_version: The version the person who changes has seen.
        actor: Who changes.
        today: The mutual's day.
        reason: Why.

    Raises:
        MemberNotFoundError: No such member.
        ChangedMeanwhileError: She has another version by now.
        ChangeInvalidError: A field that is not changed this way.
        MalformedError: A value that cannot be right.
    """
    unknown = sorted(set(changes) - set(Person.__slots__))
    if unknown:
        raise ChangeInvalidError(
            f"{', '.join(unknown)} cannot be changed; only {', '.join(sorted(Person.__slots__))} can"
        )
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    before = Person(**{name: getattr(member, name) for name in Person.__slots__})
    after = check_person(dataclasses.replace(before, **changes), tenant.current(session), today=today)
    if after.fund_id is not None and after.fund_id != before.fund_id:
        queries.get_fund(session, after.fund_id)
    changed = [name for name in Person.__slots__ if getattr(before, name) != getattr(after, name)]
    if not changed:
        return member
    keep_before(session, member, {name: getattr(before, name) for name in changed}, actor=actor, reason=reason)
    values = {name: getattr(after, name) for name in Person.__slots__}
    db.scalar(
        session,
        write_queries.UPDATE_MEMBER,
        {
            **values,
            "id": member_id,
            "search_name": full_name(after.given_names, after.first_surname, after.second_surname),
        },
    )
    audit.record(
        session,
        actor=actor,
        action="member.change",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail={"fields": changed},
    )
    return queries.get_member(session, member_id)


def check_version(member: MemberRow, expected: int | None) -> None:
    """Refuse to change what the caller has not seen.

    Raises:
        ChangedMeanwhileError: The member has another version.
    """
    if expected is not None and member.version != expected:
        raise ChangedMeanwhileError(
            f"member {member.number} has version {member.version}, you changed {expected}; read it again and repeat the change"
        )


def keep_before(
    session: Session, member: MemberRow, before: Mapping[str, Any], *, actor: str, reason: str | None
) -> None:
    """Keep what is about to be replaced, under the version that ends."""
    values = {"member_id": member.id, "version": member.version, "actor": actor, "reason": reason}
    db.run(session, write_queries.INSERT_CHANGE, {**values, "before": json.dumps(dict(before), default=str)})
