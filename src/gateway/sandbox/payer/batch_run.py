"""Runs an approved batch: each item is paid from the float or rejected, a chunk to a transaction."""

import json
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

from gateway.sandbox.payer.batch_pages import describe
from gateway.sandbox.payer.core import FLOAT, ITEM_RULES, Payer
from gateway.sandbox.payer.transactions import item_reference, reverse
from gateway.sandbox.payer.verdicts import is_chosen, refusal_of, scripted_refusals

_CHUNK = 5_000
_NO_FUNDS = "insufficientFunds: the float does not hold this amount"


def run(payer: Payer, number: int, rules: list[Any] | None = None) -> None:
    """Pay or reject every item that is still open, then say that the batch is completed."""
    batch = payer.store.read().execute("SELECT * FROM batch WHERE number = ?", [number]).fetchone()
    if batch is None or batch["status"] != "approved":
        return
    if rules is None:
        rules = payer.fire("batch", ITEM_RULES, batchId=batch["batch_id"], batchTitle=batch["title"])
        wait = sum(float(rule.get("seconds", 1)) for rule in rules if rule.do == "wait")
        if wait:
            payer.work.after(wait, lambda: run(payer, number, rules))
            return
    if any(rule.do == "stuck" for rule in rules):
        with payer.store.write() as connection:
            connection.execute("UPDATE batch SET is_stuck = 1 WHERE number = ?", [number])
        return
    for rule in (rule for rule in rules if rule.do == "pay_stranger"):
        _order_stranger(payer, number, rule)
    scripted = scripted_refusals(rules, payer.options.seed)
    while _run_chunk(payer, number, scripted):
        pass
    _complete(payer, number)
    _return_some(payer, number, rules)


def _order_stranger(payer: Payer, number: int, rule: Any) -> None:
    """Put a payment into the batch that nobody ordered: the provider pays it from the float like the others."""
    with payer.store.write() as connection:
        last = connection.execute("SELECT max(item) FROM batch_item WHERE batch = ?", [number]).fetchone()[0]
        someone = str(rule.get("msisdn", "+18090009999"))
        connection.execute(
            "INSERT INTO batch_item SELECT batch, ?, ?, debit, ?, ?, ?, 0, NULL, NULL FROM batch_item WHERE batch = ? AND item = ?",
            [
                last + 1, payer.minor(str(rule.get("amount", "100"))), json.dumps([{"key": "msisdn", "value": someone}]), someone,
                str(rule.get("reference", "NOT-OURS")), number, last,
            ],
        )  # fmt: skip


def _run_chunk(payer: Payer, number: int, scripted: Callable[[Any], str | None]) -> bool:
    with payer.store.write() as connection:
        items = connection.execute(
            "SELECT * FROM batch_item WHERE batch = ? AND status = 0 ORDER BY item LIMIT ?", [number, _CHUNK]
        ).fetchall()
        held = int(connection.execute("SELECT balance_minor FROM wallet WHERE name = ?", [FLOAT]).fetchone()[0])
        left, now, verdicts = held, payer.clock.stamp(), []
        for item in items:
            reason = scripted(item) or refusal_of(payer, connection, item["destination"])
            if reason is None and item["amount_minor"] > left:
                reason = _NO_FUNDS
            left -= 0 if reason else item["amount_minor"]
            verdicts.append((2 if reason else 1, reason, now, number, item["item"]))
        connection.executemany(
            "UPDATE batch_item SET status = ?, reason = ?, settled_at = ? WHERE batch = ? AND item = ?", verdicts
        )
        connection.execute("UPDATE wallet SET balance_minor = ? WHERE name = ?", [left, FLOAT])
        _count(payer, connection, number, verdicts, held - left)
        return bool(items)


def _count(
    payer: Payer, connection: sqlite3.Connection, number: int, verdicts: list[tuple[Any, ...]], paid: int
) -> None:
    rejected = sum(1 for verdict in verdicts if verdict[0] == 2)
    connection.execute(
        "UPDATE batch SET completed = completed + ?, rejected = rejected + ? WHERE number = ?",
        [len(verdicts) - rejected, rejected, number],
    )
    payer.store.count("items_completed", len(verdicts) - rejected)
    payer.store.count("items_completed_minor", paid)
    payer.store.count("items_rejected", rejected)


def _complete(payer: Payer, number: int) -> None:
    with payer.store.write() as connection:
        connection.execute(
            "UPDATE batch SET status = 'completed', completed_at = ? WHERE number = ?", [payer.clock.stamp(), number]
        )
        payer.store.count("batches_completed")
        row = connection.execute("SELECT * FROM batch WHERE number = ?", [number]).fetchone()
        payer.put_back(
            "batch", describe(row), url=row["callback_url"], correlation=row["correlation"],
            key=f"{row['batch_id']}-completed",
        )  # fmt: skip


def _return_some(payer: Payer, number: int, rules: list[Any]) -> None:
    for rule in (rule for rule in rules if rule.do == "return_items"):
        items = payer.store.read().execute(
            "SELECT * FROM batch_item WHERE batch = ? AND status = 1 ORDER BY item", [number]
        )
        for item in items.fetchall():
            if is_chosen(rule, item, payer.options.seed):
                reference, reason = item_reference(number, item["item"]), str(rule.get("reason", "account closed"))
                payer.work.after(float(rule.get("seconds", 0.1)), partial(reverse, payer, reference, reason))
