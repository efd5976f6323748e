"""Many lines looked at at once: says surely that every line of a piece is good, or that somebody must look closer.

A month's file is nearly always one line form over and over: the same length, digits where digits stand, blanks where
blanks stand. The first line of a piece, judged by the layout's own pattern, says which form; the rest of the piece has
it if one translation of all its octets is the first line's translation repeated. What a translation cannot see is
looked at by columns: places that must hold the same letter as in the first line, and the few fields with values of
their own. The costs are those of a dozen passes over the octets, not of a step of the interpreter for each field.

Whatever is unusual gives None, never a verdict: the long way alone says no.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.authority.do_tss.layout import Edition, Field
from gateway.authority.do_tss.register import unfit_among
from gateway.authority.do_tss.shapes import Amount, Choice, Day, Name, PayrollKey, ShapeError

FEWEST = 24
"""Fewer lines than this are looked at one by one."""
_REMEMBERED = 1 << 16
_LETTER = ord("A")
_FORM = bytes(
    ord("0") if chr(byte) in "0123456789"
    else _LETTER if chr(byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZÑ' -"
    else byte if chr(byte) in ".\r\n"
    else ord("?")
    for byte in range(256)
)  # fmt: skip
"""Digits become 0, what a name may hold becomes A, all else but dots and line ends becomes a question mark."""
_KINDS = frozenset({"AM", "AR"})
"""Kinds whose rules a sweep can see: beyond single fields they ask for a wage, and for the number's form by its type."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a piece of good lines holds."""

    count: int
    sum_minor: int
    keys: list[bytes]
    """What may stand once in a file, line by line."""
    unfit: list[int]
    """Lines, from 0, whose identity number may have a wrong check digit."""


class Sweep:
    """Looks at pieces of one edition's files."""

    def __init__(self, edition: Edition, looks_good: Callable[[str], bool]) -> None:
        fields = edition.detail.fields
        places = {field.name: slice(field.start - 1, field.end - 1) for field in fields}
        self._works = edition.kind in _KINDS
        self._looks_good = looks_good
        self._lengths = frozenset(edition.detail.lengths)
        self._bound = [
            place
            for field in fields
            if not isinstance(field.shape, Name | Amount) and _look_of(field) is None
            for place in range(field.start - 1, field.end - 1)
        ]
        self._valued = [look for field in fields if (look := _look_of(field)) is not None]
        if self._works:
            wage = places["wage"]
            self._dot = wage.stop - 3
            self._wage = [place for place in range(wage.start, wage.stop) if place != self._dot]
            self._key = slice(places["payroll"].start, places["document"].stop)
            self._kind, self._number = places["document_type"].start, places["document"].start

    def look(self, piece: bytes) -> Swept | None:
        """Return what a piece of whole lines holds if all of them are surely good."""
        width = piece.find(b"\n") + 1
        if not self._works or not width or len(piece) % width:
            return None
        first = piece[:width].rstrip(b"\r\n").decode("latin-1")
        size = len(first)
        if size not in self._lengths or piece[size:width] not in (b"\r\n", b"\n") or not self._looks_good(first):
            return None
        form, count = piece.translate(_FORM), len(piece) // width
        if form != form[:width] * count:
            return None
        for place in self._bound:
            if place < size and form[place] == _LETTER and piece[place::width].count(piece[place]) != count:
                return None
        for values in self._valued:
            if values.stop <= size and not values.are_good(piece, width):
                return None
        return self._count(piece, width, count)

    def _count(self, piece: bytes, width: int, count: int) -> Swept | None:
        sum_minor, digits = 0, 0
        for place in self._wage:
            column = piece[place::width]
            sum_minor = sum_minor * 10 + sum(column) - 48 * count
            digits |= int.from_bytes(column, "little")
        if b"0" in digits.to_bytes(count, "little"):
            # Somebody's wage is zero: whether another amount is above it is for the long way to see.
            return None
        start, stop = self._key.start, self._key.stop
        keys = [piece[place + start : place + stop] for place in range(0, len(piece), width)]
        unfit = []
        if piece[self._kind] == ord("C"):
            columns = (piece[place::width] for place in range(self._number, self._number + 11))
            unfit = unfit_among(columns, count)
        return Swept(count, sum_minor, keys, unfit)


