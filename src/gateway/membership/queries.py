"""Everything read about members, set-based; sub-selects for the slices above.

What counts in a period: whoever is enrolled on any of its days; the wage in force on its last day, in the newest record
made for that day; an additional dependant covered on any of its days; a leave that covers all of its days.
"""

import datetime as dt
from typing import Any, NamedTuple, Self

from sqlmodel import Session

from gateway.kit import db
from gateway.membership.errors import (
    DependantNotFoundError,
    FundNotFoundError,
    MemberNotFoundError,
    PayrollNotFoundError,
)
from gateway.membership.rules import bare_identity, check_phone, fold_name

OWN_WAGES = """
-- one row per member and payroll with a wage of that payroll's own in force on the period's last day
SELECT DISTINCT ON (member_id, payroll_id) member_id, payroll_id, wage_minor FROM payroll_wage
WHERE mutual_id = (SELECT current_mutual()) AND valid_from <= %(end)s
ORDER BY member_id, payroll_id, valid_from DESC, id DESC
"""

EARLIER_PAYROLLS = f"""
-- one row per member with a wage of some payroll's own who stands in the period also in payrolls of the same employer whose
-- key comes before this one's: their own wages together, and whether one of them has none
SELECT n.member_id, sum(o.wage_minor)::int8 AS own_minor, bool_or(o.member_id IS NULL) AS has_general
FROM (
    SELECT DISTINCT e.member_id, e.payroll_id FROM enrolment e
    JOIN payroll q ON q.mutual_id = e.mutual_id AND q.id = e.payroll_id
    JOIN payroll p ON p.mutual_id = q.mutual_id AND p.id = %(payroll_id)s AND p.employer_number = q.employer_number AND q.code < p.code
    WHERE e.mutual_id = (SELECT current_mutual()) AND e.valid_from <= %(end)s AND (e.valid_to IS NULL OR e.valid_to > %(start)s)
      AND e.member_id IN (SELECT member_id FROM payroll_wage WHERE mutual_id = (SELECT current_mutual()) AND valid_from <= %(end)s)
) n LEFT JOIN ({OWN_WAGES}) o ON o.member_id = n.member_id AND o.payroll_id = n.payroll_id
GROUP BY n.member_id
"""

_IS_LATER = "coalesce(x.own_minor IS NOT NULL OR (x.has_general AND o.member_id IS NOT NULL), false)"
"""SQL: another payroll of hers comes before this one in the month; heads and fee are charged there."""

ROSTER = f"""
-- one row per member enrolled in the payroll on any day of the period; what she earns in payrolls that come before it
SELECT m.id AS member_id, coalesce(o.wage_minor, w.wage_minor) AS wage_minor,
       CASE WHEN {_IS_LATER} THEN 0 ELSE coalesce(d.heads, 0) END::integer AS additional_dependants,
       coalesce(l.covers, false) AS on_leave, m.status, m.fund_id, i.kind AS document_kind, i.value AS document,
       m.given_names, m.first_surname, m.second_surname, m.sex, m.birth_date, o.member_id IS NOT NULL AS has_own_wage,
       CASE WHEN {_IS_LATER} THEN coalesce(x.own_minor, 0) + CASE WHEN o.member_id IS NOT NULL AND x.has_general
           THEN coalesce(w.wage_minor, 0) ELSE 0 END ELSE 0 END AS earlier_wage_minor
FROM (
    SELECT DISTINCT mutual_id, member_id FROM enrolment
    WHERE mutual_id = (SELECT current_mutual()) AND payroll_id = %(payroll_id)s
      AND valid_from <= %(end)s AND (valid_to IS NULL OR valid_to > %(start)s)
) e
JOIN member m ON m.mutual_id = e.mutual_id AND m.id = e.member_id
LEFT JOIN (
    SELECT DISTINCT ON (mutual_id, member_id) mutual_id, member_id, wage_minor FROM member_wage
    WHERE mutual_id = (SELECT current_mutual()) AND valid_from <= %(end)s
    -- Backwards in everything, as the index is read: nothing is left to sort.
    ORDER BY mutual_id DESC, member_id DESC, valid_from DESC, id DESC
) w ON w.mutual_id = e.mutual_id AND w.member_id = e.member_id
LEFT JOIN (
    SELECT mutual_id, member_id, count(*) AS heads FROM dependant
    WHERE mutual_id = (SELECT current_mutual()) AND category = 'additional'
      AND valid_from <= %(end)s AND (valid_to IS NULL OR (valid_to > %(start)s AND valid_to > valid_from))
    GROUP BY mutual_id, member_id
) d ON d.mutual_id = e.mutual_id AND d.member_id = e.member_id
LEFT JOIN (
    SELECT mutual_id, member_id, range_agg(daterange(valid_from, valid_to)) @> daterange(%(start)s, %(end)s, '[]') AS covers
    FROM leave
    WHERE mutual_id = (SELECT current_mutual()) AND valid_from <= %(end)s AND (valid_to IS NULL OR valid_to > %(start)s)
    GROUP BY mutual_id, member_id
) l ON l.mutual_id = e.mutual_id AND l.member_id = e.member_id
LEFT JOIN member_identity i ON i.mutual_id = e.mutual_id AND i.member_id = e.member_id AND i.is_primary
LEFT JOIN ({OWN_WAGES}) o ON o.member_id = e.member_id AND o.payroll_id = %(payroll_id)s
LEFT JOIN ({EARLIER_PAYROLLS}) x ON x.member_id = e.member_id
"""

