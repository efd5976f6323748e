"""Batches: taken, created, approved by a second call, run, and their items in pages."""

import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.requests import Request

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer import requests
from gateway.sandbox.payer.batch_pages import describe, find_batch
from gateway.sandbox.payer.batch_run import run
from gateway.sandbox.payer.core import Payer
from gateway.sandbox.payer.errors import RefusedError
from gateway.sandbox.payer.json_stream import read_members
from gateway.sandbox.payer.validation import check_headers, check_transaction, destination_of

MAX_ITEMS = 999_999
_AT_ONCE = 8 << 20
"""Up to this size a batch is read before the answer, so that a mistake in it is refused at once; above, afterwards."""
_CHUNK = 10_000


@dataclass
class Spooled:
    """A request on disk."""

    path: Path
    size: int
    is_kept: bool = False

    def discard(self) -> None:
        """Remove it, unless it is still to be read."""
        if not self.is_kept:
            self.path.unlink(missing_ok=True)


@dataclass
class _Reading:
    title: str | None = None
    description: str | None = None
    count: int = 0
    total: int = 0
    repeated: int = 0
    members: dict[str, Any] = field(default_factory=dict)


async def spool(payer: Payer, request: Request) -> Spooled:
    """Write the request to disk while it arrives."""
    path, size = payer.files / uuid.uuid4().hex, 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            file.write(chunk)
    return Spooled(path, size)


def take_batch(payer: Payer, call: Call) -> Answer:
    """POST /batchtransactions."""
    correlation = check_headers(call.headers)
    body: Spooled = call.spooled
    with payer.store.write() as connection:
        asking = _Asking(requests.open_request(payer, connection, correlation), correlation, call)
        if body.size <= _AT_ONCE:
            _publish(payer, connection, asking, *_read(payer, body.path))
        else:
            body.is_kept = True
            payer.store.after_commit(lambda: payer.work.after(0, lambda: _create_later(payer, body.path, asking)))
        payer.store.count("batches_received")
    # Taken is all the answer says: that it is created, the request's state tells.
    return Answer(202, {"serverCorrelationId": asking.server_id, "status": "pending", "notificationMethod": "callback"})


class _Asking:
    """A request for a batch: who asked, and where the answer goes."""

    def __init__(self, server_id: str, correlation: str | None, call: Call) -> None:
        self.server_id, self.correlation = server_id, correlation
        self.callback_url = call.headers.get("x-callback-url")


def _create_later(payer: Payer, path: Path, asking: _Asking) -> None:
    try:
        number, found = _read(payer, path)
        with payer.store.write() as connection:
            _publish(payer, connection, asking, number, found)
    except RefusedError as refused:
        with payer.store.write() as connection:
            requests.close_request(connection, asking.server_id, link=None, reference=None, error=refused.document())
    path.unlink(missing_ok=True)


def _read(payer: Payer, path: Path) -> tuple[int, _Reading]:
    """Read the items into the store, a chunk to a transaction; whoever has no batch is no batch's item."""
    with payer.store.write() as connection:
        number = int(connection.execute("SELECT coalesce(max(batch), 0) + 1 AS n FROM batch_item").fetchone()["n"])
    found = _Reading()
    try:
        with path.open(encoding="utf-8") as file:
            rows = _rows(payer, number, found, read_members(file, "transactions"))
            while chunk := list(islice(rows, _CHUNK)):
                with payer.store.write() as connection:
                    connection.executemany("INSERT INTO batch_item VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL)", chunk)
        if not 1 <= found.count <= MAX_ITEMS:
            raise RefusedError("validation", "lengthError", f"/transactions: expected 1 to {MAX_ITEMS}")
    except (ValueError, RefusedError) as broken:
        with payer.store.write() as connection:
            connection.execute("DELETE FROM batch_item WHERE batch = ?", [number])
        if isinstance(broken, RefusedError):
            raise
        raise RefusedError("validation", "formatError", f"the body cannot be read: {broken}") from None
    return number, found


