"""What the fund's portal would answer to a file, told from the file alone, at flat memory.

All or nothing: one bad line and nothing is imported, but every bad line is listed. Whether the fund's register knows a
member, and how old she is, cannot be told here. Source: SRC-020.
"""

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from gateway.authority.in_epfo.editions import Edition, edition_of, editions
from gateway.authority.in_epfo.record import decode
from gateway.authority.protocol import FileVerdict, Finding
from gateway.authority.text.codes import meaning_of
from gateway.authority.text.duplicates import repeated
from gateway.authority.text.lines import split_lines

KIND = "ECR"
ACCEPTED, NOT_IMPORTED, EMPTY, DUPLICATE = "0", "NOT_IMPORTED", "EMPTY", "DUPLICATE"
_PAISE = 100
_UAN = 12


def check_file(
    file: BinaryIO,
    *,
    today: dt.date | None = None,
    max_findings: int = 10_000,
    language: str = "en",
    more: Callable[[Finding], None] | None = None,
) -> FileVerdict:
    """Return what the portal would answer to a file.

    Args:
        file: The file, at its beginning; one that cannot be rewound is copied to a temporary place.
        today: Decides the edition; None takes the newest.
        max_findings: How many findings to keep; those left out are counted.
        language: Of what a code means and what to do; what was found is told in the fund's English.
        more: Called with each finding that is left out.
    """
    if file.seekable():
        return _Check(file, today, max_findings, language, more).run()
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return _Check(copy, today, max_findings, language, more).run()


class _Check:
    """One file being checked."""

    def __init__(
        self,
        file: BinaryIO,
        today: dt.date | None,
        max_findings: int,
        language: str,
        more: Callable[[Finding], None] | None,
    ) -> None:
        self._language = language
        self._file, self._start, self._today = file, file.tell(), today
        self._max, self._more = max_findings, more
        self._findings: list[Finding] = []
        self._left_out = self._lines = self._bad = self._wages = 0
        self._is_ecr = False

    def run(self) -> FileVerdict:
        edition = edition_of(self._today) or editions()[0]
        doubled = repeated(lambda: self._members(edition))
        for number, line in enumerate(self._rewound(), start=1):
            self._lines = number
            self._is_ecr = self._is_ecr or edition.separator in line
            self._look(number, line, edition, is_doubled=number in doubled)
        if not self._lines:
            self._note(Finding(EMPTY, "nothing in the file; expected one line for each member", None, 1, 1))
        is_good = not self._findings and not self._left_out
        return FileVerdict(
            kind=KIND if self._is_ecr else None,
            employer=None,
            period=None,
            lines=self._lines,
            accepted=self._lines if is_good else 0,
            rejected=0 if is_good else self._lines,
            status="P" if is_good else "R",
            code=ACCEPTED if is_good else NOT_IMPORTED if self._lines else EMPTY,
            wage_total_minor=self._wages * _PAISE if is_good else 0,
            findings=tuple(self._findings),
            findings_left_out=self._left_out,
            is_readable=self._is_ecr,
        )

    def _rewound(self) -> Iterator[str]:
        self._file.seek(self._start)
        return split_lines(self._file)

    def _members(self, edition: Edition) -> Iterator[tuple[int, str]]:
        numbered = enumerate(self._rewound(), start=1)
        return ((number, line[:_UAN]) for number, line in numbered if edition.separator in line)

    def _look(self, number: int, line: str, edition: Edition, *, is_doubled: bool) -> None:
        values, faults = decode(line, edition)
        for fault in faults:
            self._note(Finding(fault.code, fault.message, fault.field, number, fault.column))
        if is_doubled:
            message = f"UAN {line[:_UAN]} stands on more than one line; a member may stand in a file once"
            self._note(Finding(DUPLICATE, message, "uan", number, 1))
        self._wages += int(values.get("epf_wages", 0))

    def _note(self, found: Finding) -> None:
        meaning, language = meaning_of(__package__, found.code), self._language
        message = f"{meaning.meaning_in(language)}: {found.message}. {meaning.fix_in(language)}"
        finding = replace(found, message=message)
        if len(self._findings) < self._max:
            self._findings.append(finding)
            return
        self._left_out += 1
        if self._more is not None:
            self._more(finding)
