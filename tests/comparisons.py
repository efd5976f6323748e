"""Counts the rows that statements read and compare, instead of their seconds: work that grows with the square shows at once.

Two counters, since neither sees everything. PostgreSQL's own statistics of a transaction say how many rows of each table
were read, by foreign keys and guards too. The plans that really ran say how many rows were compared in joins, and in tables
that exist for one statement only.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from sqlalchemy import event
from sqlmodel import Session

from gateway.kit.db import Database, driver

READ = """
SELECT relname, sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))
FROM pg_stat_xact_all_tables WHERE schemaname IN ('public', 'pg_temp') OR schemaname LIKE 'pg_temp%' GROUP BY 1
"""
TOLD = {
    "log_min_duration": "20ms",  # a foreign key's look-up is in the other counter; a hundred thousand notices are slow
    "log_analyze": "on",
    "log_timing": "off",
    "log_nested_statements": "on",
    "log_format": "json",
    "log_verbose": "off",
}
PER_LOOP = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


UNATTENDED = """
DO $$
DECLARE
    name regclass;
BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)', name);
    END LOOP;
    DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace);
    UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i');
END $$
"""


def forget_statistics(database_url: str) -> None:
    """Let the database know nothing about its tables, and learn nothing by itself."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(UNATTENDED)


def gather_statistics(database_url: str) -> None:
    """Let it look at its tables as they are now, without what earlier tests left of rows that are gone."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


class Comparisons:
    """What the transactions of a database read and compared."""

    def __init__(self) -> None:
        self.read: dict[str, int] = {}
        """The most rows of a table that one transaction read."""
        self.compared: list[tuple[int, str, str]] = []
        """Of each statement that took a while: the most rows of a node of its plan, the node, the statement."""

    def too_many(self, most: int) -> list[str]:
        """Return what read or compared more than so many rows, in words."""
        read = [f"{rows:,} rows of {table} were read" for table, rows in self.read.items() if rows > most]
        compared = [f"{rows:,} rows in {node} of {text}" for rows, node, text in self.compared if rows > most]
        return sorted(read) + sorted(compared)

    def _notice(self, text: str) -> None:
        _, brace, plan = text.partition("{")
        if not brace or '"Plan"' not in plan:
            return
        told = json.loads(brace + plan)
        rows, node = max(_nodes(told["Plan"]))
        self.compared.append((rows, node, " ".join(str(told["Query Text"]).split())[:160]))

    def _count(self, connection: "Connection[Any]") -> None:
        for table, rows in connection.execute(READ).fetchall():
            self.read[table] = max(self.read.get(table, 0), int(rows))


def _nodes(plan: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    rows = sum(float(plan.get(name, 0)) for name in PER_LOOP) * float(plan.get("Actual Loops", 1))
    yield round(rows), f"{plan['Node Type']} {plan.get('Relation Name', plan.get('CTE Name', ''))}".strip()
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@contextmanager
def comparisons(database: Database) -> Iterator[Comparisons]:
    """Count what every transaction of new connections of this database reads and compares."""
    counted = Comparisons()

    def equip(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("RESET ROLE")
        connection.execute("LOAD 'auto_explain'")
        for name, value in TOLD.items():
            connection.execute(f"SET auto_explain.{name} = '{value}'")
        connection.execute("SET client_min_messages = log")
        connection.execute("SET ROLE gateway_app")
        connection.autocommit = False
        connection.add_notice_handler(lambda notice: counted._notice(notice.message_primary or ""))

    def count(session: Session) -> None:
        counted._count(driver(session))

    database.engine.dispose()
    event.listen(database.engine, "connect", equip)
    event.listen(Session, "before_commit", count)
    try:
        yield counted
    finally:
        event.remove(Session, "before_commit", count)
        event.remove(database.engine, "connect", equip)
        database.engine.dispose()
