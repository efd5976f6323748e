"""Pooled connections: one that the server has closed is replaced before anybody gets it."""

import psycopg

from gateway.kit import db
from gateway.kit.db import Database

PID = "SELECT pg_backend_pid()"


def test_a_connection_that_the_server_closed_is_replaced_unseen(database: Database, database_url: str) -> None:
    with database.session(1) as session:
        before = db.scalar(session, PID)
    with database.session(1) as session:
        assert db.scalar(session, PID) == before, "the pool keeps connections, or this proves nothing"
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    with database.session(1) as session:
        assert db.scalar(session, PID) != before
        assert db.scalar(session, "SELECT current_user") == db.APP_ROLE


def test_every_connection_of_a_pool_is_replaced_after_the_server_closed_all(
    database: Database, database_url: str
) -> None:
    with database.session(1) as one, database.session(1) as other, database.session(2) as third:
        pids = {db.scalar(session, PID) for session in (one, other, third)}
    assert len(pids) == 3
    with psycopg.connect(database_url, autocommit=True) as owner:
        for pid in pids:
            owner.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with database.session(1) as one, database.session(1) as other, database.session(2) as third:
        assert not pids & {db.scalar(session, PID) for session in (one, other, third)}


def test_a_server_that_compiles_statements_is_asked_not_to(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$")
        with psycopg.connect(database_url) as other:
            assert other.execute("SHOW jit").fetchone() == ("on",), (
                "the database's own setting counts, or this proves nothing"
            )
        with database.session(1) as session:
            assert db.scalar(session, "SHOW jit") == "off"
        owner.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET jit', current_database()); END $$")
