"""The house: every table of the first release, the ledger's guard, row-level security, the job queue.

The tables are those of ``sql/tables.sql``, which ``freeze.py`` writes: a migration must not change when the models do.
Why one migration: nothing ran before it. On an empty database it takes about a second.
"""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Create everything."""
    _run("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for name in ("roles", "tables", "ledger", "guards", "membership", "reconciliation"):
        _run(_sql(name))
    _run(SchemaManager.get_schema())
    for name in ("administration", "jobs", "staff", "selfcheck", "reports", "transparency", "tenancy"):
        _run(_sql(name))


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _run(statement: str) -> None:
    # The driver's own connection: the text holds per cent signs and many statements, and takes no parameters.
    op.get_bind().connection.driver_connection.execute(statement)  # type: ignore[union-attr]  # there is one while a migration runs


def downgrade() -> None:
    """Refuse: there is nothing before the first release to go back to, and the books must stay."""
    raise NotImplementedError("the first migration is not undone; drop the database instead, if it holds nothing")
