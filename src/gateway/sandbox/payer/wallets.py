"""The mutual's wallets, what members pay into them, and what the provider takes back."""

import json
from typing import Any

from gateway.kit.money import AmountError
from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.core import COLLECTION, FLOAT, PAYMENT_RULES, Payer
from gateway.sandbox.payer.errors import RefusedError, bank_problem
from gateway.sandbox.payer.transactions import MUTUAL, describe, find_item, item_reference, keep_transaction, reverse


def collect(payer: Payer, call: Call) -> Answer:
    """POST /sandbox/collections: members pay into the mutual's wallet.

    Takes one ``{msisdn, amount, reference}`` or ``{"items": […], "notify": true}``; told by callback unless ``notify``
    is false.
    """
    try:
        given = call.json()
        items = given.get("items", [given])
        read = [(str(item["msisdn"]), payer.minor(str(item["amount"])), item) for item in items]
        if not all(minor > 0 for _, minor, _ in read):
            raise ValueError("an amount is not above zero")
    except (ValueError, KeyError, TypeError, AmountError) as broken:
        return bank_problem(422, "body_invalid", f"expected msisdn, amount and reference: {broken}")
    notify = bool(given.get("notify", True))
    with payer.store.write() as connection:
        made = [_collect_one(payer, connection, *one, notify=notify) for one in read]
        taken = [
            minor for (_, minor, _), one in zip(read, made, strict=True) if one["transactionStatus"] == "completed"
        ]
        connection.execute(
            "UPDATE wallet SET balance_minor = balance_minor + ? WHERE name = ?", [sum(taken), COLLECTION]
        )
        payer.store.count("collections", len(taken))
        payer.store.count("collections_minor", sum(taken))
    return Answer(201, {"transactions": made})


def _collect_one(
    payer: Payer, connection: Any, msisdn: str, minor: int, item: dict[str, Any], *, notify: bool
) -> dict[str, Any]:
    reference = str(item.get("reference", ""))
    rules = payer.fire("collection", PAYMENT_RULES, msisdn=msisdn, reference=reference)
    done = {rule.do: rule for rule in rules}
    given: dict[str, Any] = {"debitParty": [{"key": "msisdn", "value": msisdn}], "creditParty": MUTUAL}
    if reference:
        given |= {"requestingOrganisationTransactionReference": reference, "descriptionText": reference[:160]}
    number = keep_transaction(
        payer, connection, kind="merchantpay", minor=minor, given=given,
        status="failed" if "fail" in done else "completed", wallet=COLLECTION,
    )  # fmt: skip
    row = connection.execute("SELECT * FROM txn WHERE number = ?", [number]).fetchone()
    resource = describe(payer, row)
    if notify and "never_answer" not in done:
        payer.put_back("collection", resource, url=None, correlation=None, key=f"collection-{row['reference']}")
    if "reverse" in done:
        wait, name = float(done["reverse"].get("seconds", 0.1)), row["reference"]
        payer.store.after_commit(lambda: payer.work.after(wait, lambda: _take_back(payer, name, "reversed")))
    return resource


def _take_back(payer: Payer, reference: str, reason: str) -> None:
    reverse(payer, reference, reason)


def take_back(payer: Payer, call: Call) -> Answer:
    """POST /sandbox/returns: undo completed payments days later; by the provider's reference or by ours."""
    given = call.json() or {}
    references = given.get("references") or [given.get("reference")]
    made = []
    for name in references:
        reference = _provider_reference(payer, str(name))
        resource = reverse(payer, reference, str(given.get("reason", "account closed"))) if reference else None
        if resource is None:
            return bank_problem(404, "not_found", f"nothing completed has the reference {name}")
        made.append(resource)
    return Answer(201, {"reversals": made})


def _provider_reference(payer: Payer, name: str) -> str | None:
    connection = payer.store.read()
    row = connection.execute(
        "SELECT reference FROM txn WHERE reference = ? OR own_reference = ? ORDER BY number DESC", [name, name]
    ).fetchone()
    if row:
        return str(row["reference"])
    item = (
        find_item(connection, name)
        or connection.execute("SELECT * FROM batch_item WHERE own_reference = ? ORDER BY batch DESC", [name]).fetchone()
    )
    return item_reference(item["batch"], item["item"]) if item else None


