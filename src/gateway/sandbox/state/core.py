"""What every part of the state stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.kit.money import Currency, format_amount
from gateway.sandbox.callbacks import RULES as CALLBACK_RULES
from gateway.sandbox.callbacks import Callbacks
from gateway.sandbox.clock import Clock
from gateway.sandbox.errands import Later
from gateway.sandbox.script import Script
from gateway.sandbox.state.identity import LISTS, Register
from gateway.sandbox.state.realms import REALMS
from gateway.sandbox.state.schema import SCHEMA
from gateway.sandbox.store import Store

IN_THE_PAGE = frozenset(
    {
        "wrong_period", "wrong_employer", "unknown_code", "long_text", "missing_line", "extra_line", "reorder", "repeat",
        "old_answers", "ack_without_id", "success_code_failure_text", "warning", "empty", "drop_member", "naive_instants",
        "loose_amounts", "wrong_total",
    }
)  # fmt: skip
"""What can be wrong in one answer and right in the next."""
IN_GROUPS = frozenset({"uneven_groups", "of_nothing"})
"""What can be wrong only where lines are told in groups."""
LASTING = frozenset({"layout_switch", "lower_limits"})
VERDICTS = frozenset(
    {
        "reject_lines", "reject_all_but_one", "whole_file", "change_amount", "forget_after_ack", "never_answer", "wait",
    }
)  # fmt: skip
"""What can be wrong in the answer itself, for ever."""
CARELESS = frozenset({"forget_id", "bill_twice", "take_other_bytes", "take_twin", "no_digest_check"})
"""What a state that was built carelessly does with a submission, always."""
KNOWN = {
    "limits": IN_THE_PAGE | LASTING,
    "submit": IN_THE_PAGE | VERDICTS | LASTING | CARELESS | {"new_reference"},
    "query": IN_THE_PAGE,
    "lines": IN_THE_PAGE | IN_GROUPS | {"overlap", "any_cursor"},
    "notices": IN_THE_PAGE | {"cent_off", "new_reference", "change_amount"},
    "payments": IN_THE_PAGE | {"wait", "refuse", "cent_off", "never_answer"},
    "remittances": IN_THE_PAGE | {"cent_off", "change_amount", "no_transfer", "unadvised"},
    "callback": CALLBACK_RULES,
}


@dataclass(frozen=True)
class Options:
    """What the process was started with."""

    token: str
    country: str = "do"
    callback_url: str | None = None
    callback_secret: str | None = None
    bank_url: str | None = None
    bank_token: str | None = None
    account: str = "9600000001"
    seed: int = 1
    answer_delay: float = 0.02
    confirm_delay: float = 0.02
    has_surcharges: bool = True
    is_open_register: bool = False
    verify_jwks: str | None = None
    """Address or file of the keys that every request must be signed with."""
    settings: Mapping[str, Any] = field(default_factory=dict)


class State:
    """The state: its store, its clock, its script, its threads."""

    def __init__(self, options: Options, folder: Path | None) -> None:
        self.options = options
        self.realm = REALMS[options.country]
        self.store = Store(folder, "state.sqlite3", SCHEMA)
        self.files = self.store.folder / "files"
        self.files.mkdir(exist_ok=True)
        self.clock = Clock(self.store, self.realm.zone)
        self.script = Script(KNOWN)
        self.callbacks = Callbacks(self.store, self.script, self.clock.today)
        self.work = Later()
        """Filings, one after the other: that serialises each employer's."""
        self.errands = Later()
        """Confirmations and transfers."""

    @property
    def currency(self) -> Currency:
        """What the state counts in."""
        return self.realm.currency

    def money(self, minor: int) -> str:
        """Write minor units as the contract wants them."""
        return format_amount(minor, self.realm.currency)

    def fire(self, on: str, do: frozenset[str], **facts: Any) -> list[Any]:
        """Return the rules to follow at this point."""
        return list(self.script.fire(on, do, facts, self.clock.today()))

    def employer(self, number: str) -> dict[str, Any]:
        """Return what is known of an employer; by default everybody is one, active."""
        row = self.store.read().execute("SELECT * FROM employer WHERE number = ?", [number]).fetchone()
        known = dict(row) if row else {}
        return {
            "status": known.get("status") or "active",
            "account": known.get("account") or self.options.account,
            "callback_url": known.get("callback_url") or self.options.callback_url,
            "callback_secret": known.get("callback_secret") or self.options.callback_secret,
        }

    def register(self) -> Register:
        """Return the persons the state knows today."""
        lists: dict[str, set[str]] = {name: set() for name in LISTS}
        for row in self.store.read().execute("SELECT list, document FROM scripted_person"):
            lists[row["list"]].add(row["document"])
        return Register(self.options.is_open_register, {name: found for name, found in lists.items() if found})

    def tell(self, kind: str, event_id: str, employer: str, data: Mapping[str, Any]) -> None:
        """Call the employer's gateway back, inside the transaction that has the effect."""
        where = self.employer(employer)
        self.callbacks.tell(
            url=where["callback_url"], secret=where["callback_secret"], event_id=event_id,
            body={"type": kind, "timestamp": self.clock.stamp(), "data": data}, facts={"type": kind, **data},
        )  # fmt: skip
