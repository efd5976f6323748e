"""How a migration runs: one at a time, in one transaction each, and never waiting long for a lock.

The address comes from the caller (``gateway.migrate``), never from a file.
"""

from alembic import context
from sqlalchemy import create_engine, pool, text

from gateway.kit.db import sqlalchemy_url
from gateway.tables import METADATA

ADVISORY_LOCK = 7_240_926


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare: object) -> bool:
    """Leave the job queue's own tables to the library that owns them."""
    return not (kind == "table" and (name or "").startswith("procrastinate"))


def run() -> None:
    """Run the migrations against the address of the caller."""
    engine = create_engine(sqlalchemy_url(context.config.attributes["url"]), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            include_object=_is_ours,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
