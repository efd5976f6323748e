"""One state and one payer for the tests of a file; each test has an employer of its own."""

import itertools
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.processes import RunningPayer, RunningState, start_payer, start_state, wait_for
from tests.sandbox.contract import check

TODAY = "2026-04-01"
_employers = itertools.count(130_000_001)
_documents = itertools.count(1, 1000)


@pytest.fixture(scope="module")
def _module_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningState]:
    with start_state(tmp_path_factory.mktemp("state")) as running:
        running.client.event_hooks["response"] = [check]
        yield running


@pytest.fixture
def state(_module_state: RunningState) -> Iterator[RunningState]:
    """A state that behaves, on the first of April; every answer it gives is held against the contract."""
    # A filing that the test before left unanswered would follow this one's script.
    with suppress(AssertionError):
        wait_for(lambda: all(one["answered_at"] or one["is_stuck"] for one in _module_state.dump()["filings"]), 3)
    _module_state.script()
    _module_state.control("PUT", "register", {name: [] for name in _LISTS})
    _module_state.set_date(TODAY)
    hooks = _module_state.client.event_hooks["response"]
    yield _module_state
    _module_state.client.event_hooks["response"] = hooks


_LISTS = (
    "not_registered", "nss_of_nobody", "active_elsewhere", "working", "not_in_family", "not_active",
    "inactive_payrolls",
)  # fmt: skip


@pytest.fixture(scope="module")
def _module_payer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPayer]:
    with start_payer(tmp_path_factory.mktemp("payer"), opening="1000000.00") as running:
        yield running


@pytest.fixture
def payer(_module_payer: RunningPayer) -> RunningPayer:
    """A payer that behaves, on the first of April."""
    _module_payer.script()
    _module_payer.control("PUT", "destinations", {})
    _module_payer.set_date(TODAY)
    return _module_payer


@pytest.fixture
def employer() -> str:
    """An employer that no other test files for."""
    return str(next(_employers))


@pytest.fixture
def first() -> int:
    """The first of a thousand numbers for documents that no other test uses."""
    return next(_documents)
