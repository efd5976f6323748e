"""The database that the migrations make is the one that the models describe, from nothing and at every step."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import create_engine, pool

from gateway.kit.db import sqlalchemy_url
from gateway.migrate import pending, upgrade
from gateway.tables import METADATA

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
HINT = (
    "the models are not what the migrations make. Before the first release run `.venv/bin/python migrations/freeze.py` and"
    " commit migrations/sql/tables.sql; afterwards write a migration. The differences (> only in the models, < only in the"
    " migrated database):\n"
)


@pytest.fixture
def empty(server_url: str) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"gateway_empty_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        parts = psycopg.conninfo.conninfo_to_dict(server_url)
        yield f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts['port']}/{name}"
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


SCHEMA = """
-- one row per column, constraint and index of our tables, in words
SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
              coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT format('%s %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace = 'public'::regnamespace
WHERE k.contype <> 'n'
UNION ALL
SELECT format('%s', pg_get_indexdef(i.indexrelid))
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
"""


def schema(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {
            row[0]
            for row in connection.execute(SCHEMA.encode())
            if not row[0].startswith(("procrastinate", "alembic_version")) and " ON public.procrastinate" not in row[0]
            if " ON public.alembic_version" not in row[0]
        }


def made_from_models(url: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        owner.execute((MIGRATIONS / "sql" / "roles.sql").read_text(encoding="utf-8").encode())
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    METADATA.create_all(engine)
    engine.dispose()


def test_the_migrated_database_is_the_one_of_the_models(database_url: str, empty: str) -> None:
    """Columns, defaults, checks, keys, exclusions and indexes, as the server itself writes them down."""
    made_from_models(empty)
    migrated, modelled = schema(database_url), schema(empty)
    differences = [f"< {line}" for line in sorted(migrated - modelled)] + [
        f"> {line}" for line in sorted(modelled - migrated)
    ]
    assert not differences, HINT + "\n".join(differences)


def test_a_generated_migration_would_be_empty(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url), poolclass=pool.NullPool)
    options = {
        "compare_type": True,
        "include_object": lambda _item, name, kind, *_: not (kind == "table" and name.startswith("procrastinate")),
    }
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
    engine.dispose()
    assert not found, HINT + "\n".join(map(str, found))


def test_the_migrations_run_on_nothing_and_a_second_run_does_nothing(empty: str) -> None:
    assert pending(empty) != []
    upgrade(empty)
    assert pending(empty) == []
    before = schema(empty)
    upgrade(empty)
    assert schema(empty) == before


def test_a_migration_that_is_broken_off_leaves_nothing_and_runs_again(empty: str) -> None:
    """One transaction each: what stands in the way at its end undoes all of it."""
    with psycopg.connect(empty, autocommit=True) as owner:
        owner.execute("CREATE TABLE filing_line (in_the_way int)")
    with pytest.raises(Exception, match="filing_line"):
        upgrade(empty)
    with psycopg.connect(empty, autocommit=True) as owner:
        left = owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        assert {row[0] for row in left.fetchall()} <= {"filing_line", "alembic_version"}
        owner.execute("DROP TABLE filing_line")
    upgrade(empty)
    assert pending(empty) == []


def test_the_first_migration_says_why_it_cannot_be_undone() -> None:
    (first,) = MIGRATIONS.glob("versions/*the_house.py")
    assert "raise NotImplementedError" in first.read_text(encoding="utf-8")
