"""A database for each test, as good as new: one is cleaned after a test and given to the next under another name.

To copy the migrated template costs more than most tests do. What a test leaves behind is deleted instead; where it
changed anything else than rows (a trigger, a function, a partition), or what the template itself holds, its database is
dropped and the next test gets a new copy. The name changes each time, so that a process that a test left behind
cannot find its way into the next test's books.
"""

import contextlib
import uuid
from collections.abc import Iterator

import psycopg
from psycopg import sql

USES = 60
"""After so many tests a database is not cleaned once more: dead rows and old statistics would slow the next ones."""
MANY = 3000
"""Rows left in one table after which deleting them, and planning with their statistics, is not worth it."""

TABLES = """
-- one row per table that holds rows of its own
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY c.oid
"""

FINGERPRINT = """
-- one row: changes with everything of a schema that is not rows
WITH changed AS (
    SELECT 'class' AS what, c.oid, c.xmin::text AS at FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind <> 'S'
    UNION ALL SELECT 'trigger', t.oid, t.xmin::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
    UNION ALL SELECT 'function', p.oid, p.xmin::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public'
    UNION ALL SELECT 'constraint', k.oid, k.xmin::text FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
    WHERE n.nspname = 'public'
    UNION ALL SELECT 'policy', oid, xmin::text FROM pg_policy
    UNION ALL SELECT 'namespace', oid, xmin::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
    UNION ALL SELECT 'setting', setdatabase, setrole || array_to_string(setconfig, ',') FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT md5(string_agg(what || oid || ' ' || at, ',' ORDER BY what, oid, at)) FROM changed
"""

SEQUENCES = """
-- one row per sequence that was used: it starts anew
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""

FORGOTTEN = """
-- no row: what was gathered of tables that are empty again. A table that is said to be of pages without one row is looked up by any
-- of its indices, row by row for each row that comes
DO $$ BEGIN
    DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace);
    UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples <> -1;
END $$
"""

OTHERS_OUT = """
-- one row per connection of somebody else, which ends
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Shelf:
    """The databases of one test process: at most one clean one waits on it for the next test."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server = psycopg.connect(server_url, autocommit=True)
        self._url = server_url
        self._template = template
        self._waiting: _Kept | None = None

    @contextlib.contextmanager
    def lend(self) -> Iterator[str]:
        """Lend a database that holds what the template holds; give its address."""
        kept = self._take()
        try:
            yield address_of(self._url, kept.name)
        finally:
            self._give_back(kept)

    def close(self) -> None:
        """Drop what waits."""
        if self._waiting is not None:
            self._drop(self._waiting)
            self._waiting = None
        self._server.close()

    def _take(self) -> "_Kept":
        kept, self._waiting = self._waiting, None
        name = f"gateway_test_{uuid.uuid4().hex[:12]}"
        if kept is not None:
            self._do("ALTER DATABASE {} RENAME TO {}", kept.name, name)
            kept.name = name
            return kept
        self._do("CREATE DATABASE {} TEMPLATE {}", name, self._template)
        with psycopg.connect(address_of(self._url, name), autocommit=True) as connection:
            return _Kept(name, connection)

    def _give_back(self, kept: "_Kept") -> None:
        kept.uses += 1
        if kept.uses < USES and self._waiting is None:
            with contextlib.suppress(psycopg.Error):
                with psycopg.connect(address_of(self._url, kept.name), autocommit=True) as connection:
                    clean = kept.clean(connection)
                if clean:
                    self._waiting = kept
                    return
        self._drop(kept)

    def _drop(self, kept: "_Kept") -> None:
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", kept.name)

    def _do(self, statement: str, *names: str) -> None:
        self._server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class _Kept:
    """A database and what it was like when it was copied."""

    def __init__(self, name: str, connection: psycopg.Connection) -> None:
        self.name = name
        self.uses = 0
        self._tables = [f"{schema}.{table}" for schema, table in connection.execute(TABLES)]
        self._schema = _fingerprint(connection)
        given = self._filled(connection)
        self._given = {table: _content(connection, table) for table in given}

    def clean(self, connection: psycopg.Connection) -> bool:
        """Delete what a test left; tell whether the database is as it was."""
        connection.execute(OTHERS_OUT)
        if _fingerprint(connection) != self._schema:
            return False
        if any(_content(connection, table) != content for table, content in self._given.items()):
            return False
        filled = [table for table in self._filled(connection) if table not in self._given]
        with connection.transaction():
            # No guard, no reference and no policy speaks here: everything goes, in any order.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in filled:
                if connection.execute(sql.SQL("DELETE FROM {}").format(_named(table))).rowcount > MANY:
                    return False
            connection.execute(SEQUENCES)
            connection.execute(FORGOTTEN)
        return True

    def _filled(self, connection: psycopg.Connection) -> list[str]:
        asked = [
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), _named(table))
            for table in self._tables
        ]
        return [name for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(asked))]


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split(".", 1))


def _fingerprint(connection: psycopg.Connection) -> str:
    row = connection.execute(FINGERPRINT).fetchone()
    assert row is not None
    return str(row[0])


def _content(connection: psycopg.Connection, table: str) -> str | None:
    rows = sql.SQL("SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} t").format(_named(table))
    row = connection.execute(rows).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


def address_of(server: str, name: str) -> str:
    """Return the address of another database of the same server; the address may carry parameters."""
    parts = psycopg.conninfo.conninfo_to_dict(server)
    host, port = parts.get("host", "127.0.0.1"), parts.get("port", "5432")
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@{host}:{port}/{name}"


def database_of(address: str) -> str:
    """Return the name of the database at an address."""
    return str(psycopg.conninfo.conninfo_to_dict(address)["dbname"])
