"""Rows by the chunk: the next are fetched while some are used, and nothing else on the connection minds."""

import time
from collections.abc import Generator

import pytest
from sqlalchemy.exc import InvalidRequestError

from gateway.kit import bulk, db
from gateway.kit.db import Database

PID = "SELECT pg_backend_pid()"
NUMBERS = "SELECT n::int8 FROM generate_series(1, %(last)s) n"


@pytest.mark.parametrize("last", [0, 1, 9, 10, 11, 20, 25])
def test_every_row_comes_once_and_in_order(database: Database, last: int) -> None:
    with database.session(1) as session:
        chunks = list(bulk.read_chunks(session, NUMBERS, {"last": last}, chunk=10))
    assert [row[0] for rows in chunks for row in rows] == list(range(1, last + 1))
    assert all(0 < len(rows) <= 10 for rows in chunks)


def test_other_statements_run_in_between(database: Database) -> None:
    with database.session(1) as session:
        bulk.stage(session, "kept", {"n": "int8"}, [])
        for rows in bulk.read_chunks(session, NUMBERS, {"last": 2000}, chunk=100):
            bulk.stage(session, "kept", {"n": "int8"}, rows, append=True)
            assert db.scalar(session, "SELECT max(n) FROM kept") == rows[-1][0]
        assert db.scalar(session, "SELECT count(*) FROM kept") == 2000


def test_whoever_gives_up_in_the_middle_leaves_the_connection_as_it_was(database: Database) -> None:
    """A fetch that was begun ends before the rollback, and never comes into the next transaction."""
    for _ in range(5):
        with pytest.raises(LookupError), database.session(1) as session:
            before = db.scalar(session, PID)
            # Held by a name, as a frame that is still told of holds it: it is not tidied away at once.
            chunks = bulk.read_chunks(session, NUMBERS, {"last": 2000}, chunk=100)
            for rows in chunks:
                if rows[0][0] > 300:
                    raise LookupError(rows[0][0])
        with database.session(1) as session:
            assert db.scalar(session, PID) == before, "it is the same connection, or this proves nothing"
            time.sleep(0.02)
            assert db.scalar(session, "SELECT count(*) FROM pg_cursors") == 0
        assert isinstance(chunks, Generator)
        chunks.close()


def test_a_statement_that_fails_in_the_middle_is_what_is_told(database: Database) -> None:
    with database.session(1) as session, pytest.raises(Exception, match="division by zero"):
        for _ in bulk.read_chunks(session, "SELECT 1 / (250 - n) FROM generate_series(1, 999) n", chunk=100):
            pass
    with database.session(1) as session:
        assert db.scalar(session, "SELECT 1") == 1


def test_rows_are_read_by_whoever_goes_through_them_while_the_session_is_between_two_savepoints(
    database: Database,
) -> None:
    """A thread reads a filing's lines while the booking's savepoint comes and goes; it must not ask the session meanwhile."""
    with database.session(1) as session:
        chunks = bulk.read_chunks(session, NUMBERS, {"last": 25}, chunk=10)
        with session.begin_nested() as savepoint:
            savepoint.rollback()
            with pytest.raises(InvalidRequestError):
                session.connection()
            assert [len(rows) for rows in chunks] == [10, 10, 5]
