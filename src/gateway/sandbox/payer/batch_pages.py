"""A batch and its items as the provider writes them."""

import json
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.core import Payer
from gateway.sandbox.payer.errors import RefusedError
from gateway.sandbox.payer.transactions import item_reference


def find_batch(payer: Payer, batch_id: str) -> Any:
    """Return a batch's row.

    Raises:
        RefusedError: No batch has the id.
    """
    row = payer.store.read().execute("SELECT * FROM batch WHERE batch_id = ?", [batch_id]).fetchone()
    if row is None:
        raise RefusedError("identification", "identifierError", "no batch has this id")
    return row


def describe(row: Any) -> dict[str, Any]:
    """Write a batch; what did not happen yet is not there."""
    found = {
        "batchId": row["batch_id"],
        "batchStatus": row["status"],
        "batchTitle": row["title"],
        "batchdescription": row["description"],
        "parsingSuccessCount": row["items"],
        "completedCount": row["completed"],
        "rejectionCount": row["rejected"],
        "processingFlag": row["status"] == "approved",
        "creationDate": row["created_at"],
        "approvalDate": row["approved_at"],
        "completionDate": row["completed_at"],
    }
    return {name: value for name, value in found.items() if value is not None}


def get_batch(payer: Payer, call: Call) -> Answer:
    """GET /batchtransactions/{batchId}."""
    return Answer(body=describe(find_batch(payer, call.path["batch_id"])))


def list_completions(payer: Payer, call: Call) -> Answer:
    """GET /batchtransactions/{batchId}/completions: those that were paid back later stay in it."""
    row = find_batch(payer, call.path["batch_id"])
    return _page(payer, call, row, "status IN (1, 3)", _completion)


def list_rejections(payer: Payer, call: Call) -> Answer:
    """GET /batchtransactions/{batchId}/rejections."""
    row = find_batch(payer, call.path["batch_id"])
    return _page(payer, call, row, "status = 2", _rejection)


def _page(payer: Payer, call: Call, batch: Any, condition: str, write: Any) -> Answer:
    limit, offset = _whole(call, "limit", 50), _whole(call, "offset", 0)
    connection = payer.store.read()
    found = connection.execute(
        f"SELECT count(*) AS n FROM batch_item WHERE batch = ? AND {condition}", [batch["number"]]
    ).fetchone()
    rows = connection.execute(
        f"SELECT * FROM batch_item WHERE batch = ? AND {condition} ORDER BY item LIMIT ? OFFSET ?",
        [batch["number"], limit, offset],
    ).fetchall()
    headers = {"X-Records-Available-Count": str(found["n"]), "X-Records-Returned-Count": str(len(rows))}
    return Answer(body=[write(row) for row in rows], headers=headers)


def _whole(call: Call, name: str, usual: int) -> int:
    text = call.query.get(name, str(usual))
    if not text.isascii() or not text.isdecimal() or (name == "limit" and not 1 <= int(text) <= 10_000):
        raise RefusedError("validation", "invalidOffset" if name == "offset" else "formatError", f"{name}: not valid")
    return int(text)


def _completion(row: Any) -> dict[str, Any]:
    reference = item_reference(row["batch"], row["item"])
    return {
        "transactionReference": reference,
        **_own(row),
        "debitParty": json.loads(row["debit"]),
        "creditParty": json.loads(row["credit"]),
        "completionDate": row["settled_at"],
        "link": f"/transactions/{reference}",
    }


def _rejection(row: Any) -> dict[str, Any]:
    return {
        "transactionReference": item_reference(row["batch"], row["item"]),
        **_own(row),
        "debitParty": json.loads(row["debit"]),
        "creditParty": json.loads(row["credit"]),
        "rejectionReason": row["reason"],
        "rejectionDate": row["settled_at"],
    }


def _own(row: Any) -> dict[str, str]:
    own = row["own_reference"]
    return {"requestingOrganisationTransactionReference": own} if own else {}