ADDITIONAL_DEPENDANTS = f"""
-- one row per additional dependant covered on any day of the period, of members enrolled in the payroll then, unless another
-- payroll of the holder comes before it
SELECT d.id AS dependant_id, d.member_id, d.identity_kind AS document_kind, d.identity_value AS document,
       d.given_names, d.first_surname, d.second_surname
FROM dependant d
WHERE d.mutual_id = (SELECT current_mutual()) AND d.category = 'additional'
  AND d.valid_from <= %(end)s AND (d.valid_to IS NULL OR (d.valid_to > %(start)s AND d.valid_to > d.valid_from))
  AND EXISTS (
    SELECT FROM enrolment e
    WHERE e.mutual_id = d.mutual_id AND e.member_id = d.member_id AND e.payroll_id = %(payroll_id)s
      AND e.valid_from <= %(end)s AND (e.valid_to IS NULL OR e.valid_to > %(start)s)
  )
  AND d.member_id NOT IN (
    SELECT x.member_id FROM ({EARLIER_PAYROLLS}) x
    LEFT JOIN ({OWN_WAGES}) o ON o.member_id = x.member_id AND o.payroll_id = %(payroll_id)s
    WHERE {_IS_LATER})
"""

MEMBER_COLUMNS = """m.id, m.number, m.given_names, m.first_surname, m.second_surname, m.sex, m.birth_date, m.phone,
       m.occupation, m.municipality, m.language, m.fund_id, m.status, m.status_reason, m.version, m.created_at"""

GET_MEMBER = f"""
-- at most one row: a member
SELECT {MEMBER_COLUMNS} FROM member m WHERE m.mutual_id = current_mutual() AND m.id = :id
"""

LOCK_MEMBER = f"""
-- at most one row: a member, locked until the transaction ends
SELECT {MEMBER_COLUMNS} FROM member m WHERE m.mutual_id = current_mutual() AND m.id = :id FOR UPDATE
"""

BY_IDENTITY = f"""
-- one row per member known by this value in any register: at most one per kind of identity
SELECT DISTINCT {MEMBER_COLUMNS}
FROM member_identity i
JOIN member m ON m.mutual_id = i.mutual_id AND m.id = i.member_id
WHERE i.mutual_id = current_mutual() AND i.value = :value AND (CAST(:kind AS text) IS NULL OR i.kind = :kind)
"""

BY_NUMBER = f"""
-- at most one row: the member with this number of ours
SELECT {MEMBER_COLUMNS} FROM member m WHERE m.mutual_id = current_mutual() AND m.number = :number
"""