def get_balance(payer: Payer, call: Call) -> Answer:
    """GET /accounts/{identifierType}/{identifier}/balance: of the mutual's float, or of its collections.

    The identifier is the wallet's name, ``float`` or ``collection``; any other organisation is the float.
    """
    held = balances(payer)
    name = call.path["identifier"]
    amount = payer.canonical(held.get(name, held[FLOAT]))
    return Answer(
        body={"accountStatus": "available", "currency": payer.currency.code, "currentBalance": amount,
              "availableBalance": amount}
    )  # fmt: skip


def balances(payer: Payer) -> dict[str, int]:
    """Return what the wallets hold."""
    return {row["name"]: row["balance_minor"] for row in payer.store.read().execute("SELECT * FROM wallet")}


def list_transactions(payer: Payer, call: Call) -> Answer:
    """GET /accounts/{identifierType}/{identifier}/transactions: single ones, oldest first."""
    limit, offset = call.query.get("limit", "50"), call.query.get("offset", "0")
    if not (limit.isdecimal() and offset.isdecimal() and 1 <= int(limit) <= 10_000):
        raise RefusedError("validation", "invalidOffset", "limit is 1 to 10000, offset a number from 0")
    connection = payer.store.read()
    count = connection.execute("SELECT count(*) AS n FROM txn").fetchone()["n"]
    rows = connection.execute(
        "SELECT * FROM txn ORDER BY number LIMIT ? OFFSET ?", [int(limit), int(offset)]
    ).fetchall()
    headers = {"X-Records-Available-Count": str(count), "X-Records-Returned-Count": str(len(rows))}
    return Answer(body=[describe(payer, row) for row in rows], headers=headers)


def put_destinations(payer: Payer, call: Call) -> Answer:
    """PUT /sandbox/destinations: telephone numbers that cannot be paid, each with the reason; replaces those before."""
    given = call.json() or {}
    with payer.store.write() as connection:
        connection.execute("DELETE FROM destination")
        connection.executemany("INSERT INTO destination VALUES (?, ?)", [(k, str(v)) for k, v in given.items()])
    return Answer(body={"destinations": len(given)})


def heartbeat(_payer: Payer, _call: Call) -> Answer:
    """GET /heartbeat."""
    return Answer(body={"serviceStatus": "available"})


def send_sms(payer: Payer, call: Call) -> Answer:
    """POST /sms: a short message, shown instead of sent; the same reference again is the same message."""
    try:
        given = call.json()
        recipient, text = str(given["to"]), str(given["text"])
        if not recipient or not 1 <= len(text) <= 1600:
            raise ValueError("text has 1 to 1600 characters")
    except (ValueError, KeyError, TypeError) as broken:
        return bank_problem(422, "body_invalid", f"expected to and text: {broken}")
    reference = given.get("reference")
    with payer.store.write() as connection:
        known = _sms_of(connection, reference)
        if known is None:
            number = connection.execute(
                "INSERT INTO sms (recipient, text, reference, sent_at) VALUES (?, ?, ?, ?)",
                [recipient, text, reference, payer.clock.stamp()],
            ).lastrowid
            payer.store.count("sms_sent")
        elif (known["recipient"], known["text"]) != (recipient, text):
            return bank_problem(422, "reference_reused", "the reference stands for another message")
        else:
            number = known["id"]
            payer.store.count("sms_repeated")
    return Answer(202, {"message_id": f"SMS{number:08d}"})


def get_sms(payer: Payer, call: Call) -> Answer:
    """GET /sms/{reference}: what became of a message, by the sender's own reference."""
    known = _sms_of(payer.store.read(), call.path["reference"])
    if known is None:
        raise RefusedError("identification", "identifierError", "no message has this reference")
    return Answer(body={"message_id": f"SMS{known['id']:08d}", "status": "sent"})


def _sms_of(connection: Any, reference: Any) -> Any:
    if not reference:
        return None
    return connection.execute("SELECT * FROM sms WHERE reference = ?", [str(reference)]).fetchone()


def list_sms(payer: Payer, call: Call) -> Answer:
    """GET /sandbox/sms?to=…: the messages, newest first."""
    rows = payer.store.read().execute(
        "SELECT * FROM sms WHERE ? IS NULL OR recipient = ? ORDER BY id DESC LIMIT 1000",
        [call.query.get("to"), call.query.get("to")],
    )
    return Answer(body={"messages": [json.loads(json.dumps(dict(row))) for row in rows]})
