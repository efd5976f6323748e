"""The Dominican treasury's files, written as a stream: AM for the workers, RD for their additional dependants."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, BinaryIO

from gateway.authority.do_tss.batch import END, Batch
from gateway.authority.do_tss.check import Wishes, check_file
from gateway.authority.do_tss.codec import LineCodec
from gateway.authority.do_tss.codes import explain, table
from gateway.authority.do_tss.editions import EDITIONS, edition_of
from gateway.authority.do_tss.layout import Edition, Fault, LineLayout
from gateway.authority.do_tss.register import read_register
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

MEDIA_TYPE = "text/plain; charset=iso-8859-1"
_LINES_PER_CHUNK = 2000
_EMPTY_LINES = 2
"""Header and summary."""
_OUR_NAMES = {
    "document_type": "document_kind",
    "holder_document_type": "holder_document_kind",
    **{
        name: f"{name}_minor"
        for name in (
            "wage", "voluntary", "tax_wage", "other_pay", "other_employers", "exempt", "balance", "training_wage",
        )
    },
}  # fmt: skip


class DominicanFormat:
    """``StateFormat`` for the Dominican Republic."""

    country = "do"
    limits = FormatLimits(
        max_lines_per_file=999_999,
        kinds=tuple(edition.kind for edition in EDITIONS),
        tells=frozenset({"workers", "dependants"}),
    )

    def check(self, worker: DeclaredWorker) -> list[Finding]:
        """Say why the state would refuse this worker's line."""
        _, faults = _codec("AM", None).write(worker, worker.exempt_blocks)
        return [_of_person(fault) for fault in faults]

    def are_good(self, workers: Sequence[DeclaredWorker]) -> bool:
        """Tell quickly that the state would take all of these workers' lines: they can be written the short way."""
        return _batch("AM", None).can_write(workers)

    def check_dependant(self, dependant: DeclaredDependant) -> list[Finding]:
        """Say why the state would refuse this dependant's line."""
        _, faults = _codec("RD", None).write(dependant)
        return [_of_person(fault) for fault in faults]

    def render(
        self, head: FilingHead, workers: Iterable[DeclaredWorker], dependants: Iterable[DeclaredDependant] = ()
    ) -> Iterator[RenderedFile]:
        """Write the AM files and, where there are additional dependants, the RD files of a filing.

        Raises:
            UnrenderableError: A person cannot be written, or there are not as many as the head says.
        """
        if head.worker_count:
            yield from _Files(head, "AM", workers, head.worker_count, head.number_from).each()
        if head.dependant_count:
            yield from _Files(head, "RD", dependants, head.dependant_count, 1).each()

    def check_file(
        self,
        file: BinaryIO,
        *,
        max_findings: int = 10_000,
        language: str = "en",
        today: dt.date | None = None,
        register: BinaryIO | None = None,
        more: Callable[[Finding], None] | None = None,
    ) -> FileVerdict:
        """Read any file of the treasury's and say what it would answer.

        Raises:
            RegisterUnreadableError: The file given as a register is none.
        """
        known = None if register is None else read_register(register)
        wishes = Wishes(today=today, max_findings=max_findings, language=language, register=known, more=more)
        return check_file(file, wishes)

    def lay_out(self, kind: str, line: str, on: dt.date) -> list[LaidField]:
        """Return the fields of a line: its first letter says whether it is the header, a detail or the summary."""
        edition = edition_of(kind, on)
        if edition is None:
            return [LaidField("", 1, line, is_verified=False)]
        layouts = {"E": edition.header, "S": edition.summary}
        return [LaidField(*laid) for laid in layouts.get(line[:1], edition.detail).lay_out(line)]

    def codes(self) -> list[CodeMeaning]:
        """Give every code of the treasury's published table, in its order."""
        return list(table().values())

    def explain(self, code: str) -> CodeMeaning:
        """Say what a code of the treasury's means."""
        return explain(code)


