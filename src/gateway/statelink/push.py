"""Take what a client of the state pushes: kept in the inbox under its own id, read later by the slice it is for."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from gateway.filing.pushed import is_pushed
from gateway.kit import db, inbox, jobs, tenant
from gateway.kit.evidence import digest
from gateway.statelink import queries
from gateway.statelink.errors import PushDiffersError, PushUnknownError, PushUnsignedError

EVENT = "state.event"
COVERAGE = "state.coverage"
READERS: Mapping[str, tuple[str, ...]] = {
    "filing": ("filing.inbox",),
    "notice": ("filing.inbox",),
    "remittance": ("filing.inbox", "benefits.collect"),
    "coverage": ("statelink.inbox",),
}
"""Jobs that an event wakes, by the first word of its type; the same as for a callback of the state."""


def source_of(client_id: str) -> str:
    """Return under which name the inbox keeps what a client pushes: the same id of another client is another event."""
    return f"state:{client_id}"


def push(
    session: Session,
    *,
    client_id: str,
    is_signed: bool,
    event_id: str,
    event_type: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Any:
    """Keep an event, wake whoever reads it, and return what is known of it; the same again changes nothing.

    Raises:
        PushUnsignedError: What the state pushes is booked at this mutual, and the client does not sign.
        PushDiffersError: The client sent another content under this id before.
    """
    source, topic = source_of(client_id), event_type.partition(".")[0]
    if topic != "coverage" and not is_signed and is_pushed(tenant.current(session)):
        raise PushUnsignedError(
            "this mutual books what its state pushes; register the client so that each of its requests must be signed"
        )
    kind = COVERAGE if topic == "coverage" else EVENT
    if inbox.receive(session, source=source, event_id=event_id, kind=kind, headers=headers, body=body):
        for job in READERS[topic]:
            # The timetable's own lock: a job that an event wakes never runs beside the same job in its turn.
            jobs.defer(session, job, lock=f"timetable:{job}")
    found = pushed(session, client_id=client_id, event_id=event_id)
    if found.sha256 != digest(body):
        raise PushDiffersError(f"the id {event_id!r} came before with another content; a new event has a new id")
    return found


def pushed(session: Session, *, client_id: str, event_id: str) -> Any:
    """Return what became of something a client pushed.

    Raises:
        PushUnknownError: It pushed nothing under this id.
    """
    found = db.first(session, queries.PUSH, {"source": source_of(client_id), "event_id": event_id})
    if found is None:
        raise PushUnknownError(f"this client pushed nothing under the id {event_id!r}")
    return found
