"""What the state would answer to a file, told from the file alone. No network, no clock, memory flat in the lines.

A structural error rejects the whole file. A wrong field or a broken rule rejects its line only. Of persons that stand
twice in a file, AM, AR and NV reject every line and RD the later ones. What only the state's registers know (codes
24, 417, 514, …) cannot be told here. Source: SRC-001.
"""

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

from gateway.authority.do_tss.codec import LineCodec
from gateway.authority.do_tss.editions import EDITIONS, edition_of
from gateway.authority.do_tss.layout import STRUCTURE, Edition, Fault
from gateway.authority.protocol import FileVerdict, Finding
from gateway.authority.text.duplicates import repeated
from gateway.authority.text.lines import LONGEST, split_lines
from gateway.kit.period import Period

_MOST_STRUCTURAL = 100


def check_file(
    file: BinaryIO, *, kind: str | None = None, today: dt.date | None = None, max_findings: int = 10_000
) -> FileVerdict:
    """Return what the state would answer to a file.

    Args:
        file: The file, at its beginning; one that cannot be rewound is copied to a temporary place.
        kind: Chosen at upload; the header must say the same. None takes the header's word.
        today: Decides the edition and the days an entry may lie ahead; None takes the newest and looks at no days.
        max_findings: How many findings to keep; those left out are counted.
    """
    if file.seekable():
        return _Check(file, kind, today, max_findings).run()
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return _Check(copy, kind, today, max_findings).run()


class _Check:
    """One file being checked: counts and findings so far."""

    def __init__(self, file: BinaryIO, kind: str | None, today: dt.date | None, max_findings: int) -> None:
        self._file, self._start = file, file.tell()
        self._chosen_kind, self._today, self._max_findings = kind, today, max_findings
        self.kind: str | None = None
        self.employer: str | None = None
        self.period: str | None = None
        self.file_code = STRUCTURE
        self.structural: list[Finding] = []
        self.findings: list[Finding] = []
        self.left_out = self.lines = self.rejected = self.sum_minor = self.sum_all_minor = 0

    def run(self) -> FileVerdict:
        edition = self._header(next(self._lines(), None))
        if edition is None:
            self.lines = sum(1 for line in islice(self._lines(), 1, None) if line[:1] == "D")
        else:
            duplicates = self._duplicates(edition)
            self._body(edition, islice(self._lines(), 1, None), duplicates)
        return self._verdict(edition)

    def _lines(self) -> Iterator[str]:
        """Read from the beginning; one reading at a time, for they share the file's place."""
        self._file.seek(self._start)
        return split_lines(self._file)

    def _break(self, line: int, column: int, message: str, field: str | None = None, code: str = STRUCTURE) -> None:
        if len(self.structural) < _MOST_STRUCTURAL:
            self.structural.append(Finding(code, message, field, line, column))

    # The header ------------------------------------------------------------------------------------------------

    def _header(self, line: str | None) -> Edition | None:
        if not line:
            self._break(1, 1, "nothing where the header should be; expected a line that begins with E")
            return None
        if line[0] != "E":
            self._break(1, 1, f"the first line begins with {line[0]!r}; expected the header, which begins with E")
            return None
        edition = edition_of("EP" if line[1:5] == "REEP" else line[1:3], self._today)
        if edition is None:
            known = ", ".join(sorted({e.kind for e in EDITIONS}))
            self._break(1, 2, f"{line[1:3]!r} is no kind of file the state takes; expected one of {known}", "key")
            return None
        self.kind = edition.kind
        if self._chosen_kind not in (None, edition.kind):
            self._break(1, 2, f"the header says {edition.kind}, the upload said {self._chosen_kind}", "key")
        self._header_fields(edition, line)
        return edition

    def _header_fields(self, edition: Edition, line: str) -> None:
        if not edition.header.permits(len(line)):
            expected = edition.header.expected_lengths()
            self._break(
                1, min(len(line), edition.header.lengths[-1]) + 1, f"{len(line)} characters; expected {expected}"
            )
            return
        values, faults = edition.header.decode(line)
        self.employer = values.get("employer")
        period = values.get("period")
        self.period = str(period) if isinstance(period, Period) else None
        for fault in faults:
            self._break(1, fault.column, fault.message, fault.field, fault.code)

    # Details and summary ---------------------------------------------------------------------------------------

    def _duplicates(self, edition: Edition) -> frozenset[str]:
        if not edition.key:
            return frozenset()
        key_of = _key_reader(edition)
        return repeated(lambda: (key_of(line) for line in self._lines() if line[:1] == "D"))

    def _body(self, edition: Edition, lines: Iterator[str], duplicates: frozenset[str]) -> None:
        codec = LineCodec(edition, self._today)
        looks_good, permits = codec.looks_good, edition.detail.permits
        amount_of, key_of = _amount_reader(edition), _key_reader(edition)
        seen: set[str] = set()
        number, summary = 1, None
        for number, line in enumerate(lines, start=2):
            if summary is not None or line[:1] != "D" or not permits(len(line)):
                summary = self._irregular(edition, number, line, summary)
                continue
            self.lines += 1
            faults = [] if looks_good(line) else codec.judge(line)[1]
            if duplicates and (key := key_of(line)) in duplicates:
                if edition.rejects_all_duplicates or key in seen:
                    faults = [*faults, _duplicate(codec, edition)]
                seen.add(key)
            if faults:
                self._reject(number, faults)
            else:
                self.sum_minor += amount_of(line)
        self._end(edition, number, summary)

    def _irregular(
        self, edition: Edition, number: int, line: str, summary: tuple[int, str] | None
    ) -> tuple[int, str] | None:
        """Look at a line that is no detail of permitted length; return the summary if it is the one."""
        if summary is not None:
            self._break(number, 1, f"a line after the summary of line {summary[0]}; the summary is the last")
            self.lines += line[:1] == "D"
            return summary
        if line[:1] == "S":
            return number, line
        if line[:1] == "D":
            self.lines += 1
            self._break(number, *_wrong_length(edition, line))
        elif line[:1] == "E":
            self._break(number, 1, "a second header; a file has one, in line 1")
        else:
            found = repr(line[0]) if line else "nothing"
            self._break(number, 1, f"the line begins with {found}; expected D for a detail or S for the summary")
        return None

    def _reject(self, number: int, faults: list[Fault]) -> None:
        self.rejected += 1
        for fault in sorted(faults, key=lambda fault: fault.column):
            if len(self.findings) < self._max_findings:
                self.findings.append(Finding(fault.code, fault.message, fault.field, number, fault.column))
            else:
                self.left_out += 1

    def _end(self, edition: Edition, last: int, summary: tuple[int, str] | None) -> None:
        if last > edition.max_lines:
            self._break(edition.max_lines + 1, 1, f"{last} lines; a file holds at most {edition.max_lines}")
        if summary is None:
            self._break(last, 1, "the file ends without a summary; it may have been cut off")
            return
        number, line = summary
        if not edition.summary.permits(len(line)):
            expected = edition.summary.expected_lengths()
            self._break(
                number,
                min(len(line), edition.summary.lengths[-1]) + 1,
                f"summary of {len(line)} characters; expected {expected}",
            )
            return
        values, faults = edition.summary.decode(line)
        for fault in faults:
            self._break(number, fault.column, fault.message, fault.field)
        # Whether the bank's file counts its header and summary is not published: both ways are taken.
        counts = (number, self.lines) if edition.kind == "EP" else (number,)
        if values.get("line_count", number) not in counts:
            self._break(
                number, 2, f"the summary counts {values['line_count']} lines, the file has {number}", "line_count"
            )
        if not self.rejected and values.get("total", self.sum_minor) != self.sum_minor:
            self._break(
                number,
                7,
                f"the summary's total is {values['total']} minor units, the lines sum to {self.sum_minor}",
                "total",
            )

    # The verdict -----------------------------------------------------------------------------------------------

    def _verdict(self, edition: Edition | None) -> FileVerdict:
        broken = bool(self.structural)
        rejected = self.lines if broken else self.rejected
        accepted = self.lines - rejected
        if broken:
            status, code = "R", self.structural[0].code
        elif accepted == 0:
            status, code = "R", "301"
        else:
            status, code = "P", "250" if rejected else "0"
        counts_wages = edition is not None and edition.summed == "wage" and not broken
        return FileVerdict(
            kind=self.kind,
            employer=self.employer,
            period=self.period,
            lines=self.lines,
            accepted=accepted,
            rejected=rejected,
            status=status,
            code=code,
            wage_total_minor=self.sum_minor if counts_wages else 0,
            findings=tuple(self.structural if broken else self.findings),
            findings_left_out=0 if broken else self.left_out,
        )


