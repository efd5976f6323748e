"""Which destinations the provider cannot pay: told to it one by one, or drawn by the seed."""

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from gateway.sandbox.payer.core import Payer

UNKNOWN_ACCOUNT = "identifierError: the account is not active"


def refusal_of(payer: Payer, connection: sqlite3.Connection, destination: str) -> str | None:
    """Return why a destination cannot be paid, None if it can."""
    told = connection.execute("SELECT reason FROM destination WHERE msisdn = ?", [destination]).fetchone()
    if told:
        return str(told["reason"])
    share = payer.options.reject_share
    if share and zlib.crc32(f"{payer.options.seed}/{destination}".encode()) < int(share * 2**32):
        return UNKNOWN_ACCOUNT
    return None


def scripted_refusals(rules: Sequence[Any], seed: int) -> Callable[[Any], str | None]:
    """Return what the rules of a batch say of an item: why it is refused, None if it is not.

    ``reject_items`` takes ``items`` (numbers), ``destinations``, ``references`` (ours), ``every`` or ``share``, and
    ``reason``; ``reject_all_but_one`` takes ``keep``.
    """

    def verdict(item: Any) -> str | None:
        for rule in rules:
            reason = str(rule.get("reason", UNKNOWN_ACCOUNT))
            if rule.do == "reject_all_but_one" and item["item"] != int(rule.get("keep", 1)):
                return reason
            if rule.do == "reject_items" and is_chosen(rule, item, seed):
                return reason
        return None

    return verdict


def is_chosen(rule: Any, item: Any, seed: int) -> bool:
    """Tell whether a rule means this item."""
    for name, value in (
        ("items", item["item"]),
        ("destinations", item["destination"]),
        ("references", item["own_reference"]),
    ):
        if rule.get(name):
            return value in rule.get(name)
    if rule.get("every"):
        return bool(item["item"] % int(rule.get("every")) == 0)
    if rule.get("share") is not None:
        lot = zlib.crc32(f"{seed}/{item['destination']}/{item['item']}".encode())
        return lot < int(float(rule.get("share")) * 2**32)
    return bool(item["item"] == 1)
