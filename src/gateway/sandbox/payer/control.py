"""/sandbox: what tests and the demo tell the payer, and what they may see of it."""

from typing import Any

from gateway.sandbox.answering import Answer, Call, read_rules
from gateway.sandbox.payer import orders
from gateway.sandbox.payer.books import balance
from gateway.sandbox.payer.core import Payer
from gateway.sandbox.payer.errors import bank_problem
from gateway.sandbox.payer.wallets import balances
from gateway.sandbox.script import ScriptError

_NAMES = (
    "transactions_received", "transactions_completed", "transactions_completed_minor", "transactions_failed",
    "batches_received", "batches_created", "batches_approved", "batches_completed", "items_completed",
    "items_completed_minor", "items_rejected", "reversals", "reversals_minor", "requests_repeated", "collections",
    "collections_minor", "payment_orders_received", "payment_orders_repeated", "payment_orders_refused",
    "payments_executed", "payments_executed_minor", "payments_rejected", "payments_returned", "notices_announced",
    "credits", "credits_minor", "bookings", "sms_sent", "sms_repeated", "settlements",
    "settlements_net_minor", "callbacks_sent", "callbacks_taken",
)  # fmt: skip


def put_script(payer: Payer, call: Call) -> Answer:
    """PUT /sandbox/script: replace the rules."""
    try:
        payer.script.set(read_rules(call.json()))
    except (ScriptError, ValueError, TypeError, AttributeError) as broken:
        return bank_problem(422, "rules_invalid", str(broken))
    return get_script(payer, call)


def add_rules(payer: Payer, call: Call) -> Answer:
    """POST /sandbox/script: add rules after those in force."""
    try:
        payer.script.add(read_rules(call.json()))
    except (ScriptError, ValueError, TypeError, AttributeError) as broken:
        return bank_problem(422, "rules_invalid", str(broken))
    return get_script(payer, call)


def get_script(payer: Payer, _call: Call) -> Answer:
    """GET /sandbox/script: the rules, and how often each was followed."""
    return Answer(body={"rules": payer.script.describe()})


def put_date(payer: Payer, call: Call) -> Answer:
    """PUT /sandbox/date: set the business date; orders whose day has come are booked."""
    try:
        day = orders.day_of(call.json()["date"])
    except (ValueError, KeyError, TypeError) as broken:
        return bank_problem(422, "date_invalid", f"expected YYYY-MM-DD: {broken}")
    payer.clock.set(day)
    orders.execute_due(payer)
    return Answer(body={"date": day.isoformat()})


def get_effects(payer: Payer, _call: Call) -> Answer:
    """GET /sandbox/effects: what happened, counted and summed; zero for what never did."""
    connection = payer.store.read()
    accounts = connection.execute("SELECT number, role FROM account ORDER BY number").fetchall()
    return Answer(
        body={
            **dict.fromkeys(_NAMES, 0),
            **payer.store.effects(),
            **{f"wallet_{name}_minor": held for name, held in balances(payer).items()},
            **{f"account_{row['number']}_minor": balance(connection, row["number"]) for row in accounts},
        }
    )


def get_state(payer: Payer, _call: Call) -> Answer:
    """GET /sandbox/state: everything but the items of batches."""
    connection = payer.store.read()

    def rows(table: str, order: str) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order} DESC LIMIT 1000")]

    return Answer(
        body={
            "date": payer.clock.today().isoformat(),
            "is_idle": payer.work.idle() and payer.callbacks.idle(),
            "wallets": balances(payer),
            "batches": rows("batch", "number"),
            "transactions": rows("txn", "number"),
            "payments": rows("order_payment", "id"),
            "bookings": rows("booking", "id"),
        }
    )
