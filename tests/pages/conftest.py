"""The office on a socket, in a real browser: one town, one server and one browser for each test process.

``office`` is for tests that look; ``fresh`` gives a town of its own to a test that changes something.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from tests.conftest import MUTUALS
from tests.databases import Shelf, database_of
from tests.pages.browsing import Office, chromium
from tests.pages.office_town import TODAY, Town, build

from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.site import create_app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of a file of tests: while it is open, an event loop runs that other tests cannot have beside theirs."""
    with sync_playwright() as playwright:
        opened = chromium(playwright)
        yield opened
        opened.close()


class Towns:
    """Databases with the town in them: it is built once for each test process, and copied."""

    def __init__(self, shelf: Shelf, server_url: str) -> None:
        self._built = shelf.lend()
        address = self._built.__enter__()
        with psycopg.connect(address) as owner:
            owner.cursor().executemany(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                MUTUALS,
            )
        database = Database(address)
        self._town = build(database)
        database.close()
        self._copies = Shelf(server_url, database_of(address))

    @contextmanager
    def lend(self) -> Iterator[tuple[str, Town]]:
        """Lend a town of one's own: the address of its database, and who lives in it."""
        with self._copies.lend() as address:
            yield address, deepcopy(self._town)

    def close(self) -> None:
        """Drop all of them."""
        self._copies.close()
        self._built.__exit__(None, None, None)


@pytest.fixture(scope="session")
def towns(shelf: Shelf, server_url: str) -> Iterator[Towns]:
    """The towns of this test process."""
    made = Towns(shelf, server_url)
    yield made
    made.close()


@contextmanager
def opened(towns: Towns, browser: Browser, folder: Path) -> Iterator[Office]:
    """A town and its office on a socket."""
    clock = folder / "today"
    clock.write_text(TODAY.isoformat())
    with towns.lend() as (address, town):
        database = Database(address)
        settings = Settings(
            database_url=address,
            demo=True,
            clock_file=clock,
            log_level="error",
            data_dir=folder,
            login_rate_per_minute=1000,
        )
        server = uvicorn.Server(uvicorn.Config(create_app(settings, database), port=0, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        place = Office(f"http://localhost:{port}/o", database, town, browser, clock)
        yield place
        place.close()
        server.should_exit = True
        thread.join(10)
        database.close()


@pytest.fixture(scope="module")
def office(towns: Towns, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office of a file of tests; who changes something in it that others look at asks for ``fresh``."""
    with opened(towns, browser, tmp_path_factory.mktemp("office")) as place:
        yield place


@pytest.fixture
def fresh(towns: Towns, browser: Browser, tmp_path: Path) -> Iterator[Office]:
    """An office of this test's own."""
    with opened(towns, browser, tmp_path) as place:
        yield place


@pytest.fixture(autouse=True)
def nothing_broken(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test during which a page broke the policy or a script failed."""
    places: list[Office] = [
        request.getfixturevalue(name) for name in ("office", "fresh") if name in request.fixturenames
    ]
    yield
    for place in places:
        said, place.complaints[:] = list(place.complaints), []
        assert said == []