LIST_MEMBERS = f"""
-- one row per member that fits, by id
SELECT {MEMBER_COLUMNS} FROM member m
WHERE m.mutual_id = current_mutual() AND m.id > :after
  AND (CAST(:status AS text) IS NULL OR m.status = :status)
  AND (CAST(:fund_id AS bigint) IS NULL OR m.fund_id = :fund_id)
  AND (CAST(:payroll_id AS bigint) IS NULL OR EXISTS (
        SELECT FROM enrolment e WHERE e.mutual_id = m.mutual_id AND e.member_id = m.id AND e.payroll_id = :payroll_id
          AND e.valid_from <= :day AND (e.valid_to IS NULL OR e.valid_to > :day)))
  AND (CAST(:ids AS bigint[]) IS NULL OR m.id = ANY (CAST(:ids AS bigint[])))
  AND (CAST(:phone AS text) IS NULL OR m.phone = :phone)
  AND (CAST(:part AS text) IS NULL OR m.id IN (
        SELECT id FROM member WHERE mutual_id = current_mutual()
          AND (regexp_replace(upper(number), '[^A-Z0-9]', '', 'g') LIKE :part OR phone LIKE :part)
        UNION ALL
        SELECT member_id FROM member_identity WHERE mutual_id = current_mutual() AND value LIKE :part))
  AND ' ' || m.search_name LIKE ALL (CAST(:words AS text[]))
ORDER BY m.id
LIMIT :limit
"""

MEANT = """
-- one row per member that a typed number may mean: of ours, or of any register
SELECT id FROM member WHERE mutual_id = current_mutual() AND number = :number
UNION
SELECT member_id FROM member_identity WHERE mutual_id = current_mutual() AND value = :value
"""

IDENTITIES_OF = """
-- one row per identity of the members, the primary one first
SELECT member_id, kind, value, is_primary, warning FROM member_identity
WHERE mutual_id = current_mutual() AND member_id = ANY (:member_ids) ORDER BY member_id, is_primary DESC, kind
"""

WAGES_OF = """
-- one row per declared wage of a member, of whichever payroll she stands in and of one payroll's own, newest record first
SELECT id, CAST(NULL AS bigint) AS payroll_id, valid_from, wage_minor, currency, reason, recorded_at, actor FROM member_wage
WHERE mutual_id = current_mutual() AND member_id = :member_id
UNION ALL
SELECT id, payroll_id, valid_from, wage_minor, currency, reason, recorded_at, actor FROM payroll_wage
WHERE mutual_id = current_mutual() AND member_id = :member_id
ORDER BY valid_from DESC, recorded_at DESC, id DESC
"""

PAYROLL_WAGE_ON = """
-- at most one row: the wage of one payroll's own in force on a day
SELECT id, valid_from, wage_minor FROM payroll_wage
WHERE mutual_id = current_mutual() AND member_id = :member_id AND payroll_id = :payroll_id AND valid_from <= :day
ORDER BY valid_from DESC, id DESC LIMIT 1
"""

WAGE_ON = """
-- at most one row: the wage in force on a day, in the newest record known at an instant
SELECT id, valid_from, wage_minor, currency FROM member_wage
WHERE mutual_id = current_mutual() AND member_id = :member_id AND valid_from <= :day
  AND (CAST(:recorded_at AS timestamptz) IS NULL OR recorded_at <= :recorded_at)
ORDER BY valid_from DESC, id DESC LIMIT 1
"""

WAGES_NOW = """
-- one row per member of the list with a wage in force on the day
SELECT DISTINCT ON (member_id) member_id, wage_minor, currency, valid_from FROM member_wage
WHERE mutual_id = current_mutual() AND member_id = ANY (:member_ids) AND valid_from <= :day
ORDER BY member_id, valid_from DESC, id DESC
"""

ENROLMENTS_OF = """
-- one row per time of the members in a payroll, newest first
SELECT e.id, e.member_id, e.payroll_id, p.code AS payroll_code, e.valid_from, e.valid_to, e.start_reason, e.end_reason,
       e.recorded_at, e.actor, e.ended_at, e.ended_by
FROM enrolment e JOIN payroll p ON p.mutual_id = e.mutual_id AND p.id = e.payroll_id
WHERE e.mutual_id = current_mutual() AND e.member_id = ANY (:member_ids) ORDER BY e.member_id, e.valid_from DESC, e.id DESC
"""

LEAVES_OF = """
-- one row per leave of a member, newest first
SELECT id, kind, valid_from, valid_to, reason, recorded_at, actor FROM leave
WHERE mutual_id = current_mutual() AND member_id = :member_id ORDER BY valid_from DESC, id DESC
"""

DEPENDANT_COLUMNS = """d.id, d.member_id, d.category, d.relation, d.given_names, d.first_surname, d.second_surname, d.sex,
       d.birth_date, d.identity_kind, d.identity_value, d.is_student, d.is_disabled, d.together_since,
       d.has_common_children, d.rule, d.eligible_until, d.valid_from, d.valid_to, d.end_reason, d.recorded_at, d.actor"""

