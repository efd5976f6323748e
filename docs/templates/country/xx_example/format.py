"""Exampleland's file: a head ``H;employer;YYYY-MM``, then a line a worker, ``card;name;wage;contribution``, in francs."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from gateway.authority.errors import UnrenderableError
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
from gateway.authority.text.duplicates import repeated
from gateway.authority.text.letters import APOSTROPHES, DASHES, UnwritableNameError, plain_name
from gateway.authority.text.lines import split_lines

KIND, COMPONENT, CEILING = "MS", "fund_worker", 200_000
_MARKS = {**dict.fromkeys(APOSTROPHES + DASHES, " "), ".": " "}
_HEAD = re.compile(r"H;([A-Z0-9-]{1,20});([0-9]{4}-[0-9]{2})")
_FIELDS = (("CARD", re.compile("[0-9]{8}")), ("NAME", re.compile("[A-Z ]{1,40}")), ("WAGE", re.compile("[0-9]{1,12}")),
           ("AMOUNT", re.compile("[0-9]{1,12}")))  # fmt: skip


class ExampleFormat:
    """``StateFormat`` for Exampleland."""

    country = "xx"
    limits = FormatLimits(10_000, (KIND,), carries_amounts=True)

    def check(self, worker: DeclaredWorker) -> list[Finding]:
        """Say why the fund would refuse this worker's line."""
        line, findings = _write(worker)
        given = findings or [finding for finding in _judge(line, 0) if worker.components or finding.code != "AMOUNT"]
        return [Finding(finding.code, finding.message, finding.field) for finding in given]

    def check_dependant(self, dependant: DeclaredDependant) -> list[Finding]:  # noqa: ARG002
        """Find nothing: the fund is told of nobody but workers."""
        return []

    def render(
        self,
        head: FilingHead,
        workers: Iterable[DeclaredWorker],
        dependants: Iterable[DeclaredDependant] = (),  # noqa: ARG002
    ) -> Iterator[RenderedFile]:
        """Write the files of a filing, one after the other.

        Raises:
            UnrenderableError: Somebody cannot be written, or there are not as many as the head says.
        """
        waiting = iter(workers)
        most = min(head.max_lines_per_file or self.limits.max_lines_per_file, self.limits.max_lines_per_file) - 1
        if most < 1:
            raise UnrenderableError("the head leaves no room for anybody")
        parts = -(-head.worker_count // most)
        for part in range(1, parts + 1):
            size = min(most, head.worker_count - (part - 1) * most)
            name = re.sub("[^A-Za-z0-9-]+", "-", head.employer)
            yield RenderedFile(
                kind=KIND,
                part=part,
                part_count=parts,
                file_name=f"{KIND}-{name}-{head.period}-{part}.csv",
                media_type="text/plain; charset=us-ascii",
                line_count=size,
                first_line_no=head.number_from + (part - 1) * most,
                chunks=_chunks(head, waiting, size, is_last=part == parts),
                head_lines=1,
            )

    def check_file(
        self,
        file: BinaryIO,
        *,
        max_findings: int = 10_000,
        language: str = "en",  # noqa: ARG002
        today: dt.date | None = None,  # noqa: ARG002
        register: BinaryIO | None = None,  # noqa: ARG002
        more: Callable[[Finding], None] | None = None,
    ) -> FileVerdict:
        """Say what the fund would answer: it takes the good lines of a file whose head is right."""
        start = file.tell()

        def lines() -> Iterator[str]:
            file.seek(start)
            return split_lines(file)

        head = _HEAD.fullmatch(next(lines(), ""))
        twice = repeated(lambda: ((number, line[:8]) for number, line in enumerate(islice(lines(), 1, None), start=2)))
        findings: list[Finding] = [] if head else [Finding("HEAD", "expected H;employer;YYYY-MM", "head", 1, 1)]
        left_out = count = bad = wages = 0
        for number, line in enumerate(islice(lines(), 1, None), start=2):
            found = _judge(line, number)
            if number in twice:
                found.append(Finding("TWICE", f"{line[:8]} stands in the file more than once", "card", number, 1))
            count, bad = count + 1, bad + bool(found)
            wages += 0 if found else int(line.split(";")[2])
            for finding in found:
                if len(findings) < max_findings:
                    findings.append(finding)
                    continue
                left_out += 1
                if more is not None:
                    more(finding)
        taken = count - bad if head else 0
        return FileVerdict(
            kind=KIND if head else None,
            employer=head[1] if head else None,
            period=head[2] if head else None,
            lines=count,
            accepted=taken,
            rejected=count - taken,
            status="P" if taken else "R",
            code="OK" if head and not bad else findings[0].code if findings else "LINE",
            wage_total_minor=wages if head else 0,
            findings=tuple(findings),
            findings_left_out=left_out,
            is_readable=head is not None,
        )

    def lay_out(self, kind: str, line: str, on: dt.date) -> list[LaidField]:  # noqa: ARG002
        """Return the fields of a line, for people who look at it."""
        place, laid = 1, []
        names = ("letter", "employer", "month") if line.startswith("H;") else ("card", "name", "wage", "contribution")
        for number, text in enumerate(line.split(";")):
            laid.append(LaidField(names[number] if number < len(names) else "", place, text, is_verified=True))
            place += len(text) + 1
        return laid

    def codes(self) -> list[CodeMeaning]:
        """Give every code of the fund's."""
        return list(code_table(__package__).values())

    def explain(self, code: str) -> CodeMeaning:
        """Say what a code means."""
        return meaning_of(__package__, code)


def _write(worker: DeclaredWorker) -> tuple[str, list[Finding]]:
    try:
        name = plain_name(
            f"{worker.given_names} {worker.first_surname} {worker.second_surname}", _MARKS, re.compile("[A-Z ]*")
        )
    except UnwritableNameError as problem:
        return "", [Finding("NAME", f"{problem.character!r} in the name; expected letters and spaces", "given_names")]
    paid = dict(worker.components).get(COMPONENT, 0)
    return f"{worker.document};{name};{worker.wage_minor};{paid}", []


def _judge(line: str, number: int) -> list[Finding]:
    """Say what is wrong with a line; francs have no decimals, so a minor unit is one franc."""
    parts, place, found = line.split(";"), 1, []
    if len(parts) != len(_FIELDS):
        return [Finding("LINE", f"{len(parts)} fields; expected 4", "line", number, len(line) + 1)]
    for (code, form), part in zip(_FIELDS, parts, strict=True):
        if form.fullmatch(part) is None:
            found.append(Finding(code, f"{part[:40]!r} is not right", code.lower(), number, place))
        place += len(part) + 1
    wanted = 0 if found else (min(int(parts[2]), CEILING) + 5) // 10
    if not found and int(parts[3]) != wanted:
        told = f"{parts[3]}; ten per cent of the wage up to {CEILING} is {wanted}"
        found.append(Finding("AMOUNT", told, "amount", number, len(line) - len(parts[3]) + 1))
    return found


def _chunks(head: FilingHead, workers: Iterator[DeclaredWorker], size: int, *, is_last: bool) -> Iterator[bytes]:
    yield f"H;{head.employer};{head.period}\n".encode("ascii")
    done = 0
    for done, worker in enumerate(islice(workers, size), start=1):
        line, findings = _write(worker)
        findings = findings or _judge(line, done + 1)
        if findings:
            raise UnrenderableError(f"line {done + 1}, {findings[0].field}: {findings[0].message}", findings=findings)
        yield f"{line}\n".encode("ascii")
    if done < size or (is_last and next(workers, None) is not None):
        raise UnrenderableError(f"not the {head.worker_count} workers that the filing's head says")


FORMAT = ExampleFormat()
