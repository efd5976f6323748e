"""A layout: what stands where in the lines of one kind of file. Positions count from 1, as the state prints them."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.authority.do_tss.sayings import Saying
from gateway.authority.do_tss.shapes import Choice, Constant, Shape, ShapeError

STRUCTURE = "PY1"
"""The state's code for layout or format."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a line."""

    name: str
    start: int
    shape: Shape
    code: str = STRUCTURE
    """The state's code for a line in which this field is wrong."""
    verified: bool = True
    """False where its place or form has one source or none."""

    @property
    def end(self) -> int:
        """The position after the last."""
        return self.start + self.shape.length


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that could not be written or read."""

    field: str
    code: str
    saying: Saying
    column: int

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return self.saying.text()


@dataclass(frozen=True)
class LineLayout:
    """The fields of one kind of line, without gaps, and how long it may be."""

    fields: tuple[Field, ...]
    lengths: tuple[int, ...]
    """Permitted lengths, ascending: a shorter one leaves off whole fields at the end."""
    block: tuple[Field, ...] = ()
    """A group of fields that may be repeated after the longest length, positions relative to 1."""
    max_blocks: int = 0

    def __post_init__(self) -> None:
        place = 1
        for field in self.fields:
            if field.start != place:
                raise ValueError(f"field {field.name} starts at {field.start}, the one before ends at {place - 1}")
            place = field.end
        ends = {field.end - 1 for field in self.fields}
        if self.lengths[-1] != place - 1 or not ends.issuperset(self.lengths):
            raise ValueError(f"lengths {self.lengths} do not end where fields end")

    def lay_out(self, line: str) -> list[tuple[str, int, str, bool]]:
        """Return name, first position, text and whether it is verified of each field of a line, repeated blocks included.

        What no field holds comes last, without a name.
        """
        fields, place = list(self.fields), self.fields[-1].end
        for number in range(1, self.max_blocks + 1):
            fields += [
                Field(f"{one.name}_{number}", place + one.start - 1, one.shape, one.code, one.verified)
                for one in self.block
            ]
            place += self.block_length
        laid = [
            (one.name, one.start, line[one.start - 1 : one.end - 1], one.verified)
            for one in fields
            if one.start <= len(line)
        ]
        return [*laid, ("", place, line[place - 1 :], False)] if len(line) >= place else laid

    @property
    def block_length(self) -> int:
        """Characters of one repeated block."""
        return sum(field.shape.length for field in self.block)

    def permits(self, length: int) -> bool:
        """Tell whether a line may be as long as this."""
        if length in self.lengths:
            return True
        extra = length - self.lengths[-1]
        size = self.block_length
        return bool(size) and extra > 0 and extra % size == 0 and extra // size <= self.max_blocks

    def expected_lengths(self) -> str:
        """Say how long a line may be, in figures that every language reads."""
        text = " / ".join(str(length) for length in self.lengths)
        more = f" (+ {self.block_length} × 1-{self.max_blocks})" if self.block else ""
        return text + more

    def fields_of(self, length: int) -> Sequence[Field]:
        """Return the fields a line of this length has, blocks excepted."""
        return [field for field in self.fields if field.end - 1 <= length]

    def fast_pattern(self) -> "re.Pattern[str]":
        """Return a pattern of whole lines that are surely good; blocks in their codes' order, none of them zero."""
        pattern, place, tails = "", 0, 0
        for field in self.fields:
            pattern += field.shape.pattern
            place = field.end - 1
            if place in self.lengths[:-1]:
                pattern += "(?:"
                tails += 1
        return re.compile(pattern + self._blocks_pattern() + ")?" * tails)

    def _blocks_pattern(self) -> str:
        if not self.block:
            return ""
        code, amount = (field.shape for field in self.block)
        options = code.options if isinstance(code, Choice) else ()
        return "".join(f"(?:{option}(?!{re.escape(amount.encode(0))}){amount.pattern})?" for option in options)

    def encode(self, values: Mapping[str, Any], *, length: int | None = None) -> tuple[str, list[Fault]]:
        """Write a line; the text is whole only if there is no fault."""
        parts: list[str] = []
        faults: list[Fault] = []
        for field in self.fields_of(length or self.lengths[-1]):
            try:
                parts.append(field.shape.encode(None if isinstance(field.shape, Constant) else values[field.name]))
            except ShapeError as problem:
                faults.append(Fault(field.name, field.code, problem.saying, field.start + problem.position))
        for number, block in enumerate(values.get("blocks", ()), start=1):
            for field, value in zip(self.block, block, strict=True):
                try:
                    parts.append(field.shape.encode(value))
                except ShapeError as problem:
                    faults.append(Fault(f"{field.name}_{number}", field.code, problem.saying, len("".join(parts)) + 1))
        return "".join(parts), faults

    def decode(self, line: str) -> tuple[dict[str, Any], list[Fault]]:
        """Read a line of a permitted length; a field that could not be read has no value."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for field in self.fields_of(len(line)):
            _read(field, line, 0, field.name, values, faults)
        if self.block:
            values["blocks"] = tuple(self._blocks(line, faults))
        return values, faults

    def _blocks(self, line: str, faults: list[Fault]) -> list[tuple[Any, ...]]:
        blocks = []
        for number, offset in enumerate(range(self.lengths[-1], len(line), self.block_length), start=1):
            found: dict[str, Any] = {}
            for field in self.block:
                _read(field, line, offset, f"{field.name}_{number}", found, faults)
            blocks.append(tuple(found.values()))
        return blocks


def _read(field: Field, line: str, offset: int, name: str, values: dict[str, Any], faults: list[Fault]) -> None:
    start = offset + field.start - 1
    try:
        values[name] = field.shape.decode(line[start : start + field.shape.length])
    except ShapeError as problem:
        faults.append(Fault(name, problem.code or field.code, problem.saying, start + 1 + problem.position))


@dataclass(frozen=True)
class Edition:
    """The layout of one kind of file, in force from a day on."""

    kind: str
    edition: str
    valid_from: dt.date
    header: LineLayout
    detail: LineLayout
    summary: LineLayout
    key: tuple[str, ...]
    """Fields that may stand together only once in a file; empty where it is not known."""
    rejects_all_duplicates: bool
    """True: every line of a duplicate is rejected; False: only the later ones."""
    summed: str | None
    """Field whose sum is the file's total: wages, or in the bank's file what was paid."""
    source: str
    verified: bool
    """False where the layout as a whole has one source or less."""
    max_lines: int = 999_999
    """All lines, header and summary included."""