def _key_reader(edition: Edition) -> Callable[[str], str]:
    places = sorted((f.start - 1, f.end - 1) for f in edition.detail.fields if f.name in edition.key)
    if not places:
        return lambda _: ""
    start, end = places[0][0], places[-1][1]
    if end - start == sum(stop - begin for begin, stop in places):
        return lambda line: line[start:end]
    return lambda line: "".join([line[begin:stop] for begin, stop in places])


def _amount_reader(edition: Edition) -> Callable[[str], int]:
    for field in edition.detail.fields:
        if field.name == edition.summed:
            start, dot, end = field.start - 1, field.end - 4, field.end - 1
            return lambda line: int(line[start:dot]) * 100 + int(line[dot + 1 : end])
    return lambda _: 0


def _duplicate(codec: LineCodec, edition: Edition) -> Fault:
    which = "every line of hers is rejected" if edition.rejects_all_duplicates else "only her first line is taken"
    message = f"the same person stands more than once in this payroll; {which}: leave one line"
    return Fault("document", "422", message, codec.column_of("document"))


def _wrong_length(edition: Edition, line: str) -> tuple[int, str]:
    message = f"{len(line)} characters; expected {edition.detail.expected_lengths()}"
    if len(line) > LONGEST:
        message = f"more than {LONGEST} characters without a line end; {message.partition('; ')[2]}"
    else:
        try:
            if not line.isascii() and edition.detail.permits(len(line.encode("latin-1").decode("utf-8"))):
                message += "; the file seems to be UTF-8, the state reads latin-1"
        except UnicodeDecodeError:
            pass
    shorter = [length for length in edition.detail.lengths if length < len(line)]
    return min(len(line), max(shorter, default=len(line))) + 1, message
