"""The fund's monthly file (ECR 2.0), written as a stream: one line a member, the amounts those that were assessed."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from gateway.authority.errors import UnrenderableError
from gateway.authority.in_epfo.check import KIND, check_file
from gateway.authority.in_epfo.editions import Edition, edition_of
from gateway.authority.in_epfo.names import whole_name
from gateway.authority.in_epfo.record import CODES, FIELDS, Fault, Values, decode, encode
from gateway.authority.protocol import (
    CodeMeaning,
    DeclaredDependant,
    DeclaredWorker,
    FileVerdict,
    FilingHead,
    Finding,
    FormatLimits,
    LaidField,
    RenderedFile,
)
from gateway.authority.text.codes import code_table, meaning_of
from gateway.authority.text.letters import UnwritableNameError

MEDIA_TYPE = "text/plain; charset=us-ascii"
EMPLOYEE, PENSION, DIFFERENCE = "epf_worker", "eps_employer", "epf_employer_difference"
"""Components of the month's rates that stand in the file."""
_MOST_LINES = 999_999
"""No bound is published; a file of more is no monthly file."""
_LINES_PER_CHUNK = 2000
_PAISE = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_OUR_NAMES = {"uan": "document", "name": "given_names", "gross_wages": "wage_minor", "epf_wages": "wage_minor"}


class FundFormat:
    """``StateFormat`` for India."""

    country = "in"
    limits = FormatLimits(_MOST_LINES, (KIND,), is_all_or_nothing=True, carries_amounts=True)

    def check(self, worker: DeclaredWorker) -> list[Finding]:
        """Say why the portal would refuse this worker's line; the amounts are looked at where they are given."""
        edition = edition_of(None)
        assert edition is not None
        values, findings = _values(worker, edition, None)
        if values is not None:
            _, faults = encode(values, edition)
            known = ("uan", "name") if not worker.components else FIELDS
            findings += [
                Finding(fault.code, fault.message, _OUR_NAMES.get(fault.field, fault.field))
                for fault in faults
                if fault.field in known
            ]
        return findings

    def are_good(self, workers: Sequence[DeclaredWorker]) -> bool:
        """Look at each: a line is short and there is no quicker way."""
        return not any(self.check(worker) for worker in workers)

    def check_dependant(self, dependant: DeclaredDependant) -> list[Finding]:  # noqa: ARG002 — the fund is not told of them
        """Find nothing: the fund is not told of dependants."""
        return []

    def render(
        self,
        head: FilingHead,
        workers: Iterable[DeclaredWorker],
        dependants: Iterable[DeclaredDependant] = (),  # noqa: ARG002 — the fund is not told of them
    ) -> Iterator[RenderedFile]:
        """Write the files of a filing, one after the other, at flat memory; dependants are not filed.

        Raises:
            UnrenderableError: A member cannot be written, there are not as many as the head says, or what was assessed
                is not what the fund computes from her wages.
        """
        edition = edition_of(head.period.start)
        if edition is None:
            raise UnrenderableError(f"no edition of the file is known for {head.period}")
        if head.worker_count:
            yield from _Files(head, edition, workers).each()

    def check_file(
        self,
        file: BinaryIO,
        *,
        max_findings: int = 10_000,
        language: str = "en",
        today: dt.date | None = None,
        register: BinaryIO | None = None,  # noqa: ARG002 — none is published
        more: Callable[[Finding], None] | None = None,
    ) -> FileVerdict:
        """Read any file and say what the portal would answer; ``today`` decides the edition."""
        return check_file(file, today=today, max_findings=max_findings, language=language, more=more)

    def read(self, line: str) -> tuple[Values, list[Fault]]:
        """Read one line of a file by the newest edition."""
        edition = edition_of(None)
        assert edition is not None
        return decode(line, edition)

    def lay_out(self, kind: str, line: str, on: dt.date) -> list[LaidField]:  # noqa: ARG002 — one kind, one edition
        """Return the fields between the separators."""
        edition = edition_of(on)
        separator = edition.separator if edition is not None else "#~#"
        place, laid = 1, []
        for number, text in enumerate(line.split(separator)):
            name = FIELDS[number] if number < len(FIELDS) else ""
            laid.append(LaidField(name, place, text, is_verified=bool(name)))
            place += len(text) + len(separator)
        return laid

    def codes(self) -> list[CodeMeaning]:
        """Give every code that the folder knows."""
        return list(code_table(__package__).values())

    def explain(self, code: str) -> CodeMeaning:
        """Say what a code means."""
        return meaning_of(__package__, code)


