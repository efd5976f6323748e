"""Many rows at once: stream them out through a server-side cursor, bring them in by COPY to a temporary table.

COPY goes to a temporary table because row-level security forbids it on the tables themselves; the set-based
``INSERT … SELECT`` that follows is where constraints and security speak.
"""

import itertools
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlmodel import Session

from gateway.kit.db import driver

CHUNK = 10_000
MANY = 1_000
"""From so many rows on, looking each up through an index takes longer than going through the tables once."""
ROOM = "128MB"
"""What a step of a statement over many rows may hold in memory (twice as much where it hashes). A million members are joined
and sorted in it; with the few megabytes of a usual statement they would go through files. Few rows take no more than they need."""
NULL = "\\N"
"""What stands for no value in a column that is copied as text."""
_MEANT = ("\\", "\t", "\n", "\r")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_counter = itertools.count(1)


def read_chunks(
    session: Session, statement: str, values: Mapping[str, Any] | None = None, *, chunk: int = CHUNK
) -> Generator[list[tuple[Any, ...]], None, None]:
    """Stream the rows of a query in lists of at most ``chunk``; memory stays flat.

    While a list is used a thread fetches the next, so that the server and whoever reads work at the same time. Other
    statements may run in between: one connection does one thing at a time, and whoever comes second waits. The session itself
    is asked for its connection here and now, so the rows may be gone through by another thread than the one that calls.

    Args:
        session: The open transaction; the cursor lives inside it.
        statement: SQL with psycopg's ``%(name)s`` parameters.
        values: The parameters.
        chunk: Rows per list.
    """
    return _chunks(driver(session), statement.encode(), dict(values or {}), chunk)


def _chunks(
    connection: psycopg.Connection[Any], statement: bytes, values: dict[str, Any], chunk: int
) -> Generator[list[tuple[Any, ...]], None, None]:
    with connection.cursor(name=f"stream_{next(_counter)}") as cursor:
        cursor.execute(statement, values, binary=True)
        batch = cursor.fetchmany(chunk)
        if len(batch) < chunk:
            if batch:
                yield batch
            return
        with ThreadPoolExecutor(1, thread_name_prefix="fetch") as helper:
            while batch:
                following = _fetching(helper, cursor, chunk) if len(batch) == chunk else None
                yield batch
                batch = following.result() if following is not None else []


def _fetching(
    helper: ThreadPoolExecutor, cursor: psycopg.ServerCursor[Any], chunk: int
) -> Future[list[tuple[Any, ...]]]:
    """Begin to fetch and return once the connection is taken: what is asked next, a rollback too, comes after it."""
    begun = helper.submit(cursor.fetchmany, chunk)
    while not (begun.done() or cursor.connection.lock.locked()):
        time.sleep(0.0002)
    return begun


