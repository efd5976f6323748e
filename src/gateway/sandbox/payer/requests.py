"""What was asked of the provider, and where each asking stands: by our correlation id and by its own."""

import json
import sqlite3
import uuid
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.core import Payer
from gateway.sandbox.payer.errors import RefusedError


def open_request(payer: Payer, connection: sqlite3.Connection, correlation: str | None) -> str:
    """Note a request before anything is done for it; return the provider's id of it.

    Raises:
        RefusedError: The correlation id was used before.
    """
    if correlation:
        known = connection.execute("SELECT server_id FROM request WHERE correlation = ?", [correlation]).fetchone()
        if known:
            payer.store.count("requests_repeated")
            raise RefusedError(
                "businessRule", "duplicateRequest", "a request with this X-CorrelationID was taken before",
                serverCorrelationId=known["server_id"],
            )  # fmt: skip
    number = connection.execute("SELECT count(*) + 1 AS n FROM request").fetchone()["n"]
    server_id = payer.server_id(number)
    connection.execute(
        "INSERT INTO request (server_id, number, correlation, status) VALUES (?, ?, ?, 'pending')",
        [server_id, number, correlation],
    )
    return server_id


def close_request(
    connection: sqlite3.Connection, server_id: str, *, link: str | None, reference: str | None, error: Any = None
) -> None:
    """Note what became of a request."""
    connection.execute(
        "UPDATE request SET status = ?, link = ?, object = ?, error = ? WHERE server_id = ?",
        ["failed" if error else "completed", link, reference, json.dumps(error) if error else None, server_id],
    )


def describe(payer: Payer, row: Any, *, is_called_back: bool = True) -> dict[str, Any]:
    """Write a request state."""
    found: dict[str, Any] = {
        "serverCorrelationId": row["server_id"],
        "status": row["status"],
        "notificationMethod": "callback" if is_called_back and payer.options.callback_url else "polling",
    }
    if row["object"]:
        found["objectReference"] = row["object"]
    if row["error"]:
        found["error"] = json.loads(row["error"])
    return found


def get_request_state(payer: Payer, call: Call) -> Answer:
    """GET /requeststates/{serverCorrelationId}."""
    row = _row(payer, "server_id", call.path["server_id"])
    return Answer(body=describe(payer, row))


def get_response(payer: Payer, call: Call) -> Answer:
    """GET /responses/{clientCorrelationId}: where to find what our own id asked for."""
    try:
        correlation = str(uuid.UUID(call.path["correlation"]))
    except ValueError:
        raise RefusedError("validation", "formatError", "the correlation id is a UUID") from None
    row = _row(payer, "correlation", correlation)
    return Answer(body={"link": row["link"] or f"/requeststates/{row['server_id']}"})


def _row(payer: Payer, column: str, value: str) -> Any:
    row = payer.store.read().execute(f"SELECT * FROM request WHERE {column} = ?", [value]).fetchone()
    if row is None:
        raise RefusedError("identification", "identifierError", "no request has this id: nothing was taken under it")
    return row
