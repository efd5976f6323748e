"""Members as these tests need them: written straight into the tables, with their accounts open."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.accounts import open_for_owners

TODAY = dt.date(2026, 3, 20)
PAID = dt.date(2026, 3, 3)

MEMBERS = """
-- one row per new member
INSERT INTO member (number, given_names, first_surname, sex, birth_date, search_name)
SELECT 'M' || lpad((:first + g)::text, 6, '0'), 'Ana', 'Prueba ' || g, 'F', '1980-01-01', 'ana prueba'
FROM generate_series(1, :count) g ORDER BY g RETURNING id
"""

IDENTITIES = """
-- no row: each member's identity, 999 and her place in the list
INSERT INTO member_identity (member_id, kind, value, is_primary)
SELECT m.id, 'national_id', '999' || lpad(substr(m.number, 2), 8, '0'), true
FROM unnest(CAST(:ids AS bigint[])) AS u (id) JOIN member m ON m.mutual_id = current_mutual() AND m.id = u.id
"""


def identity_of(position: int) -> str:
    """Return the identity number of the member made as number ``position``."""
    return f"999{position:08d}"


def make_members(session: Session, count: int, *, first: int = 0, currency: str = "DOP") -> list[int]:
    """Make members with a number, an identity and open accounts; return their ids in order."""
    ids = [row.id for row in db.rows(session, MEMBERS, {"count": count, "first": first})]
    db.run(session, IDENTITIES, {"ids": ids})
    open_for_owners(session, "member:{}:contributions", "member", ids, currency)
    return ids


def count_of(session: Session, table: str) -> int:
    """Return how many rows a table has for the session's mutual."""
    return int(db.scalar(session, f"SELECT count(*) FROM {table} WHERE mutual_id = current_mutual()"))


def the(session: Session, statement: str, **values: Any) -> Any:
    """Return the single value a statement gives."""
    return db.scalar(session, statement, values)