def stage(
    session: Session,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    *,
    append: bool = False,
    analyze: Sequence[str] = (),
) -> int:
    """COPY rows into a temporary table that ends with the transaction; return how many.

    Args:
        session: The open transaction.
        table: Name of the temporary table, made here unless ``append``.
        columns: Column name -> PostgreSQL type, in the order of each row.
        rows: Tuples; read once.
        append: Add to the table of an earlier call.
        analyze: Columns that are joined or grouped by; all are looked at where none is named, which for wide texts takes
            as long as the copying.
    """
    connection = driver(session)
    if not append:
        _make(session, table, columns)
    written = 0
    names = ", ".join(columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types([kind.split(" ")[0] for kind in columns.values()])
        for row in rows:
            copy.write_row(row)
            written += 1
    _look_at(session, table, analyze, written)
    return written


def stage_columns(
    session: Session,
    table: str,
    columns: Mapping[str, str],
    blocks: Iterable[Sequence[Sequence[str]]],
    *,
    analyze: Sequence[str] = (),
) -> int:
    """COPY rows that come in blocks, column by column and as text, as ``stage`` does rows; return how many.

    Many times faster than row by row where a file's rows are text already.

    Args:
        session: The open transaction.
        table: Name of the temporary table, made here.
        columns: Column name -> PostgreSQL type, in the order of each block's columns.
        blocks: Of each column its texts, ``escaped`` where they may hold anything; ``NULL`` where there is none. Read once.
        analyze: As ``stage`` takes it.
    """
    _make(session, table, columns)
    written = 0
    with (
        driver(session).cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy,
    ):
        for block in blocks:
            copy.write("\n".join(map("\t".join, zip(*block, strict=True))) + "\n")
            written += len(block[0])
    _look_at(session, table, analyze, written)
    return written


def escaped(column: Sequence[str]) -> Sequence[str]:
    """Return texts as ``stage_columns`` takes them: nothing in them ends a cell or a row, or is taken for ``NULL``."""
    together = "".join(column)
    if not any(sign in together for sign in _MEANT):
        return column
    return [text.translate(_ESCAPES) for text in column]


def _make(session: Session, table: str, columns: Mapping[str, str]) -> None:
    spec = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection = driver(session)
    connection.execute(f"DROP TABLE IF EXISTS pg_temp.{table}".encode())
    connection.execute(f"CREATE TEMPORARY TABLE {table} ({spec}) ON COMMIT DROP".encode())


def _look_at(session: Session, table: str, columns: Sequence[str], rows: int) -> None:
    named = f" ({', '.join(columns)})" if columns else ""
    driver(session).execute(f"ANALYZE {table}{named}".encode())
    plan_anew(session, rows)


def plan_anew(session: Session, rows: int = MANY) -> None:
    """Forget the plans this connection keeps of foreign keys and guards, before many rows are written.

    A foreign key looks its parent up by a plan of the day it was first used here. If the parent was small then, that plan
    reads the whole table, once for every row that comes, until somebody gathers new statistics.

    Args:
        session: The open transaction.
        rows: About how many are to be written; for a few, making plans takes longer than looking.
    """
    if rows >= MANY:
        driver(session).execute(b"DISCARD PLANS")


@contextmanager
def without_nested_loops(session: Session, rows: int = MANY) -> Iterator[None]:
    """Let the statements inside join large sets by hash or merge only, in memory where ``ROOM`` is enough for it.

    Rows that were written a moment ago are in no statistics yet; a join that is thought to be of one row and is of a
    million would otherwise never end.

    Args:
        session: The open transaction.
        rows: About how many are concerned, where that is known: a few are looked up one by one, as the planner thinks.
    """
    if rows < MANY:
        yield
        return
    plan_anew(session, rows)
    connection = driver(session)
    # One after the other, from the left: what held before is read before it is changed.
    changed = connection.execute(
        b"SELECT current_setting('work_mem'), set_config('work_mem', %s, true), set_config('enable_nestloop', 'off', true)",
        [ROOM],
    ).fetchone()
    yield
    assert changed is not None
    connection.execute(
        b"SELECT set_config('work_mem', %s, true), set_config('enable_nestloop', 'on', true)", [changed[0]]
    )


def count_for_plans(session: Session, table: str, column: str) -> None:
    """Let plans know how many rows a temporary table has, by a look at three hundred of them.

    ANALYZE as it is reads a hundred times as many, to know how often each value comes: not needed where each comes once.

    Args:
        session: The open transaction.
        table: The table, filled.
        column: One that has no two equal values, or hardly.
    """
    connection = driver(session)
    connection.execute(b"SET LOCAL default_statistics_target = 1")
    connection.execute(f"ANALYZE {table} ({column})".encode())
    connection.execute(b"SET LOCAL default_statistics_target TO DEFAULT")


def execute(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> int:
    """Run one set-based statement with ``%(name)s`` parameters; return how many rows it wrote."""
    return driver(session).execute(statement.encode(), dict(values or {})).rowcount


def one(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    """Run a set-based statement with ``%(name)s`` parameters that gives one row, and return it."""
    row = driver(session).execute(statement.encode(), dict(values or {})).fetchone()
    assert row is not None
    found: tuple[Any, ...] = row
    return found
