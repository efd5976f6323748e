"""Cover a person through a member, under the rule that makes her eligible."""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.membership import queries, write_queries
from gateway.membership.change import check_version
from gateway.membership.enrol import NewIdentity
from gateway.membership.errors import (
    DependantElsewhereError,
    DependantNotEligibleError,
    NotEnrolledError,
    SexInvalidError,
)
from gateway.membership.family import Eligibility, Kin, eligibility
from gateway.membership.queries import MemberRow
from gateway.membership.rules import (
    CheckedIdentity,
    check_birth_date,
    check_day_ahead,
    check_identity,
    check_name,
    full_name,
)
from gateway.membership.states import DependantCategory, IdentityKind, MemberStatus


@dataclass(frozen=True, slots=True)
class NewDependant:
    """A person to be covered through a member."""

    kin: Kin
    given_names: str
    first_surname: str
    valid_from: dt.date
    second_surname: str = ""
    sex: str | None = None
    identity: NewIdentity | None = None
    category: DependantCategory | None = None
    """As what the holder declares her; without it the rule decides."""


def add_dependant(
    session: Session,
    member_id: int,
    new: NewDependant,
    *,
    actor: str,
    today: dt.date,
    expected_version: int | None = None,
) -> Any:
    """Cover a person and return the dependant's row.

    Declaring a child again when her rule has changed (a student at eighteen) ends the earlier cover on the day the new
    one begins. Declaring what is already so returns the row that is there.

    Raises:
        MemberNotFoundError: No such member.
        NotEnrolledError: The member has left.
        DependantNotEligibleError: No rule covers her, or she is a member herself.
        DependantElsewhereError: She is covered through another member; names that one.
        MalformedError: A name, day or number that cannot be right.
    """
    country = tenant.current(session).country
    holder = queries.lock_member(session, member_id)
    check_version(holder, expected_version)
    if holder.status not in {MemberStatus.ACTIVE, MemberStatus.ON_LEAVE}:
        raise NotEnrolledError(f"member {holder.number} has left; nobody is covered through this member")
    new, identity = _checked(new, country, today=today)
    rule = _rule(session, holder, new, identity, country)
    name = full_name(new.given_names, new.first_surname, new.second_surname)
    same = _known_cover(session, holder, new, identity, name)
    row = _row(holder.id, new, identity, rule, name)
    if same is not None:
        if all(getattr(same, column) == row[column] for column in ("category", "relation", "rule", "eligible_until")):
            return same
        end = {"id": same.id, "day": new.valid_from, "reason": f"renewed as {rule.rule}", "actor": actor}
        db.run(session, write_queries.END_DEPENDANT, end)
    dependant_id = db.scalar(session, write_queries.INSERT_DEPENDANT, {**row, "actor": actor})
    db.scalar(session, write_queries.NEXT_VERSION, {"member_id": holder.id})
    detail = {"dependant_id": dependant_id, "rule": rule.rule, "category": rule.category.value, "source": rule.source}
    audit.record(
        session, actor=actor, action="dependant.add", subject_kind="member", subject_id=holder.id, detail=detail
    )
    return queries.lock_dependant(session, holder.id, dependant_id)


def _checked(new: NewDependant, country: str, *, today: dt.date) -> tuple[NewDependant, CheckedIdentity | None]:
    check_day_ahead(new.valid_from, today=today, what="the cover from")
    if new.sex not in {None, "M", "F"}:
        raise SexInvalidError(f"{new.sex!r} is not M or F, which are what the state's register has")
    if new.kin.birth_date is not None:
        check_birth_date(new.kin.birth_date, today=max(today, new.valid_from), member=False)
    second = check_name(new.second_surname, "second_surname") if new.second_surname.strip() else ""
    named = dataclasses.replace(
        new,
        given_names=check_name(new.given_names, "given_names"),
        first_surname=check_name(new.first_surname, "first_surname"),
        second_surname=second,
    )
    return named, check_identity(*new.identity, country) if new.identity else None


def _rule(
    session: Session, holder: MemberRow, new: NewDependant, identity: CheckedIdentity | None, country: str
) -> Eligibility:
    """Return the rule that covers her, or refuse: also somebody who is a member herself, since she is on a payroll."""
    held = db.rows(session, queries.IDENTITIES_OF, {"member_ids": [holder.id]})
    is_foreign = any(one.is_primary and one.kind == IdentityKind.PASSPORT for one in held)
    if identity is not None:
        values = {"kind": identity.kind.value, "value": identity.value}
        owner = db.first(session, queries.MEMBER_WITH_IDENTITY, values)
        if owner is not None and owner.id == holder.id:
            raise DependantNotEligibleError(f"the {identity.kind.value} is the holder's own")
        if owner is not None and owner.status in {MemberStatus.ACTIVE, MemberStatus.ON_LEAVE}:
            raise DependantNotEligibleError(
                f"this person is member {owner.number}, {owner.given_names} {owner.first_surname}, and covered as such"
            )
    return eligibility(country, new.kin, on=new.valid_from, category=new.category, holder_is_foreign=is_foreign)


def _known_cover(
    session: Session, holder: MemberRow, new: NewDependant, identity: CheckedIdentity | None, name: str
) -> Any | None:
    """Return this holder's cover of the same person, or refuse if another holder has one."""
    values = {
        "kind": identity.kind.value if identity else None,
        "value": identity.value if identity else None,
        "birth_date": new.kin.birth_date,
        "search_name": name,
        "day": new.valid_from,
    }
    covers = db.rows(session, queries.SAME_PERSON_COVERED, values)
    other = next((cover for cover in covers if cover.member_id != holder.id), None)
    if other is not None:
        raise DependantElsewhereError(
            f"{new.given_names} {new.first_surname} is covered through member {other.number}, {other.given_names}"
            f" {other.first_surname}; end that first, or give the identity number if this is somebody else"
        )
    return queries.lock_dependant(session, holder.id, covers[0].id) if covers else None


def _row(
    member_id: int, new: NewDependant, identity: CheckedIdentity | None, rule: Eligibility, name: str
) -> dict[str, Any]:
    until = rule.eligible_until
    return {
        "member_id": member_id,
        "category": rule.category.value,
        "relation": new.kin.relation,
        "given_names": new.given_names,
        "first_surname": new.first_surname,
        "second_surname": new.second_surname,
        "sex": new.sex,
        "birth_date": new.kin.birth_date,
        "identity_kind": identity.kind.value if identity else None,
        "identity_value": identity.value if identity else None,
        "is_student": new.kin.is_student,
        "is_disabled": new.kin.is_disabled,
        "together_since": new.kin.together_since,
        "has_common_children": new.kin.has_common_children,
        "rule": rule.rule,
        "eligible_until": until,
        "search_name": name,
        "valid_from": new.valid_from,
        "valid_to": None if until is None else until + dt.timedelta(days=1),
    }
