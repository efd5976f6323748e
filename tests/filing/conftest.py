"""The sandbox state for the tests of filing: one process for the module, forgetful between tests by new numbers."""

from collections.abc import Iterator

import pytest
from state_process import StateProcess, running_state


@pytest.fixture
def state() -> Iterator[StateProcess]:
    """A sandbox state of this test's own."""
    with running_state() as running:
        yield running
