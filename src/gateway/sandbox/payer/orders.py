"""Payment orders: taken once by message id, executed on their day, told to the state where they pay a notice."""

import datetime as dt
import hashlib
import re
import sqlite3
from functools import partial
from typing import Any

import httpx

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.books import Booking, balance, book, find_account
from gateway.sandbox.payer.core import Payer
from gateway.sandbox.payer.errors import bank_problem
from gateway.sandbox.payer.pain import OrderError, Payment, read_order

_NOTICE = re.compile(r"(?<![0-9])(?:[0-9]{16}|[0-9]{13})(?![0-9])")
_RULES = frozenset({"reject", "wait", "return", "change_amount", "never_book"})
_RETRIES = (0.2, 0.5, 1, 2, 5, 10, 30)


def take_order(payer: Payer, call: Call) -> Answer:
    """POST /bank/payment-orders: the file is the body; a message id seen before is refused."""
    try:
        order = read_order(call.body, payer.currency)
    except OrderError as broken:
        payer.store.count("payment_orders_refused")
        return bank_problem(422, "order_invalid", str(broken))
    digest = hashlib.sha256(call.body).hexdigest()
    with payer.store.write() as connection:
        known = connection.execute("SELECT * FROM payment_order WHERE message_id = ?", [order.message_id]).fetchone()
        if known:
            payer.store.count("payment_orders_repeated")
            return bank_problem(
                409, "message_id_seen", f"{order.message_id} was taken on {known['received_at']}; nothing was done again",
                same_content=known["sha256"] == digest,
            )  # fmt: skip
        connection.execute(
            "INSERT INTO payment_order VALUES (?, ?, ?)", [order.message_id, digest, payer.clock.stamp()]
        )
        payer.store.count("payment_orders_received")
        for payment in order.payments:
            _keep(payer, connection, order.message_id, payment)
    return Answer(202, describe(payer, order.message_id))


def _keep(payer: Payer, connection: sqlite3.Connection, message_id: str, payment: Payment) -> None:
    seen = connection.execute("SELECT 1 FROM order_payment WHERE end_to_end_id = ?", [payment.end_to_end_id]).fetchone()
    notice = _NOTICE.search(payment.text)
    number = connection.execute(
        "INSERT INTO order_payment (message_id, payment_info_id, end_to_end_id, amount_minor, debtor, creditor,"
        " creditor_name, text, execute_on, status, reason, notice_reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            message_id, payment.payment_info_id, payment.end_to_end_id, payment.minor, payment.debtor, payment.creditor,
            payment.creditor_name, payment.text, payment.execute_on.isoformat(), "rejected" if seen else "pending",
            "DUPL: the end-to-end id was used before" if seen else None, notice.group() if notice else None,
        ],
    ).lastrowid  # fmt: skip
    if seen:
        payer.store.count("payments_rejected")
        return
    rules = payer.fire("payment_order", _RULES, message_id=message_id, end_to_end_id=payment.end_to_end_id)
    if any(rule.do == "never_book" for rule in rules):
        return
    wait = sum(float(rule.get("seconds", 1)) for rule in rules if rule.do == "wait")
    payer.store.after_commit(lambda: payer.work.after(wait, lambda: execute(payer, int(number or 0), rules)))


def execute(payer: Payer, number: int, rules: list[Any] | None = None) -> None:
    """Book a payment whose day has come, or reject it."""
    with payer.store.write() as connection:
        row = connection.execute("SELECT * FROM order_payment WHERE id = ?", [number]).fetchone()
        if row is None or row["status"] != "pending" or row["execute_on"] > payer.clock.today().isoformat():
            return
        done = {rule.do: rule for rule in rules or []}
        minor = row["amount_minor"] + (int(done["change_amount"].get("by_minor", 1)) if "change_amount" in done else 0)
        reason = str(done["reject"].get("reason", "MS03")) if "reject" in done else _refusal(connection, row, minor)
        if reason:
            connection.execute(
                "UPDATE order_payment SET status = 'rejected', reason = ? WHERE id = ?", [reason, number]
            )
            payer.store.count("payments_rejected")
            return
        _debit(payer, connection, row, minor)
        if "return" in done:
            back, why = float(done["return"].get("seconds", 0.1)), str(done["return"].get("reason", "AC04"))
            payer.store.after_commit(lambda: payer.work.after(back, lambda: give_back(payer, number, why)))
        elif _is_for_the_state(connection, row):
            payer.store.after_commit(lambda: payer.work.after(0, lambda: announce(payer, number)))


def _refusal(connection: sqlite3.Connection, row: Any, minor: int) -> str | None:
    if find_account(connection, row["debtor"]) is None:
        return "AC01: no such account is held here"
    if balance(connection, row["debtor"]) < minor:
        return "AM04: the account does not hold the amount"
    return None


def _debit(payer: Payer, connection: sqlite3.Connection, row: Any, minor: int) -> None:
    reference, day = book(
        payer, connection,
        Booking(
            row["debtor"], -minor, row["text"], "ICDT/DMCT", row["end_to_end_id"], row["creditor_name"], row["creditor"],
            message_id=row["message_id"], payment_info_id=row["payment_info_id"],
        ),
    )  # fmt: skip
    if find_account(connection, row["creditor"]) is not None:
        book(
            payer, connection,
            Booking(row["creditor"], minor, row["text"], "RCDT/DMCT", row["end_to_end_id"], None, row["debtor"]),
        )  # fmt: skip
    connection.execute(
        "UPDATE order_payment SET status = 'booked', booked_on = ?, bank_reference = ?, amount_minor = ? WHERE id = ?",
        [day, reference, minor, row["id"]],
    )
    payer.store.count("payments_executed")
    payer.store.count("payments_executed_minor", minor)


