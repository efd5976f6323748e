"""The API over the application itself, with somebody logged in for every role, at two mutuals."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from tests.api.applications import application
from tests.api.calling import Caller, InProcess

from gateway.kit import db
from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.staff import queries
from gateway.staff.login import start_session
from gateway.staff.models import Role
from gateway.staff.passwords import hash_password

PASSWORD = "tres mangos en la mesa"
TODAY = dt.date(2026, 4, 2)


# The library's own console prints every local variable of a trace, which takes longer than the test.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
)


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """The file whose date is today for the application under test."""
    path = tmp_path / "today"
    path.write_text(TODAY.isoformat())
    return path


@pytest.fixture
def settings(database: Database, clock_file: Path) -> Settings:
    """Settings of the application under test."""
    return Settings(database_url=database.url, demo=True, clock_file=clock_file, log_level="error")


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[FastAPI]:
    """The application on the test's own database."""
    with application(settings, database) as lent:
        yield lent


@pytest.fixture
def transport(app: FastAPI) -> Iterator[InProcess]:
    """A way to call the application without a socket."""
    with InProcess(app) as opened:
        yield opened


@pytest.fixture
def anonymous(transport: InProcess) -> Caller:
    """Nobody."""
    return Caller(transport, {})


@pytest.fixture
def client(database: Database, transport: InProcess) -> Callable[..., Caller]:
    """``client(Role.CASHIER)``: somebody with these roles, logged in at mutual 1 (or ``mutual=2``).

    The name of a person is made from her roles; ``name="berta"`` makes another person.
    """
    known: dict[tuple[Any, ...], Caller] = {}

    def log_in(*roles: Role | str, mutual: int = 1, name: str | None = None) -> Caller:
        wanted = tuple(sorted(Role(role).value for role in roles))
        key = (mutual, wanted, name)
        if key not in known:
            known[key] = Caller(
                transport, {"authorization": f"Bearer {token_for(database, *wanted, mutual=mutual, name=name)}"}
            )
        return known[key]

    return log_in


def token_for(database: Database, *roles: Role | str, mutual: int = 1, name: str | None = None) -> str:
    """Take somebody on with these roles and return her token."""
    username = name or "-".join(roles).replace("_", ".")[:40] or "nobody"
    values = {"username": username, "full_name": username.title(), "roles": sorted(roles), "language": "es"}
    with database.session(mutual, actor="test") as session:
        user = db.one(session, queries.INSERT_USER, {**values, "password_hash": _password_hash()})
        return start_session(session, user, hours=12).token


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)
