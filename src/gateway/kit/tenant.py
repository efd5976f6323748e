"""Which mutual a transaction acts for, and which there are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from sqlmodel import Session

from gateway.kit import db
from gateway.kit.errors import NotFoundError

COLUMNS = "mutual_id AS id, code, name, country, currency, time_zone, language, employer_number, settings"

CURRENT = f"""
-- at most one row: the mutual of this transaction
SELECT {COLUMNS} FROM mutual WHERE mutual_id = current_mutual()
"""

BY_CODE = f"""
-- at most one row: the mutual with this code
SELECT {COLUMNS} FROM mutual WHERE code = lower(:code)
"""

ALL = f"""
-- one row per mutual, by its number
SELECT {COLUMNS} FROM mutual ORDER BY mutual_id
"""

FOUND = """
-- at most one row: the new mutual's number; none where its code was there
INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number, settings)
SELECT coalesce(max(mutual_id), 0) + 1, %(code)s, %(name)s, %(country)s, %(currency)s, %(time_zone)s, %(language)s,
       %(employer_number)s, %(settings)s::jsonb
FROM mutual ON CONFLICT (code) DO NOTHING RETURNING mutual_id
"""


CONFIGURE = """
-- one row: the mutual of this transaction, which has these settings from now on
SELECT configure_mutual(CAST(:settings AS jsonb)) AS mutual_id
"""


class MutualNotFoundError(NotFoundError):
    """No mutual has this code, or the transaction acts for none."""

    code = "mutual_not_found"
    title = "No such mutual"


class MutualRow(NamedTuple):
    """A mutual: the tenant that everything else belongs to."""

    id: int
    code: str
    name: str
    country: str
    currency: str
    time_zone: str
    language: str
    employer_number: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewMutual:
    """What is needed to found a mutual."""

    code: str
    name: str
    country: str
    currency: str
    time_zone: str
    language: str
    employer_number: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def current(session: Session) -> MutualRow:
    """Return the mutual that this transaction acts for; asked once in a transaction, which sees one state of it.

    Raises:
        MutualNotFoundError: It acts for none.
    """
    transaction, known = session.get_transaction(), session.info.get(db.MUTUAL)
    if known is not None and known[0] is transaction:
        found: MutualRow = known[1]
        return found
    row = db.first(session, CURRENT)
    if row is None:
        raise MutualNotFoundError("this transaction acts for no mutual; open it with the number of one")
    found = MutualRow(*row)
    # Within a savepoint or outside a transaction it is asked again: what is kept belongs to the whole transaction.
    if transaction is not None and transaction.parent is None:
        session.info[db.MUTUAL] = (transaction, found)
    return found


def by_code(session: Session, code: str) -> MutualRow:
    """Return the mutual with this code; asked before a transaction has one.

    Raises:
        MutualNotFoundError: There is none.
    """
    row = db.first(session, BY_CODE, {"code": code})
    if row is None:
        raise MutualNotFoundError(f"no mutual has the code {code!r}")
    return MutualRow(*row)


def list_mutuals(session: Session) -> list[MutualRow]:
    """Return every mutual of this database, by number."""
    return [MutualRow(*row) for row in db.rows(session, ALL)]


def found(url: str, mutual: NewMutual) -> int:
    """Add a mutual as the database's owner and return its number; a second run returns that of the first.

    The application's role may not do this: a new tenant is the operator's act.
    """
    values = {name: getattr(mutual, name) for name in NewMutual.__slots__ if name != "settings"}
    with psycopg.connect(db.libpq_url(url)) as owner:
        owner.execute("SELECT pg_advisory_xact_lock(hashtextextended('mutual', 0))")
        row = owner.execute(FOUND, {**values, "settings": json.dumps(dict(mutual.settings))}).fetchone()
        if row is None:
            row = owner.execute("SELECT mutual_id FROM mutual WHERE code = %s", [mutual.code]).fetchone()
    assert row is not None
    return int(row[0])


def configure(session: Session, settings: Mapping[str, Any]) -> None:
    """Replace the settings of this transaction's mutual; the rest of its row is the operator's alone."""
    if db.scalar(session, CONFIGURE, {"settings": json.dumps(dict(settings))}) is None:
        raise MutualNotFoundError("this transaction acts for no mutual; open it with the number of one")
