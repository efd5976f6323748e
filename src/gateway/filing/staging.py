"""Temporary tables that are filled chunk by chunk between two reads of a cursor on the same connection."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from gateway.kit.db import driver


def create(session: Session, table: str, columns: Mapping[str, str], *, on_commit: str = "DROP") -> None:
    """Make an empty temporary table, in the place of one of the same name.

    Args:
        session: The open transaction.
        table: Its name.
        columns: Column name -> PostgreSQL type, and what else holds of the column.
        on_commit: ``DROP``, or ``PRESERVE ROWS`` where several transactions of one connection fill it.
    """
    spec = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    driver(session).execute(f"DROP TABLE IF EXISTS pg_temp.{table}".encode())
    driver(session).execute(f"CREATE TEMPORARY TABLE {table} ({spec}) ON COMMIT {on_commit}".encode())


def append(session: Session, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table made by ``create``; the caller says ANALYZE once, when it is full."""
    names = ", ".join(columns)
    with (
        driver(session).cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types([kind.split()[0] for kind in columns.values()])
        for row in rows:
            copy.write_row(row)