DEPENDANTS_OF = f"""
-- one row per dependant a member has or had, the newest first
SELECT {DEPENDANT_COLUMNS} FROM dependant d
WHERE d.mutual_id = current_mutual() AND d.member_id = :member_id ORDER BY d.valid_from DESC, d.id DESC
"""

LOCK_DEPENDANT = f"""
-- at most one row: a member's dependant, locked until the transaction ends
SELECT {DEPENDANT_COLUMNS} FROM dependant d
WHERE d.mutual_id = current_mutual() AND d.member_id = :member_id AND d.id = :id FOR UPDATE
"""

SAME_PERSON_COVERED = """
-- one row per cover, on or after a day, of what seems to be this person: by identity, or by name and birthday where one of the two has no identity
SELECT d.id, d.member_id, d.valid_from, d.valid_to, m.number, m.given_names, m.first_surname
FROM dependant d JOIN member m ON m.mutual_id = d.mutual_id AND m.id = d.member_id
WHERE d.mutual_id = current_mutual() AND (d.valid_to IS NULL OR (d.valid_to > :day AND d.valid_to > d.valid_from))
  AND ((d.identity_kind = CAST(:kind AS text) AND d.identity_value = CAST(:value AS text))
    OR (d.birth_date = CAST(:birth_date AS date) AND d.search_name = :search_name
        AND (d.identity_value IS NULL OR CAST(:value AS text) IS NULL)))
ORDER BY d.id
"""

MEMBER_WITH_IDENTITY = """
-- at most one row: the member known by this identity
SELECT m.id, m.number, m.status, m.given_names, m.first_surname
FROM member_identity i JOIN member m ON m.mutual_id = i.mutual_id AND m.id = i.member_id
WHERE i.mutual_id = current_mutual() AND i.kind = :kind AND i.value = :value
"""

CHANGES_OF = """
-- one row per change of a member, oldest first
SELECT version, before, changed_at, actor, reason FROM member_change
WHERE mutual_id = current_mutual() AND member_id = :member_id ORDER BY id
"""

HISTORY = """
-- one row per thing recorded about a member, in the order it was recorded
SELECT at, actor, kind, reason, jsonb_strip_nulls(detail) AS detail FROM (
    SELECT created_at AS at, NULL AS actor, 'member' AS kind, NULL AS reason, jsonb_build_object('number', number) AS detail, 0 AS place, id
    FROM member WHERE mutual_id = current_mutual() AND id = :member_id
    UNION ALL
    SELECT changed_at, actor, 'change', reason, jsonb_build_object('version', version, 'before', before), 6, id
    FROM member_change WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT created_at, NULL, 'identity', NULL, jsonb_build_object('identity_kind', kind), 1, id
    FROM member_identity WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT recorded_at, actor, 'wage', reason,
           jsonb_build_object('valid_from', valid_from, 'wage_minor', wage_minor, 'currency', currency), 3, id
    FROM member_wage WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT recorded_at, actor, 'wage', reason, jsonb_build_object('valid_from', valid_from, 'wage_minor', wage_minor,
           'currency', currency, 'payroll_id', payroll_id), 3, id
    FROM payroll_wage WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT recorded_at, actor, 'enrolment', start_reason, jsonb_build_object('payroll_id', payroll_id, 'valid_from', valid_from), 2, id
    FROM enrolment WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT ended_at, ended_by, 'enrolment_end', end_reason, jsonb_build_object('payroll_id', payroll_id, 'valid_to', valid_to), 8, id
    FROM enrolment WHERE mutual_id = current_mutual() AND member_id = :member_id AND ended_at IS NOT NULL
    UNION ALL
    SELECT recorded_at, actor, 'leave', reason,
           jsonb_build_object('leave_kind', kind, 'valid_from', valid_from, 'valid_to', valid_to), 7, id
    FROM leave WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT recorded_at, actor, 'dependant', NULL, jsonb_build_object('dependant_id', id, 'relation', relation,
           'category', category, 'rule', rule, 'valid_from', valid_from), 5, id
    FROM dependant WHERE mutual_id = current_mutual() AND member_id = :member_id
    UNION ALL
    SELECT ended_at, ended_by, 'dependant_end', end_reason, jsonb_build_object('dependant_id', id, 'valid_to', valid_to), 9, id
    FROM dependant WHERE mutual_id = current_mutual() AND member_id = :member_id AND ended_at IS NOT NULL
    UNION ALL
    SELECT at, actor, 'step', reason, jsonb_build_object('event', event, 'from_state', from_state, 'to_state', to_state), 10, id
    FROM state_log WHERE mutual_id = current_mutual() AND subject_kind = 'member' AND subject_id = :member_id
) recorded
ORDER BY at, place, id
"""