def _is_for_the_state(connection: sqlite3.Connection, row: Any) -> bool:
    creditor = find_account(connection, row["creditor"])
    return creditor is not None and creditor["role"] == "state" and row["notice_reference"] is not None


def announce(payer: Payer, number: int, attempt: int = 0) -> None:
    """Tell the state that a notice was paid; what it refuses goes back to the debtor."""
    row = payer.store.read().execute("SELECT * FROM order_payment WHERE id = ?", [number]).fetchone()
    if row is None or row["is_announced"] or not payer.options.state_url:
        return
    payment = {
        "reference": row["notice_reference"], "amount": payer.plain(row["amount_minor"]),
        "currency": payer.currency.code, "paid_on": row["booked_on"], "authorisation": f"{number:010d}",
    }  # fmt: skip
    try:
        answer = httpx.post(
            f"{payer.options.state_url}/sandbox/payments", json=payment, timeout=10, trust_env=False,
            headers={"Authorization": f"Bearer {payer.options.state_token}"},
        )  # fmt: skip
        if answer.status_code >= 500 or answer.status_code in (401, 429):
            raise httpx.HTTPError(f"{answer.status_code}")
        told = answer.json()
    except (httpx.HTTPError, ValueError):
        wait = _RETRIES[min(attempt, len(_RETRIES) - 1)]
        payer.work.after(wait, lambda: announce(payer, number, attempt + 1))
        return
    with payer.store.write() as connection:
        connection.execute("UPDATE order_payment SET is_announced = 1 WHERE id = ?", [number])
        payer.store.count("notices_announced")
    if answer.status_code >= 400 or told.get("status") == "refused":
        reason = str(told.get("reason") or told.get("detail") or "refused")
        give_back(payer, number, f"NARR: {reason}")


def give_back(payer: Payer, number: int, reason: str) -> None:
    """Return a booked payment to its debtor."""
    with payer.store.write() as connection:
        row = connection.execute("SELECT * FROM order_payment WHERE id = ?", [number]).fetchone()
        if row is None or row["status"] != "booked":
            return
        if find_account(connection, row["creditor"]) is not None:
            book(
                payer, connection,
                Booking(
                    row["creditor"], -row["amount_minor"], f"DEVOLUCION {row['text']}", "ICDT/RRTN", row["end_to_end_id"],
                    return_reason=reason,
                ),
            )  # fmt: skip
        book(
            payer, connection,
            Booking(
                row["debtor"], row["amount_minor"], f"DEVOLUCION {row['text']}", "ICDT/RRTN", row["end_to_end_id"],
                row["creditor_name"], row["creditor"], return_reason=reason,
            ),
        )  # fmt: skip
        connection.execute("UPDATE order_payment SET status = 'returned', reason = ? WHERE id = ?", [reason, number])
        payer.store.count("payments_returned")


def return_payment(payer: Payer, call: Call) -> Answer:
    """POST /sandbox/payment-returns: ``{end_to_end_id, reason}``: a booked payment comes back."""
    given = call.json() or {}
    row = (
        payer.store.read()
        .execute(
            "SELECT * FROM order_payment WHERE end_to_end_id = ? AND status = 'booked'", [given.get("end_to_end_id")]
        )
        .fetchone()
    )
    if row is None:
        return bank_problem(404, "payment_unknown", "no booked payment has this end-to-end id")
    give_back(payer, row["id"], str(given.get("reason", "AC04")))
    return Answer(201, {"end_to_end_id": row["end_to_end_id"], "status": "returned"})


def execute_due(payer: Payer) -> None:
    """Book everything whose day has come; after a start also tell what was not told."""
    connection, today = payer.store.read(), payer.clock.today()
    rows = connection.execute(
        "SELECT id FROM order_payment WHERE status = 'pending' AND execute_on <= ? ORDER BY id", [today.isoformat()]
    )
    for row in rows.fetchall():
        payer.work.after(0, partial(execute, payer, row["id"]))


def take_up(payer: Payer) -> None:
    """After a start: book what is due, and tell the state what it was not told."""
    execute_due(payer)
    connection = payer.store.read()
    rows = connection.execute("SELECT * FROM order_payment WHERE status = 'booked' AND is_announced = 0").fetchall()
    for row in rows:
        if _is_for_the_state(connection, row):
            payer.work.after(0, partial(announce, payer, row["id"]))


def describe(payer: Payer, message_id: str) -> dict[str, Any]:
    """Write what became of an order."""
    rows = payer.store.read().execute("SELECT * FROM order_payment WHERE message_id = ? ORDER BY id", [message_id])
    payments = [
        {
            "end_to_end_id": row["end_to_end_id"], "amount": payer.plain(row["amount_minor"]), "status": row["status"],
            "reason": row["reason"], "booked_on": row["booked_on"], "bank_reference": row["bank_reference"],
            "execute_on": row["execute_on"],
        }
        for row in rows
    ]  # fmt: skip
    return {"message_id": message_id, "status": "received", "payments": payments}


def get_order(payer: Payer, call: Call) -> Answer:
    """GET /bank/payment-orders/{message_id}: what became of it; 404 proves that it never arrived."""
    message_id = call.path["message_id"]
    known = payer.store.read().execute("SELECT 1 FROM payment_order WHERE message_id = ?", [message_id]).fetchone()
    if known is None:
        return bank_problem(404, "payment_order_not_found", f"nothing was taken under {message_id}")
    return Answer(body=describe(payer, message_id))


def day_of(text: str) -> dt.date:
    """Read a business date.

    Raises:
        ValueError: It is none.
    """
    return dt.date.fromisoformat(text)
