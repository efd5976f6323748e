"""Members as they are shown: each with her identities, places in payrolls and wage in force, in four statements a page."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.membership import queries
from gateway.membership.queries import MemberRow


class Profile(NamedTuple):
    """A member and what belongs to her."""

    member: MemberRow
    identities: list[Any]
    """Primary first: kind, value, is_primary, warning."""
    enrolments: list[Any]
    """Newest first: payroll_id, payroll_code, valid_from, valid_to."""
    wage: Any | None
    """In force on the day: wage_minor, currency, valid_from."""


def profiles(session: Session, members: Sequence[MemberRow], *, day: dt.date) -> list[Profile]:
    """Return the members in their order with what belongs to them on a day."""
    values = {"member_ids": [member.id for member in members], "day": day}
    identities, enrolments = defaultdict(list), defaultdict(list)
    for identity in db.rows(session, queries.IDENTITIES_OF, values):
        identities[identity.member_id].append(identity)
    for enrolment in db.rows(session, queries.ENROLMENTS_OF, values):
        enrolments[enrolment.member_id].append(enrolment)
    wages = {wage.member_id: wage for wage in db.rows(session, queries.WAGES_NOW, values)}
    return [Profile(member, identities[member.id], enrolments[member.id], wages.get(member.id)) for member in members]


def profile(session: Session, member: MemberRow, *, day: dt.date) -> Profile:
    """Return one member with what belongs to her on a day."""
    return profiles(session, [member], day=day)[0]
