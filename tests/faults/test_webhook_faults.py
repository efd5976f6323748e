"""Workers that end or stand still while they tell somebody something: nothing is lost, nothing is told under two ids."""

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
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
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


@pytest.mark.parametrize("point", ["webhooks.before_call", "webhooks.after_call"])
def test_a_worker_that_ends_over_an_event_leaves_it_to_another_under_the_same_id(
    database: Database, receiver: RunningReceiver, tmp_path: Path, point: str
) -> None:
    ready(database, receiver)
    with worker(database, tmp_path, crash_at=point) as first:
        assert first.wait(PATIENCE) == CRASHED
    was_told = point == "webhooks.after_call"
    assert receiver.effects()["events"] == (1 if was_told else 0)
    with worker(database, tmp_path):
        wait_for(lambda: all_there(database), PATIENCE)
    effects = receiver.effects()
    assert (effects["events"], effects["events_repeated"]) == (2, 1 if was_told else 0)
    tried = rows(database, "SELECT d.attempts, count(a.id) AS kept FROM webhook_delivery d JOIN webhook_attempt a ON a.delivery_id = d.id GROUP BY d.id, d.attempts ORDER BY d.id")  # fmt: skip
    # The attempt of the worker that ended has a number and no row.
    assert [(row.attempts, row.kept) for row in tried] == [(2, 1), (1, 1)]


def test_a_worker_that_stood_still_writes_over_nothing_when_it_wakes_up(
    database: Database, receiver: RunningReceiver, tmp_path: Path
) -> None:
    ready(database, receiver)
    with worker(database, tmp_path, freeze_at="webhooks.after_call") as late:
        wait_for(lambda: receiver.effects()["events"] == 1, PATIENCE)
        receiver.script({"on": "webhook", "do": "status", "status": 500, "nth": [1]})
        with worker(database, tmp_path):
            wait_for(lambda: any(attempts > 1 for _, _, attempts in deliveries(database)), PATIENCE)
            late.send_signal(signal.SIGCONT)
            late.terminate()
            late.wait(30)
            wait_for(lambda: all_there(database), PATIENCE)
    effects = receiver.effects()
    assert effects["events"] == 2
    assert len({one["webhook_id"] for one in receiver.told()}) == 2
    assert rows(database, "SELECT 1 FROM procrastinate_jobs WHERE status = 'failed'") == []
