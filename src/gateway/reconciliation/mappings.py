"""How banks write their tables: tried on a file first, saved under a name, never changed, only followed by a version."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.bank.errors import MappingError
from gateway.bank.mapping import StatementMapping, read_mapping
from gateway.bank.read import all_problems, all_tolerances, read_file
from gateway.bank.statement import Line, Quarantine, Statement
from gateway.kit import audit, db
from gateway.reconciliation.errors import MappingUnknownError

SHOWN_LINES = 20

_COLUMNS = "id, name, version, content, saved_by, saved_at"

MAPPING = f"""
-- at most one row: a saved mapping
SELECT {_COLUMNS} FROM statement_mapping WHERE mutual_id = current_mutual() AND id = :mapping_id
"""

NEWEST = f"""
-- at most one row: the newest version of a mapping with a name
SELECT {_COLUMNS} FROM statement_mapping WHERE mutual_id = current_mutual() AND name = :name ORDER BY version DESC LIMIT 1
"""

MAPPINGS = f"""
-- one row per name, its newest version, by name, after a name
SELECT DISTINCT ON (name) {_COLUMNS} FROM statement_mapping
WHERE mutual_id = current_mutual() AND name > :after ORDER BY name, version DESC LIMIT :limit
"""

ONE_AT_A_TIME = """
-- one row: two people who save under one name wait for each other
SELECT pg_advisory_xact_lock(hashtextextended('statement_mapping:' || current_mutual() || ':' || :name, 0))
"""

INSERT = """
-- one row: the new version's id
INSERT INTO statement_mapping (name, version, content, saved_by) VALUES (:name, :version, CAST(:content AS jsonb), :actor)
RETURNING id
"""


class MappingRow(NamedTuple):
    """A saved mapping."""

    id: int
    name: str
    version: int
    content: Mapping[str, Any]
    saved_by: str
    saved_at: dt.datetime


class Preview(NamedTuple):
    """What a file would be read as; nothing of it is kept."""

    format: str
    statements: list[Statement]
    tolerances: list[str]
    quarantine: Quarantine | None
    lines: list[tuple[Statement, Line]]
    """The first lines, each with its statement."""


def preview(body: bytes, content: object | None) -> Preview:
    """Read a file by a mapping that is not saved yet.

    Raises:
        MappingError: The mapping does not say how to read a table.
        StatementError: The file cannot be read, or is no statement.
    """
    read = read_file(body, mapping=None if content is None else read_mapping(content))
    lines = [(statement, line) for statement in read.statements for line in statement.lines[:SHOWN_LINES]]
    return Preview(read.format, read.statements, all_tolerances(read), all_problems(read), lines[:SHOWN_LINES])


def save_mapping(session: Session, *, name: str, content: Mapping[str, Any], actor: str) -> MappingRow:
    """Save a mapping; the same content again is the same version.

    Raises:
        MappingError: It does not say how to read a table.
    """
    if not name.strip():
        raise MappingError("a mapping needs a name: the bank's, and the account's kind if it writes several")
    read_mapping({**content, "name": name})
    db.run(session, ONE_AT_A_TIME, {"name": name.strip()})
    newest = db.first(session, NEWEST, {"name": name.strip()})
    if newest is not None and newest.content == content:
        return MappingRow(*newest)
    values = {"name": name.strip(), "version": 1 if newest is None else newest.version + 1, "actor": actor}
    made = int(db.scalar(session, INSERT, {**values, "content": json.dumps(content)}))
    audit.record(session, actor=actor, action="mapping.save", subject_kind="statement_mapping", subject_id=made)
    return get_mapping(session, made)


def get_mapping(session: Session, mapping_id: int) -> MappingRow:
    """Return a saved mapping.

    Raises:
        MappingUnknownError: The mutual has none with this id.
    """
    found = db.first(session, MAPPING, {"mapping_id": mapping_id})
    if found is None:
        raise MappingUnknownError(f"no mapping {mapping_id}; GET /v1/statement-mappings lists them")
    return MappingRow(*found)


def find_mapping(session: Session, name: str) -> MappingRow:
    """Return the newest version of a mapping.

    Raises:
        MappingUnknownError: The mutual has none with this name.
    """
    found = db.first(session, NEWEST, {"name": name.strip()})
    if found is None:
        raise MappingUnknownError(f"no mapping {name!r}; GET /v1/statement-mappings lists them")
    return MappingRow(*found)


def list_mappings(session: Session, *, after: str, limit: int) -> list[MappingRow]:
    """Return the newest version of each mapping, by name."""
    return [MappingRow(*row) for row in db.rows(session, MAPPINGS, {"after": after, "limit": limit})]


def use(row: MappingRow) -> StatementMapping:
    """Return a saved mapping, ready to read with."""
    return read_mapping({**row.content, "name": row.name})