class _Files:
    """All files of one filing."""

    def __init__(self, head: FilingHead, edition: Edition, workers: Iterable[DeclaredWorker]) -> None:
        self._head, self._edition, self._workers = head, edition, iter(workers)
        self._most = min(head.max_lines_per_file or _MOST_LINES, _MOST_LINES)
        if self._most < 1:
            raise UnrenderableError(f"{self._most} lines a file leave no room for anybody")
        self._written = 0

    def each(self) -> Iterator[RenderedFile]:
        count, head = self._head.worker_count, self._head
        part_count = -(-count // self._most)
        for part in range(1, part_count + 1):
            offset = (part - 1) * self._most
            if self._written != offset:
                raise RuntimeError("the chunks of a file must be used up before the next file is asked for")
            size = min(self._most, count - offset)
            tail = f"_{part}" if part_count > 1 else ""
            employer = _UNSAFE.sub("-", head.employer)
            yield RenderedFile(
                kind=KIND,
                part=part,
                part_count=part_count,
                file_name=f"{KIND}_{employer}_{head.period.month:02d}{head.period.year:04d}{tail}.txt",
                media_type=MEDIA_TYPE,
                line_count=size,
                first_line_no=head.number_from + offset,
                chunks=self._chunks(size, is_last=part == part_count),
            )

    def _chunks(self, size: int, *, is_last: bool) -> Iterator[bytes]:
        done = 0
        while done < size:
            lines = [
                self._line(worker, done + number)
                for number, worker in enumerate(islice(self._workers, min(_LINES_PER_CHUNK, size - done)), start=1)
            ]
            if not lines:
                raise UnrenderableError(f"{self._written} members; the filing's head says {self._head.worker_count}")
            done += len(lines)
            self._written += len(lines)
            yield "".join(lines).encode("ascii")
        if is_last and next(self._workers, None) is not None:
            raise UnrenderableError(f"more members than the {self._head.worker_count} of the filing's head")

    def _line(self, worker: DeclaredWorker, number: int) -> str:
        values, findings = _values(worker, self._edition, self._head.period.start)
        if values is not None:
            line, faults = encode(values, self._edition)
            findings += [Finding(f.code, f.message, _OUR_NAMES.get(f.field, f.field), number, f.column) for f in faults]
        if findings:
            first = findings[0]
            raise UnrenderableError(f"{KIND} line {number}, {first.field}: {first.message}", findings=findings)
        return line + "\n"


def _values(worker: DeclaredWorker, edition: Edition, month: dt.date | None) -> tuple[Values | None, list[Finding]]:
    """Return the fields of a worker's line, or why there are none.

    Whole months are declared, so there are no days without contribution; advances are not paid back through a mutual.
    """
    findings = []
    if worker.document_kind != "social_security":
        findings.append(
            Finding(
                CODES["uan"],
                "the fund knows members by UAN alone; write it down as the member's number",
                "document_kind",
            )
        )
    try:
        name = whole_name(worker.given_names, worker.first_surname, worker.second_surname)
    except UnwritableNameError as problem:
        told = f"{problem.character!r} in the name; the file holds letters A to Z, spaces and full stops"
        findings.append(Finding(CODES["name"], told, "given_names"))
    if worker.wage_minor % _PAISE:
        told = f"a wage of {worker.wage_minor / _PAISE:.2f}; the fund takes whole rupees, declare it so"
        findings.append(Finding(CODES["epf_wages"], told, "wage_minor"))
    paid = dict(worker.components)
    if any(paid.get(code, 0) % _PAISE for code in (EMPLOYEE, PENSION, DIFFERENCE)):
        findings.append(Finding(CODES["epf_contribution"], "an assessed amount is no whole rupee", "components"))
    if month is not None and not {EMPLOYEE, PENSION, DIFFERENCE} <= paid.keys():
        told = f"the assessment has no {', '.join(sorted({EMPLOYEE, PENSION, DIFFERENCE} - paid.keys()))}; assess again"
        findings.append(Finding(CODES["epf_contribution"], told, "components"))
    if findings:
        return None, findings
    wage = worker.wage_minor // _PAISE
    bounded = min(wage, edition.wage_ceiling)
    return {
        "uan": worker.document,
        "name": name,
        "gross_wages": wage,
        "epf_wages": wage,
        "eps_wages": 0 if _draws_pension(worker, edition, month, paid) else bounded,
        "edli_wages": bounded,
        "epf_contribution": paid.get(EMPLOYEE, 0) // _PAISE,
        "eps_contribution": paid.get(PENSION, 0) // _PAISE,
        "epf_eps_difference": paid.get(DIFFERENCE, 0) // _PAISE,
        "ncp_days": 0,
        "refund_of_advances": 0,
    }, []


def _draws_pension(worker: DeclaredWorker, edition: Edition, month: dt.date | None, paid: dict[str, int]) -> bool:
    """Tell whether nothing is paid into the pension for her any more: she reached the age before the month began."""
    if month is None or worker.birth_date is None:
        return bool(paid) and not paid.get(PENSION)
    born = worker.birth_date
    reached = month.year - born.year - ((month.month, month.day) < (born.month, born.day))
    return reached >= edition.pension_age


FORMAT = FundFormat()
