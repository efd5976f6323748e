"""A small store on SQLite: many readers, one writer at a time, safe against a sudden end of the process.

Rows survive ``kill -9``; a power cut is not something a sandbox lives through (``synchronous=OFF``).
"""

import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Store:
    """One SQLite file and the folder it stands in, a connection for each thread."""

    def __init__(self, folder: Path | None, name: str, schema: str) -> None:
        self._passing = tempfile.TemporaryDirectory(prefix="sandbox-") if folder is None else None
        self.folder = folder or Path(self._passing.name if self._passing else "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self.folder / name
        self._local = threading.local()
        self._writing = threading.RLock()
        self._afterwards: list[Callable[[], None]] = []
        with self._writing:
            self.read().executescript(schema)

    def read(self) -> sqlite3.Connection:
        """Return this thread's connection, for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=60)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -32000")
            self._local.connection = connection
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Open the one writing transaction; a nested one joins it."""
        with self._writing:
            connection = self.read()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                self._afterwards.clear()
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            afterwards, self._afterwards = self._afterwards, []
        for step in afterwards:
            step()

    def after_commit(self, step: Callable[[], None]) -> None:
        """Do something once the transaction that is open now is committed, or not at all."""
        self._afterwards.append(step)

    def count(self, effect: str, by: int = 1) -> None:
        """Count an effect, in the transaction that has it."""
        with self.write() as connection:
            connection.execute(
                "INSERT INTO effect (name, count) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + ?",
                [effect, by, by],
            )

    def effects(self) -> dict[str, int]:
        """Return every count."""
        return {
            row["name"]: row["count"] for row in self.read().execute("SELECT name, count FROM effect ORDER BY name")
        }

    def setting(self, name: str) -> str | None:
        """Return a setting that outlives the process."""
        row = self.read().execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row["value"])

    def set(self, name: str, value: str | None) -> None:
        """Keep a setting."""
        with self.write() as connection:
            connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", [name, value])


SHARED_SCHEMA = """
CREATE TABLE IF NOT EXISTS effect (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL, headers TEXT NOT NULL,
    secret TEXT, body BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, outcome TEXT);
CREATE INDEX IF NOT EXISTS callback_waiting ON callback (id) WHERE outcome IS NULL;
"""
"""Tables that every sandbox process has."""
