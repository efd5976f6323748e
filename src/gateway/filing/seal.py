"""Seal a draft: look at the money again, reserve it in one booking, freeze lines, bytes and ids.

The locked balances belong to the ledger, which locks them in the order of their ids when it books and refuses the whole
booking where one would fall below zero. So we book first; only where it is refused do we look whose money is gone, leave
her behind and book the rest (``_TRIES`` times, for somebody may use more of it meanwhile). Nothing leaves the house here.
"""

import datetime as dt
import hashlib
import uuid
import zlib
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

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
from gateway.filing import funding, movements
from gateway.filing.errors import MonthClosedError, NothingToFileError
from gateway.filing.models import Filing
from gateway.filing.queries import lock_filing, now
from gateway.filing.sql import prepare as draft_sql
from gateway.filing.sql import seal as sql
from gateway.filing.states import FILING, FilingEvent, FilingStatus
from gateway.kit import audit, bulk, db, tenant
from gateway.kit.ahead import one_ahead
from gateway.kit.merkle import Tree
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.errors import FloorBrokenError
from gateway.membership.queries import PayrollRow, get_payroll

CHUNK_BYTES = 1024 * 1024 - 1024
"""Of the file, in one piece: room is left for a piece that packing makes larger."""
_PACKING = 1
"""The level of zlib that takes least time: a state's lines become a tenth and less by it already."""
_TRIES = 3


def seal(session: Session, filing_id: int, *, actor: str, today: dt.date) -> Filing:
    """Freeze a draft and reserve its money; a line that is no longer funded moves to those not declared.

    Raises:
        FilingUnknownError: No such filing.
        InvalidTransitionError: It is not a draft.
        MonthClosedError: Its month, or the month of today, is closed in the books.
        NothingToFileError: No line is funded any more.
        UnrenderableError: Somebody changed so that the state's file cannot hold her; prepare again.
    """
    filing = lock_filing(session, filing_id)
    sealed = FILING.advance(FilingStatus(filing.status), FilingEvent.SEAL)
    for day in {filing.period_start, today}:
        if periods.is_closed(session, day):
            raise MonthClosedError(f"{Period.of(day)} is closed in the books; reopen it first, with a reason")
    open_accounts(session, [NewAccount(f"filing:{filing.id}:reserved"), NewAccount("income:fees")], filing.currency)
    payroll = get_payroll(session, filing.payroll_id)
    told = movements.draw_up(session, filing, payroll.code, today=today, is_shown=True)
    moved = 0
    if filing.line_count or not (told or filing.dependant_line_count):
        with bulk.without_nested_loops(session):
            moved = _reserve(session, filing, actor=actor, today=today)
    root = _freeze_files(session, filing, today)
    before, filing.status = filing.status, sealed
    filing.merkle_root, filing.sealed_by = root, actor
    filing.sealed_at = now(session)
    filing.version += 1
    session.add(filing)
    session.flush()
    audit.log_transition(
        session,
        subject_kind="filing",
        subject_id=filing.id,
        event=FilingEvent.SEAL,
        from_state=before,
        to_state=filing.status,
        actor=actor,
    )
    audit.record(
        session,
        actor=actor,
        action="filing.seal",
        subject_kind="filing",
        subject_id=filing.id,
        detail={"lines": filing.line_count, "reserved_minor": filing.reserved_minor, "no_longer_funded": moved},
    )
    return filing


def _reserve(session: Session, filing: Filing, *, actor: str, today: dt.date) -> int:
    head = Head(
        key=f"filing:{filing.reference}:seal",
        kind="filing.seal",
        valid_on=today,
        actor=actor,
        evidence=f"filing:{filing.id}",
    )
    moved = _leave_behind(session, filing, sql.NO_LONGER)
    for attempt in range(_TRIES):
        if filing.line_count == 0:
            raise NothingToFileError(
                f"no line of filing {filing.id} is funded; take in receipts, then prepare the filing again"
            )
        try:
            with session.begin_nested():
                post_lines(session, head, sql.RESERVATION, {"filing_id": filing.id})
            break
        except FloorBrokenError:
            if attempt == _TRIES - 1:
                raise
            moved += _leave_behind(session, filing, sql.SHORT_NOW)
    return moved


def _leave_behind(session: Session, filing: Filing, which: str) -> int:
    policy = funding.read_policy(session, filing.policy_id)
    values = {
        "filing_id": filing.id,
        "payroll_id": filing.payroll_id,
        "start": filing.period_start,
        "leave_out": sorted(policy.leave_out),
        "one_payroll_only": policy.one_payroll_only,
        "assessment_count": filing.assessment_count,
    }
    bulk.execute(session, sql.FORGET_UNFUNDED)
    moved = bulk.execute(session, which, values)
    if moved:
        for statement in sql.MOVE_TO_DECISIONS:
            bulk.execute(session, statement, values)
        bulk.execute(session, draft_sql.SUM_DRAFT, values)
        session.refresh(filing)
    return moved


def _freeze_files(session: Session, filing: Filing, today: dt.date) -> str:
    payroll = get_payroll(session, filing.payroll_id)
    form = state_format(tenant.current(session).country)
    tree, position = Tree(), 0
    moving = _Moving(session, filing, payroll, today)
    for file in moving.before():
        position += 1
        _store(session, filing, file, "movements", position)
    for holds, workers, dependants in (
        ("dependants", (), _dependants(session, filing, payroll.code)),
        ("workers", _workers(session, filing, payroll.code, tree, with_amounts=form.limits.carries_amounts), ()),
    ):
        head = _head(filing, payroll.employer_number, today, holds)
        for file in _rendered(form, head, workers, dependants):
            position += 1
            _store(session, filing, file, holds, position)
    for file in moving.after():
        position += 1
        _store(session, filing, file, "movements", position)
    return tree.root().hex()


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


def _workers(
    session: Session, filing: Filing, payroll: str, tree: Tree, *, with_amounts: bool
) -> Iterator[DeclaredWorker]:
    statement = sql.LINES_WITH_AMOUNTS if with_amounts else sql.LINES
    for rows in bulk.read_chunks(session, statement, {"filing_id": filing.id}):
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


def _store(session: Session, filing: Filing, file: RenderedFile, holds: str, position: int) -> None:
    document_id = db.scalar(session, sql.NEXT_DOCUMENT)
    digest, size, lines = hashlib.sha256(), 0, 0

    def packed(block: bytes) -> _Piece:
        digest.update(block)
        return _Piece(len(block), block.count(b"\n"), zlib.compress(block, _PACKING))

    for seq, piece in enumerate(one_ahead(packed, _blocks(file.chunks)), start=1):
        values = {"document_id": document_id, "seq": seq, "lines_before": lines, "body": piece.body}
        bulk.execute(session, sql.INSERT_CHUNK, values)
        size += piece.size
        lines += piece.lines
    db.run(
        session,
        sql.INSERT_DOCUMENT,
        {
            "id": document_id,
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
            "byte_count": size,
            "sha256": digest.hexdigest(),
            "reference": uuid.uuid4(),
        },
    )


class _Piece(NamedTuple):
    """A piece of a file, packed."""

    size: int
    """Before it was packed."""
    lines: int
    body: bytes


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)
