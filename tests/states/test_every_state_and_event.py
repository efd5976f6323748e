"""Every state machine of the project, every state, every event: allowed by its table, or refused in words."""

import importlib
import pkgutil
from enum import StrEnum
from typing import Any

import pytest

import gateway
from gateway.kit.states import InvalidTransitionError, StateMachine


def _machines() -> list[tuple[str, StateMachine[Any, Any]]]:
    found = []
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module.name.rsplit(".", 1)[-1] == "states" and not module.name.startswith(
            ("gateway.kit", "gateway.sandbox")
        ):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, StateMachine):
                    found.append((f"{module.name}.{name}", value))
    return found


MACHINES = _machines()


def _states(machine: StateMachine[Any, Any]) -> type[StrEnum]:
    return type(next(iter(machine.table.values()))[1])


def _events(machine: StateMachine[Any, Any]) -> type[StrEnum]:
    return type(next(iter(machine.table)))


CASES = [
    pytest.param(machine, state, event, id=f"{name}-{state}-{event}")
    for name, machine in MACHINES
    for state in _states(machine)
    for event in _events(machine)
]


def test_the_machines_of_filing_are_among_those_tried() -> None:
    names = {name.removeprefix("gateway.") for name, _ in MACHINES}
    assert {"filing.states.FILING", "filing.states.DOCUMENT", "filing.states.LINE", "filing.states.BILL"} <= names


@pytest.mark.parametrize(("name", "machine"), MACHINES, ids=[name for name, _ in MACHINES])
def test_every_event_has_a_row_in_its_table(name: str, machine: StateMachine[Any, Any]) -> None:
    assert set(machine.table) == set(_events(machine)), name


@pytest.mark.parametrize(("machine", "state", "event"), CASES)
def test_an_event_leads_where_the_table_says_or_is_refused_naming_the_states_it_needs(
    machine: StateMachine[Any, Any], state: Any, event: Any
) -> None:
    sources, target = machine.table[event]
    if state in sources:
        assert machine.advance(state, event) == target
        assert target in set(_states(machine))
    else:
        with pytest.raises(InvalidTransitionError) as refused:
            machine.advance(state, event)
        assert all(source.value in refused.value.detail for source in sources)
        assert refused.value.detail.startswith(
            f"this is {state.value}; to {event.value.replace('_', ' ')} it has to be "
        )


@pytest.mark.parametrize(("name", "machine"), MACHINES, ids=[name for name, _ in MACHINES])
def test_a_state_that_was_left_for_good_is_never_entered_again_by_a_late_answer(
    name: str, machine: StateMachine[Any, Any]
) -> None:
    leads_out = {source for sources, _ in machine.table.values() for source in sources}
    finals = set(_states(machine)) - leads_out
    assert finals, f"{name} never ends"
    for event, (sources, _) in machine.table.items():
        assert not sources & finals, event
