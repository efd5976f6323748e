"""Where it is measured: an embedded server of its own with durable commits, a fresh database per run, and counters."""

import contextlib
import datetime as dt
import os
import platform
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import event

from gateway.kit.db import Database
from gateway.kit.embedded import ensure_running
from gateway.migrate import upgrade

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "bench-pg"
LEFT_BEHIND = r"SELECT datname FROM pg_database WHERE datname ~ '^gateway_(bench|limits)_[0-9]+$'"
SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "work_mem")


def server() -> str:
    """Return the address of the benchmark's own server: the settings of any embedded server, every commit durable."""
    address = ensure_running(FOLDER)
    _drop_left_behind(address)
    return address


def _drop_left_behind(address: str) -> None:
    """Drop the databases of runs that were ended before they could."""
    with psycopg.connect(address, autocommit=True) as owner:
        for (name,) in owner.execute(LEFT_BEHIND).fetchall():
            if not _runs(int(name.rsplit("_", 1)[1])):
                owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def fresh_database(address: str, name: str, *, migrated: bool = True) -> Iterator[str]:
    """Make a database for one run and drop it afterwards."""
    mine = f"{name}_{os.getpid()}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(mine))
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(drop)
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(mine)))
    inside = address.rsplit("/", 1)[0] + f"/{mine}"
    try:
        if migrated:
            upgrade(inside)
        yield inside
    finally:
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(drop)


class Counter:
    """Counts what a database's connections send: statements, COPYs and fetches from server-side cursors; and their time."""

    def __init__(self, database: Database) -> None:
        self.sent = 0
        self.seconds: dict[str, float] = {}
        counter = self

        class Client(psycopg.Cursor[Any]):
            def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
                with counter.timed(query):
                    return super().execute(query, *arguments, **options)

            def copy(self, *arguments: Any, **options: Any) -> Any:
                counter.sent += 1
                return super().copy(*arguments, **options)

        class Server(psycopg.ServerCursor[Any]):
            def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
                with counter.timed(query):
                    return super().execute(query, *arguments, **options)

            def fetchmany(self, *arguments: Any, **options: Any) -> Any:
                with counter.timed("(fetch from a server-side cursor)"):
                    return super().fetchmany(*arguments, **options)

        def equip(connection: Any, _record: Any) -> None:
            connection.cursor_factory, connection.server_cursor_factory = Client, Server

        event.listen(database.engine, "connect", equip)

    @contextlib.contextmanager
    def timed(self, query: Any) -> Iterator[None]:
        """Count one statement and add its time to those of its words."""
        self.sent += 1
        words = query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else str(query)
        began = clock()
        try:
            yield
        finally:
            name = " ".join(words.split())[:110]
            self.seconds[name] = self.seconds.get(name, 0.0) + clock() - began

    def slowest(self, most: int = 30) -> str:
        """Return the statements that took longest together, with their seconds, and start anew."""
        found = sorted(((took, name) for name, took in self.seconds.items()), reverse=True)[:most]
        self.seconds.clear()
        return "\n".join(f"  {took:8.3f} s  {name}" for took, name in found)


class Processor:
    """The processor's seconds of this process and of the server processes of some databases.

    Where others work on the machine as well, seconds on the clock say more about them than about the code; these do not
    count who waits for a core. Known on Linux alone, and only where the server is on the same machine.
    """

    def __init__(self, *databases: str) -> None:
        self._marks = [f" {name} ".encode() for name in databases]
        self._tick = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

    def begin(self) -> tuple[float, dict[str, float]]:
        """Return where all of them stand."""
        return time.process_time(), self._servers()

    def since(self, began: tuple[float, dict[str, float]]) -> float:
        """Return how many seconds they took together since; a server process that ended meanwhile is not counted."""
        mine, before = began
        servers = sum(took - before.get(process, 0.0) for process, took in self._servers().items())
        return time.process_time() - mine + servers

    def _servers(self) -> dict[str, float]:
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                name = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                if name.startswith(b"postgres: ") and any(mark in name for mark in self._marks):
                    counted = (folder / "stat").read_text(encoding="latin-1").rsplit(")", 1)[1].split()
                    found[folder.name] = (int(counted[11]) + int(counted[12])) / self._tick
        return found


def clock() -> float:
    """Return the seconds of a clock that only goes forward."""
    return time.perf_counter()


def median(values: list[float]) -> float:
    """Return the middle one."""
    return statistics.median(values)


def peak_mebibytes() -> float:
    """Return the most that this process has had resident so far."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 if platform.system() == "Linux" else 1024 * 1024)


def machine(address: str) -> dict[str, Any]:
    """Return what the figures depend on besides the code."""
    with psycopg.connect(address) as owner:
        shown = {name: owner.execute(f"SHOW {name}".encode()).fetchone() for name in SHOWN}
    facts: dict[str, Any] = {name: row[0] for name, row in shown.items() if row is not None}
    facts |= {
        "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_at_start": os.getloadavg()[0],
    }
    with contextlib.suppress(ValueError, OSError):
        facts["memory_gib"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1)
    return facts


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
