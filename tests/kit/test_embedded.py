"""The embedded server outlives every kind of sudden end, and goes away when nobody needs it."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

import gateway
from gateway.kit.embedded import EmbeddedDatabaseError, ensure_running, find_binaries, release

SETTINGS = {"shared_buffers": "16MB", "max_connections": "20"}
CLIENT = """
import json, sys, time
from pathlib import Path
from gateway.kit.embedded import ensure_running
print(ensure_running(Path(sys.argv[1]), settings=json.loads(sys.argv[2])), flush=True)
time.sleep(float(sys.argv[3]))
"""


def _until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _server_pid(root: Path) -> int:
    return int((root / "server.pid").read_text())


def _supervisor_pid(root: Path) -> int:
    return int(Path(f"/proc/{_server_pid(root)}/stat").read_text().rsplit(")", 1)[1].split()[1])


def _rows(address: str) -> int:
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT count(*) FROM paid").fetchone()
        assert found is not None
        return int(found[0])


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gateway embedded "))
    folder.chmod(0o755)
    yield folder
    _be_seen()
    release(folder)
    if (folder / "server.pid").exists():
        pid = _server_pid(folder)
        try:
            _until(lambda: not _is_alive(pid), "the server stopped because nobody held it")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _be_seen() -> None:
    """Let the supervisor look once, as it does five times a second: for whoever left before it waits ten seconds."""
    time.sleep(0.5)


def _client(root: Path, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(root), json.dumps(SETTINGS), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(gateway.__file__).resolve().parents[1])},
    )


def _paid_once(address: str) -> None:
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE paid AS SELECT 1 AS line")


def test_second_call_attaches_to_the_server_that_runs(root: Path) -> None:
    first = ensure_running(root, settings=SETTINGS)
    pid = _server_pid(root)
    assert ensure_running(root) == first
    assert _server_pid(root) == pid


def test_password_is_readable_by_its_owner_only_and_asked_for_on_loopback(root: Path) -> None:
    address = ensure_running(root, settings=SETTINGS)
    assert stat.S_IMODE((root / "password").stat().st_mode) == 0o600
    with psycopg.connect(address) as connection:
        shown = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()
    assert shown == ("127.0.0.1", "")
    password = (root / "password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace(password, "guess"))


def test_server_does_not_run_as_root(root: Path) -> None:
    ensure_running(root, settings=SETTINGS)
    assert Path(f"/proc/{_server_pid(root)}").stat().st_uid != 0


def test_killed_server_comes_back_at_the_same_address_with_every_row(root: Path) -> None:
    address = ensure_running(root, settings=SETTINGS)
    _paid_once(address)
    killed = _server_pid(root)
    os.kill(killed, signal.SIGKILL)
    _until(lambda: _server_pid(root) != killed, "another server was started")
    assert ensure_running(root) == address
    assert _rows(address) == 1


def test_killed_client_lets_the_server_stop(root: Path) -> None:
    client = _client(root, 60)
    assert client.stdout is not None
    assert client.stdout.readline().startswith("postgresql://")
    pid = _server_pid(root)
    _be_seen()
    client.kill()
    client.communicate()
    _until(lambda: not _is_alive(pid), "the server stopped")


def test_killed_supervisor_leaves_no_orphan_and_the_next_call_starts_anew(root: Path) -> None:
    address = ensure_running(root, settings=SETTINGS)
    _paid_once(address)
    server = _server_pid(root)
    os.kill(_supervisor_pid(root), signal.SIGKILL)
    _until(lambda: not _is_alive(server), "the orphan stopped")
    assert _rows(ensure_running(root, settings=SETTINGS)) == 1


def test_orphan_of_a_system_without_parent_death_signals_is_replaced(root: Path) -> None:
    ensure_running(root, settings=SETTINGS)
    orphan, supervisor = _server_pid(root), _supervisor_pid(root)
    # A stopped server cannot act on the signal that Linux sends it: the same as a system that sends none.
    os.kill(orphan, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    _until(lambda: not _is_alive(supervisor), "the supervisor is gone")
    os.kill(orphan, signal.SIGCONT)
    ensure_running(root, settings=SETTINGS)
    assert not _is_alive(orphan)


def test_clients_that_start_at_once_share_one_server(root: Path) -> None:
    clients = [_client(root, 3) for _ in range(6)]
    addresses = set()
    for client in clients:
        assert client.stdout is not None
        addresses.add(client.stdout.readline())
    assert len(addresses) == 1
    _be_seen()
    for client in clients:
        client.kill()
        client.communicate()
    pid = _server_pid(root)
    _until(lambda: not _is_alive(pid), "the server stopped")


def test_data_of_another_major_version_is_refused_in_words(root: Path) -> None:
    ensure_running(root, settings=SETTINGS)
    pid = _server_pid(root)
    _be_seen()
    release(root)
    _until(lambda: not _is_alive(pid), "the server stopped")
    (root / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedDatabaseError, match=r"written by PostgreSQL 12.*point PG_BIN at"):
        ensure_running(root)


def test_server_that_cannot_start_is_refused_with_its_own_words(root: Path) -> None:
    with pytest.raises(EmbeddedDatabaseError, match="no_such_setting"):
        ensure_running(root, settings={"no_such_setting": "1"})


def test_windows_is_told_where_to_point_the_address(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = find_binaries()
    monkeypatch.setattr("gateway.kit.embedded.WINDOWS", True)
    with pytest.raises(EmbeddedDatabaseError, match="GATEWAY_DATABASE_URL"):
        ensure_running(root, bin_dir=binaries)
