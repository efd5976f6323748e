"""What every test stands on: a real PostgreSQL, migrated once, and a database as good as new for each test."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from tests.databases import Shelf, address_of

from gateway.kit.db import Database, libpq_url
from gateway.kit.embedded import ensure_running
from gateway.migrate import upgrade

# How long an example takes says how busy the machine is, nothing about the code. The same code gets the same examples; others
# are looked for by the soak (docs/decisions/0196).
hypothesis_settings.register_profile("house", deadline=None, derandomize=True)
hypothesis_settings.register_profile("search", deadline=None)
hypothesis_settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def server_address() -> str:
    """Return the address of the server's own database, started where none is given."""
    given = os.environ.get("GATEWAY_DATABASE_URL")
    return libpq_url(given) if given else ensure_running(CACHE / "test-pg", settings=FAST)


def _schema_digest() -> str:
    digest = hashlib.sha256()
    files = [*sorted((ROOT / "migrations").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.sql"))]
    for path in [*files, *sorted((ROOT / "src").rglob("models.py")), *sorted((ROOT / "src").rglob("states.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def server_url() -> str:
    """The address of the server's own database."""
    return server_address()


def make_template(server_url: str) -> str:
    """Return the name of a database at the newest migration, made once per content of the migrations."""
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
                upgrade(address_of(server_url, fresh))
                server.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name))
                )
    return name


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a database at the newest migration."""
    return make_template(server_url)


@pytest.fixture(scope="session")
def shelf(server_url: str, template: str) -> Iterator[Shelf]:
    """The databases of this test process."""
    opened = Shelf(server_url, template)
    yield opened
    opened.close()


@pytest.fixture
def database_url(shelf: Shelf) -> Iterator[str]:
    """The address of a migrated database of this test's own, as good as new."""
    with shelf.lend() as address:
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
