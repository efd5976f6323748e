"""A sandbox state as somebody's implementation, built rightly or wrongly, and one run of all cases against it."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.processes import SECRET, RunningState, free_port, start_state

from gateway.conformance.bench import Target
from gateway.conformance.case import Outcome
from gateway.conformance.run import Result, run

TODAY = "2026-04-01"
_employers = itertools.count(130_500_001)
Try = Callable[..., dict[str, Result]]


def hook(state: RunningState, path: str, **fields: str) -> str:
    """The command by which a tester's system is made to do something: for the sandbox, one of its levers."""
    body = json.dumps(fields).replace('"', '\\"')
    return f"curl -sSf -X POST {state.url}/sandbox/{path} -H 'authorization: Bearer {state.token}' -d \"{body}\""


def target(state: RunningState, country: str = "do", **changed: Any) -> Target:
    """How a state is tried here: all that can be given is given."""
    paid = {
        "reference": "$NOTICE", "amount": "$AMOUNT", "currency": "$CURRENCY", "paid_on": "$TODAY",
        "authorisation": "A-$NOTICE",
    }  # fmt: skip
    known: dict[str, Any] = {
        "token": state.token,
        "callback_url": f"http://127.0.0.1:{state.callback_port}/callbacks",
        "secret": SECRET,
        "when_billed": hook(state, "payments", **paid),
        "when_paid": hook(state, "remittances", employer="$EMPLOYER", period="$PERIOD", share="0.9", unknown_lines="2"),
        "wait": 60.0,
        "lines": 8,
        "employer": str(next(_employers)) if country == "do" else None,
    }
    return Target(state.url, country, **{**known, **changed})


def started(folder: Path, **options: Any) -> RunningState:
    """A state that calls back to where the cases listen."""
    port = free_port()
    state = start_state(
        folder, callback_url=f"http://127.0.0.1:{port}/callbacks", callback_secret=SECRET, date=TODAY,
        answer_delay=0.08, confirm_delay=0.01, **options,
    )  # fmt: skip
    state.callback_port = port
    return state


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningState]:
    """The Dominican sandbox state."""
    with started(tmp_path_factory.mktemp("state")) as running:
        yield running


@pytest.fixture
def tried(state: RunningState) -> Iterator[Try]:
    """Try every case against the state with the habits given; return what became of each."""

    def trying(*rules: dict[str, Any], **changed: Any) -> dict[str, Result]:
        state.script(*({"times": None, **rule} for rule in rules))
        return {result.case.name: result for result in run(target(state, **changed))}

    yield trying
    state.script()


def named(results: dict[str, Result], outcome: Outcome) -> set[str]:
    """The cases that ended so."""
    return {name for name, result in results.items() if result.outcome is outcome}
