"""What differs from one state to the next: the files it reads, the words it uses, the money it asks for."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.kit.money import Currency

if TYPE_CHECKING:
    from gateway.sandbox.script import Rule
    from gateway.sandbox.state.core import State

MAX_ERRORS = 100
Row = tuple[int, str, str, str, int, str, int, int, int, int, int, int, int, int, int, int]
"""line, payroll, document type, document, status, code, declared, accepted, dependants, seven components."""
ACCEPTED, REJECTED, CHANGED = 0, 1, 2
NOTHING = (0, 0, 0, 0, 0, 0, 0)
COLUMNS = 7
"""Components that a line can have; a state with fewer leaves the last ones zero."""


@dataclass
class Inspection:
    """What one reading of the whole file found, before any line is judged."""

    details: int = 0
    payrolls: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    """Keys that stand more than once."""
    errors: list[dict[str, Any]] = field(default_factory=list)
    most_errors: int = MAX_ERRORS

    def complain(self, line: int, column: int, what: str, message: str, code: str = "PY1") -> None:
        """Note an error for which the whole file is refused."""
        if len(self.errors) < self.most_errors:
            self.errors.append({"line": line, "column": column, "field": what, "code": code, "message": message})


Judged = Iterator[list[Row]]
Judge = Callable[["State", Any, Inspection, Path, Sequence["Rule"]], Judged]
"""State, filing, what the inspection found, file, script: the verdicts, in chunks, in the order of the file."""


@dataclass(frozen=True)
class Verdicts:
    """The state's codes for a file as a whole."""

    structure: str
    employer_inactive: str
    period: str
    some: str
    none: str


@dataclass(frozen=True)
class Realm:
    """One state."""

    country: str
    currency: Currency
    zone: dt.timezone
    lengths: Mapping[str, tuple[int, ...]]
    """By kind of file, how long a detail may be; nothing where it has no fixed length."""
    editions: Mapping[str, str]
    max_bytes: int
    employer: "re.Pattern[str]"
    employer_words: str
    components: tuple[str, ...]
    """Of a line, in the order of its columns; at most ``COLUMNS``."""
    late: tuple[str, ...]
    """What a notice has besides; the first is what lateness costs."""
    spoiled: int
    """The component in which a scripted cent stands."""
    messages: Mapping[str, str]
    changed: str
    verdicts: Verdicts
    first_period: str
    first_line: int
    """Of the file, the first that declares somebody."""
    is_all_or_nothing: bool
    undated: frozenset[str]
    """Kinds of files that name no month: an honest one may be made of the bytes of an older one."""
    has_tariff: Callable[[str], bool]
    due_day: Callable[[str], dt.date]
    lateness: Callable[[int, dt.date, dt.date], int]
    notice_reference: Callable[[str, int], str]
    inspect: Callable[..., Inspection]
    """Path; kind, employer, period, lengths."""
    judge: Judge
    allowed_lengths: Callable[[str, Sequence[int]], set[int]] = lambda _kind, _lengths: set()

    def message(self, code: str) -> str:
        """Return the words for a code; nothing much for one that is not in the table."""
        return self.messages.get(code, self.messages[""])
