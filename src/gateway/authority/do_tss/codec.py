"""A layout made fast: one way to write a record's line, one way to judge any line.

Writing goes through encoders that refuse what does not fit and remember what they wrote before: names, days and
amounts come again and again, and what stands behind the wage is the same for nearly everybody. Reading goes through
the layout's own pattern. Whatever is not surely good is judged field by field, the long way, which alone decides: the
short way can only ever say yes.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from operator import call
from typing import Any

from gateway.authority.do_tss.editions import LETTERS
from gateway.authority.do_tss.layout import Edition, Fault, Field
from gateway.authority.do_tss.rules import RULES, code_for, event_days
from gateway.authority.do_tss.sayings import say
from gateway.authority.do_tss.shapes import Number, ShapeError

LETTER_OF_KIND = {kind: letter for letter, kind in LETTERS.items()}
_EVENT_OF = {"add": "ID", "remove": "SD"}
_REMEMBERED = 1 << 16
_ZERO = "0000000000000.00"


class LineCodec:
    """Writes and judges the detail lines of one edition."""

    def __init__(self, edition: Edition, today: dt.date | None = None) -> None:
        self.edition = edition
        self._today = today
        self._rules = RULES[edition.kind]
        self._matches = edition.detail.fast_pattern().fullmatch
        self._needs_look = _needs_look(edition, today)
        self._columns = {field.name: field.start for field in edition.detail.fields}
        self._fields = edition.detail.fields[1:]
        names = [field.name for field in self._fields]
        wage = names.index("wage") + 1 if "wage" in names else len(names)
        self._encoders = tuple(encoder_of(field) for field in self._fields[:wage])
        self._tail, self._tail_from, self._tail_to = _group_encoder(self._fields[wage:]), wage, len(names)
        self._numbers_fit = _numbers_fit(edition)

    def looks_good(self, line: str) -> bool:
        """Tell quickly that a line is surely good; False says only that the long way must look."""
        return self._matches(line) is not None and not self._needs_look(line)

    def write(self, record: Sequence[Any], blocks: Sequence[tuple[str, int]] = ()) -> tuple[str, list[Fault]]:
        """Write a record whose values stand in the layout's order (type excepted); whole only without faults.

        The kind of a document may be given as ours (``national_id``) or as the state's letter, an event likewise.
        """
        if not blocks:
            try:
                # ``map`` ends with the shorter: the encoders stop before the tail.
                line = "D" + "".join(map(call, self._encoders, record))
                line += self._tail(record[self._tail_from : self._tail_to])
            except ShapeError:
                return self._write_slowly(record, blocks)
            if self._numbers_fit(line) and not self._needs_look(line):
                return line, []
        return self._write_slowly(record, blocks)

    def _write_slowly(self, record: Sequence[Any], blocks: Sequence[tuple[str, int]]) -> tuple[str, list[Fault]]:
        values: dict[str, Any] = {"blocks": tuple(blocks)}
        faults: list[Fault] = []
        for field, value in zip(self._fields, record, strict=False):
            try:
                values[field.name] = _ours_to_theirs(field.name, value)
            except ShapeError as problem:
                faults.append(Fault(field.name, field.code, problem.saying, field.start))
        line = ""
        if not faults:
            line, faults = self.edition.detail.encode(values)
        return line, _coded(faults, values) or self.judge(line)[1]

    def judge(self, line: str) -> tuple[dict[str, Any], list[Fault]]:
        """Read a line of a permitted length; return its values and all that is wrong with it."""
        values, faults = self.edition.detail.decode(line)
        for rule in self._rules:
            for field, code, saying in rule(values, self._today):
                faults.append(Fault(field, code, saying, self.column_of(field)))
        return values, _coded(faults, values)

    def column_of(self, field: str) -> int:
        """Return where a field begins; blocks are numbered (``block_amount_2``)."""
        if field in self._columns:
            return self._columns[field]
        name, _, number = field.rpartition("_")
        layout = self.edition.detail
        inside = next(f.start for f in layout.block if f.name == name)
        return layout.lengths[-1] + layout.block_length * (int(number) - 1) + inside


def _coded(faults: list[Fault], values: Mapping[str, Any]) -> list[Fault]:
    letter = values.get("document_type")
    return [replace(fault, code=code_for(fault.code, letter)) for fault in faults]


def _numbers_fit(edition: Edition) -> Callable[[str], bool]:
    """Return what sees that every identity number of a line has the form of its type."""
    fields = edition.detail.fields
    pairs = [
        (place.start - 1, number.end - 1, re.compile(place.shape.pattern + number.shape.pattern).fullmatch)
        for place, number in pairwise(fields)
        if isinstance(number.shape, Number)
    ]
    if len(pairs) == 1:
        start, end, matches = pairs[0]
        return lambda line: matches(line[start:end]) is not None
    return lambda line: all(matches(line[start:end]) for start, end, matches in pairs)


def _needs_look(edition: Edition, today: dt.date | None) -> Callable[[str], bool]:
    """Return what the pattern cannot see but a rule asks for; True sends the line the long way."""
    place = {field.name: slice(field.start - 1, field.end - 1) for field in edition.detail.fields}
    if edition.kind in ("AM", "AR"):
        wage, exempt, longest = place["wage"], place["exempt"], edition.detail.lengths[-1]
        return lambda line: line[wage] == _ZERO or (len(line) > longest and line[exempt] != _ZERO)
    if edition.kind == "NV":
        return _dates_need_look(edition, today)
    if edition.kind == "RD":
        kind, number = place["document_type"], place["document"]
        holder_kind, holder = place["holder_document_type"], place["holder_document"]
        return lambda line: line[number] == line[holder] and line[kind] == line[holder_kind]
    return lambda _: bool(RULES[edition.kind])


def _dates_need_look(edition: Edition, today: dt.date | None) -> Callable[[str], bool]:
    """Movements: events and their days come again and again, so that what was seen is remembered."""
    fields = [field for field in edition.detail.fields if field.name in ("event", "start", "end")]
    start, stop, longest = fields[0].start - 1, fields[-1].end - 1, edition.detail.lengths[-1]

    @lru_cache(_REMEMBERED)
    def is_odd(text: str) -> bool:
        values = {f.name: f.shape.decode(text[f.start - 1 - start : f.end - 1 - start]) for f in fields}
        return any(True for _ in event_days(values, today))

    return lambda line: len(line) > longest or is_odd(line[start:stop])


def _ours_to_theirs(field: str, value: Any) -> Any:
    if field.endswith("document_type"):
        return _letter(value)
    if field == "event":
        return _EVENT_OF.get(value, value)
    return value.strip() if field.endswith("document") else value


def _letter(kind: str) -> str:
    if kind in LETTERS:
        return kind
    if kind not in LETTER_OF_KIND:
        raise ShapeError(say("kind_undeclarable", found=kind, expected=", ".join(sorted(LETTER_OF_KIND))))
    return LETTER_OF_KIND[kind]


def _group_encoder(fields: Sequence[Field]) -> Callable[[Sequence[Any]], str]:
    encoders = tuple(encoder_of(field) for field in fields)
    return lru_cache(_REMEMBERED)(lambda values: "".join(map(call, encoders, values)))


def encoder_of(field: Field) -> Callable[[Any], str]:
    """Return what writes a value into a field, a document's kind and an event in our words or the state's."""
    shape = field.shape
    if isinstance(shape, Number):
        # Nearly every number is new, so there is nothing to remember; the line's pattern judges it.
        width = shape.length
        return lambda value: str(value).strip().ljust(width)
    if field.name.endswith("document_type"):
        return lru_cache(_REMEMBERED)(lambda kind: shape.encode(_letter(kind)))
    if field.name == "event":
        return lru_cache(_REMEMBERED)(lambda event: shape.encode(_EVENT_OF.get(event, event)))
    return lru_cache(_REMEMBERED)(shape.encode)
