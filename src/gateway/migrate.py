"""Bring a database to the form this version needs, and say which form it has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool

from gateway.kit.db import sqlalchemy_url


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
