"""Bring a database to the form this version needs, and say which form it has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool
from sqlmodel import Session

from gateway.kit import db
from gateway.kit.db import sqlalchemy_url
from gateway.kit.errors import UnavailableError

VERSION = """
-- at most one row: the newest migration that ran here
SELECT version_num FROM alembic_version
"""


class SchemaOutdatedError(UnavailableError):
    """The database does not have the form that this version needs."""

    code = "schema_outdated"
    title = "The database must be migrated first"


def _migrations_folder() -> Path:
    beside_sources = Path(__file__).resolve().parents[2] / "migrations"
    return beside_sources if beside_sources.is_dir() else Path(__file__).resolve().parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_migrations_folder()).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Run every migration the database lacks; a second run does nothing."""
    command.upgrade(_config(url), "head")


def pending(url: str) -> list[str]:
    """Return the revisions that ``upgrade`` would run, oldest first."""
    script = ScriptDirectory.from_config(_config(url))
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    waiting = [revision.revision for revision in script.iterate_revisions("head", current or "base")]
    return list(reversed(waiting))


def require_current(session: Session) -> None:
    """Check that every migration of this version ran.

    Raises:
        SchemaOutdatedError: Some did not, or the database is of a later version.
    """
    head = ScriptDirectory.from_config(_config("postgresql://")).get_current_head()
    row = db.first(session, VERSION)
    if row is None or row.version_num != head:
        found = "nothing" if row is None else row.version_num
        raise SchemaOutdatedError(f"the database stands at {found}, this version needs {head}; run gateway migrate")
