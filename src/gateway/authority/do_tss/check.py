"""What the state would answer to a file, told from the file alone. No network, no clock, memory flat in the lines.

A structural error rejects the whole file. A wrong field or a broken rule rejects its line only. Of persons that stand
twice in a file, AM, AR and NV reject every line and RD the later ones. What only the state's registers know (codes
24, 110, 111, 195, …) is told where a register is given; without one, a cédula whose check digit does not fit is a
warning with code 24 and its line is not rejected. An employer's number whose check digit does not fit is a remark with
code 3 beside the verdict (decision 184). Source: SRC-001.
"""

import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO

from gateway.authority.do_tss.body import Body, Problem, key_reader
from gateway.authority.do_tss.codes import explain
from gateway.authority.do_tss.editions import EDITIONS, edition_of
from gateway.authority.do_tss.layout import STRUCTURE, Edition, Fault
from gateway.authority.do_tss.register import Register, employer_number_fits
from gateway.authority.do_tss.sayings import Saying, say
from gateway.authority.protocol import FileVerdict, Finding
from gateway.authority.text.duplicates import Hashes, Places, places_of_repeated
from gateway.authority.text.lines import whole_lines
from gateway.kit.period import Period

_FIRST_LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?")
_MARKS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
EMPLOYER_UNKNOWN = "3"
_LOOKED_AT = 100
"""So many lines are looked at before a file without a header is called none of the state's."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a file is to be checked."""

    kind: str | None = None
    """Chosen at upload; the header must say the same. None takes the header's word."""
    today: dt.date | None = None
    """Decides the edition and the days an entry may lie ahead; None takes the newest and looks at no days."""
    max_findings: int = 10_000
    """How many findings to keep; those left out are counted."""
    language: str = "en"
    register: Register | None = None
    more: Callable[[Finding], None] | None = None
    """Called with every finding that is not kept."""


def check_file(file: BinaryIO, wishes: Wishes | None = None) -> FileVerdict:
    """Return what the state would answer to a file; one that cannot be rewound is copied to a temporary place."""
    wishes = wishes or Wishes()
    if file.seekable():
        return _Check(file, wishes).run()
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return _Check(copy, wishes).run()


