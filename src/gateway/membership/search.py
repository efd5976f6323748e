"""Find members by whatever somebody typed: words of a name in any order, part of an identity number, a telephone."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.membership.rules import fold_name

_FIND = """
-- one row per member that fits, by name: with her first identity number, her fund, and the payrolls she stands in on the day
WITH page AS (
    SELECT m.mutual_id, m.id, m.number, m.given_names, m.first_surname, m.second_surname, m.phone, m.municipality, m.fund_id,
           m.status, m.search_name
    FROM member m
    WHERE m.mutual_id = current_mutual() AND (m.search_name, m.id) > (:after_name, :after_id)
      AND (CAST(:status AS text) IS NULL OR m.status = :status)
      AND (CAST(:fund_id AS bigint) IS NULL OR m.fund_id = :fund_id)
      AND (CAST(:payroll_id AS bigint) IS NULL OR EXISTS (
            SELECT FROM enrolment e WHERE e.mutual_id = m.mutual_id AND e.member_id = m.id AND e.payroll_id = :payroll_id
              AND e.valid_from <= :day AND (e.valid_to IS NULL OR e.valid_to > :day)))
      AND ' ' || m.search_name LIKE ALL (CAST(:words AS text[]))
      <part>
      <further>
    ORDER BY m.search_name, m.id LIMIT :limit
)
SELECT page.id, page.number, page.given_names, page.first_surname, page.second_surname, page.phone, page.municipality,
       page.status, page.search_name, i.value AS identity, f.code AS fund_code, f.name AS fund_name, e.payrolls
FROM page
LEFT JOIN member_identity i ON i.mutual_id = page.mutual_id AND i.member_id = page.id AND i.is_primary
LEFT JOIN fund f ON f.mutual_id = page.mutual_id AND f.id = page.fund_id
LEFT JOIN LATERAL (
    SELECT string_agg(p.code, ', ' ORDER BY p.code) AS payrolls
    FROM enrolment e JOIN payroll p ON p.mutual_id = e.mutual_id AND p.id = e.payroll_id
    WHERE e.mutual_id = page.mutual_id AND e.member_id = page.id
      AND e.valid_from <= :day AND (e.valid_to IS NULL OR e.valid_to > :day)
) e ON true
ORDER BY page.search_name, page.id
"""

_BY_PART = """AND m.id = ANY (ARRAY(
            SELECT i.member_id FROM member_identity i WHERE i.mutual_id = current_mutual() AND i.value LIKE :part
            UNION
            SELECT p.id FROM member p
            WHERE p.mutual_id = current_mutual() AND (p.phone LIKE :part OR upper(p.number) LIKE :part)))"""
"""SQL: whoever has a number with such a part; found before the names are looked at, so that few rows are."""

FIND_BY_NAME = _FIND.replace("<part>", "")
FIND_BY_NUMBER = _FIND.replace("<part>", _BY_PART)


class Further(NamedTuple):
    """What a slice above asks of members besides: a condition on ``m``, and the values it names."""

    condition: str
    """SQL, a constant of that slice."""
    values: Mapping[str, Any]


_FEWEST_LETTERS = 2
"""Of a part of a number: one alone would fit nearly everybody."""


class Wanted(NamedTuple):
    """What members are looked for by; everything given must fit."""

    typed: str = ""
    status: str | None = None
    fund_id: int | None = None
    payroll_id: int | None = None


def find_members(
    session: Session,
    wanted: Wanted,
    *,
    today: dt.date,
    after: tuple[str, int] | None = None,
    limit: int = 50,
    further: Sequence[Further] = (),
) -> list[Any]:
    """Return members that fit, by name.

    Args:
        session: The open transaction.
        wanted: What they are looked for by.
        today: Payrolls are those of this day.
        after: Name and id of the last one seen.
        limit: How many.
        further: What else they must fit.
    """
    words, part = read_typed(wanted.typed)
    name, member_id = after or ("", 0)
    values = {
        **wanted._asdict(),
        "words": [f"% {word}%" for word in words],
        "day": today,
        "after_name": name,
        "after_id": member_id,
        "limit": limit,
    }
    if part:
        values["part"] = f"%{part}%"
    statement = FIND_BY_NUMBER if part else FIND_BY_NAME
    for one in further:
        values |= one.values
    return db.rows(session, statement.replace("<further>", " ".join(f"AND {one.condition}" for one in further)), values)


def read_typed(typed: str) -> tuple[list[str], str]:
    """Return what was typed as beginnings of words of a name, and as part of a number.

    Every word with a figure in it is of a number; such words next to each other are one, however they were parted
    (``809 555-0117``). Accents, case and the order of names do not matter.
    """
    numbers = [word for word in typed.split() if any(letter.isdigit() for letter in word)]
    names = [word for word in typed.split() if word not in numbers]
    part = re.sub(r"[^0-9A-Z]", "", "".join(numbers).upper())
    words = [re.sub(r"[%_\\\\]", "", word) for word in fold_name(" ".join(names)).split()]
    return [word for word in words if word], part if len(part) >= _FEWEST_LETTERS else ""
