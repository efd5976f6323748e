"""A file that takes longer than somebody waits for a page: kept at once, worked on by a worker, looked at meanwhile.

A slice declares a ``LongFile``, gives its job to ``carry_out``, and keeps what comes with ``keep_for_later``; the number of
the file's evidence is the number of the work (``kit.progress``).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import evidence, progress, tenant
from gateway.kit.jobs import Context
from gateway.kit.progress import Progress, Tell

LARGE_BYTES = 750_000
"""Larger files take longer than somebody waits for a page: a statement of 28 MB and 60,000 lines, 8 s."""


@dataclass(frozen=True)
class LongFile:
    """A kind of file that a worker may take in."""

    task: str
    """Name of the job, for example ``reconciliation.load``."""
    subject: str
    """What the work is called (``kit.progress``)."""
    kept_as: str
    """The kind of evidence that the file is until it is taken in."""
    steps: tuple[str, ...]
    """Words of its steps in their order."""
    work: Callable[[Session, Progress, Tell, dt.date], Mapping[str, Any]]
    """Takes in the kept file on a day and returns what came of it."""


def keep_for_later(
    session: Session, kind: LongFile, body: bytes, *, file_name: str, actor: str, options: Mapping[str, Any]
) -> int:
    """Keep a file and queue its work; return the number under which ``progress_of`` says how far it is."""
    about = {"file_name": file_name}
    kept = evidence.find(session, kind.kept_as, evidence.digest(body)) or evidence.keep(
        session, kind=kind.kept_as, source=actor, media_type="application/octet-stream", body=body, about=about
    )
    wanted = {**options, "file_name": file_name}
    progress.ask(session, kind.task, kind.subject, kept, actor=actor, options=wanted)
    return kept


def body_of(session: Session, asked: Progress) -> bytes:
    """Return a kept file, whole."""
    return evidence.read(session, asked.subject_id).body


def progress_of(session: Session, kind: LongFile, number: int) -> Progress | None:
    """Return how far the work on a kept file is."""
    return progress.find(session, kind.subject, number)


def newest(session: Session, kind: LongFile, *, limit: int) -> list[Progress]:
    """Return how far the newest files of a kind are, the newest first."""
    return progress.newest(session, kind.subject, limit=limit)


def carry_out(context: Context, mutual_id: int, kind: LongFile, number: int) -> None:
    """Take in a kept file as a job."""

    def work(session: Session, asked: Progress, tell: Tell) -> Mapping[str, Any]:
        return kind.work(session, asked, tell, context.today(tenant.current(session).time_zone))

    progress.carry_out(context, mutual_id, kind.subject, number, work)


def take_in_here(session: Session, kind: LongFile, asked: Progress, today: dt.date) -> None:
    """Take in a kept file in the request itself, where nobody in the background does."""
    progress.end_here(session, kind.subject, asked.subject_id, kind.work(session, asked, progress.silent, today))
