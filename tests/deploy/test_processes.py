"""The gateway as an operator runs it: server and worker as processes of their own, started, stopped and ended hard."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.processes import wait_for

from gateway.kit import db, jobs
from gateway.kit.db import Database
from gateway.kit.ports import free_port
from gateway.worker import CRASHED, load_tasks

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "tres mangos en la mesa"


class Process:
    """A command of the gateway, running."""

    def __init__(self, folder: Path, *arguments: object, **environment: str) -> None:
        self.log = folder / f"{arguments[0]}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", *map(str, arguments)],
                env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
                stdout=log,
                stderr=log,
                cwd=folder,
            )

    def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def lines(self) -> list[dict[str, Any]]:
        """What it logged, as far as it is JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@contextlib.contextmanager
def running(folder: Path, *arguments: object, **environment: str) -> Iterator[Process]:
    process = Process(folder, *arguments, **environment)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait(60)


def answers(url: str, process: Process) -> bool:
    assert process.process.poll() is None, process.log.read_text()[-3000:]
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=2).status_code == 200
    return False


def test_serve_on_an_empty_folder_makes_a_database_that_survives_a_restart(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"GATEWAY_DATA_DIR": str(tmp_path / "data"), "GATEWAY_MANAGER_PASSWORD": PASSWORD}
    environment["GATEWAY_DATABASE_URL"] = ""
    create = ["mutual", "create", "--code", "amparo", "--name", "Mutual Amparo", "--employer-number", "401999994"]
    log_in = {"mutual": "amparo", "username": "ana", "password": PASSWORD}
    with running(tmp_path, "serve", "--port", port, **environment) as server:
        wait_for(lambda: answers(f"{url}/ready", server), 90)
        assert "gateway mutual create" in server.log.read_text()
        with running(tmp_path, *create, "--manager", "ana", "--apply", **environment) as made:
            assert made.process.wait(60) == 0, made.log.read_text()
        assert httpx.post(f"{url}/v1/sessions", json=log_in, timeout=60).status_code == 201
        assert server.stop() == 0
    with running(tmp_path, "serve", "--port", port, **environment) as server:
        wait_for(lambda: answers(f"{url}/ready", server), 90)
        assert httpx.post(f"{url}/v1/sessions", json=log_in, timeout=60).status_code == 201
        assert server.stop() == 0


def test_serve_refuses_a_database_of_somebody_else_s_that_lacks_migrations(
    tmp_path: Path, server_url: str, database_url: str
) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE alembic_version SET version_num = 'older'")
    with running(tmp_path, "serve", "--port", 0, GATEWAY_DATABASE_URL=database_url) as server:
        assert server.process.wait(60) == 1
        assert "run gateway migrate" in server.log.read_text()
        assert "Traceback" not in server.log.read_text()


def test_serve_with_worker_runs_a_worker_beside_it_and_takes_it_down_with_it(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    port = free_port()
    with running(tmp_path, "serve", "--with-worker", "--port", port, GATEWAY_DATABASE_URL=database_url) as server:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/ready", server), 60)
        started = wait_for(lambda: [one for one in server.lines() if one["event"] == "worker starts"], 60)
        pid = int(started[0]["worker"].rpartition(":")[2])
        assert Path(f"/proc/{pid}").exists()
        assert server.stop() == 0
    assert not Path(f"/proc/{pid}").exists()


def test_two_workers_share_the_queue_and_stop_when_asked(tmp_path: Path, database: Database, database_url: str) -> None:
    load_tasks()
    environment = {"GATEWAY_DATABASE_URL": database_url}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        running(tmp_path / "a", "worker", **environment) as one,
        running(tmp_path / "b", "worker", **environment) as other,
    ):
        for worker in (one, other):
            wait_for(lambda worker=worker: [line for line in worker.lines() if line["event"] == "worker starts"], 60)
        with database.session(1) as session:
            for _ in range(20):
                jobs.defer(session, "reconciliation.run")

        def is_empty() -> bool:
            statement = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'reconciliation.run'"
            with database.session(1) as session:
                return int(db.scalar(session, statement)) == 0

        wait_for(is_empty, 90)
        assert [one.stop(), other.stop()] == [0, 0]
        assert [line for line in one.lines() if line["event"] == "worker ended"]


def test_a_worker_ends_hard_at_the_point_it_was_told_to(tmp_path: Path) -> None:
    script = (
        "from gateway.settings import Settings; from gateway.worker import faults\n"
        "mark = faults(Settings()); mark('filing.elsewhere'); print('before', flush=True)\n"
        "try:\n    mark('filing.before_call')\nfinally:\n    print('after')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "GATEWAY_CRASH_AT": "filing.before_call"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (CRASHED, "before\n")


def test_a_worker_without_an_address_of_the_state_says_so_and_goes_on(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    from gateway.kit.tenant import by_code
    from gateway.settings import Settings
    from gateway.worker import WayOutMissingError, services

    with database.session() as session:
        mutual = by_code(session, "amparo")
    ways = services(Settings(database_url=database_url))
    with pytest.raises(WayOutMissingError, match="GATEWAY_STATE_URL"):
        ways["state"](mutual)
    with pytest.raises(WayOutMissingError, match="GATEWAY_PAYER_URL"):
        ways["payer"](mutual, "orange")
    assert ways["seal_key"] is None


def test_the_worker_knows_every_job_that_anybody_queues() -> None:
    import re

    load_tasks()
    source = "\n".join(path.read_text() for path in (ROOT / "src" / "gateway").rglob("*.py"))
    deferred = set(re.findall(r'jobs\.defer\(\s*session,\s*"([a-z_.]+)"', source))
    woken = set(re.findall(r'"((?:filing|payouts|benefits|contributions|reconciliation)\.(?:inbox|collect))"', source))
    assert deferred | woken
    assert (deferred | woken) - jobs.TASKS.keys() == set()


def test_seals_are_signed_with_the_key_of_the_file(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from gateway.settings import Settings
    from gateway.worker import SealKeyError, services

    def written(key: Any) -> Path:
        path = tmp_path / "seal.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path

    ours = Ed25519PrivateKey.generate()
    found = services(Settings(seal_key_file=written(ours)))["seal_key"]
    assert found.public_key() == ours.public_key()
    with pytest.raises(SealKeyError, match="no Ed25519"):
        services(Settings(seal_key_file=written(generate_private_key(65537, 2048))))


def test_time_for_a_frozen_clock_is_only_given_in_a_demonstration(tmp_path: Path) -> None:
    from gateway.settings import Settings

    clock = tmp_path / "today"
    clock.write_text("2001-02-03\n")
    assert Settings(demo=True, clock_file=clock).clock("UTC").isoformat() == "2001-02-03"
    assert Settings(demo=False, clock_file=clock).clock("UTC").year >= time.gmtime().tm_year
