"""Many lines looked at at once: says surely that every line of a piece is good, or that somebody must look closer.

A month's file is nearly always one line form over and over: the same length, digits where digits stand, blanks where
blanks stand. The first line of a piece, judged by the layout's own pattern, says which form; the rest of the piece has
it if one translation of all its octets is the first line's translation repeated. What a translation cannot see is
looked at by columns: places that must hold the same letter as in the first line, and the few fields with values of
their own. The costs are those of a dozen passes over the octets, not of a step of the interpreter for each field.

Whatever is unusual gives None, never a verdict: the long way alone says no.
"""

from collections.abc import Callable, Iterator
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
            if not isinstance(field.shape, Name | Amount | PayrollKey | Day) and not _has_values(field)
            for place in range(field.start - 1, field.end - 1)
        ]
        self._valued = [_Values(group) for group in _groups(fields)]
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


def _has_values(field: Field) -> bool:
    """Tell whether a field holds one of several values that no rule ties to another field."""
    return isinstance(field.shape, Choice) and not field.shape.followed_by


def _groups(fields: tuple[Field, ...]) -> Iterator[list[Field]]:
    """Give the fields whose values must be looked at, those side by side together."""
    group: list[Field] = []
    for field in fields:
        if isinstance(field.shape, PayrollKey | Day) or _has_values(field):
            group.append(field)
        elif group:
            yield group
            group = []
    if group:
        yield group


class _Values:
    """Texts that a group of fields may hold, as far as they were met."""

    def __init__(self, group: list[Field]) -> None:
        self.start, self.stop = group[0].start - 1, group[-1].end - 1
        self._shapes = [field.shape for field in group]
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
        place, line = 0, text.decode("latin-1")
        for shape in self._shapes:
            try:
                shape.decode(line[place : place + shape.length])
            except ShapeError:
                return False
            place += shape.length
        return True
