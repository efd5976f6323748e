"""What large loads refer to is protected on both sides without foreign keys: by guards, asked as the database's owner."""

import re
from pathlib import Path

import psycopg
import pytest

from gateway.kit.db import Database

SQL = Path(__file__).resolve().parents[2] / "migrations" / "sql" / "guards.sql"
KEPT = re.findall(r"\['(\w+)', '(\w+)', '(\w+)', '\w*'\]", SQL.read_text(encoding="utf-8"))


def columns_of(owner: psycopg.Connection, table: str) -> dict[str, str]:
    found = owner.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND is_identity = 'NO' AND column_default IS NULL",
        [table],
    )
    return dict(found.fetchall())


def row_of(owner: psycopg.Connection, table: str, **given: object) -> str:
    """Write a row with whatever the table asks for; CHECKs and foreign keys of the row itself are not the matter here."""
    kinds = {
        "bigint": "1",
        "integer": "1",
        "text": "'x'",
        "date": "'2026-01-01'",
        "boolean": "true",
        "uuid": "gen_random_uuid()",
    }
    kinds |= {"jsonb": "'[]'", "ARRAY": "'{1}'", "timestamp with time zone": "now()", "bytea": "''"}
    values = {name: kinds[kind] for name, kind in columns_of(owner, table).items()} | {
        k: str(v) for k, v in given.items()
    }
    return f"INSERT INTO {table} (mutual_id, {', '.join(values)}) SELECT 1, {', '.join(values.values())}"


def leave_only_guards(owner: psycopg.Connection) -> None:
    """Take CHECKs, real foreign keys and everybody else's guards away, until the transaction ends."""
    tables = sorted({name for table, _, parent in KEPT for name in (table, parent)})
    found = owner.execute(
        "SELECT conname, conrelid::regclass FROM pg_constraint WHERE contype IN ('c', 'f') AND conrelid = ANY (%s::regclass[])",
        [tables],
    )
    for name, table in found.fetchall():
        owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE".encode())
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    for table, column, parent in KEPT:
        own = ((table, "refers"), (table, f"{column}_refers"))
        for on_table, name in (*own, *((parent, f"{table}_{column}_{end}") for end in ("keeps", "keeps_key"))):
            owner.execute(f"ALTER TABLE {on_table} ENABLE TRIGGER {name}".encode())


def test_a_reference_without_a_foreign_key_is_kept_on_both_sides(database: Database) -> None:
    with psycopg.connect(database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        leave_only_guards(owner)
        for table in sorted({table for table, _, _ in KEPT}):
            own = [(column, parent) for name, column, parent in KEPT if name == table]
            with owner.transaction(force_rollback=True):
                try_table(owner, table, own)
        owner.rollback()


def try_table(owner: psycopg.Connection, table: str, own: list[tuple[str, str]]) -> None:
    """Refer to what is not there, in small and in large statements; then take away and rename what is referred to."""

    def refuses(statement: str, said: str) -> None:
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=said), owner.transaction():
            owner.execute(statement.encode())

    for _, parent in own:
        write_parent(owner, parent)
    good: dict[str, object] = {**unique_of(table), **{column: 77 for column, _ in own}}
    for column, parent in own:
        for count in (1, 300):
            wrong = row_of(owner, table, **{**good, column: 78}) + f" FROM generate_series(2001, {2000 + count}) n"
            refuses(wrong, f"{table} refers to {parent} 78")
    owner.execute((row_of(owner, table, **good) + " FROM generate_series(1001, 1300) n").encode())
    for column, parent in own:
        refuses(f"UPDATE {table} SET {column} = 78", f"{table} refers to {parent} 78")
        refuses(f"DELETE FROM {parent} WHERE id = 77", f"{table} refers to it")
        refuses(f"UPDATE {parent} SET id = 78 WHERE id = 77", f"{table} refers to it")


def write_parent(owner: psycopg.Connection, table: str) -> None:
    """Write row 77 of a table, and of those it refers to itself."""
    own = {column: parent for name, column, parent in KEPT if name == table}
    for parent in own.values():
        if parent != table:
            write_parent(owner, parent)
    given: dict[str, object] = {**unique_of(table), **dict.fromkeys(own, 77), "id": 77}
    owner.execute(f"{row_of(owner, table, **given)} FROM (SELECT 1 AS n) n ON CONFLICT DO NOTHING".encode())


def unique_of(table: str) -> dict[str, str]:
    """Return what tells one row of a table from another, by the number ``n`` of a row."""
    return {
        "contribution_assessment": {"version": "n"},
        "contribution_receipt": {"source_reference": "n::text", "number": "lpad(n::text, 20, '0')"},
        "contribution_receipt_line": {"line_no": "n"},
        "benefit_remittance_line": {"line_no": "n"},
        "payout": {"end_to_end_id": "n::text", "status": "'cancelled'", "id": "n"},
    }.get(table, {})
