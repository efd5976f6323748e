"""One application and one database for all of these tests: a state's systems are told apart by their names."""

import dataclasses
import logging
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from tests.api.applications import called
from tests.api.calling import InProcess
from tests.conftest import MUTUALS
from tests.databases import Shelf
from tests.statelink.state_town import Filed, System, file_for, register, settings_of

from gateway.kit.db import Database

# The library's own console prints every local variable of a trace, which takes longer than the test.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
)


@dataclasses.dataclass(frozen=True)
class World:
    """Two mutuals with a filing each, and the application."""

    database: Database
    transport: InProcess
    filed: Filed
    theirs: Filed
    system: System
    """A client of mutual 1 with every scope and a token."""


@pytest.fixture(scope="session")
def world(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application with a state's system logged in."""
    with shelf.lend() as address:
        with psycopg.connect(address) as owner:
            owner.cursor().executemany(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [(*mutual[:7], "401999999") for mutual in MUTUALS],
            )
        database = Database(address)
        settings = settings_of(database, tmp_path_factory.mktemp("state"))
        with called(settings, database) as transport:
            filed, theirs = file_for(database, 1), file_for(database, 2)
            system = register(database, transport, name="everything").log_in()
            yield World(database, transport, filed, theirs, system)
        database.close()