LIST_FUNDS = """
-- one row per fund, by id
SELECT id, code, name, treasurer, created_at FROM fund
WHERE mutual_id = current_mutual() AND id > :after ORDER BY id LIMIT :limit
"""

GET_FUND = """
-- at most one row: a fund
SELECT id, code, name, treasurer, created_at FROM fund WHERE mutual_id = current_mutual() AND id = :id
"""

LIST_PAYROLLS = """
-- one row per payroll, by id
SELECT id, code, name, employer_number, is_active, created_at FROM payroll
WHERE mutual_id = current_mutual() AND id > :after ORDER BY id LIMIT :limit
"""

GET_PAYROLL = """
-- at most one row: a payroll
SELECT id, code, name, employer_number, is_active, created_at FROM payroll WHERE mutual_id = current_mutual() AND id = :id
"""


class MemberRow(NamedTuple):
    """A member as she is now."""

    id: int
    number: str
    given_names: str
    first_surname: str
    second_surname: str
    sex: str
    birth_date: dt.date
    phone: str | None
    occupation: str
    municipality: str
    language: str
    fund_id: int | None
    status: str
    status_reason: str | None
    version: int
    created_at: dt.datetime


class FundRow(NamedTuple):
    """A fund."""

    id: int
    code: str
    name: str
    treasurer: str | None
    created_at: dt.datetime


class PayrollRow(NamedTuple):
    """A payroll."""

    id: int
    code: str
    name: str
    employer_number: str
    is_active: bool
    created_at: dt.datetime


class Search(NamedTuple):
    """What members are looked for by; everything given must fit."""

    text: str | None = None
    """Beginnings of words of the name, in any order."""
    identity: str | None = None
    """An identity number or the mutual's own, as typed."""
    phone: str | None = None
    """E.164."""
    status: str | None = None
    fund_id: int | None = None
    payroll_id: int | None = None
    part: str | None = None
    """Letters and digits that stand together somewhere in a number of hers: ours, a register's, her telephone's."""

    @classmethod
    def anything(cls, typed: str) -> Self:
        """Return a search for whatever somebody typed into one field: names and part of a number, in any order.

        A word with a digit is of a number, never of a name; several such words stand together, as people write numbers
        in groups.
        """
        bare = [(word, "".join(filter(str.isalnum, word)).upper()) for word in typed.split()]
        of_numbers = [number for _, number in bare if any(letter.isdigit() for letter in number)]
        of_names = [word for word, number in bare if number not in of_numbers]
        return cls(text=" ".join(of_names) or None, part="".join(of_numbers) or None)

    @classmethod
    def typed(cls, country: str, text: str | None, identity: str | None, phone: str | None) -> Self:
        """Return a search for what somebody typed.

        Raises:
            PhoneInvalidError: Nobody can have this telephone number.
        """
        return cls(text=text, identity=identity, phone=check_phone(phone, country) if phone else None)


def get_member(session: Session, member_id: int) -> MemberRow:
    """Return a member.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    return _member(db.first(session, GET_MEMBER, {"id": member_id}), member_id)


def lock_member(session: Session, member_id: int) -> MemberRow:
    """Return a member, locked until the transaction ends.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    return _member(db.first(session, LOCK_MEMBER, {"id": member_id}), member_id)


def _member(row: Any | None, member_id: int) -> MemberRow:
    if row is None:
        raise MemberNotFoundError(
            f"no member {member_id} in this mutual; look the member up by name, identity or number"
        )
    return MemberRow(*row)


def find_member_by_identity(session: Session, value: str, *, kind: str | None = None) -> MemberRow | None:
    """Return the member known by this number; None if nobody is, or if two registers give it to two people.

    Args:
        session: The open transaction.
        value: As typed; dashes, spaces and case do not matter.
        kind: One register; without it, any.
    """
    found = db.rows(session, BY_IDENTITY, {"value": bare_identity(value), "kind": kind})
    return MemberRow(*found[0]) if len(found) == 1 else None


