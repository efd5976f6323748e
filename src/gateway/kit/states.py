"""State machines that are data: which event leads from which states to which.

The same table moves one row (``advance``) and many (``sources`` and ``target`` go into the WHERE and SET of one
UPDATE), so there is one place that says what may follow what.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from gateway.kit.errors import ConflictError


class InvalidTransitionError(ConflictError):
    """The event is not allowed in the present state."""

    code = "invalid_transition"
    title = "Not possible in this state"


S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class StateMachine(Generic[S, E]):
    """A transition table: event -> (allowed sources, target)."""

    table: Mapping[E, tuple[frozenset[S], S]]

    def advance(self, state: S, event: E) -> S:
        """Return the state after the event.

        Raises:
            InvalidTransitionError: The event is not allowed from ``state``.
        """
        sources, target = self.table[event]
        if state not in sources:
            allowed, step = " or ".join(sorted(sources)), event.value.replace("_", " ")
            raise InvalidTransitionError(f"this is {state.value}; to {step} it has to be {allowed}")
        return target

    def sources(self, event: E) -> list[str]:
        """Return the states the event may start from, for a WHERE."""
        return sorted(state.value for state in self.table[event][0])

    def target(self, event: E) -> S:
        """Return the state the event leads to."""
        return self.table[event][1]

    def allows(self, state: S, event: E) -> bool:
        """Tell whether the event may happen now."""
        return state in self.table[event][0]
