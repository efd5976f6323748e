"""A mutual whose steps are told to somebody: a subscription, a receiver on a socket, a worker's jobs."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import psycopg
from sqlmodel import Session
from tests.processes import Running, wait_for

from gateway.kit import db, working
from gateway.kit.audit import log_transition, record
from gateway.kit.db import Database
from gateway.kit.jobs import Context
from gateway.kit.own_keys import OwnKeys, new_key, write_keys_file
from gateway.webhooks import tasks
from gateway.webhooks.rules import KINDS, Kind
from gateway.webhooks.subscribe import NewSubscription, Owner, Revealed, subscribe

STAFF = Owner("staff:mara")
TODAY = dt.date(2026, 4, 2)


class RunningReceiver(Running):
    """The sandbox receiver."""

    module = "gateway.sandbox.receiver"

    def believe(self, *secrets: str) -> None:
        """Let these secrets count."""
        self.control("PUT", "secrets", {"secrets": list(secrets)})

    def told(self) -> list[dict[str, Any]]:
        """Return every event once, in the order they came."""
        return list(self.dump()["events"])


def start_receiver(folder: Path, **options: Any) -> RunningReceiver:
    """Start a receiver of its own; it believes nobody until told a secret."""
    return RunningReceiver(folder / f"receiver-{uuid.uuid4().hex[:6]}", **{"token": "receiver-token", **options})


def want(
    database: Database, url: str, *events: str, mutual: int = 1, owner: Owner = STAFF, signs: bool = False
) -> Revealed:
    """Subscribe an address; to every kind where none is named."""
    wanted = events or tuple(kind.type for kind in KINDS)
    with database.session(mutual) as session:
        return subscribe(session, NewSubscription(url, wanted, "a test", signs), owner=owner, private=True)


def take_step(session: Session, kind: Kind, subject: int, *, on: str | None = None) -> None:
    """Write the step that an event of a kind is made of, as the slice that takes it does."""
    occasion = on or str(kind.on[0])
    if kind.source == "audit_log":
        record(session, actor="staff:ana", action=occasion, subject_kind=kind.subject, subject_id=subject)
    else:
        log_transition(
            session, subject_kind=kind.subject, subject_id=subject, event="a step", from_state="before", to_state=occasion,
            actor="staff:ana",
        )  # fmt: skip


def kind_of(name: str) -> Kind:
    """Return a kind by its name."""
    return next(kind for kind in KINDS if kind.type == name)


def happen(database: Database, name: str = "day.closed", subject: int = 1, *, mutual: int = 1) -> None:
    """Let something happen, in a transaction of its own."""
    with database.session(mutual) as session:
        take_step(session, kind_of(name), subject)


class Hands:
    """A worker's hands: they do what the timetable would have them do, when told."""

    def __init__(self, database: Database, *, private: bool = True, keys: OwnKeys | None = None) -> None:
        services = {"webhooks_private": private, "message_keys": keys}
        self.database = database
        self.context = Context(database, lambda _zone: TODAY, services, "w1")

    def work(self, turns: int = 1, mutual: int = 1, *, patient: bool = True) -> None:
        """Collect what happened and do the jobs that follow; what failed is due again at once before each turn but the first."""
        if patient:
            passed(self.database)
        for turn in range(turns):
            if turn:
                hurry(self.database)
            tasks.collect_events(self.context, mutual)
            working.work_off(self.context)


def passed(database: Database) -> None:
    """Wait until what happened lies below the horizon: transactions of other tests on the same server hold it back."""
    question = """SELECT greatest((SELECT max(written_xid::text::numeric) FROM state_log), (SELECT max(written_xid::text::numeric)
        FROM audit_log)) < pg_snapshot_xmin(pg_current_snapshot())::text::numeric AS is_passed"""
    with psycopg.connect(database.url, autocommit=True) as owner:
        wait_for(lambda: owner.execute(question).fetchone() in ((True,), (None,)), 60, 0.05)


def hurry(database: Database, seconds: int | None = None) -> None:
    """Let time pass for all that waits or rests: long enough, or so many seconds."""
    by = "1 month" if seconds is None else f"{seconds} seconds"
    with psycopg.connect(database.url) as owner:
        owner.execute(f"UPDATE webhook_delivery SET next_at = next_at - interval '{by}'")
        owner.execute(
            f"UPDATE webhook_subscription SET rests_until = rests_until - interval '{by}',"
            f" sending_until = sending_until - interval '{by}'"
        )


def keys_in(folder: Path, *kids: str) -> OwnKeys:
    """Make a file of our own keys; the first signs."""
    path = folder / "message-keys.json"
    write_keys_file(path, [new_key(kid) for kid in kids])
    return OwnKeys(path)


def rows(database: Database, statement: str, *, mutual: int = 1, **values: Any) -> list[Any]:
    """Read something."""
    with database.session(mutual) as session:
        return db.rows(session, statement, values)


def deliveries(database: Database, mutual: int = 1) -> list[tuple[str, str, int]]:
    """Return kind, state and attempts of every delivery, in their order."""
    found = rows(
        database,
        "SELECT e.type, d.status, d.attempts FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id ORDER BY d.id",
        mutual=mutual,
    )
    return [(row.type, row.status, row.attempts) for row in found]
