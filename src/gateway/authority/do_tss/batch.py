"""Many records written at once, column by column: the short way of ``LineCodec.write``.

What stands in a column is written through what was written before (names, days and amounts come again and again), and a
column that holds one value throughout is written once. Numbers, of which nearly every one is new, are looked at all
together. Whatever is unusual gives None, never a refusal: the long way alone says no.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from operator import eq
from typing import Any

from gateway.authority.do_tss.codec import encoder_of
from gateway.authority.do_tss.layout import Edition, Field
from gateway.authority.do_tss.shapes import Number, ShapeError

END = "\r\n"
_REMEMBERED = 1 << 16
_KINDS = frozenset({"AM", "AR", "RD"})
"""Kinds whose rules this way can see: a wage, a number's form by its type, a dependant who is not the holder."""


class _Memory(dict[Any, str]):
    """What a value is written as."""

    def __init__(self, encode: Callable[[Any], str]) -> None:
        super().__init__()
        self._encode = encode

    def __missing__(self, value: Any) -> str:
        text = self._encode(value)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[value] = text
        return text


class Batch:
    """Writes records of one edition, their values in the layout's order, the record's type left out."""

    def __init__(self, edition: Edition) -> None:
        self._works = edition.kind in _KINDS
        self._fields = edition.detail.fields[1:]
        self._place = {field.name: place for place, field in enumerate(self._fields)}
        self._memories = [_Memory(encoder_of(field)) for field in self._fields]

    def write(self, records: Sequence[Sequence[Any]]) -> str | None:
        """Return the lines of some records with their ends; None if one needs to be looked at by itself."""
        if not self._works or not records:
            return None
        columns = list(zip(*records, strict=True))
        count, size = len(records), len(self._fields)
        if len(columns) > size and any(columns[size]):
            # Exempt blocks make a line longer.
            return None
        try:
            if not self._fits(columns):
                return None
            pieces: list[Iterable[str]] = []
            same = "D"
            for field, column, memory in zip(self._fields, columns, self._memories, strict=False):
                if isinstance(field.shape, Number):
                    varied: Iterable[str] = map(str.ljust, column, repeat(field.shape.length))
                elif column[0] == column[-1] and column.count(column[0]) == count:
                    same += memory[column[0]]
                    continue
                else:
                    varied = map(memory.__getitem__, column)
                if same:
                    pieces.append(repeat(same))
                pieces.append(varied)
                same = ""
            pieces.append(repeat(same + END))
            return "".join(chain.from_iterable(zip(*pieces, strict=False)))
        except (ShapeError, TypeError):
            return None

    def can_write(self, records: Sequence[Sequence[Any]]) -> bool:
        """Tell whether ``write`` would give the lines of these records, without writing them."""
        if not self._works or not records:
            return False
        columns = list(zip(*records, strict=True))
        size = len(self._fields)
        if len(columns) > size and any(columns[size]):
            return False
        try:
            if not self._fits(columns):
                return False
            for field, column, memory in zip(self._fields, columns, self._memories, strict=False):
                if not isinstance(field.shape, Number):
                    for value in set(column):
                        memory[value]
        except (ShapeError, TypeError):
            return False
        return True

    def _fits(self, columns: Sequence[Sequence[Any]]) -> bool:
        """Tell whether all numbers have the form of their type and nothing that a rule asks for is missing."""
        place = self._place
        if "wage" in place and 0 in columns[place["wage"]]:
            return False
        numbers = [field for field in self._fields if isinstance(field.shape, Number)]
        if not all(self._are_numbers(field, columns) for field in numbers):
            return False
        return len(numbers) < 2 or not any(map(eq, *(columns[place[field.name]] for field in numbers)))

    def _are_numbers(self, field: Field, columns: Sequence[Sequence[Any]]) -> bool:
        kinds, column = columns[self._place[f"{field.name}_type"]], columns[self._place[field.name]]
        if kinds.count(kinds[0]) != len(kinds):
            return False
        lengths, digits = set(map(len, column)), "".join(column)
        if not (digits.isascii() and digits.isdigit()):
            return False
        letter = self._memories[self._place[f"{field.name}_type"]][kinds[0]]
        return lengths == {11} if letter == "C" else letter == "N" and 1 <= min(lengths) <= max(lengths) <= 10
