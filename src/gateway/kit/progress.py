"""Long work that can be looked at meanwhile.

The work's own transaction shows nothing before it ends, so how far it is stands in a row that is written by
transactions of their own, about once a second. The row is asked for in the same transaction that queues the job, is
ended in the same transaction as the work, and says when it was last heard of: a worker that died is seen by its silence,
its job goes to another worker (``working``), and what it had begun was rolled back with it.
"""

import contextlib
import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from gateway.kit import db, jobs
from gateway.kit.errors import FieldProblem, GatewayError
from gateway.kit.jobs import Context

QUIET_SECONDS = 30
"""Work that was not heard of for so long stands still: its worker died, or none runs."""
EVERY_SECONDS = 0.7
"""No two tellings of the same step come closer together."""
EVERY_ROWS = 250
MOST_PROBLEMS = 100
"""Of a refusal that names each place: what is wrong a hundred times is wrong everywhere."""
T = TypeVar("T")
Tell = Callable[[str, int, int | None], None]
"""Called with the step, how much of it is done, and out of how much; None where that is not known."""

COLUMNS = """id, subject_kind, subject_id, state, step, done_count, total_count, options, asked_by, asked_at, told_at, ended_at,
       code, detail, result, state IN ('waiting', 'working') AND told_at < clock_timestamp() - make_interval(secs => :quiet) AS is_quiet"""

ASK = """
-- at most one row: the work, unless it waits or goes on already
INSERT INTO work_progress (subject_kind, subject_id, options, asked_by)
VALUES (:subject_kind, :subject_id, CAST(:options AS jsonb), :actor)
ON CONFLICT (mutual_id, subject_kind, subject_id) DO UPDATE
SET state = 'waiting', step = '', done_count = 0, total_count = NULL, options = excluded.options, asked_by = excluded.asked_by,
    asked_at = now(), told_at = now(), ended_at = NULL, code = NULL, detail = NULL, result = NULL
WHERE work_progress.state IN ('done', 'failed')
RETURNING id
"""

FIND = f"""
-- at most one row: the work on a thing
SELECT {COLUMNS} FROM work_progress
WHERE mutual_id = current_mutual() AND subject_kind = :subject_kind AND subject_id = :subject_id
"""

NEWEST = f"""
-- at most so many rows: the newest works of a kind
SELECT {COLUMNS} FROM work_progress
WHERE mutual_id = current_mutual() AND subject_kind = :subject_kind ORDER BY asked_at DESC, id DESC LIMIT :limit
"""

TELL = """
-- no row: how far the work is
UPDATE work_progress SET state = 'working', step = :step, done_count = :done, total_count = :total, told_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :id AND state IN ('waiting', 'working')
"""

END = """
-- no row: the work has ended
UPDATE work_progress SET state = :state, code = :code, detail = :detail, result = CAST(:result AS jsonb), told_at = clock_timestamp(), ended_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :id
"""


class Progress(NamedTuple):
    """How far a piece of long work is."""

    id: int
    subject_kind: str
    """What it is done on, for example ``member_import``."""
    subject_id: int
    state: str
    """waiting (for a worker), working, done, or failed."""
    step: str
    """A word of the work's own."""
    done_count: int
    total_count: int | None
    """Of this step; None where it is not known."""
    options: dict[str, Any]
    """What was asked for."""
    asked_by: str
    asked_at: dt.datetime
    told_at: dt.datetime
    """When it was last heard of."""
    ended_at: dt.datetime | None
    code: str | None
    """Of the refusal, where it failed."""
    detail: str | None
    result: dict[str, Any] | None
    """What came of it, where the work says; where it was refused, under ``problems`` each place that was wrong."""
    is_quiet: bool
    """It waits or works and was not heard of for ``QUIET_SECONDS``."""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state in {"waiting", "working"}