def find_member_by_number(session: Session, number: str) -> MemberRow | None:
    """Return the member with this number of the mutual's own, or None."""
    row = db.first(session, BY_NUMBER, {"number": number})
    return None if row is None else MemberRow(*row)


def list_members(
    session: Session, search: Search, *, today: dt.date, after: int = 0, limit: int = 50
) -> list[MemberRow]:
    """Return members that fit, by id, beginning after one."""
    words = [f"% {_like(word)}%" for word in fold_name(search.text or "").split()]
    ids = None
    if search.identity:
        meant = {"number": search.identity.strip(), "value": bare_identity(search.identity)}
        ids = [row.id for row in db.rows(session, MEANT, meant)]
    part = None if search.part is None else f"%{_like(search.part)}%"
    values = {
        **search._asdict(),
        "part": part,
        "ids": ids,
        "words": words,
        "day": today,
        "after": after,
        "limit": limit,
    }
    return [MemberRow(*row) for row in db.rows(session, LIST_MEMBERS, values)]


def _like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def wage_on(
    session: Session, member_id: int, day: dt.date, *, recorded_at: dt.datetime | None = None
) -> tuple[int, str] | None:
    """Return the wage in force on a day and its currency, as known now or at an earlier instant; None without one."""
    row = db.first(session, WAGE_ON, {"member_id": member_id, "day": day, "recorded_at": recorded_at})
    return None if row is None else (int(row.wage_minor), str(row.currency))


def lock_dependant(session: Session, member_id: int, dependant_id: int) -> Any:
    """Return a member's dependant, locked until the transaction ends.

    Raises:
        DependantNotFoundError: This member has no such dependant.
    """
    row = db.first(session, LOCK_DEPENDANT, {"member_id": member_id, "id": dependant_id})
    if row is None:
        raise DependantNotFoundError(f"member {member_id} has no dependant {dependant_id}")
    return row


def get_fund(session: Session, fund_id: int) -> FundRow:
    """Return a fund.

    Raises:
        FundNotFoundError: This mutual has no such fund.
    """
    row = db.first(session, GET_FUND, {"id": fund_id})
    if row is None:
        raise FundNotFoundError(f"no fund {fund_id} in this mutual; see the list of funds")
    return FundRow(*row)


def get_payroll(session: Session, payroll_id: int) -> PayrollRow:
    """Return a payroll.

    Raises:
        PayrollNotFoundError: This mutual has no such payroll.
    """
    row = db.first(session, GET_PAYROLL, {"id": payroll_id})
    if row is None:
        raise PayrollNotFoundError(f"no payroll {payroll_id} in this mutual; see the list of payrolls")
    return PayrollRow(*row)


def list_funds(session: Session, *, after: int = 0, limit: int = 50) -> list[FundRow]:
    """Return funds by id, beginning after one."""
    return [FundRow(*row) for row in db.rows(session, LIST_FUNDS, {"after": after, "limit": limit})]


def list_payrolls(session: Session, *, after: int = 0, limit: int = 50) -> list[PayrollRow]:
    """Return payrolls by id, beginning after one."""
    return [PayrollRow(*row) for row in db.rows(session, LIST_PAYROLLS, {"after": after, "limit": limit})]


class HistoryRow(NamedTuple):
    """One thing that was recorded about a member."""

    at: dt.datetime
    actor: str | None
    kind: str
    """member, change, identity, wage, enrolment, enrolment_end, leave, dependant, dependant_end or step."""
    reason: str | None
    detail: dict[str, Any]


def history(session: Session, member_id: int) -> list[HistoryRow]:
    """Return what was recorded about a member, in the order it was recorded."""
    return [HistoryRow(*row) for row in db.rows(session, HISTORY, {"member_id": member_id})]


def list_dependants(session: Session, member_id: int) -> list[Any]:
    """Return the dependants a member has or had, the newest first.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    get_member(session, member_id)
    return db.rows(session, DEPENDANTS_OF, {"member_id": member_id})


def list_wages(session: Session, member_id: int) -> list[Any]:
    """Return the wages a member has declared, the newest record first.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    get_member(session, member_id)
    return db.rows(session, WAGES_OF, {"member_id": member_id})


def list_leaves(session: Session, member_id: int) -> list[Any]:
    """Return a member's leaves, the newest first.

    Raises:
        MemberNotFoundError: This mutual has no such member.
    """
    get_member(session, member_id)
    return db.rows(session, LEAVES_OF, {"member_id": member_id})
