"""Single transactions: taken, done a little later, told by callback; and their reversals."""

import json
import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer import requests
from gateway.sandbox.payer.core import FLOAT, PAYMENT_RULES, Payer
from gateway.sandbox.payer.errors import RefusedError
from gateway.sandbox.payer.validation import TYPES, check_headers, check_transaction, destination_of
from gateway.sandbox.payer.verdicts import refusal_of

MUTUAL = [{"key": "organisationid", "value": "mutual"}]


def take_transaction(payer: Payer, call: Call) -> Answer:
    """POST /transactions and /transactions/type/{type}: 202, and done a little later."""
    correlation = check_headers(call.headers)
    kind = call.path.get("type")
    if kind is not None and kind not in TYPES:
        raise RefusedError("validation", "formatError", f"type: expected one of {', '.join(TYPES)}")
    try:
        given = call.json()
    except ValueError:
        raise RefusedError("validation", "formatError", "the body is not JSON") from None
    minor = check_transaction(given, payer.currency, kind=kind)
    with payer.store.write() as connection:
        server_id = requests.open_request(payer, connection, correlation)
        number = keep_transaction(
            payer, connection, kind=kind or given["type"], minor=minor, given=given, status="pending", wallet=FLOAT,
            server_id=server_id, callback_url=call.headers.get("x-callback-url"), correlation=correlation,
        )  # fmt: skip
        payer.store.count("transactions_received")
        rules = payer.fire("transaction", PAYMENT_RULES, type=kind or given["type"], amount=given["amount"])
        wait = payer.options.delay + sum(float(rule.get("seconds", 1)) for rule in rules if rule.do == "wait")
        if not any(rule.do == "never_answer" for rule in rules):
            payer.store.after_commit(lambda: payer.work.after(wait, lambda: perform(payer, number, rules)))
        state = connection.execute("SELECT * FROM request WHERE server_id = ?", [server_id]).fetchone()
    return Answer(202, requests.describe(payer, state, is_called_back=True))


def keep_transaction(
    payer: Payer, connection: sqlite3.Connection, *, kind: str, minor: int, given: Mapping[str, Any], status: str,
    wallet: str, server_id: str | None = None, callback_url: str | None = None, correlation: str | None = None,
    original: str | None = None,
) -> int:  # fmt: skip
    """Write a transaction down and return its number."""
    number = int(connection.execute("SELECT coalesce(max(number), 0) + 1 AS n FROM txn").fetchone()["n"])
    now = payer.clock.stamp()
    connection.execute(
        "INSERT INTO txn (number, reference, type, amount_minor, debit, credit, own_reference, text, status, created_at,"
        " modified_at, original, wallet, server_id, callback_url, correlation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number, f"MM{number:010d}", kind, minor, json.dumps(given.get("debitParty", MUTUAL)),
            json.dumps(given.get("creditParty", MUTUAL)), given.get("requestingOrganisationTransactionReference"),
            given.get("descriptionText"), status, now, now, original, wallet, server_id, callback_url, correlation,
        ],
    )  # fmt: skip
    return number


def perform(payer: Payer, number: int, rules: list[Any]) -> None:
    """Move the money of a transaction that was taken, or fail it, and tell."""
    with payer.store.write() as connection:
        row = connection.execute("SELECT * FROM txn WHERE number = ?", [number]).fetchone()
        if row is None or row["status"] != "pending":
            return
        scripted = next((rule for rule in rules if rule.do == "fail"), None)
        refusal = (
            RefusedError("businessRule", str(scripted.get("code", "requestDeclined")), "declined")
            if scripted
            else _refusal(payer, connection, row)
        )
        if refusal:
            _settle(payer, connection, row, "failed", refusal)
            payer.store.count("transactions_failed")
            return
        connection.execute(
            "UPDATE wallet SET balance_minor = balance_minor - ? WHERE name = ?", [row["amount_minor"], row["wallet"]]
        )
        _settle(payer, connection, row, "completed", None)
        payer.store.count("transactions_completed")
        payer.store.count("transactions_completed_minor", row["amount_minor"])
        undone = next((rule for rule in rules if rule.do == "reverse"), None)
        if undone:
            wait, reference = float(undone.get("seconds", 0.1)), row["reference"]
            payer.store.after_commit(lambda: payer.work.after(wait, lambda: reverse(payer, reference, "scripted")))


def _refusal(payer: Payer, connection: sqlite3.Connection, row: Any) -> RefusedError | None:
    destination = destination_of(json.loads(row["credit"]))
    reason = refusal_of(payer, connection, destination)
    if reason:
        return RefusedError("identification", "identifierError", reason)
    held = connection.execute("SELECT balance_minor FROM wallet WHERE name = ?", [row["wallet"]]).fetchone()
    if held["balance_minor"] < row["amount_minor"]:
        return RefusedError("businessRule", "insufficientFunds", "the float does not hold this amount")
    return None


def _settle(payer: Payer, connection: sqlite3.Connection, row: Any, status: str, refusal: RefusedError | None) -> None:
    connection.execute(
        "UPDATE txn SET status = ?, modified_at = ?, reason = ? WHERE number = ?",
        [status, payer.clock.stamp(), refusal.detail if refusal else None, row["number"]],
    )
    error = refusal.document() if refusal else None
    if row["server_id"]:
        requests.close_request(
            connection, row["server_id"], link=f"/transactions/{row['reference']}", reference=row["reference"],
            error=error,
        )  # fmt: skip
    settled = connection.execute("SELECT * FROM txn WHERE number = ?", [row["number"]]).fetchone()
    payer.put_back(
        "transaction", error or describe(payer, settled), url=row["callback_url"], correlation=row["correlation"],
        key=f"transaction-{row['reference']}",
    )  # fmt: skip