def _look_of(field: Field) -> "_Values | _Letters | _Days | None":
    """Return what looks at a field whose value no translation can judge; None for the others."""
    if isinstance(field.shape, Day):
        return _Days(field)
    if isinstance(field.shape, PayrollKey):
        return _Values(field)
    if isinstance(field.shape, Choice) and not field.shape.followed_by:
        return _Letters(field) if field.shape.length == 1 else _Values(field)
    return None


class _Letters:
    """A field of one letter."""

    def __init__(self, field: Field) -> None:
        self.stop = field.end - 1
        shape = field.shape
        options = shape.options if isinstance(shape, Choice) else ()
        self._allowed = "".join(options).encode() + (b" " if isinstance(shape, Choice) and shape.may_be_blank else b"")

    def are_good(self, piece: bytes, width: int) -> bool:
        """Tell whether every line of a piece holds one of the letters there."""
        return not piece[self.stop - 1 :: width].translate(None, self._allowed)


class _Days:
    """A day, looked at for all lines in a few additions: no byte of a sum reaches into the next."""

    def __init__(self, field: Field) -> None:
        self._start, self.stop, self._shape = field.start - 1, field.end - 1, field.shape

    def are_good(self, piece: bytes, width: int) -> bool:
        """Tell whether every line of a piece holds a day, or every line none."""
        columns = [piece[place::width] for place in range(self._start, self.stop)]
        count = len(columns[0])
        if columns[0][:1] == b" ":
            return all(column.count(b" ") == count for column in columns)
        day, month, century = (_pair(tens, units) for tens, units in zip(columns[0:6:2], columns[1:6:2], strict=True))
        if century.translate(None, b"\x13\x14"):
            return False
        both = int.from_bytes(day.translate(_DAY_LATENESS), "little")
        both += int.from_bytes(month.translate(_MONTH_SHORTNESS), "little")
        odd = _ODD.finditer(both.to_bytes(count, "little"))
        return all(self._is_day(piece, found.start() * width) for found in odd)

    def _is_day(self, piece: bytes, line: int) -> bool:
        """Look at one day by itself: the 29th of a February among others."""
        try:
            self._shape.decode(piece[line + self._start : line + self.stop].decode("latin-1"))
        except ShapeError:
            return False
        return True


def _pair(tens: bytes, units: bytes) -> bytes:
    total = int.from_bytes(tens.translate(_TENS), "little") + int.from_bytes(units.translate(_UNITS), "little")
    return total.to_bytes(len(tens), "little")


_UNITS = bytes(byte - 48 if 48 <= byte <= 57 else 0 for byte in range(256))
_TENS = bytes((byte - 48) * 10 if 48 <= byte <= 57 else 0 for byte in range(256))
_DAY_LATENESS = bytes(0 if 1 <= day <= 28 else 1 if day in (29, 30) else 2 if day == 31 else 9 for day in range(256))
_MONTH_SHORTNESS = bytes(
    9 if not 1 <= month <= 12 else 2 if month == 2 else 1 if month in (4, 6, 9, 11) else 0 for month in range(256)
)
"""A day that late and a month that short go together where they come to at most 2."""
_ODD = re.compile(b"[^\\0-\\2]")


class _Values:
    """Texts that a field may hold, as far as they were met."""

    def __init__(self, field: Field) -> None:
        self.start, self.stop = field.start - 1, field.end - 1
        self._shape = field.shape
        self._good: set[bytes] = set()

    def are_good(self, piece: bytes, width: int) -> bool:
        """Tell whether every line of a piece holds a text that is good there."""
        size = self.stop - self.start
        if all(piece[place::width].count(piece[place]) * width == len(piece) for place in range(self.start, self.stop)):
            found = {piece[self.start : self.stop]}
        else:
            found = {piece[place : place + size] for place in range(self.start, len(piece), width)}
        found -= self._good
        if not all(map(self._is_good, found)):
            return False
        if len(self._good) < _REMEMBERED:
            self._good |= found
        return True

    def _is_good(self, text: bytes) -> bool:
        try:
            self._shape.decode(text.decode("latin-1"))
        except ShapeError:
            return False
        return True
