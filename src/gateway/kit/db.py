"""Connections, transactions and whose data they may touch.

A transaction belongs to one mutual (or to none, for what is common to all): its setting ``gateway.mutual_id`` is
local to it, row-level security reads it, and the connection's role is ``gateway_app``, which owns nothing. A
transaction is opened and committed at the edge only: one request, one job, one command.
"""

import re
import secrets
import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, TextClause, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlmodel import Session

T = TypeVar("T")

APP_ROLE = "gateway_app"
TRANSIENT = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})


def sqlalchemy_url(url: str) -> str:
    """Return the address with the driver named, as SQLAlchemy wants it."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise ValueError("the database address must begin with postgresql://")


def libpq_url(url: str) -> str:
    """Return the address as libpq and psycopg want it."""
    return sqlalchemy_url(url).replace("postgresql+psycopg://", "postgresql://", 1)


MUTUAL = "mutual"
"""Where a session keeps which mutual its transaction acts for, once it was asked."""


class Database:
    """The application's way into one PostgreSQL database."""

    def __init__(
        self, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 0, idle_timeout_ms: int = 300_000
    ) -> None:
        self.url = libpq_url(url)
        self.capacity = 2 * pool_size
        """How many transactions may be open at once."""
        # A process that stands still inside a transaction keeps its locks; the server ends it, so that others go on.
        options = (
            f"-c timezone=UTC -c statement_timeout={statement_timeout_ms} -c lock_timeout=30000"
            f" -c idle_in_transaction_session_timeout={idle_timeout_ms}"
            # Compiling our longest statements takes seconds and running them milliseconds; a server's own default is on.
            " -c jit=off"
            # What a whole payroll passes through for a moment stays in memory: the default is a fifth of it, read again each time.
            " -c temp_buffers=32MB"
        )
        self.engine: Engine = create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={"options": options, "application_name": "gateway", "connect_timeout": 10},
        )
        event.listen(self.engine, "connect", _become_app_role)
        event.listen(self.engine, "checkout", _drop_if_closed)

    @contextmanager
    def session(self, mutual_id: int | None = None, *, actor: str = "system") -> Iterator[Session]:
        """Open a transaction for one mutual; commit at the end, roll back on any error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            act_for(session, mutual_id, actor=actor)
            yield session

    def unit(
        self, mutual_id: int | None, work: Callable[[Session], T], *, actor: str = "system", attempts: int = 6
    ) -> T:
        """Do the work in a transaction of its own, all of it anew while only what others did is in the way.

        For work that may run more than once: what it does besides the database must be safe to repeat.
        """
        for attempt in range(1, attempts):
            try:
                with self.session(mutual_id, actor=actor) as session:
                    return work(session)
            except Exception as error:
                if not is_transient(error):
                    raise
            time.sleep(secrets.SystemRandom().uniform(0, 0.05 * 2**attempt))
        with self.session(mutual_id, actor=actor) as session:
            return work(session)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _become_app_role(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {APP_ROLE}")
    connection.autocommit = False


def _drop_if_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    # A server that went away has closed its end, which shows without asking it: the library's own test of a pooled
    # connection takes three round trips, as many as a whole request needs.
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if watched.poll(0):
        raise DisconnectionError("the server closed this connection while it waited in the pool")


def act_for(session: Session, mutual_id: int | None, *, actor: str) -> None:
    """Bind the open transaction to a mutual and name who acts, for row-level security and the log."""
    session.info.pop(MUTUAL, None)
    session.execute(
        text("SELECT set_config('gateway.mutual_id', :mutual_id, true), set_config('gateway.actor', :actor, true)"),
        {"mutual_id": "" if mutual_id is None else str(mutual_id), "actor": actor},
    )


def is_transient(error: BaseException) -> bool:
    """Tell whether the database refused only because of what others did at the moment: the whole unit may run again.

    True for a serialisation failure, a deadlock, a lock that was not given in time, and a connection lost before the
    commit; never for a commit whose outcome is unknown, which is looked up by its key instead.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.Error) and cause.sqlstate in TRANSIENT


def driver(session: Session) -> psycopg.Connection[Any]:
    """Return the driver's own connection of the open transaction, for COPY and server-side cursors."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


@lru_cache(maxsize=4096)
def _parsed(statement: str) -> TextClause:
    # Statements are constants: finding their parameters once is enough, and the library's own cache knows them again.
    return text(statement)


def rows(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> list[Any]:
    """Run a named statement and return its rows, with columns as attributes."""
    return list(session.execute(_parsed(statement), dict(values or {})).all())


def one(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> Any:
    """Run a statement that answers exactly one row."""
    return session.execute(_parsed(statement), dict(values or {})).one()


def first(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> Any | None:
    """Run a statement and return its first row, or None."""
    return session.execute(_parsed(statement), dict(values or {})).first()


def scalar(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> Any:
    """Run a statement and return the single value it answers."""
    return session.execute(_parsed(statement), dict(values or {})).scalar_one()


_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


@lru_cache(maxsize=256)
def _for_driver(statement: str) -> bytes:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%")).encode()


def at_most_one(session: Session, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run a named statement that answers one row or none, straight by the driver, and return the row.

    For the few statements that run with every receipt: the library's way through its layers takes as long as they do.
    """
    found: tuple[Any, ...] | None = driver(session).execute(_for_driver(statement), values).fetchone()
    return found


def single(session: Session, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Run a named statement that answers exactly one row as ``at_most_one`` does."""
    found = at_most_one(session, statement, values)
    assert found is not None
    return found


def run(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> int:
    """Run a writing statement and return how many rows it touched."""
    return int(getattr(session.execute(_parsed(statement), dict(values or {})), "rowcount", 0))
