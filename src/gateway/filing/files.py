"""The files of a filing: written and packed line by line, and kept with their digests.

The workers' file, nearly all of it, is written while the ledger books the reservation: the server books, our process
writes. The rows come before the booking, as many as are held at once (``_HELD``), and those after them follow it. Where
the booking is refused and somebody is left behind, what was written is dropped and written anew.
"""

import datetime as dt
import hashlib
import uuid
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from queue import SimpleQueue
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.authority.connect import state_format
from gateway.authority.movements import movement_format
from gateway.authority.protocol import (
    DeclaredDependant,
    DeclaredWorker,
    FilingHead,
    RenderedFile,
    StateFormat,
    declared_workers,
)
from gateway.filing import movements
from gateway.filing.models import Filing
from gateway.filing.sql import seal as sql
from gateway.kit import bulk, db, tenant
from gateway.kit.ahead import begun, one_ahead
from gateway.kit.merkle import Tree
from gateway.kit.period import Period
from gateway.membership.queries import PayrollRow, get_payroll

CHUNK_BYTES = 1024 * 1024 - 1024
"""Of the file, in one piece: room is left for a piece that packing makes larger."""
_PACKING = 1
"""The level of zlib that takes least time: a state's lines become a tenth and less by it already."""
_HELD = 10
"""Chunks of rows that are read before the booking: a hundred thousand lines, a hundred megabytes. At least one: a cursor that is
opened while the booking tries would be gone where it is refused, and whoever closes it then ends the whole transaction."""
_ROWS = bulk.CHUNK
"""Lines in a chunk."""
_PIECES = 64
"""Packed pieces that are held until they are kept."""

Rows = list[tuple[Any, ...]]


class _Opened(NamedTuple):
    """A file of which the pieces follow."""

    file: RenderedFile
    digest: "hashlib._Hash"
    """Of its bytes; whole when its last piece was given."""


class _Piece(NamedTuple):
    """A piece of a file, packed."""

    size: int
    """Before it was packed."""
    lines: int
    body: bytes


Written = Iterator[_Opened | _Piece]


@dataclass
class Workers:
    """The workers' files, being written."""

    written: Written
    tree: Tree
    """Over their canonical lines; whole when the last piece was given."""


@contextmanager
def writing(session: Session, filing: Filing, today: dt.date) -> Iterator[Workers]:
    """Read the lines of a filing and let a thread write the workers' files of them, while something else is done inside.

    Args:
        session: The open transaction; what the thread reads of more lines than are held waits for what is asked inside.
        filing: The locked filing.
        today: The day the files are written on.
    """
    payroll = get_payroll(session, filing.payroll_id)
    form = state_format(tenant.current(session).country)
    statement = sql.LINES_WITH_AMOUNTS if form.limits.carries_amounts else sql.LINES
    chunks = bulk.read_chunks(session, statement, {"filing_id": filing.id}, chunk=_ROWS)
    read: SimpleQueue[Rows | None] = SimpleQueue()

    def rows() -> Iterator[Rows]:
        yield from iter(read.get, None)
        yield from chunks

    tree = Tree()
    workers = _workers(rows(), payroll.code, tree, with_amounts=form.limits.carries_amounts)
    head = _head(filing, payroll.employer_number, today, "workers")
    with closing(chunks), begun(_packed(_rendered(form, head, workers, ())), most=_PIECES) as written:
        try:
            for some in islice(chunks, _HELD):
                read.put(some)
        finally:
            read.put(None)
        yield Workers(written, tree)


def freeze(session: Session, filing: Filing, workers: Workers, today: dt.date) -> str:
    """Keep every file of a filing in the order in which the state reads them; return the root over its lines.

    Raises:
        UnrenderableError: Somebody changed so that the state's file cannot hold her; prepare again.
    """
    payroll = get_payroll(session, filing.payroll_id)
    form = state_format(tenant.current(session).country)
    moving = _Moving(session, filing, payroll, today)
    head = _head(filing, payroll.employer_number, today, "dependants")
    dependants = _rendered(form, head, (), _dependants(session, filing, payroll.code))
    position = 0
    for holds, written in (
        ("movements", _packed(moving.before())),
        ("dependants", _packed(dependants)),
        ("workers", workers.written),
        ("movements", _packed(moving.after())),
    ):
        position = _store(session, filing, written, holds, position)
    return workers.tree.root().hex()


