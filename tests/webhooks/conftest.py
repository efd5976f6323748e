"""One receiver on a socket for all of these tests: its effects are told apart by their numbers."""

from collections.abc import Iterator

import pytest
from tests.webhooks.hook_town import Hands, RunningReceiver, start_receiver

from gateway.kit.db import Database


@pytest.fixture(scope="session")
def shared_receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningReceiver]:
    """A receiver process."""
    with start_receiver(tmp_path_factory.mktemp("receiver")) as running:
        yield running


@pytest.fixture
def receiver(shared_receiver: RunningReceiver) -> RunningReceiver:
    """The receiver, as good as new."""
    shared_receiver.control("DELETE", "effects")
    shared_receiver.script()
    shared_receiver.believe()
    return shared_receiver


@pytest.fixture
def hands(database: Database) -> Hands:
    """A worker's hands, allowed to send inside private networks as a sandbox's are."""
    return Hands(database)