@lru_cache(32)
def _codec(kind: str, on: dt.date | None) -> LineCodec:
    edition = edition_of(kind, on)
    if edition is None:
        raise UnrenderableError(f"no layout of {kind} was in force on {on}")
    return LineCodec(edition)


@lru_cache(32)
def _batch(kind: str, on: dt.date | None) -> Batch:
    return Batch(_codec(kind, on).edition)


def _of_person(fault: Fault) -> Finding:
    return Finding(fault.code, fault.message, _OUR_NAMES.get(fault.field, fault.field))


class _Files:
    """All files of one kind of one filing."""

    def __init__(
        self, head: FilingHead, kind: str, records: Iterable[Sequence[Any]], count: int, number_from: int
    ) -> None:
        self._head, self._kind, self._count, self._number_from = head, kind, count, number_from
        self._records = iter(records)
        self._codec, self._batch = _codec(kind, head.written_on), _batch(kind, head.written_on)
        most = min(head.max_lines_per_file or self._edition.max_lines, self._edition.max_lines) - _EMPTY_LINES
        if most < 1:
            raise UnrenderableError(f"{head.max_lines_per_file} lines a file leave no room for anybody")
        self._most = most
        self._written = 0

    @property
    def _edition(self) -> Edition:
        return self._codec.edition

    def each(self) -> Iterator[RenderedFile]:
        part_count = -(-self._count // self._most)
        for part in range(1, part_count + 1):
            offset = (part - 1) * self._most
            if self._written != offset:
                raise RuntimeError("the chunks of a file must be used up before the next file is asked for")
            size = min(self._most, self._count - offset)
            yield RenderedFile(
                kind=self._kind,
                part=part,
                part_count=part_count,
                file_name=self._file_name(part, part_count),
                media_type=MEDIA_TYPE,
                line_count=size,
                first_line_no=self._number_from + offset,
                chunks=self._chunks(size, is_last=part == part_count),
                head_lines=1,
            )

    def _file_name(self, part: int, part_count: int) -> str:
        period = self._head.period
        tail = f"_{part}" if part_count > 1 else ""
        return f"{self._kind}_{self._head.employer}_{period.month:02d}{period.year:04d}{tail}.txt"

    def _chunks(self, size: int, *, is_last: bool) -> Iterator[bytes]:
        yield self._envelope(self._edition.header, employer=self._head.employer, period=self._head.period)
        done = 0
        while done < size:
            records = list(islice(self._records, min(_LINES_PER_CHUNK, size - done)))
            if not records:
                raise UnrenderableError(
                    f"{self._written} people for {self._kind}; the filing's head says {self._count}"
                )
            text = self._batch.write(records) or self._one_by_one(records, done + _EMPTY_LINES)
            done += len(records)
            self._written += len(records)
            yield text.encode("latin-1")
        if is_last and next(self._records, None) is not None:
            raise UnrenderableError(f"more people for {self._kind} than the {self._count} of the filing's head")
        yield self._envelope(self._edition.summary, line_count=size + _EMPTY_LINES)

    def _one_by_one(self, records: Iterable[Sequence[Any]], first_line: int) -> str:
        write = self._codec.write
        lines: list[str] = []
        for record in records:
            blocks = record.exempt_blocks if isinstance(record, DeclaredWorker) else ()
            line, faults = write(record, blocks)
            if faults:
                raise _unrenderable(self._kind, first_line + len(lines), faults)
            lines.append(line)
        return END.join(lines) + END

    def _envelope(self, layout: LineLayout, **values: Any) -> bytes:
        line, faults = layout.encode(values)
        if faults:
            raise _unrenderable(self._kind, 1, faults)
        return (line + END).encode("latin-1")


def _unrenderable(kind: str, line: int, faults: Sequence[Fault]) -> UnrenderableError:
    findings = [Finding(f.code, f.message, _OUR_NAMES.get(f.field, f.field), line, f.column) for f in faults]
    first = findings[0]
    return UnrenderableError(
        f"{kind} line {line}, column {first.column}, {first.field}: {first.message}", findings=findings
    )


FORMAT = DominicanFormat()
