"""The house: every table of the first release, the ledger's guard, row-level security, the job queue.

Why one migration: nothing ran before it. On an empty database it takes about a second.
"""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from gateway.tables import METADATA

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Create everything."""
    run = op.get_bind().exec_driver_sql
    run("CREATE EXTENSION IF NOT EXISTS btree_gist")
    run((SQL / "roles.sql").read_text(encoding="utf-8"))
    METADATA.create_all(op.get_bind())
    run((SQL / "ledger.sql").read_text(encoding="utf-8"))
    run(SchemaManager.get_schema().replace("%", "%%") if False else SchemaManager.get_schema())
    op.execute(
        text(
            """DO $$ DECLARE t record; BEGIN
            FOR t IN SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace AND n.nspname = 'public'
                     WHERE relkind IN ('r', 'p') AND relname LIKE 'procrastinate%' LOOP
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO gateway_app', t.relname);
            END LOOP; END $$"""
        )
    )
    run((SQL / "tenancy.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: there is nothing before the first release to go back to, and the books must stay."""
    raise NotImplementedError("the first migration is not undone; drop the database instead, if it holds nothing")