@dataclass
class _Check:
    """One file being checked."""

    file: BinaryIO
    wishes: Wishes
    kind: str | None = None
    employer: str | None = None
    period: str | None = None
    structural: list[Problem] = field(default_factory=list)
    """What is wrong with the header."""
    remarks: list[Problem] = field(default_factory=list)
    """What looks wrong in the header and is the state's to say."""

    def __post_init__(self) -> None:
        self._start = self.file.tell()

    def run(self) -> FileVerdict:
        """Return the verdict."""
        edition = self._header()
        if edition is None:
            return self._headless()
        kept: list[Problem] = []
        duplicates = Places()
        with Hashes() as hashes:
            body, told = self._read(edition, duplicates, _keeper(kept, self.wishes.max_findings), hashes)
            if not (body.structural or self.structural) and hashes.may_repeat():
                duplicates = self._duplicates(edition)
        if duplicates:
            kept.clear()
            body, told = self._read(edition, duplicates, _keeper(kept, self.wishes.max_findings))
        self.structural += body.structural
        if self.structural:
            return self._refused(body.lines)
        if told.count > len(kept) and self.wishes.more is not None:
            self._read(edition, duplicates, self._passer(len(kept), self.wishes.more))
        return self._answered(edition, body, kept, told.count - len(kept))

    def _headless(self) -> FileVerdict:
        is_readable = self._is_ours()
        if not is_readable and self.structural[0].fault.saying.key not in ("empty", "byte_order_mark"):
            self.structural = [Problem(1, Fault("", STRUCTURE, say("not_ours"), 1))]
        details = sum(1 for line in self._lines() if line[:1] == b"D") if is_readable else 0
        return self._refused(details, is_readable=is_readable)

    def _read(
        self, edition: Edition, duplicates: Places, tell: "_Telling", hashes: Hashes | None = None
    ) -> tuple[Body, "_Telling"]:
        body = Body(edition, self.wishes.today, self.wishes.register, duplicates, tell, hashes)
        body.read(self._pieces())
        return body, tell

    def _pieces(self) -> Iterator[bytes]:
        """Read what stands behind the first line; one reading at a time, for they share the file's place."""
        self.file.seek(self._start)
        pieces = whole_lines(self.file)
        first = next(pieces, b"")
        found = _FIRST_LINE.match(first)
        rest = first[found.end() :] if found else b""
        return chain([rest], pieces) if rest else pieces

    def _lines(self) -> Iterator[bytes]:
        return chain.from_iterable(piece.splitlines() for piece in self._pieces())

    def _complain(self, column: int, saying: Saying, name: str = "", code: str = STRUCTURE) -> None:
        self.structural.append(Problem(1, Fault(name, code, saying, column)))

    # The header ------------------------------------------------------------------------------------------------

    def _header(self) -> Edition | None:
        self.file.seek(self._start)
        found = _FIRST_LINE.match(next(whole_lines(self.file), b""))
        octets = found[1] if found else b""
        line = octets.decode("latin-1")
        mark = next((name for mark, name in _MARKS.items() if octets.startswith(mark)), None)
        if mark:
            self._complain(1, say("byte_order_mark", found=mark))
        elif not line:
            self._complain(1, say("nothing" if found and found.end() else "empty"))
        elif line[0] != "E":
            self._complain(1, say("no_header", found=line[0]))
        else:
            return self._edition(line)
        return None

    def _edition(self, line: str) -> Edition | None:
        edition = edition_of("EP" if line[1:5] == "REEP" else line[1:3], self.wishes.today)
        if edition is None:
            known = ", ".join(sorted({one.kind for one in EDITIONS}))
            self._complain(2, say("kind_unknown", found=line[1:3], expected=known), "key")
            return None
        self.kind = edition.kind
        if self.wishes.kind not in (None, edition.kind):
            self._complain(2, say("kind_differs", found=edition.kind, expected=self.wishes.kind), "key")
        layout = edition.header
        if not layout.permits(len(line)):
            saying = say("length", found=len(line), expected=layout.expected_lengths())
            self._complain(min(len(line), layout.lengths[-1]) + 1, saying)
            return edition
        values, faults = layout.decode(line)
        self.employer = values.get("employer")
        period = values.get("period")
        self.period = str(period) if isinstance(period, Period) else None
        for fault in faults:
            self._complain(fault.column, fault.saying, fault.field, fault.code)
        if self.employer is not None and not employer_number_fits(self.employer):
            place = next(one.start for one in layout.fields if one.name == "employer")
            column = place + len(line[place - 1 :]) - len(line[place - 1 :].lstrip(" "))
            saying = say("employer_check_digit", found=self.employer)
            self.remarks.append(Problem(1, Fault("employer", EMPLOYER_UNKNOWN, saying, column)))
        if edition.kind == "AR" and isinstance(period, Period) and period.start > (self.wishes.today or period.end):
            month = next(one for one in layout.fields if one.name == "period")
            self._complain(month.start, say("month_ahead", found=str(period)), month.name, "252")
        return edition

    def _is_ours(self) -> bool:
        """Tell whether any of the first lines looks like one of the state's, its header damaged or lost."""
        self.file.seek(self._start)
        lines = chain.from_iterable(piece.splitlines() for piece in whole_lines(self.file))
        return any(_looks_ours(line.decode("latin-1")) for line in islice(lines, _LOOKED_AT))

    def _duplicates(self, edition: Edition) -> Places:
        key_of = key_reader(edition)
        lines = ((number, key_of(line)) for number, line in enumerate(self._lines(), start=2) if line[:1] == b"D")
        return places_of_repeated(lines, spares_first=not edition.rejects_all_duplicates)

    # The verdict -----------------------------------------------------------------------------------------------

    def _passer(self, passed_over: int, more: Callable[[Finding], None]) -> "_Telling":
        return _Telling(lambda number, problem: more(self._finding(problem)) if number > passed_over else None)

    def _finding(self, problem: Problem) -> Finding:
        language, fault = self.wishes.language, problem.fault
        meaning = explain(fault.code)
        message = f"{meaning.meaning_in(language)}: {fault.saying.text(language)}. {meaning.fix_in(language)}"
        return Finding(fault.code, message, fault.field or None, problem.line, fault.column)

    def _refused(self, lines: int, *, is_readable: bool = True) -> FileVerdict:
        return self._verdict(lines, 0, "R", self.structural[0].fault.code, self.structural, is_readable=is_readable)

    def _answered(self, edition: Edition, body: Body, kept: Iterable[Problem], left_out: int) -> FileVerdict:
        accepted = body.lines - body.rejected
        status, code = ("P", "250" if body.rejected else "0") if accepted else ("R", "301")
        total = body.sum_minor if edition.summed == "wage" else 0
        if not body.lines:
            kept = [Problem(2, Fault("", code, say("no_details"), 1))]
        return self._verdict(body.lines, accepted, status, code, kept, total=total, left_out=left_out)

    def _verdict(
        self,
        lines: int,
        accepted: int,
        status: str,
        code: str,
        problems: Iterable[Problem],
        *,
        total: int = 0,
        left_out: int = 0,
        is_readable: bool = True,
    ) -> FileVerdict:
        return FileVerdict(
            kind=self.kind,
            employer=self.employer,
            period=self.period,
            lines=lines,
            accepted=accepted,
            rejected=lines - accepted,
            status=status,
            code=code,
            wage_total_minor=total,
            findings=tuple(map(self._finding, problems)),
            findings_left_out=left_out,
            is_readable=is_readable,
            remarks=tuple(map(self._finding, self.remarks)),
        )


@dataclass
class _Telling:
    """Passes on what a body tells, with its number from 1 on."""

    pass_on: Callable[[int, Problem], object]
    count: int = 0

    def __call__(self, problem: Problem) -> None:
        self.count += 1
        self.pass_on(self.count, problem)


def _keeper(kept: list[Problem], most: int) -> _Telling:
    return _Telling(lambda number, problem: kept.append(problem) if number <= most else None)


_HEADER = re.compile(r".[A-Z]{2}[ 0-9]{2}[0-9]{9}(?:[0-9]{6})?")
_KINDS = "|".join(sorted({edition.kind for edition in EDITIONS} | {"RE"}))
_KIND_SAID = re.compile(f"E(?:{_KINDS})[ 0-9]{{2}}.*|EREEP.*")
_DETAIL = re.compile(r".[0-9]{3}[CNP][0-9].*|.[0-9]{3}(?:[A-Z]{2}[0-9 ]{16}[CNP]|[CN][0-9 ]{11}[A-Z]{2}[CNP]).*")
_SUMMARY = re.compile("S[0-9]{6}")


def _looks_ours(line: str) -> bool:
    return any(pattern.fullmatch(line) for pattern in (_HEADER, _KIND_SAID, _DETAIL, _SUMMARY))
