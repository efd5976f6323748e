"""What every part of the payer stands on."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.kit.money import Currency, currency_of, format_amount, parse_amount
from gateway.sandbox.callbacks import RULES as CALLBACK_RULES
from gateway.sandbox.callbacks import Callbacks
from gateway.sandbox.clock import Clock
from gateway.sandbox.errands import Later
from gateway.sandbox.payer.schema import SCHEMA
from gateway.sandbox.script import Script
from gateway.sandbox.store import Store

FLOAT, COLLECTION = "float", "collection"
"""The two wallets of the mutual: what it pays from, and what its members pay into."""
IN_THE_PAGE = frozenset({"missing_line", "extra_line", "reorder", "repeat", "long_text", "unknown_status"})
IN_THE_STATEMENT = frozenset(
    {"drop_day", "overlap", "repeat", "duplicate_line", "missing_line", "wrong_opening", "wrong_account"}
)
ITEM_RULES = frozenset({"reject_items", "reject_all_but_one", "stuck", "wait", "return_items", "pay_stranger"})
PAYMENT_RULES = frozenset({"fail", "wait", "never_answer", "reverse", "change_amount"})
KNOWN = {
    "transaction": IN_THE_PAGE | PAYMENT_RULES,
    "batch": IN_THE_PAGE | ITEM_RULES,
    "batch_query": IN_THE_PAGE,
    "completions": IN_THE_PAGE,
    "rejections": IN_THE_PAGE,
    "responses": IN_THE_PAGE,
    "requeststates": IN_THE_PAGE,
    "approve": IN_THE_PAGE,
    "collection": PAYMENT_RULES,
    "payment_order": frozenset({"reject", "wait", "return", "change_amount", "never_book"}),
    "statements": IN_THE_STATEMENT,
    "sms": IN_THE_PAGE,
    "settlement": IN_THE_PAGE,
    "callback": CALLBACK_RULES,
}


@dataclass(frozen=True)
class Options:
    """What the process was started with."""

    token: str
    callback_url: str | None = None
    callback_secret: str | None = None
    state_url: str | None = None
    state_token: str | None = None
    currency: str = "DOP"
    account: str = "9600000001"
    state_account: str = "9600000099"
    opening: str = "0.00"
    float_opening: str = "0.00"
    seed: int = 1
    delay: float = 0.02
    reject_share: float = 0.0


class Payer:
    """The provider and the bank: their store, clock, script and threads."""

    def __init__(self, options: Options, folder: Path | None) -> None:
        self.options = options
        self.currency: Currency = currency_of(options.currency)
        self.store = Store(folder, "payer.sqlite3", SCHEMA)
        self.files = self.store.folder / "incoming"
        self.files.mkdir(exist_ok=True)
        self.clock = Clock(self.store)
        self.script = Script(KNOWN)
        self.callbacks = Callbacks(self.store, self.script, self.clock.today)
        self.work = Later()
        self._open_books()

    def _open_books(self) -> None:
        options = self.options
        with self.store.write() as connection:
            for name, opening in ((FLOAT, options.float_opening), (COLLECTION, "0")):
                connection.execute("INSERT OR IGNORE INTO wallet VALUES (?, ?)", [name, self.minor(opening)])
            for number, name, role, amount in (
                (options.account, "MUTUAL", "mutual", options.opening),
                (options.state_account, "TESORERIA DE LA SEGURIDAD SOCIAL", "state", "0"),
            ):
                connection.execute(
                    "INSERT OR IGNORE INTO account VALUES (?, ?, ?, ?)", [number, name, role, self.minor(amount)]
                )

    def minor(self, text: Any) -> int:
        """Read an amount of the payer's currency, leniently.

        Raises:
            AmountError: It is not one.
        """
        return parse_amount(text, self.currency)

    def plain(self, minor: int) -> str:
        """Write an amount with all its decimals, as banks do."""
        return format_amount(minor, self.currency)

    def canonical(self, minor: int) -> str:
        """Write an amount without trailing zeros, as the GSMA's pattern asks."""
        text = format_amount(minor, self.currency)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def fire(self, on: str, do: frozenset[str], **facts: Any) -> list[Any]:
        """Return the rules to follow at this point."""
        return list(self.script.fire(on, do, facts, self.clock.today()))

    def server_id(self, number: int) -> str:
        """Return the provider's own id of a request, the same under the same seed."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox/{self.options.seed}/{number}"))

    def put_back(
        self, kind: str, resource: Mapping[str, Any], *, url: str | None, correlation: str | None, key: str
    ) -> None:
        """Tell the gateway of a resource as it is now, inside the transaction that made it so."""
        headers = {"X-Date": self.clock.stamp()}
        if correlation:
            headers["X-CorrelationID"] = correlation
        if self.options.callback_secret:
            headers["X-Callback-Secret"] = self.options.callback_secret
        self.callbacks.tell(
            url=url or self.options.callback_url, event_id=key, body=resource, method="PUT", headers=headers,
            facts={"type": kind, **resource},
        )  # fmt: skip
