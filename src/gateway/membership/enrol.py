"""Take in a member: her data, identities, place in a payroll, first wage and accounts in the books."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.kit.errors import MalformedError
from gateway.kit.tenant import MutualRow
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.membership import queries, write_queries
from gateway.membership.errors import CodeTakenError, DependantElsewhereError, IdentityTakenError, SexInvalidError
from gateway.membership.queries import MemberRow
from gateway.membership.rules import (
    CheckedIdentity,
    check_birth_date,
    check_code,
    check_day_ahead,
    check_identity,
    check_name,
    check_phone,
    check_wage,
    full_name,
    rank_of,
)


class NewIdentity(NamedTuple):
    """An identity number as it was typed."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a member besides her numbers."""

    given_names: str
    first_surname: str
    sex: str
    birth_date: dt.date
    second_surname: str = ""
    phone: str | None = None
    occupation: str = ""
    municipality: str = ""
    language: str = "es"
    fund_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to be enrolled."""

    person: Person
    payroll_id: int
    enrolled_from: dt.date
    identities: Sequence[NewIdentity] = ()
    number: str | None = None
    """Of an older register; without one the mutual gives the next."""
    wage_minor: int | None = None
    wage_from: dt.date | None = None
    """Without it, the day of enrolment."""
    reason: str = "enrolment"


def enrol(session: Session, new: NewMember, *, actor: str, today: dt.date) -> MemberRow:
    """Enrol a member and return her.

    Raises:
        GatewayError: A name, day or number that cannot be right; a fund or payroll that is not there; an identity or a
            number that somebody has; somebody who is covered as a dependant.
    """
    mutual = tenant.current(session)
    person = check_person(new.person, mutual, today=today)
    check_day_ahead(new.enrolled_from, today=today, what="the enrolment from")
    identities = _check_identities(session, new.identities, mutual.country, new.enrolled_from)
    queries.get_payroll(session, new.payroll_id)
    if person.fund_id is not None:
        queries.get_fund(session, person.fund_id)
    wage_from = check_day_ahead(new.wage_from or new.enrolled_from, today=today, what="the wage from")
    if new.wage_minor is not None:
        check_wage(new.wage_minor, mutual.currency, mutual.country)
    member_id = _insert(session, person, new.number)
    for place, identity in enumerate(identities):
        add_identity_row(session, member_id, identity, is_primary=place == 0)
    enrolment = {"member_id": member_id, "payroll_id": new.payroll_id, "valid_from": new.enrolled_from}
    db.scalar(session, write_queries.INSERT_ENROLMENT, {**enrolment, "reason": new.reason, "actor": actor})
    if new.wage_minor is not None:
        insert_wage(session, member_id, new.wage_minor, mutual.currency, wage_from, reason=new.reason, actor=actor)
    accounts = [NewAccount(f"member:{member_id}:{kind}", "member", member_id) for kind in ("contributions", "benefits")]
    open_accounts(session, accounts, mutual.currency)
    detail = {"payroll_id": new.payroll_id, "enrolled_from": new.enrolled_from, "fund_id": person.fund_id}
    audit.record(
        session,
        actor=actor,
        action="member.enrol",
        subject_kind="member",
        subject_id=member_id,
        reason=new.reason,
        detail=detail,
    )
    return queries.get_member(session, member_id)


def check_person(person: Person, mutual: MutualRow, *, today: dt.date) -> Person:
    """Return a person's data as they are kept.

    Raises:
        MalformedError: A name, sex, birth date or telephone number that cannot be right.
    """
    if person.sex not in {"M", "F"}:
        raise SexInvalidError(f"{person.sex!r} is not M or F, which are what the state's register has")
    second = check_name(person.second_surname, "second_surname") if person.second_surname.strip() else ""
    return dataclasses.replace(
        person,
        given_names=check_name(person.given_names, "given_names"),
        first_surname=check_name(person.first_surname, "first_surname"),
        second_surname=second,
        birth_date=check_birth_date(person.birth_date, today=today, member=True),
        phone=check_phone(person.phone, mutual.country) if person.phone else None,
        occupation=" ".join(person.occupation.split()),
        municipality=" ".join(person.municipality.split()),
    )


def _check_identities(
    session: Session, identities: Sequence[NewIdentity], country: str, day: dt.date
) -> list[CheckedIdentity]:
    """Return the identities, the one to file under first."""
    checked = [check_identity(kind, value, country) for kind, value in identities]
    if len({identity.kind for identity in checked}) < len(checked):
        raise MalformedError("two identities of one kind; a member has at most one of each")
    for identity in checked:
        refuse_taken(session, identity, day)
    return sorted(checked, key=lambda identity: rank_of(identity.kind, country))


def refuse_taken(session: Session, identity: CheckedIdentity, day: dt.date) -> None:
    """Refuse an identity that another member has, or by which somebody is covered as a dependant.

    Raises:
        IdentityTakenError: Another member has it; names her.
        DependantElsewhereError: She is covered through another member; names that one.
    """
    values = {"kind": identity.kind.value, "value": identity.value}
    owner = db.first(session, queries.MEMBER_WITH_IDENTITY, values)
    if owner is not None:
        raise IdentityTakenError(
            f"the {identity.kind.value} belongs to member {owner.number}, {owner.given_names} {owner.first_surname}"
        )
    covered = db.first(
        session, queries.SAME_PERSON_COVERED, {**values, "day": day, "birth_date": None, "search_name": None}
    )
    if covered is not None:
        raise DependantElsewhereError(
            f"this person is covered through member {covered.number}, {covered.given_names} {covered.first_surname}; end that first"
        )


def _insert(session: Session, person: Person, number: str | None) -> int:
    values = {name: getattr(person, name) for name in Person.__slots__}
    values |= {
        "number": check_code(number) if number else None,
        "search_name": full_name(person.given_names, person.first_surname, person.second_surname),
    }
    row = db.first(session, write_queries.INSERT_MEMBER, values)
    if row is None:
        raise CodeTakenError(f"the number {number!r} belongs to another member; leave it out to be given the next")
    return int(row.id)


def add_identity_row(session: Session, member_id: int, identity: CheckedIdentity, *, is_primary: bool) -> None:
    """Write down an identity of a member.

    Raises:
        IdentityTakenError: Somebody was given it at this moment.
    """
    values = {"member_id": member_id, "kind": identity.kind.value, "value": identity.value, "warning": identity.warning}
    if db.first(session, write_queries.INSERT_IDENTITY, {**values, "is_primary": is_primary}) is None:
        raise IdentityTakenError(f"the {identity.kind.value} was given to another member at this moment")


def insert_wage(
    session: Session, member_id: int, wage_minor: int, currency: str, valid_from: dt.date, *, reason: str, actor: str
) -> int:
    """Write down a declared wage and return its id."""
    values = {"member_id": member_id, "wage_minor": wage_minor, "currency": currency, "valid_from": valid_from}
    return int(db.scalar(session, write_queries.INSERT_WAGE, {**values, "reason": reason, "actor": actor}))
