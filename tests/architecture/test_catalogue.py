"""What the database's own catalogue says of every table: whose rows, which keys, which rights, which types."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.dialects import postgresql

from gateway.kit.db import Database
from gateway.tables import METADATA

ROOT = Path(__file__).resolve().parents[2]
COMMON = {"mutual"}
"""Read by everybody: the list of tenants itself. Written by the owner alone."""
DELETABLE = {"filing_line", "filing_decision", "filing_dependant_line", "filing_movement"}
FORGOTTEN = {"state_client_seen", "webhook_event", "webhook_delivery", "webhook_attempt"}
"""What proves nothing and tells nothing of anybody once it is old: marks of what may be used once, what was told to others."""
"""A draft that is prepared anew gives up its lines; a trigger keeps those of anything sealed."""
TABLES = sorted(METADATA.tables)


def insert_only() -> set[str]:
    text = (ROOT / "migrations" / "sql" / "tenancy.sql").read_text(encoding="utf-8")
    listed = re.search(r"insert_only CONSTANT text\[\] := ARRAY\[(.*?)\]", text, re.DOTALL)
    assert listed is not None
    return set(re.findall(r"'([a-z_]+)'", listed.group(1)))


@pytest.fixture
def catalogue(database: Database) -> Iterator[psycopg.Connection]:
    """The catalogue, read as the owner."""
    with psycopg.connect(database.url, autocommit=True) as owner:
        yield owner


def ask(catalogue: psycopg.Connection, question: str) -> list[str]:
    return sorted(" ".join(map(str, row)) for row in catalogue.execute(question.encode()).fetchall())


OURS = "c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname !~ '^(procrastinate|alembic_version)'"


def test_every_table_is_known_to_the_models(catalogue: psycopg.Connection) -> None:
    assert ask(catalogue, f"SELECT relname FROM pg_class c WHERE {OURS} AND NOT c.relispartition") == TABLES


def test_every_key_begins_with_the_mutual(catalogue: psycopg.Connection) -> None:
    """Also what spreading mutuals over many machines needs."""
    other = ask(
        catalogue,
        "SELECT c.relname, i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        f" WHERE {OURS} AND i.indisunique AND a.attname <> 'mutual_id'",
    )
    assert other == ["mutual uq_mutual_code"]
    without = ask(
        catalogue,
        f"SELECT relname FROM pg_class c WHERE {OURS} AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)",
    )
    assert without == []


def test_every_exclusion_keeps_to_one_mutual(catalogue: psycopg.Connection) -> None:
    other = ask(
        catalogue,
        "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]"
        f" WHERE {OURS} AND k.contype = 'x' AND a.attname <> 'mutual_id'",
    )
    assert other == []


def test_every_foreign_key_stays_in_one_mutual(catalogue: psycopg.Connection) -> None:
    other = ask(
        catalogue,
        "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
        " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
        f" WHERE {OURS} AND k.contype = 'f' AND (a.attname, b.attname) <> ('mutual_id', 'mutual_id')",
    )
    assert other == []


def test_rows_of_every_table_are_kept_apart_by_mutual(catalogue: psycopg.Connection) -> None:
    open_ = ask(
        catalogue, f"SELECT relname FROM pg_class c WHERE {OURS} AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    assert open_ == []
    policies = ask(
        catalogue,
        "SELECT c.relname, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)"
        f" FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE {OURS}",
    )
    rule = "(mutual_id = ( SELECT current_mutual() AS current_mutual))"
    wanted = [f"{table} of_mutual * {rule} {rule}" for table in TABLES if table not in COMMON]
    assert policies == sorted([*wanted, "mutual of_all r true None"])


def rights(catalogue: psycopg.Connection, kind: str) -> set[str]:
    question = f"SELECT relname FROM pg_class c WHERE {OURS} AND has_table_privilege('gateway_app', c.oid, '{kind}')"
    return set(ask(catalogue, question))


def test_the_application_deletes_nothing_but_drafts_and_what_is_used_up(catalogue: psycopg.Connection) -> None:
    assert rights(catalogue, "DELETE") == DELETABLE | FORGOTTEN
    assert rights(catalogue, "TRUNCATE") == set()
    guarded = "SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'frozen_delete' AND tgenabled = 'O'"
    assert set(ask(catalogue, guarded)) == DELETABLE


def test_the_application_changes_nothing_that_is_insert_only(catalogue: psycopg.Connection) -> None:
    written_once = insert_only()
    assert written_once <= set(TABLES), f"listed, but no table: {written_once - set(TABLES)}"
    assert rights(catalogue, "UPDATE") == set(TABLES) - written_once - {"mutual", "ledger_balance"}
    assert rights(catalogue, "INSERT") == set(TABLES) - {"mutual", "ledger_balance"}
    assert {
        "ledger_tx",
        "ledger_entry",
        "audit_log",
        "state_log",
        "evidence",
        "ledger_seal",
        "ledger_leaf",
    } <= written_once


def test_the_application_owns_nothing_and_cannot_pass_by_row_security(catalogue: psycopg.Connection) -> None:
    assert ask(catalogue, "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'gateway_app'") == []
    role = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles WHERE rolname = 'gateway_app'"
    assert ask(catalogue, role) == ["False False False False False"]


def test_money_is_whole_minor_units_and_every_instant_has_its_zone(catalogue: psycopg.Connection) -> None:
    odd = ask(
        catalogue,
        "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        f" WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped AND ("
        " a.attname LIKE '%minor' AND a.atttypid NOT IN ('bigint'::regtype, 'bigint[]'::regtype)"
        " OR a.attname ~ '(cents|amount)$'"
        " OR a.atttypid IN ('real'::regtype, 'double precision'::regtype, 'money'::regtype, 'timestamp'::regtype)"
        " OR a.attname ~ '_id$' AND a.atttypid = 'integer'::regtype"
        " OR EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = a.atttypid))",
    )
    assert odd == []


@pytest.fixture
def neighbours(database: Database) -> Database:
    """A row in every table of each of two mutuals, put there with every rule but row security taken away."""
    with psycopg.connect(database.url) as owner:
        rules = owner.execute(
            f"SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            f" WHERE {OURS} AND k.contype IN ('f', 'c', 'x') ORDER BY k.contype DESC".encode()
        ).fetchall()
        for table, name in rules:
            owner.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {} CASCADE").format(
                    sql.Identifier(table), sql.Identifier(name)
                )
            )
        for table in TABLES:
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        for table in TABLES:
            if table not in COMMON:
                for mutual in ("1", "2"):
                    owner.execute("SELECT set_config('gateway.mutual_id', %s, true)", [mutual])
                    owner.execute(insertion(table, mutual).encode())
    return database


VALUES = {
    "BIGINT": "7",
    "INTEGER": "7",
    "TEXT": "'x'",
    "DATE": "'2026-03-01'::date",
    "BOOLEAN": "true",
    "TIMESTAMP WITH TIME ZONE": "now()",
    "JSONB": "'{}'::jsonb",
    "BYTEA": "'x'::bytea",
    "xid8": "pg_current_xact_id()",
    "BIGINT[]": "'{1}'::bigint[]",
    "TEXT[]": "'{}'::text[]",
    "INTEGER[]": "'{}'::int[]",
    "UUID": "gen_random_uuid()",
    "DATERANGE": "'[2026-03-01,2026-04-01)'::daterange",
    "INT8RANGE": "'[1,2)'::int8range",
}


def insertion(table: str, mutual: str) -> str:
    """A row of the simplest values that a table takes."""
    columns = [
        column
        for column in METADATA.tables[table].columns
        if column.name != "mutual_id"
        and not column.nullable
        and column.server_default is None
        and column.computed is None
    ]
    names = ", ".join(["mutual_id", *(column.name for column in columns)])
    values = ", ".join([mutual, *(_value(column) for column in columns)])
    return f"INSERT INTO {table} ({names}) VALUES ({values})"


def _value(column) -> str:
    if column.type.__class__.__name__ == "AutoString":
        return "'x'"
    return VALUES[column.type.compile(dialect=postgresql.dialect()).replace("VARCHAR", "TEXT")]


def refused(neighbours: Database, mutual: int | None, statement: str) -> str:
    with pytest.raises(psycopg.Error) as refusal, psycopg.connect(neighbours.url) as app:
        app.execute("SET ROLE gateway_app")
        app.execute("SELECT set_config('gateway.mutual_id', %s, true)", ["" if mutual is None else str(mutual)])
        app.execute(statement.encode())
    return str(refusal.value)


def test_no_table_is_read_or_written_across_mutuals(neighbours: Database) -> None:
    writes, changes = [], []
    with psycopg.connect(neighbours.url) as owner:
        writes, changes = rights(owner, "INSERT"), rights(owner, "UPDATE")
        assert all(owner.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (2,) for table in TABLES)
    with psycopg.connect(neighbours.url) as app:
        app.execute("SET ROLE gateway_app")
        for table in sorted(set(TABLES) - COMMON):
            app.execute("SELECT set_config('gateway.mutual_id', '1', false)")
            seen = app.execute(f"SELECT mutual_id FROM {table}".encode()).fetchall()
            assert seen == [(1,)], f"{table} shows rows of another mutual"
            asked = app.execute(f"SELECT count(*) FROM {table} WHERE mutual_id = 2".encode()).fetchone()
            assert asked == (0,), f"{table} shows rows of another mutual when asked for them"
            if table in changes:
                touched = app.execute(f"UPDATE {table} SET mutual_id = mutual_id WHERE mutual_id = 2".encode()).rowcount
                assert touched == 0, f"{table} lets rows of another mutual be changed"
            app.execute("SELECT set_config('gateway.mutual_id', '', false)")
            assert app.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), f"{table} without a mutual"
        app.rollback()
    for table in sorted(set(TABLES) - COMMON):
        if table in writes:
            assert "row-level security" in refused(neighbours, 1, insertion(table, "2")), table
            assert "row-level security" in refused(neighbours, None, insertion(table, "1")), table
        if table in changes:
            assert "row-level security" in refused(neighbours, 1, f"UPDATE {table} SET mutual_id = 2"), table


def test_the_list_of_mutuals_is_not_the_applications_to_write(neighbours: Database) -> None:
    for statement in ("UPDATE mutual SET name = 'x'", "DELETE FROM mutual", insertion("mutual", "3")):
        assert "permission denied" in refused(neighbours, 1, statement)