def describe(payer: Payer, row: Any) -> dict[str, Any]:
    """Write a transaction as the GSMA does."""
    found = {
        "transactionReference": row["reference"],
        "requestingOrganisationTransactionReference": row["own_reference"],
        "originalTransactionReference": row["original"],
        "type": row["type"],
        "transactionStatus": row["status"],
        "amount": payer.canonical(row["amount_minor"]),
        "currency": payer.currency.code,
        "debitParty": json.loads(row["debit"]),
        "creditParty": json.loads(row["credit"]),
        "descriptionText": row["text"],
        "creationDate": row["created_at"],
        "modificationDate": row["modified_at"],
    }
    return {name: value for name, value in found.items() if value is not None}


def get_transaction(payer: Payer, call: Call) -> Answer:
    """GET /transactions/{transactionReference}: single ones and those of batches."""
    reference = call.path["reference"]
    row = payer.store.read().execute("SELECT * FROM txn WHERE reference = ?", [reference]).fetchone()
    if row is not None:
        return Answer(body=describe(payer, row))
    item = find_item(payer.store.read(), reference)
    if item is None or not item["status"]:
        raise RefusedError("identification", "identifierError", "no transaction has this reference")
    status = {1: "completed", 2: "failed", 3: "reversed"}[item["status"]]
    return Answer(
        body={
            "transactionReference": reference,
            "type": "disbursement",
            "transactionStatus": status,
            "amount": payer.canonical(item["amount_minor"]),
            "currency": payer.currency.code,
            "debitParty": json.loads(item["debit"]),
            "creditParty": json.loads(item["credit"]),
            "creationDate": item["settled_at"],
            **({"requestingOrganisationTransactionReference": item["own_reference"]} if item["own_reference"] else {}),
        }
    )


def item_reference(batch: int, item: int) -> str:
    """Return the provider's reference of one item of a batch."""
    return f"MB{batch:06d}{item:07d}"


def find_item(connection: sqlite3.Connection, reference: str) -> Any:
    """Return the item of a batch that has this reference, None if there is none."""
    if not reference.startswith("MB") or not reference[2:].isdecimal() or len(reference) != 15:
        return None
    return connection.execute(
        "SELECT * FROM batch_item WHERE batch = ? AND item = ?", [int(reference[2:8]), int(reference[8:])]
    ).fetchone()


def reverse(payer: Payer, reference: str, reason: str) -> dict[str, Any] | None:
    """Undo a completed transaction, whole: the money goes back to where it came from; None if there is nothing to undo.

    The wallet that was debited is credited again; a member's payment into the mutual's wallet is taken out of it.
    """
    with payer.store.write() as connection:
        row = connection.execute("SELECT * FROM txn WHERE reference = ?", [reference]).fetchone()
        item: Any = None if row is not None else find_item(connection, reference)
        found: Any = row if row is not None else item
        if found is None or found["status"] not in ("completed", 1):
            return None
        is_collection = row is not None and row["wallet"] == "collection"
        wallet, sign = ("collection", -1) if is_collection else (FLOAT, 1)
        connection.execute(
            "UPDATE wallet SET balance_minor = balance_minor + ? WHERE name = ?", [sign * found["amount_minor"], wallet]
        )
        if row is not None:
            connection.execute("UPDATE txn SET status = 'reversed' WHERE reference = ?", [reference])
        else:
            connection.execute(
                "UPDATE batch_item SET status = 3, reason = ? WHERE batch = ? AND item = ?",
                [reason, item["batch"], item["item"]],
            )
        return _tell_reversal(payer, connection, found, reference, reason, wallet)


def _tell_reversal(
    payer: Payer, connection: sqlite3.Connection, found: Any, reference: str, reason: str, wallet: str
) -> dict[str, Any]:
    given = {
        "debitParty": json.loads(found["credit"]),
        "creditParty": json.loads(found["debit"]),
        "requestingOrganisationTransactionReference": found["own_reference"],
        "descriptionText": reason[:160],
    }
    number = keep_transaction(
        payer, connection, kind="reversal", minor=found["amount_minor"], given=given, status="completed", wallet=wallet,
        original=reference,
    )  # fmt: skip
    made = connection.execute("SELECT * FROM txn WHERE number = ?", [number]).fetchone()
    resource = describe(payer, made)
    payer.store.count("reversals")
    payer.store.count("reversals_minor", found["amount_minor"])
    payer.put_back("reversal", resource, url=None, correlation=None, key=f"reversal-{made['reference']}")
    return resource


def take_reversal(payer: Payer, call: Call) -> Answer:
    """POST /transactions/{transactionReference}/reversals: undone at once."""
    correlation = check_headers(call.headers)
    with payer.store.write() as connection:
        server_id = requests.open_request(payer, connection, correlation)
        made = reverse(payer, call.path["reference"], "asked for by the mutual")
        if made is None:
            raise RefusedError("businessRule", "incorrectState", "only a completed transaction can be undone")
        requests.close_request(
            connection, server_id, link=f"/transactions/{made['transactionReference']}",
            reference=made["transactionReference"],
        )  # fmt: skip
    return Answer(201, made)


def take_up(payer: Payer) -> None:
    """After a start: do what was taken and not done."""
    for row in payer.store.read().execute("SELECT number FROM txn WHERE status = 'pending'").fetchall():
        payer.work.after(0, partial(perform, payer, row["number"], []))
