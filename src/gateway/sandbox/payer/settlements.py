"""The provider pays out what members paid in: payments and reversals not settled yet, less its fee, as one bank credit.

Beside the plain transfer of kind ``settlement`` under /bank/transfers, which says nothing of single payments; a wallet that is
settled one way should not be settled the other.
"""

import csv
import io
import json
import sqlite3
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.kit.money import round_half_up
from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.books import Booking, book, find_account
from gateway.sandbox.payer.core import COLLECTION, Payer
from gateway.sandbox.payer.errors import RefusedError, bank_problem

_NAMES = (
    "transaction_reference", "type", "original_reference", "amount", "fee", "net", "payer", "reference", "created_at",
)  # fmt: skip


def settle(payer: Payer, call: Call) -> Answer:
    """POST /sandbox/settlements ``{"fee_rate": "0.01"}``: settle everything that is not settled; answers with the report."""
    given = call.json() or {}
    try:
        rate, account = Decimal(str(given.get("fee_rate", "0.01"))), str(given.get("account", payer.options.account))
        if not 0 <= rate < 1:
            raise InvalidOperation
    except InvalidOperation:
        return bank_problem(422, "body_invalid", "fee_rate is a share between 0 and 1")
    with payer.store.write() as connection:
        rows = connection.execute(
            "SELECT * FROM txn WHERE wallet = ? AND status IN ('completed', 'reversed')"
            " AND number NOT IN (SELECT txn FROM settlement_item) ORDER BY number",
            [COLLECTION],
        ).fetchall()
        items = [(row["number"], *_parts(row, rate)) for row in rows]
        gross, fee = sum(item[1] for item in items), sum(item[2] for item in items)
        if find_account(connection, account) is None:
            return bank_problem(404, "account_unknown", f"no account {account} is held here")
        if gross - fee <= 0 or _held(connection) < gross:
            return bank_problem(
                422, "nothing_to_settle", "there is nothing to settle, or the wallet was emptied otherwise"
            )
        number = connection.execute("SELECT coalesce(max(number), 0) + 1 AS n FROM settlement").fetchone()["n"]
        reference = f"ST{number:010d}"
        connection.execute("UPDATE wallet SET balance_minor = balance_minor - ? WHERE name = ?", [gross, COLLECTION])
        booking = Booking(account, gross - fee, f"LIQUIDACION {reference}", "RCDT/DMCT", reference, "OPERADOR MOVIL")
        _, day = book(payer, connection, booking)
        connection.execute("INSERT INTO settlement VALUES (?, ?, ?, ?, ?)", [number, reference, day, gross, fee])
        connection.executemany(
            "INSERT INTO settlement_item VALUES (?, ?, ?)", [(number, item[0], item[2]) for item in items]
        )
        payer.store.count("settlements")
        payer.store.count("settlements_net_minor", gross - fee)
    return Answer(201, _report(payer, reference))


def get_settlement(payer: Payer, call: Call) -> Answer:
    """GET /settlements/{id}: the report, as JSON or with ``?format=csv``."""
    found = _report(payer, call.path["settlement"])
    if call.query.get("format") != "csv":
        return Answer(body=found)
    return Answer(200, _as_csv(found), media_type="text/csv")


def _held(connection: sqlite3.Connection) -> int:
    held = connection.execute("SELECT balance_minor FROM wallet WHERE name = ?", [COLLECTION]).fetchone()
    return int(held["balance_minor"])


def _parts(row: Any, rate: Decimal) -> tuple[int, int]:
    if row["type"] == "reversal":
        return -int(row["amount_minor"]), 0
    return int(row["amount_minor"]), round_half_up(Decimal(row["amount_minor"]) * rate)


def _report(payer: Payer, reference: str) -> dict[str, Any]:
    connection = payer.store.read()
    head = connection.execute("SELECT * FROM settlement WHERE reference = ?", [reference]).fetchone()
    if head is None:
        raise RefusedError("identification", "identifierError", "no settlement has this reference")
    rows = connection.execute(
        "SELECT t.*, i.fee_minor FROM settlement_item i JOIN txn t ON t.number = i.txn WHERE i.settlement = ?"
        " ORDER BY t.number",
        [head["number"]],
    )
    return {
        "settlementId": reference,
        "settledOn": head["settled_on"],
        "currency": payer.currency.code,
        "gross": payer.plain(head["gross_minor"]),
        "fee": payer.plain(head["fee_minor"]),
        "net": payer.plain(head["gross_minor"] - head["fee_minor"]),
        "transactions": [_transaction(payer, row) for row in rows],
    }


def _transaction(payer: Payer, row: Any) -> dict[str, Any]:
    sign = -1 if row["type"] == "reversal" else 1
    made = {
        "transactionReference": row["reference"],
        "type": row["type"],
        "originalTransactionReference": row["original"],
        "amount": payer.plain(sign * row["amount_minor"]),
        "fee": payer.plain(row["fee_minor"]),
        "net": payer.plain(sign * row["amount_minor"] - row["fee_minor"]),
        "requestingOrganisationTransactionReference": row["own_reference"],
        "debitParty": json.loads(row["debit"]),
        "creationDate": row["created_at"],
    }
    return {name: value for name, value in made.items() if value is not None}


def _as_csv(found: dict[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(["settlement_id", "settled_on", "currency", *_NAMES])
    head = [found["settlementId"], found["settledOn"], found["currency"]]
    for row in found["transactions"]:
        payer = next((pair["value"] for pair in row["debitParty"] if pair["key"] == "msisdn"), "")
        own = row.get("requestingOrganisationTransactionReference", "")
        told = [row["transactionReference"], row["type"], row.get("originalTransactionReference", "")]
        out.writerow([*head, *told, row["amount"], row["fee"], row["net"], payer, own, row["creationDate"]])
    out.writerow([*head, "", "total", "", found["gross"], found["fee"], found["net"], "", "", ""])
    return text.getvalue().encode()
