"""The lines behind a file's header, one after the other or many at once: counted, summed, and what is wrong with them."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.authority.do_tss.codec import LineCodec
from gateway.authority.do_tss.layout import STRUCTURE, Edition, Fault
from gateway.authority.do_tss.register import Register, check_digit_fits
from gateway.authority.do_tss.sayings import Saying, say
from gateway.authority.do_tss.sweep import FEWEST, Sweep, Swept
from gateway.authority.text.duplicates import Hashes, Places
from gateway.authority.text.lines import LONGEST

_CARD = re.compile("[0-9]{11}")
_TOGETHER = 512
"""So many keys of lines looked at one by one are handed on together."""
MOST_STRUCTURAL = 100
"""A file with more errors of structure than this is not worth more of them."""


class Problem(NamedTuple):
    """Something wrong, with its place."""

    line: int
    fault: Fault


@dataclass
class Body:
    """What reading the lines found. A finding that is a warning does not reject its line."""

    edition: Edition
    today: dt.date | None
    register: Register | None
    duplicates: Places
    """Lines to reject because their person stands more than once; empty as long as nobody knows of any."""
    tell: Callable[[Problem], None]
    """Called with what is wrong with a line, in the order of the file."""
    hashes: Hashes | None = None
    """Takes the keys of the lines; None where nobody asks for them any more."""
    structural: list[Problem] = field(default_factory=list)
    lines: int = 0
    rejected: int = 0
    sum_minor: int = 0

    def __post_init__(self) -> None:
        self._codec = LineCodec(self.edition, self.today)
        self._sweep = Sweep(self.edition, self._codec.looks_good)
        self._amount_of, self.key_of = _amount_reader(self.edition), key_reader(self.edition)
        self._cards = _cards(self.edition)
        self._keys: list[bytes] = []
        self._number, self._summary = 1, _NO_SUMMARY

    def read(self, pieces: Iterable[bytes]) -> None:
        """Read pieces of whole lines, the header left out."""
        for piece in pieces:
            self._read(piece)
        self._remember(self._keys)
        self._end()

    def _read(self, piece: bytes) -> None:
        swept = None if self.register is not None or self._summary.line else self._sweep.look(piece)
        if swept is not None and not self.duplicates.may_be_within(self._number + 1, swept.count):
            self._take(swept, piece)
            return
        # Half a piece is looked at again: a bad line costs its neighbours little.
        half = piece.rfind(b"\n", 0, len(piece) // 2) + 1
        if half and len(piece) > FEWEST * self.edition.detail.lengths[0] and not self._summary.line:
            self._read(piece[:half])
            self._read(piece[half:])
            return
        for line in piece.splitlines():
            self._line(line)

    def _take(self, swept: Swept, piece: bytes) -> None:
        self.lines += swept.count
        self.sum_minor += swept.sum_minor
        self._remember(swept.keys)
        if swept.unfit:
            lines = piece.splitlines()
            for place in swept.unfit:
                for fault in self._warnings(lines[place].decode("latin-1")):
                    self.tell(Problem(self._number + 1 + place, fault))
        self._number += swept.count

    def _remember(self, keys: list[bytes]) -> None:
        if self.hashes is not None and self.lines <= self.edition.max_lines:
            self.hashes.add(keys)

    def _line(self, octets: bytes) -> None:
        self._number += 1
        line = octets.decode("latin-1")
        if self._summary.line or line[:1] != "D" or not self.edition.detail.permits(len(line)):
            self._irregular(line)
            return
        self.lines += 1
        faults = [] if self._codec.looks_good(line) else self._codec.judge(line)[1]
        if self.edition.key:
            faults = [*faults, *self._duplicate(octets)]
        if self.register is not None:
            faults = [*faults, *self._unknown(line)]
        if faults:
            self.rejected += 1
        else:
            self.sum_minor += self._amount_of(line)
        for fault in sorted([*faults, *self._warnings(line)], key=lambda fault: fault.column):
            self.tell(Problem(self._number, fault))

    def _duplicate(self, octets: bytes) -> Iterator[Fault]:
        if self._number in self.duplicates:
            saying = say("duplicate_all" if self.edition.rejects_all_duplicates else "duplicate_later")
            yield Fault("document", "422", saying, self._codec.column_of("document"))
        if self.hashes is not None:
            self._keys.append(self.key_of(octets))
            if len(self._keys) == _TOGETHER:
                self._remember(self._keys)
                self._keys.clear()

    def _warnings(self, line: str) -> Iterator[Fault]:
        """Look at the check digits of cédulas; a register knows better."""
        for name, kind, document in () if self.register is not None else self._cards:
            digits = line[document].rstrip(" ")
            if line[kind] == "C" and _CARD.fullmatch(digits) and not check_digit_fits(digits):
                yield Fault(name, "24", say("check_digit", found=digits), document.start + 1)

    def _unknown(self, line: str) -> Iterator[Fault]:
        """Look up in the register who stands in the line."""
        if self.register is None:
            return
        people = {name: ((line[kind], line[place].rstrip(" ")), place.start + 1) for name, kind, place in self._cards}
        holder = people.get("holder_document")
        for name, (person, column) in people.items():
            if person[0] != "P" and not self.register.knows(person):
                code = "111" if name == "holder_document" else "110" if holder else "24"
                yield Fault(name, code, say("not_registered", found=person[1]), column)
            elif holder and name == "document" and not self.register.is_family(person, holder[0]):
                yield Fault(name, "195", say("not_in_family", found=person[1], holder=holder[0][1]), column)

    # Structure -------------------------------------------------------------------------------------------------

    def complain(self, line: int, column: int, saying: Saying, field: str | None = None, code: str = STRUCTURE) -> None:
        """Note an error of structure."""
        if len(self.structural) < MOST_STRUCTURAL:
            self.structural.append(Problem(line, Fault(field or "", code, saying, column)))

    def _irregular(self, line: str) -> None:
        """Look at a line that is no detail of permitted length."""
        if self._summary.line:
            self.complain(self._number, 1, say("after_summary", summary=self._summary.line))
            self.lines += line[:1] == "D"
        elif line[:1] == "S":
            self._summary = _Summary(self._number, line)
        elif line[:1] == "D":
            self.lines += 1
            self.complain(self._number, *_wrong_length(self.edition, line))
        elif line[:1] == "E":
            self.complain(self._number, 1, say("second_header"))
        else:
            self.complain(self._number, 1, say("other_record", found=line[0]) if line else say("empty_line"))

    def _end(self) -> None:
        last, (number, line) = self._number, self._summary
        if last > self.edition.max_lines:
            saying = say("too_many_lines", found=last, most=self.edition.max_lines)
            self.complain(self.edition.max_lines + 1, 1, saying)
        if not number:
            self.complain(last, 1, say("no_summary"))
            return
        layout = self.edition.summary
        if not layout.permits(len(line)):
            saying = say("length", found=len(line), expected=layout.expected_lengths())
            self.complain(number, min(len(line), layout.lengths[-1]) + 1, saying)
            return
        values, faults = layout.decode(line)
        for fault in faults:
            self.complain(number, fault.column, fault.saying, fault.field)
        # Whether the bank's file counts its header and summary is not published: both ways are taken.
        counts = (number, self.lines) if self.edition.kind == "EP" else (number,)
        if values.get("line_count", number) not in counts:
            self.complain(number, 2, say("summary_count", found=values["line_count"], expected=number), "line_count")
        if not self.rejected and values.get("total", self.sum_minor) != self.sum_minor:
            saying = say("summary_total", found=values["total"], expected=self.sum_minor)
            self.complain(number, layout.fields[2].start, saying, "total")


class _Summary(NamedTuple):
    line: int
    """0 as long as there was none."""
    text: str


_NO_SUMMARY = _Summary(0, "")


def key_reader(edition: Edition) -> Callable[[bytes], bytes]:
    """Return what reads the key of a detail that may stand once in a file."""
    places = sorted((f.start - 1, f.end - 1) for f in edition.detail.fields if f.name in edition.key)
    if not places:
        return lambda _: b""
    start, end = places[0][0], places[-1][1]
    if end - start == sum(stop - begin for begin, stop in places):
        return lambda line: line[start:end]
    return lambda line: b"".join([line[begin:stop] for begin, stop in places])


def _amount_reader(edition: Edition) -> Callable[[str], int]:
    for one in edition.detail.fields:
        if one.name == edition.summed:
            start, dot, end = one.start - 1, one.end - 4, one.end - 1
            return lambda line: int(line[start:dot]) * 100 + int(line[dot + 1 : end])
    return lambda _: 0


def _cards(edition: Edition) -> list[tuple[str, int, slice]]:
    """Return the name of each identity number's field, the place of its type, and its own."""
    place = {one.name: slice(one.start - 1, one.end - 1) for one in edition.detail.fields}
    return [
        (name, place[f"{name}_type"].start, place[name])
        for name in ("holder_document", "document")
        if f"{name}_type" in place
    ]


def _wrong_length(edition: Edition, line: str) -> tuple[int, Saying]:
    expected = edition.detail.expected_lengths()
    saying = say("length", found=len(line), expected=expected)
    if len(line) > LONGEST:
        saying = say("unended", longest=LONGEST, expected=expected)
    else:
        try:
            if not line.isascii() and edition.detail.permits(len(line.encode("latin-1").decode("utf-8"))):
                saying = say("length_utf8", found=len(line), expected=expected)
        except UnicodeDecodeError:
            pass
    shorter = [length for length in edition.detail.lengths if length < len(line)]
    return min(len(line), max(shorter, default=len(line))) + 1, saying