def silent(_step: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def told_rows(rows: Iterable[T], tell: Tell, total: int | None, *, step: str = "read") -> Iterator[T]:
    """Give rows as they are read, telling a step of them, and ``relate`` once the last row of a file was read."""
    for number, row in enumerate(rows):
        if number % EVERY_ROWS == 0:
            tell(step, number, None if total is None else max(total, number))
        yield row
    if step == "read":
        tell("relate", 0, None)


def told_blocks(blocks: Iterable[T], rows_of: Callable[[T], int], tell: Tell, total: int | None) -> Iterator[T]:
    """Give blocks of rows as they are read, as ``told_rows`` gives rows; ``rows_of`` says how many are in one."""
    number = 0
    for block in blocks:
        tell("read", number, None if total is None else max(total, number))
        yield block
        number += rows_of(block)
    tell("relate", 0, None)


def find(session: Session, subject_kind: str, subject_id: int) -> Progress | None:
    """Return the last work on a thing, if there was any."""
    values = {"subject_kind": subject_kind, "subject_id": subject_id, "quiet": QUIET_SECONDS}
    row = db.first(session, FIND, values)
    return None if row is None else Progress(*row)


def newest(session: Session, subject_kind: str, *, limit: int) -> list[Progress]:
    """Return the newest works of a kind, the newest first."""
    values = {"subject_kind": subject_kind, "limit": limit, "quiet": QUIET_SECONDS}
    return [Progress(*row) for row in db.rows(session, NEWEST, values)]


def ask(
    session: Session, task: str, subject_kind: str, subject_id: int, *, actor: str, options: Mapping[str, Any]
) -> bool:
    """Queue long work on a thing; return whether it is new. What waits or goes on already is not queued again.

    Args:
        session: The open transaction: its commit gives the job and its row, or neither.
        task: Name of the job; it is called with ``subject_id`` and calls ``carry_out``.
        subject_kind: What the work is done on.
        subject_id: Which one.
        actor: Who asks.
        options: What is asked for.
    """
    values = {
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "options": json.dumps(dict(options)),
        "actor": actor,
    }
    if db.first(session, ASK, values) is None:
        return False
    jobs.defer(session, task, subject_id=subject_id)
    return True


def carry_out(
    context: Context,
    mutual_id: int,
    subject_kind: str,
    subject_id: int,
    work: Callable[[Session, Progress, Tell], Any],
) -> None:
    """Do what was asked for in one transaction, and tell how far it is; a second time, after it ended, do nothing.

    A refusal ends the work and is kept for whoever asked; what asking again may cure is left to the queue. What the work
    returns, if it does, is kept as ``result``.
    """
    with context.session(mutual_id) as session:
        asked = find(session, subject_kind, subject_id)
    if asked is None or not asked.is_open:
        return
    teller = _Teller(context, mutual_id, asked.id)
    try:
        with context.session(mutual_id) as session:
            result = work(session, asked, teller)
            context.mark(f"progress.{subject_kind}.done")
            end(session, asked.id, result)
    except GatewayError as refusal:
        if refusal.retryable:
            raise
        _fail(context, mutual_id, asked.id, refusal.code, refusal.detail, refusal.errors[:MOST_PROBLEMS])
    except Exception as error:
        if not db.is_transient(error):
            _fail(context, mutual_id, asked.id, "unexpected", "a mistake of ours; the worker's log has the trace")
        raise


def end_here(session: Session, subject_kind: str, subject_id: int, result: Mapping[str, Any] | None = None) -> None:
    """End work that was done without a worker: the job that waits for one finds nothing left to do."""
    found = find(session, subject_kind, subject_id)
    if found is not None and found.is_open:
        end(session, found.id, result)


def end(session: Session, progress_id: int, result: Mapping[str, Any] | None) -> None:
    """End work that was done, in its own transaction."""
    kept = None if result is None else json.dumps(dict(result))
    db.run(session, END, {"id": progress_id, "state": "done", "code": None, "detail": None, "result": kept})


def _fail(
    context: Context, mutual_id: int, progress_id: int, code: str, detail: str, problems: Sequence[FieldProblem] = ()
) -> None:
    result = json.dumps({"problems": [asdict(one) for one in problems]}) if problems else None
    with context.session(mutual_id) as session:
        db.run(session, END, {"id": progress_id, "state": "failed", "code": code, "detail": detail, "result": result})


class _Teller:
    """Tells how far the work is, in transactions of their own, and never disturbs it."""

    def __init__(self, context: Context, mutual_id: int, progress_id: int) -> None:
        self._context, self._mutual_id, self._id = context, mutual_id, progress_id
        self._step, self._told = "", 0.0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if step == self._step and now - self._told < EVERY_SECONDS:
            return
        self._step, self._told = step, now
        self._context.mark(f"progress.{step}")
        with contextlib.suppress(SQLAlchemyError), self._context.session(self._mutual_id) as session:
            db.run(session, TELL, {"id": self._id, "step": step, "done": done, "total": total})
