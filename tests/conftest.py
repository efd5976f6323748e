"""What every test stands on: a real PostgreSQL, migrated once, cloned for each test that wants its own."""

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gateway.kit.db import Database, libpq_url
from gateway.kit.embedded import ensure_running
from gateway.migrate import upgrade

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _server() -> str:
    given = os.environ.get("GATEWAY_DATABASE_URL")
    return libpq_url(given) if given else ensure_running(CACHE / "test-pg", settings=FAST)


def _schema_digest() -> str:
    digest = hashlib.sha256()
    files = [*sorted((ROOT / "migrations").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.sql"))]
    for path in [*files, *sorted((ROOT / "src").rglob("models.py")), *sorted((ROOT / "src").rglob("states.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _address_of(server: str, name: str) -> str:
    # The address may carry parameters; only the database's name changes.
    parts = psycopg.conninfo.conninfo_to_dict(server)
    host, port = parts.get("host", "127.0.0.1"), parts.get("port", "5432")
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@{host}:{port}/{name}"


@pytest.fixture(scope="session")
def server_url() -> str:
    """The address of the server's own database."""
    return _server()


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a database at the newest migration, made once per content of the migrations."""
    name = f"gateway_template_{_schema_digest()}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server_url, autocommit=True) as server:
            known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                fresh = f"{name}_new"
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
                upgrade(_address_of(server_url, fresh))
                server.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name))
                )
    return name


@contextmanager
def _clone(server_url: str, template: str) -> Iterator[str]:
    name = f"gateway_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield _address_of(server_url, name)
        finally:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    with _clone(server_url, template) as address:
        yield address


MUTUALS = [
    (1, "amparo", "Mutual Amparo", "do", "DOP", "America/Santo_Domingo", "es", "401999999"),
    (2, "kosove", "Mutuelle Kosove", "do", "DOP", "America/Santo_Domingo", "fr", "401888888"),
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A way into a fresh database with two mutuals, 1 and 2."""
    with psycopg.connect(database_url) as owner:
        owner.cursor().executemany(
            "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            MUTUALS,
        )
    opened = Database(database_url)
    yield opened
    opened.close()
