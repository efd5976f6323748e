"""Tables without business meaning: whose data it is, who did what, what came in, what was asked before."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.kit.columns import (
    TenantTable,
    big,
    check,
    instant,
    json_column,
    octets,
    one_of,
    unique,
    whole,
    words,
    writer,
)


class InboxState(StrEnum):
    """Where a message from outside stands."""

    NEW = "new"
    DONE = "done"
    QUARANTINED = "quarantined"
    """Nobody could handle it: a person looks at it."""
    DISMISSED = "dismissed"
    """A person said why nothing is to be done about it."""


class Mutual(SQLModel, table=True):
    """A mutual: the tenant. Everything else belongs to one."""

    __tablename__ = "mutual"
    mutual_id: int = Field(default=None, primary_key=True, sa_type=BigInteger)
    code: str = words()
    """Short name that people type when they log in."""
    name: str = words()
    country: str = words()
    """ISO 3166-1 alpha-2, lower case; chooses rates and the state's adapter."""
    currency: str = words()
    time_zone: str = words()
    language: str = words()
    employer_number: str = words()
    """Under which number the state knows the mutual as an employer (RNC in the Dominican Republic)."""
    settings: dict[str, Any] = json_column()
    created_at: dt.datetime = instant(now=True)
    __table_args__ = (UniqueConstraint("code"), check("code = lower(code)", "code_lower"))


class WorkState(StrEnum):
    """Where long work stands."""

    WAITING = "waiting"
    """For a worker."""
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


class WorkProgress(TenantTable, table=True):
    """How far long work on a thing is: one row per thing, told by transactions of their own while the work goes on."""

    __tablename__ = "work_progress"
    __table_args__ = (unique("subject_kind", "subject_id"), one_of("state", WorkState))
    subject_kind: str = words()
    subject_id: int = big()
    state: str = words(server="'waiting'")
    step: str = words(server="''")
    done_count: int = whole(server="0")
    total_count: int | None = whole(nullable=True)
    options: dict[str, Any] = json_column()
    asked_by: str = words()
    asked_at: dt.datetime = instant(now=True)
    told_at: dt.datetime = instant(now=True)
    ended_at: dt.datetime | None = instant(nullable=True)
    code: str | None = words(nullable=True)
    detail: str | None = words(nullable=True)
    result: dict[str, Any] | None = json_column(nullable=True)


class AuditLog(TenantTable, table=True):
    """One row per change: who did what to what, when and why. Insert only."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "mutual_id", "subject_kind", "subject_id"),
        Index(None, "mutual_id", "at", "id"),
        Index(None, "mutual_id", "actor", "at", "id"),
        Index(None, "mutual_id", "written_xid"),
    )
    at: dt.datetime = instant(now=True)
    actor: str = words()
    action: str = words()
    """Verb and noun, for example ``receipt.reverse``."""
    subject_kind: str = words()
    subject_id: str = words()
    reason: str | None = words(nullable=True)
    detail: dict[str, Any] = json_column()
    trace_id: str | None = words(nullable=True)
    written_xid: int = writer()
    """Commits are in another order than ``id``: who reads on from where he was goes by the writer and a horizon."""


class StateLog(TenantTable, table=True):
    """One row per step of a state machine, with its evidence. Insert only."""

    __tablename__ = "state_log"
    __table_args__ = (
        Index(None, "mutual_id", "subject_kind", "subject_id"),
        Index(None, "mutual_id", "at", "id"),
        Index(None, "mutual_id", "actor", "at", "id"),
        Index(None, "mutual_id", "written_xid"),
    )
    at: dt.datetime = instant(now=True)
    subject_kind: str = words()
    subject_id: int = Field(sa_type=BigInteger)
    event: str = words()
    from_state: str = words()
    to_state: str = words()
    actor: str = words()
    reason: str | None = words(nullable=True)
    evidence_id: int | None = Field(default=None, sa_type=BigInteger)
    written_xid: int = writer()
    """As in the audit log."""


class Packing(StrEnum):
    """How the bytes of a piece of evidence are kept."""

    NONE = "none"
    """As they came."""
    ZLIB = "zlib"
    """As a zlib stream (RFC 1950), which many tools unpack."""


class Evidence(TenantTable, table=True):
    """What came from outside or left the house, whole, with its digest. Insert only."""

    __tablename__ = "evidence"
    __table_args__ = (Index(None, "mutual_id", "kind", "sha256"), one_of("packing", Packing))
    kind: str = words()
    """What it is, for example ``state.answer``, ``bank.statement``, ``import.members``."""
    source: str = words()
    media_type: str = words()
    sha256: str = words()
    """Of the bytes as they came, never of what they were packed into."""
    body: bytes = octets()
    packing: str = words(server="'none'")
    """What ``body`` was packed with before it was kept."""
    about: dict[str, Any] = json_column()
    """Address, status, headers worth keeping, file name, both times."""
    received_at: dt.datetime = instant(now=True)


class InboxMessage(TenantTable, table=True):
    """A message pushed to us: kept first, understood later, handled once."""

    __tablename__ = "inbox_message"
    __table_args__ = (unique("source", "event_id"), one_of("state", InboxState), Index(None, "mutual_id", "state"))
    source: str = words()
    event_id: str = words()
    kind: str = words()
    headers: dict[str, Any] = json_column()
    body: bytes = octets()
    sha256: str = words()
    received_at: dt.datetime = instant(now=True)
    state: str = words(server="'new'")
    note: str | None = words(nullable=True)
    handled_at: dt.datetime | None = instant(nullable=True)
    handled_by: str | None = words(nullable=True)
    """Who dismissed it or let it be tried again."""


class IdempotencyKey(TenantTable, table=True):
    """What a client asked under a key, and the answer it got; kept for ever where money moved."""

    __tablename__ = "idempotency_key"
    __table_args__ = (unique("client", "route", "key"),)
    client: str = words()
    route: str = words()
    key: str = words()
    fingerprint: str = words()
    """SHA-256 of the canonical request; the same key with another one is refused."""
    status: int | None = whole(nullable=True)
    """HTTP status of the stored answer; empty while the first request runs."""
    body: bytes | None = octets(nullable=True)
    headers: dict[str, Any] = json_column()
    created_at: dt.datetime = instant(now=True)


class RunOnce(TenantTable, table=True):
    """Something that may start once only, for example one kind of run for one month."""

    __tablename__ = "run_once"
    __table_args__ = (unique("kind", "key"),)
    kind: str = words()
    key: str = words()
    started_at: dt.datetime = instant(now=True)
    actor: str = words()