def _publish(payer: Payer, connection: sqlite3.Connection, asking: _Asking, number: int, found: _Reading) -> None:
    batch_id, now = f"BATCH{number:06d}", payer.clock.stamp()
    connection.execute(
        "INSERT INTO batch (number, batch_id, title, description, status, items, total_minor, created_at, callback_url,"
        " correlation) VALUES (?, ?, ?, ?, 'created', ?, ?, ?, ?, ?)",
        [
            number, batch_id, found.title, found.description, found.count, found.total, now, asking.callback_url,
            asking.correlation,
        ],
    )  # fmt: skip
    requests.close_request(connection, asking.server_id, link=f"/batchtransactions/{batch_id}", reference=batch_id)
    payer.store.count("batches_created")
    row = connection.execute("SELECT * FROM batch WHERE number = ?", [number]).fetchone()
    payer.put_back(
        "batch", describe(row), url=asking.callback_url, correlation=asking.correlation, key=f"{batch_id}-created"
    )
    if found.members.get("batchStatus") == "approved":
        _approve(payer, connection, row)


def _rows(payer: Payer, number: int, found: _Reading, members: Iterator[tuple[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for name, value in members:
        if name != "transactions":
            found.members[name] = value
            continue
        at = f"/transactions/{found.count}"
        minor = check_transaction(value, payer.currency, at=at)
        found.count += 1
        found.total += minor
        yield (
            number, found.count, minor, json.dumps(value["debitParty"]), json.dumps(value["creditParty"]),
            destination_of(value["creditParty"]), value.get("requestingOrganisationTransactionReference"),
        )  # fmt: skip
    found.title, found.description = (found.members.get(name) for name in ("batchTitle", "batchdescription"))
    if found.members.get("batchStatus", "created") not in ("created", "approved"):
        raise RefusedError("validation", "formatError", "/batchStatus: expected created or approved")


def patch_batch(payer: Payer, call: Call) -> Answer:
    """PATCH /batchtransactions/{batchId}: created becomes approved, and then it runs."""
    check_headers(call.headers)
    try:
        changes = call.json()
    except ValueError:
        changes = None
    if not isinstance(changes, list) or not 1 <= len(changes) <= 10 or not all(_is_approval(one) for one in changes):
        raise RefusedError(
            "validation", "formatError", 'expected [{"op": "replace", "path": "/batchStatus", "value": "approved"}]'
        )
    with payer.store.write() as connection:
        row = find_batch(payer, call.path["batch_id"])
        if row["status"] != "created":
            raise RefusedError("businessRule", "incorrectState", f"the batch is {row['status']} already")
        _approve(payer, connection, row)
    return Answer(204)


def _is_approval(change: Any) -> bool:
    return isinstance(change, Mapping) and (change.get("op"), str(change.get("path")).lstrip("/"), change.get("value")) == (
        "replace", "batchStatus", "approved",
    )  # fmt: skip


def _approve(payer: Payer, connection: sqlite3.Connection, row: Any) -> None:
    connection.execute(
        "UPDATE batch SET status = 'approved', approved_at = ? WHERE number = ?", [payer.clock.stamp(), row["number"]]
    )
    payer.store.count("batches_approved")
    number = row["number"]
    payer.store.after_commit(lambda: payer.work.after(payer.options.delay, lambda: run(payer, number)))


def take_up(payer: Payer) -> None:
    """After a start: go on with the batches that were approved and not finished; fail those that were half read."""
    with payer.store.write() as connection:
        connection.execute("DELETE FROM batch_item WHERE batch NOT IN (SELECT number FROM batch)")
        half_read = connection.execute(
            "SELECT server_id FROM request WHERE status = 'pending'"
            " AND server_id NOT IN (SELECT server_id FROM txn WHERE server_id IS NOT NULL)"
        ).fetchall()
        for row in half_read:
            error = RefusedError("internal", "genericError", "interrupted before it was read; send it anew").document()
            requests.close_request(connection, row["server_id"], link=None, reference=None, error=error)
    for path in payer.files.iterdir():
        path.unlink()
    rows = payer.store.read().execute("SELECT number FROM batch WHERE status = 'approved' AND is_stuck = 0")
    for row in rows.fetchall():
        payer.work.after(0, partial(run, payer, row["number"]))
