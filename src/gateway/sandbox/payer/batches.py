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
    callback_url = call.headers.get("x-callback-url")
    with payer.store.write() as connection:
        server_id = requests.open_request(payer, connection, correlation)
        if body.size <= _AT_ONCE:
            _create(payer, connection, body.path, server_id, callback_url, correlation)
        else:
            body.is_kept = True
            kept = body.path
            payer.store.after_commit(
                lambda: payer.work.after(0, lambda: _create_later(payer, kept, server_id, callback_url, correlation))
            )
        payer.store.count("batches_received")
    # Taken is all the answer says: that it is created, the request's state tells.
    return Answer(202, {"serverCorrelationId": server_id, "status": "pending", "notificationMethod": "callback"})


def _create_later(payer: Payer, path: Path, server_id: str, callback_url: str | None, correlation: str | None) -> None:
    try:
        with payer.store.write() as connection:
            _create(payer, connection, path, server_id, callback_url, correlation)
    except RefusedError as refused:
        with payer.store.write() as connection:
            requests.close_request(connection, server_id, link=None, reference=None, error=refused.document())
    path.unlink(missing_ok=True)


def _create(
    payer: Payer, connection: sqlite3.Connection, path: Path, server_id: str, callback_url: str | None,
    correlation: str | None,
) -> None:  # fmt: skip
    number = int(connection.execute("SELECT coalesce(max(number), 0) + 1 AS n FROM batch").fetchone()["n"])
    found = _Reading()
    try:
        with path.open(encoding="utf-8") as file:
            rows = _rows(payer, number, found, read_members(file, "transactions"))
            while chunk := list(islice(rows, _CHUNK)):
                connection.executemany("INSERT INTO batch_item VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL)", chunk)
    except ValueError as broken:
        raise RefusedError("validation", "formatError", f"the body cannot be read: {broken}") from None
    if not 1 <= found.count <= MAX_ITEMS:
        raise RefusedError("validation", "lengthError", f"/transactions: expected 1 to {MAX_ITEMS}")
    batch_id, now = f"BATCH{number:06d}", payer.clock.stamp()
    connection.execute(
        "INSERT INTO batch (number, batch_id, title, description, status, items, total_minor, created_at, callback_url,"
        " correlation) VALUES (?, ?, ?, ?, 'created', ?, ?, ?, ?, ?)",
        [
            number, batch_id, found.title, found.description, found.count, found.total, now, callback_url, correlation,
        ],
    )  # fmt: skip
    requests.close_request(connection, server_id, link=f"/batchtransactions/{batch_id}", reference=batch_id)
    payer.store.count("batches_created")
    row = connection.execute("SELECT * FROM batch WHERE number = ?", [number]).fetchone()
    payer.put_back("batch", describe(row), url=callback_url, correlation=correlation, key=f"{batch_id}-created")
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
    """After a start: go on with the batches that were approved and not finished."""
    rows = payer.store.read().execute("SELECT number FROM batch WHERE status = 'approved' AND is_stuck = 0")
    for row in rows.fetchall():
        payer.work.after(0, partial(run, payer, row["number"]))
