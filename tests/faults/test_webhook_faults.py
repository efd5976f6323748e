"""A worker that ends while it tells somebody something: nothing is lost, and what comes twice comes under one id."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.processes import wait_for
from tests.webhooks.hook_town import RunningReceiver, deliveries, happen, passed, rows, start_receiver, want

from gateway.kit.db import Database

CRASHED = 70
PATIENCE = 120
"""Seconds; two cores carry many processes."""


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[RunningReceiver]:
    """Somebody who counts what she is told."""
    with start_receiver(tmp_path) as running:
        yield running


@contextlib.contextmanager
def worker(database: Database, folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker process until the block ends, if it has not ended by itself."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        "GATEWAY_DATABASE_URL": database.url,
        "GATEWAY_WEBHOOKS_PRIVATE": "true",
        "GATEWAY_WORKER_PACE": "0.1",
        "GATEWAY_WORKER_LEASE_SECONDS": "2",
        "GATEWAY_WORKER_CONCURRENCY": "2",
        "GATEWAY_LOG_LEVEL": "error",
        **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
    }
    log = (folder / f"worker-{time.monotonic_ns()}.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "gateway.cli", "worker"], env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)
        log.close()


def ready(database: Database, receiver: RunningReceiver, events: int = 2) -> None:
    """Subscribe the receiver and let things happen; an attempt without an end is made anew after two seconds."""
    with psycopg.connect(database.url) as owner:
        owner.execute("""UPDATE mutual SET settings = settings || '{"webhooks": {"lease_seconds": 2}}'::jsonb""")
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    for subject in range(1, events + 1):
        happen(database, subject=subject)
    passed(database)


def all_there(database: Database) -> bool:
    return [status for _, status, _ in deliveries(database)] == ["delivered", "delivered"]


def test_a_worker_that_ends_over_an_event_leaves_it_to_another_under_the_same_id(
    database: Database, receiver: RunningReceiver, tmp_path: Path
) -> None:
    ready(database, receiver)
    with worker(database, tmp_path, crash_at="webhooks.after_call") as first:
        assert first.wait(PATIENCE) == CRASHED
    assert receiver.effects()["events"] == 1
    with worker(database, tmp_path):
        wait_for(lambda: all_there(database), PATIENCE)
    effects = receiver.effects()
    assert (effects["events"], effects["events_repeated"]) == (2, 1)
    tried = rows(
        database,
        "SELECT d.attempts, (SELECT count(*) FROM webhook_attempt a WHERE a.delivery_id = d.id) AS kept"
        " FROM webhook_delivery d ORDER BY d.id",
    )
    # The attempt of the worker that ended has a number and no row.
    assert [(row.attempts, row.kept) for row in tried] == [(2, 1), (1, 1)]
