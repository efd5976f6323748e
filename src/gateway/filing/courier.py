"""Who speaks with the state for a mutual: short transactions of its own, none open across a call."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import overload

from sqlmodel import Session

from gateway.authority.protocol import Document, RawAnswer, StateChannel
from gateway.filing import queries
from gateway.filing.models import Filing, FilingDocument
from gateway.kit import evidence
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow
from gateway.membership.queries import PayrollRow

LEASE_SECONDS = 600
LONGEST_WAIT = dt.timedelta(minutes=5)
LONGEST_WAIT_IN_QUARANTINE = dt.timedelta(hours=6)
"""An answer that does not add up is kept whole each time it comes: not too often."""


@dataclass(frozen=True)
class Courier:
    """Everything a delivery needs that is not in the database."""

    database: Database
    mutual: MutualRow
    channel: StateChannel
    worker: str
    today: dt.date
    mark: Callable[[str], None] = field(default=lambda _point: None)
    """Called at named points, so that a test can end the process there."""

    @property
    def actor(self) -> str:
        """How the log names this worker."""
        return f"worker:{self.worker}"

    @property
    def lease(self) -> dt.timedelta:
        """How long an attempt may take before another worker asks what became of it."""
        return dt.timedelta(seconds=float(self.mutual.settings.get("filing_lease_seconds", LEASE_SECONDS)))

    def session(self) -> AbstractContextManager[Session]:
        """Open a transaction of the mutual."""
        return self.database.session(self.mutual.id, actor=self.actor)

    def pieces(self, document_id: int) -> Iterator[bytes]:
        """Give the bytes of a file; each piece is read in a transaction that is over before it is given."""
        seq = 1
        while True:
            with self.session() as session:
                piece = queries.read_piece(session, document_id, seq)
            if piece is None:
                return
            yield piece
            seq += 1


@overload
def keep_raw(session: Session, kind: str, raw: RawAnswer) -> int: ...
@overload
def keep_raw(session: Session, kind: str, raw: RawAnswer | None) -> int | None: ...
def keep_raw(session: Session, kind: str, raw: RawAnswer | None) -> int | None:
    """Keep an answer of the state as it came; None where none came."""
    if raw is None:
        return None
    return evidence.keep(
        session,
        kind=kind,
        source="state",
        media_type=raw.headers.get("content-type", "application/octet-stream"),
        body=raw.body,
        about={
            "method": raw.method,
            "url": raw.url,
            "status": raw.status,
            "headers": dict(raw.headers),
            "started_at": raw.started_at,
            "finished_at": raw.finished_at,
            "problem": raw.problem,
        },
    )


def as_sent(filing: Filing, document: FilingDocument, payroll: PayrollRow) -> Document:
    """Return a frozen file as the state is told of it."""
    return Document(
        reference=document.reference,
        kind=document.kind,
        employer=payroll.employer_number,
        period=Period.of(filing.period_start),
        sha256=document.sha256,
        size=document.byte_count,
        media_type=document.media_type,
        payroll=payroll.code,
        group=filing.reference if document.part_count > 1 else None,
        part=document.part,
        part_count=document.part_count,
    )


def backoff(tries: int, asked_seconds: float | None = None) -> dt.timedelta:
    """Return how long to wait after so many tries: twice as long each time, at least what the other side asks."""
    wait = min(dt.timedelta(seconds=2 ** min(tries, 10)), LONGEST_WAIT)
    return max(wait, dt.timedelta(seconds=asked_seconds or 0))


def patience(waited: dt.timedelta, longest: dt.timedelta = LONGEST_WAIT) -> dt.timedelta:
    """Return how long to wait for an answer that is not there after so long: a quarter of it, from one second on."""
    return min(max(waited / 4, dt.timedelta(seconds=1)), longest)
