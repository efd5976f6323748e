"""What happens to workers between two payroll files, told to a state that takes such files.

Not every state does: ``movement_format`` gives None for one that has no file for it, and then nothing is told.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple, Protocol

from gateway.authority.country import find_country
from gateway.authority.protocol import FilingHead, Finding, RenderedFile


class Movement(StrEnum):
    """What a worker's movement is, in our words."""

    ENTRY = "entry"
    EXIT = "exit"
    HOLIDAY = "holiday"
    VOLUNTARY = "voluntary"
    MATERNITY = "maternity"
    DISABILITY = "disability"
    CHANGE = "change"
    """Of wage or of personal data."""


class DeclaredMovement(NamedTuple):
    """One movement of one worker in one payroll."""

    payroll: str
    event: str
    """A ``Movement``."""
    start: dt.date
    """The day it happens, or the first of its days; of an exit the last day in the payroll."""
    end: dt.date | None
    """The last of its days, where it has one."""
    document_kind: str
    document: str
    given_names: str
    first_surname: str
    second_surname: str
    sex: str
    birth_date: dt.date | None
    wage_minor: int


class MovementFormat(Protocol):
    """How one state wants movements written. Pure."""

    @property
    def days_ahead(self) -> int:
        """So many days ahead the state takes an entry or exit."""
        ...

    def check_movement(self, movement: DeclaredMovement) -> list[Finding]:
        """Say why the state would refuse this line; empty if nothing is seen to be wrong."""
        ...

    def render_movements(
        self, head: FilingHead, groups: Sequence[tuple[int, Iterable[DeclaredMovement]]]
    ) -> Iterator[RenderedFile]:
        """Write files one after the other, at flat memory; each group (its size, its lines) begins a new file.

        A state that takes one line a person and file is given a person's second movement in a later group.

        Raises:
            UnrenderableError: A line cannot be written.
        """
        ...


def movement_format(country: str) -> MovementFormat | None:
    """Return how this country's state wants movements, or None where it takes no such file."""
    known = find_country(country)
    if known is None or find_spec(f"gateway.authority.{known.folder}.movements") is None:
        return None
    made: MovementFormat = import_module(f"gateway.authority.{known.folder}.movements").MOVEMENTS
    return made
