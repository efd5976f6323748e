"""What a case is, how it ends, and the list of all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.conformance.bench import Bench

Check = Callable[["Bench"], None]


class Outcome(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    """A case that it builds on did not pass."""
    NOT_TRIED = "not_tried"
    """Something must be given first, or does not apply to this state."""


class Departure(Exception):
    """The answer is not what the contract says; ``finding`` names the sentence, ``values`` stand in it."""

    def __init__(self, finding: str, **values: Any) -> None:
        super().__init__(finding, values)
        self.finding, self.values = finding, values


class NotTried(Exception):
    """The case cannot be tried here; ``reason`` names the sentence that says what to do."""

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(reason, values)
        self.reason, self.values = reason, values


@dataclass(frozen=True)
class Case:
    """One thing the contract asks."""

    name: str
    place: str
    """Where the contract asks it: names joined by `` › ``."""
    quote: str
    """Its words there."""
    needs: tuple[str, ...]
    check: Check
    subject: str | None = None
    """What the words about it are about, where several cases share them."""

    @property
    def words(self) -> str:
        """Name its words in the catalogue."""
        return self.name.removesuffix(f".{self.subject}") if self.subject else self.name


CASES: list[Case] = []


def case(name: str, place: str, quote: str, *, needs: Sequence[str] = ()) -> Callable[[Check], Check]:
    """Put a check on the list of cases."""

    def add(check: Check) -> Check:
        CASES.append(Case(name, place, quote, tuple(needs), check))
        return check

    return add
