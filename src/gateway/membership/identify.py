"""Record an identity of a member: a new one, or one that replaces the same kind."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version, keep_before
from gateway.membership.enrol import NewIdentity, add_identity_row, refuse_taken
from gateway.membership.errors import IdentityTakenError
from gateway.membership.queries import MemberRow
from gateway.membership.rules import check_identity, rank_of


def identify(
    session: Session,
    member_id: int,
    new: NewIdentity,
    *,
    actor: str,
    today: dt.date,
    replace: bool = False,
    reason: str | None = None,
    expected_version: int | None = None,
) -> MemberRow:
    """Give a member an identity and return her; she is filed under the first of her kinds.

    The number she has already writes nothing. What is replaced stays in her history.

    Raises:
        MemberNotFoundError: No such member.
        IdentityInvalidError: Its register could not have given it.
        IdentityTakenError: Somebody has it; or she has another of this kind and ``replace`` is not asked for.
        DependantElsewhereError: Somebody is covered as a dependant under it.
    """
    country = tenant.current(session).country
    identity = check_identity(new.kind, new.value, country)
    member = queries.lock_member(session, member_id)
    check_version(member, expected_version)
    held = db.rows(session, queries.IDENTITIES_OF, {"member_ids": [member_id]})
    same = next((one for one in held if one.kind == identity.kind), None)
    if same is not None and same.value == identity.value:
        return member
    refuse_taken(session, identity, today)
    if same is None:
        add_identity_row(session, member_id, identity, is_primary=False)
    elif replace:
        keep_before(session, member, {f"identity_{same.kind}": same.value}, actor=actor, reason=reason)
        values = {"member_id": member_id, "kind": same.kind, "value": identity.value, "warning": identity.warning}
        db.run(session, write_queries.REPLACE_IDENTITY, values)
    else:
        raise IdentityTakenError(
            f"member {member.number} has another {identity.kind.value}; ask for it to be replaced if that one was wrong"
        )
    primary = min({identity.kind, *(one.kind for one in held)}, key=lambda kind: rank_of(kind, country))
    db.run(session, write_queries.DEMOTE_IDENTITIES, {"member_id": member_id})
    db.run(session, write_queries.PROMOTE_IDENTITY, {"member_id": member_id, "kind": str(primary)})
    db.scalar(session, write_queries.NEXT_VERSION, {"member_id": member_id})
    detail = {"kind": identity.kind.value, "replaced": same is not None, "warning": identity.warning}
    audit.record(
        session,
        actor=actor,
        action="member.identify",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail=detail,
    )
    return queries.get_member(session, member_id)