class _Moving:
    """The files of movements: those before the payroll, and the exits that follow it."""

    def __init__(self, session: Session, filing: Filing, payroll: PayrollRow, today: dt.date) -> None:
        groups = movements.groups(session, filing.id)
        self._last_before = sum(group.lines for group in groups if not group.after_payroll)
        form = movement_format(tenant.current(session).country)
        head = _head(filing, payroll.employer_number, today, "movements")
        lines = [(group.lines, movements.lines_of(session, filing.id, payroll.code, group)) for group in groups]
        self._files = form.render_movements(head, lines) if form is not None and groups else iter(())
        self._held: list[RenderedFile] = []

    def before(self) -> Iterator[RenderedFile]:
        """Give the files that the state reads before the payroll."""
        for file in self._files:
            if file.first_line_no > self._last_before:
                self._held.append(file)
                return
            yield file

    def after(self) -> Iterator[RenderedFile]:
        """Give the files that the state reads after the payroll."""
        yield from self._held
        yield from self._files


def _rendered(
    form: StateFormat, head: FilingHead, workers: Iterable[DeclaredWorker], dependants: Iterable[DeclaredDependant]
) -> Iterator[RenderedFile]:
    return form.render(head, workers, dependants) if head.worker_count or head.dependant_count else iter(())


def _head(filing: Filing, employer: str, today: dt.date, holds: str) -> FilingHead:
    return FilingHead(
        employer=employer,
        period=Period.of(filing.period_start),
        written_on=today,
        worker_count=filing.line_count if holds == "workers" else 0,
        dependant_count=filing.dependant_line_count if holds == "dependants" else 0,
    )


def _workers(chunks: Iterable[Rows], payroll: str, tree: Tree, *, with_amounts: bool) -> Iterator[DeclaredWorker]:
    for rows in chunks:
        tree.add_all(map(itemgetter(0), rows))
        workers = declared_workers(payroll, (row[1:9] for row in rows))
        if with_amounts:
            for worker, row in zip(workers, rows, strict=True):
                yield worker._replace(components=tuple(zip(row[9], row[10], strict=True)))
        else:
            yield from workers


def _dependants(session: Session, filing: Filing, payroll: str) -> Iterator[DeclaredDependant]:
    for rows in bulk.read_chunks(session, sql.DEPENDANT_LINES, {"filing_id": filing.id}):
        for row in rows:
            yield DeclaredDependant(payroll, *row[1:])


def _packed(files: Iterable[RenderedFile]) -> Generator[_Opened | _Piece, None, None]:
    for file in files:
        digest = hashlib.sha256()

        def packed(block: bytes, digest: "hashlib._Hash" = digest) -> _Piece:
            digest.update(block)
            return _Piece(len(block), block.count(b"\n"), zlib.compress(block, _PACKING))

        yield _Opened(file, digest)
        yield from one_ahead(packed, _blocks(file.chunks))


def _store(session: Session, filing: Filing, written: Written, holds: str, position: int) -> int:
    """Keep files one after the other from a position on; return the last one's."""
    kept: _Kept | None = None
    for item in written:
        if isinstance(item, _Piece):
            assert kept is not None
            kept.add(session, item)
            continue
        if kept is not None:
            kept.end(session, filing, holds, position)
        position += 1
        kept = _Kept(item, db.scalar(session, sql.NEXT_DOCUMENT))
    if kept is not None:
        kept.end(session, filing, holds, position)
    return position


@dataclass
class _Kept:
    """A file of which the pieces are kept one after the other."""

    opened: _Opened
    document_id: int
    pieces: int = 0
    size: int = 0
    lines: int = 0

    def add(self, session: Session, piece: _Piece) -> None:
        self.pieces += 1
        values = {"document_id": self.document_id, "seq": self.pieces, "lines_before": self.lines, "body": piece.body}
        bulk.execute(session, sql.INSERT_CHUNK, values)
        self.size += piece.size
        self.lines += piece.lines

    def end(self, session: Session, filing: Filing, holds: str, position: int) -> None:
        file = self.opened.file
        db.run(
            session,
            sql.INSERT_DOCUMENT,
            {
                "id": self.document_id,
                "filing_id": filing.id,
                "position": position,
                "holds": holds,
                "kind": file.kind,
                "part": file.part,
                "part_count": file.part_count,
                "file_name": file.file_name,
                "media_type": file.media_type,
                "line_count": file.line_count,
                "first_line_no": file.first_line_no,
                "head_lines": file.head_lines,
                "byte_count": self.size,
                "sha256": self.opened.digest.hexdigest(),
                "reference": uuid.uuid4(),
            },
        )


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)
