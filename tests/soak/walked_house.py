"""A whole house as processes – gateway, worker, state, payer – and one hand that does at random what people do in it.

Nothing here knows the gateway's code: it speaks HTTP, keeps its own account of every peso that members brought, and reads at
the end what the state and the payer have counted themselves.
"""

import datetime as dt
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
from tests.processes import MUTUAL_ACCOUNT, ROOT, SECRET, STATE_ACCOUNT, RunningPayer, RunningState, start_both

from gateway.demo.files import dependants_file, members_file
from gateway.demo.people import SampleMember
from gateway.demo.scene import DOMINICAN
from gateway.kit.ports import free_port

MUTUAL, EMPLOYER = "amparo", "401999992"
MONTHS = ("2026-01", "2026-02")
PATIENCE = 180
"""Seconds; two cores carry many processes."""
FIRST = dt.date(2026, 1, 1)
BANK, WALLET, TILL = "bank:main", "momo:orange", "cash:oficina"
ANSWERED = {"accepted", "partial", "rejected", "settled"}
ON_ITS_WAY = {"sending", "unknown", "submitted"}
STAFF = {
    "cashier": "cashier",
    "officer": "filing_officer",
    "accountant": "accountant",
    "benefits": "benefits_officer",
    "manager": "manager",
}
WIRE = (
    {"do": "drop_before"}, {"do": "drop_after"}, {"do": "status", "status": 500}, {"do": "status", "status": 500, "when": "before"},
    {"do": "rate_limit"}, {"do": "rate_limit", "retry_after": 1}, {"do": "maintenance", "retry_after": 1}, {"do": "truncate"},
    {"do": "no_content_204"}, {"do": "non_utf8"}, {"do": "delay", "seconds": 0.3}, {"do": "delay", "seconds": 0.3, "after": True},
)  # fmt: skip
ON_THE_PAGE = tuple(
    {"do": name}
    for name in (
        "wrong_period", "wrong_employer", "unknown_code", "long_text", "missing_line", "extra_line", "reorder", "repeat",
        "old_answers", "empty", "warning", "success_code_failure_text", "naive_instants", "loose_amounts",
    )
)  # fmt: skip
STATE_FAULTS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "submit": (
        *WIRE, {"do": "ack_without_id"}, {"do": "success_code_failure_text"}, {"do": "warning"}, {"do": "whole_file", "code": "PY1"},
        {"do": "reject_lines", "share": 0.4, "codes": ["24", "101", "417"]}, {"do": "reject_all_but_one", "code": "24"},
        {"do": "change_amount", "share": 0.4, "per_cent": 120}, {"do": "change_amount", "share": 0.4, "per_cent": 90},
        {"do": "forget_after_ack"}, {"do": "wait", "seconds": 0.6}, {"do": "new_reference"},
    ),
    "query": (*WIRE, *ON_THE_PAGE),
    "lines": (*WIRE, *ON_THE_PAGE),
    "notices": (*WIRE, *ON_THE_PAGE, {"do": "cent_off"}, {"do": "new_reference"}),
    "payments": (*WIRE, {"do": "wait", "seconds": 0.5}, {"do": "refuse"}),
    "remittances": (*WIRE, {"do": "reorder"}, {"do": "repeat"}, {"do": "missing_line"}, {"do": "extra_line"}, {"do": "empty"}),
    "callback": tuple(
        {"do": name, "times": 3} for name in ("repeat", "reorder", "drop_before", "delay", "forge", "stale", "unsigned")
    ),
}  # fmt: skip
"""What the state may be told to do wrong. Nothing after which money could not be explained without a person: no bill that it
forgets, no payment that it never books."""
PAGE_OF_PAYER = tuple({"do": name} for name in ("missing_line", "extra_line", "reorder", "repeat", "long_text"))
PAYER_FAULTS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "batch": (*WIRE, {"do": "reject_items", "share": 0.4}, {"do": "return_items", "share": 0.4}, {"do": "wait", "seconds": 0.5}),
    "batch_query": (*WIRE, {"do": "unknown_status"}),
    "approve": WIRE,
    "completions": (*WIRE, *PAGE_OF_PAYER),
    "rejections": (*WIRE, *PAGE_OF_PAYER),
    "responses": WIRE,
    "requeststates": WIRE,
    "payment_order": ({"do": "wait", "seconds": 0.5}, {"do": "return", "reason": "AC04"}),
    "statements": tuple(
        {"do": name} for name in ("overlap", "repeat", "duplicate_line", "missing_line", "wrong_opening", "wrong_account")
    ),
    "callback": tuple({"do": name, "times": 3} for name in ("repeat", "reorder", "drop_before", "delay", "forge")),
}  # fmt: skip


def minor(text: str) -> int:
    """Return an amount of the interface in centavos."""
    whole, _, cents = text.lstrip("-").partition(".")
    return (int(whole) * 100 + int(cents.ljust(2, "0") or 0)) * (-1 if text.startswith("-") else 1)


def money(minor_units: int) -> str:
    """Return centavos as the interface wants them."""
    return f"{minor_units // 100}.{minor_units % 100:02d}"


class Wrong(AssertionError):
    """The gateway did what it must never do."""


@dataclass
class Receipt:
    """A payment as the driver remembers it."""

    id: int
    key: str
    body: dict[str, Any]
    parts: dict[str, int]
    """By identity; what nobody is known for stands under its claim."""
    is_reversed: bool = False


@dataclass
class House:
    """The processes, and what the driver did in them."""

    folder: Path
    database: str
    dice: random.Random
    members: list[SampleMember]
    state: RunningState = field(init=False)
    payer: RunningPayer = field(init=False)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    """What was done, in order, for whoever looks into a failure."""
    ids: dict[str, int] = field(default_factory=dict)
    payrolls: dict[str, int] = field(default_factory=dict)
    costs: dict[tuple[str, str], int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    today: dt.date = FIRST
    loaded_to: dt.date = FIRST - dt.timedelta(days=1)

    def __enter__(self) -> Self:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (self.folder / "clock").write_text(FIRST.isoformat())
        back = {"callback_secret": SECRET}
        self.state, self.payer = start_both(
            self.folder,
            state={"date": FIRST, "no_surcharges": True, "callback_url": f"{self.url}/v1/callbacks/state/{MUTUAL}", **back},
            payer={
                "date": FIRST, "account": MUTUAL_ACCOUNT, "state_account": STATE_ACCOUNT, "opening": "5000000.00", "float": "0.00",
                "callback_url": f"{self.url}/v1/callbacks/payer/{MUTUAL}/orange", "callback_secret": "whisper",
            },
        )  # fmt: skip
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
            "PYTHONPATH": str(ROOT / "src"),
            "GATEWAY_DATABASE_URL": self.database,
            "GATEWAY_STATE_URL": self.state.url,
            "GATEWAY_STATE_TOKEN": self.state.token,
            "GATEWAY_STATE_CALLBACK_SECRET": SECRET,
            "GATEWAY_PAYER_URL": self.payer.url,
            "GATEWAY_PAYER_TOKEN": self.payer.token,
            "GATEWAY_PAYER_CALLBACK_SECRET": "whisper",
            "GATEWAY_PUBLIC_URL": self.url,
            "GATEWAY_DEMO": "1",
            "GATEWAY_CLOCK_FILE": str(self.folder / "clock"),
            "GATEWAY_DATA_DIR": str(self.folder),
            "GATEWAY_WORKER_PACE": "0.05",
            "GATEWAY_WORKER_LEASE_SECONDS": "1",
            "GATEWAY_WORKER_CONCURRENCY": "2",
            "GATEWAY_LOG_LEVEL": "error",
            "GATEWAY_LOG_FORMAT": "text",
        }
        self.http = httpx.Client(base_url=f"{self.url}/v1", timeout=PATIENCE, trust_env=False)
        self.gateway = self._start("serve", "--port", str(port))
        self.start_worker()
        try:
            until(lambda: _answers(f"{self.url}/ready"), "the gateway is up", PATIENCE)
        except Wrong:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        for process in [self.gateway, *self.workers]:
            if process.poll() is None:
                process.kill()
            process.wait(10)
        self.state.stop()
        self.payer.stop()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", *arguments], env=self.environment, stdout=log, stderr=log
            )

    def start_worker(self) -> None:
        """Start one more worker."""
        self.workers.append(self._start("worker"))

    def kill_workers(self) -> None:
        """End every worker as a power cut would."""
        for process in self.workers:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        self.workers.clear()

    def ask(self, who: str, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """Ask for something as somebody, and hold the answer to what every answer must be."""
        headers = {"authorization": f"Bearer {self.tokens[who]}", "accept-language": "en"}
        if method != "GET":
            headers["idempotency-key"] = key or str(uuid.UUID(int=self.dice.getrandbits(128)))
        answer = self.http.request(method, path, headers=headers, **more)
        self.done[f"{method} {answer.status_code}"] += 1
        self.said.append(f"{self.today} {who} {method} {path} {str(more.get('json', ''))[:160]} → {answer.status_code}")
        if answer.status_code >= 500:
            raise Wrong(f"{self.said[-1]}: {answer.text[:600]}")
        if answer.status_code >= 400:
            problem = answer.json()
            self.said[-1] += f" {problem.get('code')}: {str(problem.get('detail'))[:160]}"
            missing = {"code", "status", "title", "detail", "outcome"} - problem.keys()
            if missing or problem["outcome"] != "not_done":
                raise Wrong(f"{self.said[-1]}: {missing or problem['outcome']}")
        return answer

    def get(self, path: str, who: str = "manager", **query: Any) -> Any:
        """Read something that must be readable."""
        answer = self.ask(who, "GET", path, params=query)
        if answer.status_code != 200:
            raise Wrong(self.said[-1])
        return answer.json()

    def every(self, path: str, **query: Any) -> Iterator[Any]:
        """Read a whole list."""
        cursor: Any = None
        while True:
            page = self.get(path, **query, limit=200, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def must(self, who: str, path: str, **more: Any) -> Any:
        """Do something that nothing may stand against."""
        answer = self.ask(who, "POST", path, **more)
        if answer.status_code >= 400:
            raise Wrong(self.said[-1])
        return answer.json() if answer.content else None

    def found(self) -> None:
        """Take staff on, open payrolls and accounts, bring the members in."""
        with psycopg.connect(self.database) as owner:
            owner.execute(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number, settings)"
                " VALUES (1, %s, 'Mutual Amparo', 'do', 'DOP', 'America/Santo_Domingo', 'es', %s, %s::jsonb)",
                [
                    MUTUAL, EMPLOYER,
                    f'{{"filing_lease_seconds": 1, "state_account": {{"name": "Tesoreria", "account": "{STATE_ACCOUNT}"}}}}',
                ],
            )  # fmt: skip
        for username, role in STAFF.items():
            self.tokens[username] = _token(self.database, username, role)
        for member in self.members:
            self.payrolls.setdefault(member.payroll, 0)
        for code in sorted({member.fund for member in self.members if member.fund}):
            self.must("manager", "/funds", json={"code": code, "name": code})
        for code in self.payrolls:
            self.payrolls[code] = self.must("officer", "/payrolls", json={"code": code, "name": code})["id"]
        account = {"name": "Cuenta", "currency": "DOP"}
        bank = {"number": MUTUAL_ACCOUNT, "kind": "bank", "ledger_code": BANK, "holder": "Mutual"}
        opening = {"opening_amount": "5000000.00", "opening_on": FIRST.isoformat()}
        self.must("accountant", "/bank-accounts", json={**account, **bank, **opening})
        wallet = {"number": "ORANGE", "kind": "mobile_money", "ledger_code": WALLET}
        self.must("accountant", "/bank-accounts", json={**account, **wallet})
        fee = {"valid_from": FIRST.isoformat(), "amount": "75.00", "currency": "DOP", "source": "assembly"}
        self.must("manager", "/fees", json=fee)
        files = {
            "members": members_file(self.members, FIRST, DOMINICAN.words),
            "dependants": dependants_file(self.members, FIRST, DOMINICAN.words),
        }
        for kind, body in files.items():
            shown = self.must("manager", "/member-imports", files={"file": (f"{kind}.csv", body)}, data={"kind": kind})
            self.must("manager", f"/member-imports/{shown['id']}/application", json={"policy": "good_rows"})
        for row in self.every("/members"):
            self.ids[row["identities"][0]["value"]] = row["id"]
        self.next_day(40)
        for period in MONTHS:
            self.assess(period)
            for member in self.members:
                if self.dice.random() < 0.7:
                    self.take({member.identity: self.costs[member.identity, period]})

    # What people do.

    def assess(self, period: str | None = None) -> None:
        """Assess a month of every payroll."""
        month = period or self.dice.choice(MONTHS)
        by_id = {number: identity for identity, number in self.ids.items()}
        for payroll_id in self.payrolls.values():
            if self.ask("officer", "POST", "/assessments", json={"payroll_id": payroll_id, "period": month}).is_success:
                for row in self.every("/assessments", payroll_id=payroll_id, period=month):
                    self.costs[by_id[row["member_id"]], month] = minor(row["total"])

    def receive(self) -> None:
        """Take money of one member or of several; sometimes twice at once, sometimes of nobody known."""
        dice, parts = self.dice, {}
        for member in dice.sample(self.members, min(dice.choice((1, 1, 1, 2, 5)), len(self.members))):
            cost = self.costs.get((member.identity, dice.choice(MONTHS)), 100_000)
            parts[member.identity] = dice.choice(
                (cost, cost, cost, cost // 3, cost * 2, cost + 1, dice.randint(1, cost))
            )
        if dice.random() < 0.1:
            parts[f"9990000{dice.randint(0, 9999):04d}"] = dice.randint(100, 100_000)
        self.take(parts, times=dice.choice((1, 1, 1, 4)))

    def take(self, parts: dict[str, int], *, times: int = 1) -> None:
        """Take a payment, one or several times at once under one key: it counts once."""
        dice = self.dice
        body = {
            "channel": "cash", "account_code": TILL, "amount": money(sum(parts.values())), "currency": "DOP",
            "paid_on": (self.today - dt.timedelta(days=dice.randint(0, 3))).isoformat(),
            "payer_reference": f"r{len(self.receipts)}",
            "lines": [{"identity": identity, "amount": money(part)} for identity, part in parts.items()],
        }  # fmt: skip
        key = f"receipt-{len(self.receipts)}-{dice.getrandbits(32)}"
        with ThreadPoolExecutor(times) as pool:
            answers = list(
                pool.map(lambda _: self.ask("cashier", "POST", "/receipts", key=key, json=body), range(times))
            )
        taken = {answer.json()["id"] for answer in answers if answer.is_success}
        if len(taken) > 1 or any(not a.is_success and a.status_code not in (409, 422) for a in answers):
            raise Wrong(f"one key, {len(taken)} receipts: {[a.status_code for a in answers]}")
        if taken:
            self.receipts.append(Receipt(taken.pop(), key, body, parts))

    def receive_again(self) -> None:
        """Send a receipt again: the same is the same, another body under its key is refused."""
        if not self.receipts:
            return
        one = self.dice.choice(self.receipts)
        again = self.ask("cashier", "POST", "/receipts", key=one.key, json=one.body)
        if again.json().get("id") != one.id:
            raise Wrong(f"the same payment again is {again.text[:200]}")
        other = self.ask("cashier", "POST", "/receipts", key=one.key, json={**one.body, "note": "another"})
        if other.status_code != 422:
            raise Wrong(f"another body under a used key: {other.status_code}")

    def reverse(self) -> None:
        """Take a receipt back, sometimes twice."""
        if not self.receipts:
            return
        one = self.dice.choice(self.receipts)
        for _ in range(self.dice.choice((1, 2))):
            answer = self.ask(
                "accountant", "POST", f"/receipts/{one.id}/reversal", json={"reason": "a slip of the pen"}
            )
            if answer.is_success and one.is_reversed:
                raise Wrong(f"receipt {one.id} was taken back twice")
            one.is_reversed = one.is_reversed or answer.is_success

    def place(self) -> None:
        """Say whose some money in suspense is."""
        ours = {receipt.id for receipt in self.receipts}
        for row in [row for row in self.every("/suspense") if row["receipt_id"] in ours][:2]:
            member = self.dice.choice(self.members)
            body = {"member_id": self.ids[member.identity], "reason": "she showed the slip"}
            answer = self.ask("accountant", "POST", f"/receipt-lines/{row['line_id']}/placement", json=body)
            for one in self.receipts:
                if answer.is_success and one.id == row["receipt_id"]:
                    one.parts[member.identity] = one.parts.get(member.identity, 0) + one.parts.pop(
                        row["claimed_identity"]
                    )

    def prepare(self) -> None:
        """Prepare a filing of some payroll, month and kind."""
        body = {
            "payroll_id": self.dice.choice(list(self.payrolls.values())),
            "period": self.dice.choice(MONTHS),
            "kind": self.dice.choice(("monthly", "supplementary")),
        }
        answer = self.ask("officer", "POST", "/filings", json=body)
        if answer.is_success and self.dice.random() < 0.7:
            self.ask("officer", "POST", f"/filings/{answer.json()['id']}/seal")

    def push_on(self) -> None:
        """Do something with a filing that may or may not be legal now."""
        filings = list(self.every("/filings"))
        if filings:
            one = self.dice.choice(filings)
            what = self.dice.choice(("seal", "submission", "submission", "discard"))
            more = {"json": {"reason": "not this one"}} if what == "discard" else {}
            self.ask("officer", "POST", f"/filings/{one['id']}/{what}", **more)

    def submit_all(self) -> None:
        """Submit whatever is sealed."""
        for one in self.every("/filings"):
            if one["status"] == "sealed":
                self.ask("officer", "POST", f"/filings/{one['id']}/submission")

    def pay(self) -> None:
        """Order a bill, release it (not by the same person) and carry the file to the bank, sometimes twice."""
        bills = [bill for bill in self.every("/bills") if bill["status"] in ("received", "ordered")]
        if not bills:
            return
        bill = self.dice.choice(bills)
        order = self.ask("accountant", "POST", f"/bills/{bill['id']}/payment-order", json={"account_code": BANK})
        for payment in self.get(f"/bills/{bill['id']}")["payments"]:
            if payment["withdrawn_at"] is None and payment["released_at"] is None:
                if order.is_success and self.dice.random() < 0.3:
                    own = self.ask("accountant", "POST", f"/payment-orders/{payment['id']}/release")
                    if own.is_success:
                        raise Wrong("who ordered a payment released it")
                if self.dice.random() < 0.15:
                    self.ask("manager", "POST", f"/payment-orders/{payment['id']}/withdrawal", json={"reason": "wait"})
                elif self.ask("manager", "POST", f"/payment-orders/{payment['id']}/release").is_success:
                    self.carry(payment["id"])

    def carry(self, payment_id: int) -> None:
        """Carry a payment's file to the bank."""
        answer = self.ask("manager", "GET", f"/payment-orders/{payment_id}/file")
        if answer.is_success:
            for _ in range(self.dice.choice((1, 1, 2))):
                self.payer.client.post(
                    "/bank/payment-orders", content=answer.content, headers={"content-type": "application/xml"}
                )

    def statement(self) -> None:
        """Load the bank's statement of the days since, sometimes again, and reconcile."""
        span = {"account": MUTUAL_ACCOUNT, "from": str(self.loaded_to + dt.timedelta(days=1)), "to": str(self.today)}
        if self.loaded_to >= self.today - dt.timedelta(days=1):
            return
        # The bank writes a day down when it is over.
        span["to"] = str(self.today - dt.timedelta(days=1))
        body = self.payer.client.get("/bank/statements", params=span).content
        for _ in range(self.dice.choice((1, 2))):
            answer = self.ask("accountant", "POST", "/bank-statements", files={"file": ("camt.xml", body)})
        statements = answer.json().get("statements", []) if answer.is_success else []
        if any(one["status"] == "loaded" and one["to_on"] == span["to"] for one in statements):
            self.loaded_to = dt.date.fromisoformat(span["to"])
        self.ask("accountant", "POST", "/reconciliation-runs")

    def remit(self) -> None:
        """Let the state pay benefits for a month; it pays those whose notices are paid."""
        for period in MONTHS:
            asked = {"employer": EMPLOYER, "period": period, "share": 0.4, "unknown_lines": self.dice.choice((0, 0, 1))}
            self.state.client.post("/sandbox/remittances", json=asked)

    def pay_out(self) -> None:
        """Allot what came, and pay out what is owed."""
        for one in self.every("/remittances"):
            if one["status"] == "funded":
                self.ask("benefits", "POST", f"/remittances/{one['id']}/allotment")
        answer = self.ask("benefits", "POST", "/payout-batches", json={"provider": "orange"})
        if not answer.is_success:
            return
        batch = answer.json()
        if self.ask("benefits", "POST", f"/payout-batches/{batch['id']}/release").is_success:
            raise Wrong("who prepared payouts released them")
        if self.dice.random() < 0.2:
            self.ask("benefits", "POST", f"/payout-batches/{batch['id']}/discard", json={"reason": "not today"})
            return
        body = {
            "from_code": BANK,
            "to_code": WALLET,
            "amount": batch["total"],
            "currency": "DOP",
            "ordered_on": str(self.today),
        }
        order = self.ask("accountant", "POST", "/own-transfers", json=body)
        if order.is_success:
            moved = {"kind": "float_top_up", "account": MUTUAL_ACCOUNT, "amount": batch["total"]}
            self.payer.client.post("/bank/transfers", json={**moved, "reference": order.json()["reference"]})
        for _ in range(self.dice.choice((1, 2))):
            self.ask("manager", "POST", f"/payout-batches/{batch['id']}/release")

    def change_wage(self) -> None:
        """Let a member declare another wage."""
        member = self.dice.choice(self.members)
        body = {
            "wage": money(self.dice.randint(1_000_000, 6_000_000)), "currency": "DOP", "reason": "better days",
            "valid_from": self.dice.choice(MONTHS) + "-01",
        }  # fmt: skip
        self.ask("cashier", "POST", f"/members/{self.ids[member.identity]}/wages", json=body)

    def misbehave(self) -> None:
        """Tell the state and the payer what to do wrong next, once or a few times."""
        for outside, faults in ((self.state, STATE_FAULTS), (self.payer, PAYER_FAULTS)):
            rules = []
            for _ in range(self.dice.choice((0, 1, 2, 4))):
                on = self.dice.choice(list(faults))
                rules.append({"on": on, "times": self.dice.choice((1, 1, 2, 3)), **self.dice.choice(faults[on])})
            outside.script(*rules)
            self.said.append(f"{self.today} {outside.module} will {rules}")

    def doubt(self) -> None:
        """Let the state know some persons no more, or again."""
        some = [m.identity for m in self.members if self.dice.random() < 0.15] if self.dice.random() < 0.5 else []
        self.state.control("PUT", "register", {"not_registered": some})

    def power_cut(self) -> None:
        """End the workers in the middle of whatever they do, and start one or two anew."""
        self.kill_workers()
        self.said.append(f"{self.today} the workers were killed")
        for _ in range(self.dice.choice((1, 1, 2))):
            self.start_worker()

    def outage(self) -> None:
        """End the state or the payer suddenly, and start it again."""
        outside = self.dice.choice((self.state, self.payer))
        outside.restart()
        outside.set_date(self.today)
        self.said.append(f"{self.today} a sandbox was killed and started")

    def next_day(self, days: int = 0) -> None:
        """Let it be a later day, everywhere."""
        self.today += dt.timedelta(days=days or self.dice.choice((1, 1, 2, 5)))
        (self.folder / "clock").write_text(self.today.isoformat())
        for outside in (self.state, self.payer):
            outside.set_date(self.today)

    def rest(self) -> None:
        """Wait a little."""
        time.sleep(self.dice.random() / 3)

    def walk(self, steps: int) -> None:
        """Do so many things, drawn by the seed."""
        acts: dict[Callable[[], None], int] = {
            self.receive: 20, self.receive_again: 3, self.reverse: 5, self.place: 2, self.assess: 2, self.prepare: 10,
            self.push_on: 8, self.submit_all: 8, self.pay: 9, self.statement: 5, self.remit: 2, self.pay_out: 4,
            self.change_wage: 2, self.misbehave: 8, self.doubt: 2, self.power_cut: 3, self.outage: 1, self.next_day: 9, self.rest: 6,
        }  # fmt: skip
        for _ in range(steps):
            act = self.dice.choices(list(acts), list(acts.values()))[0]
            self.done[act.__name__] += 1
            act()
            self._none_has_ended()

    def _none_has_ended(self) -> None:
        for process in [self.gateway, *self.workers]:
            if process.poll() is not None:
                raise Wrong(f"a process ended by itself with {process.returncode}")

    # The end of it.

    def calm_down(self, seconds: float = PATIENCE) -> None:
        """Let everybody behave, finish what was begun as people would, and wait until nothing is on its way."""
        self.state.script()
        self.payer.script()
        self.state.control("PUT", "register", {"not_registered": []})
        if not self.workers:
            self.start_worker()
        self.submit_all()
        until(self._all_answered, lambda: f"filings are answered: {self._statuses()}", seconds)
        for _ in range(4):
            # A bill may be replaced, refused by the state or given back by the bank: then it is paid anew.
            until(self._all_billed, lambda: f"what was accepted is billed: {self._bills()}", seconds)
            while any(bill["status"] in ("received", "ordered") and self._asks(bill) for bill in self.every("/bills")):
                self.pay()
            self.close_day()
            if all(bill["status"] in ("confirmed", "superseded") for bill in self.every("/bills")):
                break
        until(self._all_confirmed, lambda: f"bills are confirmed: {self._bills()}", seconds)
        self.remit()
        self.close_day()
        for _ in range(2):
            self.pay_out_calmly(seconds)
            self.close_day()

    def close_day(self) -> None:
        """Let the day end: everything outside settles, and the bank's statement of it is loaded."""
        self.state.settle(PATIENCE)
        self.payer.settle(PATIENCE)
        self._hurry()
        self.today += dt.timedelta(days=1)
        (self.folder / "clock").write_text(self.today.isoformat())
        for outside in (self.state, self.payer):
            outside.set_date(self.today)
        self.payer.settle(PATIENCE)
        self.statement()
        if self.loaded_to != self.today - dt.timedelta(days=1):
            raise Wrong(f"the statement was not loaded: {self.said[-3:]}")

    def pay_out_calmly(self, seconds: float) -> None:
        """Pay out, and wait until the payer has said what became of it."""
        self._hurry()
        until(
            lambda: all(one["status"] != "advised" for one in self.every("/remittances")),
            "money of benefits came",
            5,
            quiet=True,
        )
        self.pay_out()
        until(
            self._all_paid_out, lambda: f"batches end: {[b['status'] for b in self.every('/payout-batches')]}", seconds
        )

    def _hurry(self) -> None:
        # What would be asked again in minutes is asked now.
        with psycopg.connect(self.database) as owner:
            owner.execute("UPDATE filing SET next_check_at = now() WHERE next_check_at IS NOT NULL")
            owner.execute("UPDATE payout_batch SET next_check_at = now() WHERE next_check_at IS NOT NULL")
            owner.execute(
                "UPDATE payout_batch SET lease_until = now() WHERE lease_until IS NOT NULL AND status = 'sending'"
            )

    def _statuses(self) -> list[tuple[int, str]]:
        return [(one["id"], one["status"]) for one in self.every("/filings")]

    def _bills(self) -> list[tuple[int, str, str, str]]:
        return [(bill["id"], bill["status"], bill["total"], bill["paid_before"]) for bill in self.every("/bills")]

    def _all_answered(self) -> bool:
        self._hurry()
        return (
            not any(status in ON_ITS_WAY | {"sealed"} for _, status in self._statuses()) and self._documents_answered()
        )

    def _documents_answered(self) -> bool:
        return all(
            document["status"] in ("accepted", "partial", "rejected")
            for number, status in self._statuses()
            if status in ANSWERED
            for document in self.get(f"/filings/{number}/documents")["items"]
        )

    def _all_billed(self) -> bool:
        """Tell whether the newest notice of everything the state bills is here, and nothing is left reserved."""
        theirs = {
            row["reference"]: row["total"]
            for row in self.state.dump()["notices"]
            if row["status"] not in ("cancelled",)
        }
        ours = {
            bill["notice_reference"]: bill["total"]
            for bill in reversed(list(self.every("/bills")))
            if bill["status"] != "superseded"
        }
        return theirs == ours

    @staticmethod
    def _asks(bill: dict[str, Any]) -> bool:
        return minor(bill["total"]) > minor(bill["paid_before"])

    def _all_confirmed(self) -> bool:
        return all(bill["status"] in ("confirmed", "superseded") for bill in self.every("/bills"))

    def _all_paid_out(self) -> bool:
        self._hurry()
        return all(
            one["status"] in ("finished", "refused", "discarded", "draft") for one in self.every("/payout-batches")
        )

    def balance(self, code: str) -> int:
        """Return what an account holds, as the interface shows it; 0 where it was never opened."""
        answer = self.ask("auditor" if "auditor" in self.tokens else "manager", "GET", f"/accounts/{code}")
        return minor(answer.json()["balance"]) if answer.is_success else 0

    def check(self) -> None:
        """Hold what the gateway says against what the driver, the state and the payer know."""
        checked = self.must("manager", "/ledger-verifications")
        same("the books verify", (checked["is_whole"], checked["findings"]), (True, []))
        filings = {one["id"]: one for one in self.every("/filings") if one["status"] in ANSWERED}
        lines = [line for number in filings for line in self.every(f"/filings/{number}/lines")]
        self._check_members(lines)
        self._check_state(filings)
        self._check_bank_and_payer()
        for number in filings:
            same(f"nothing stays reserved for filing {number}", self.balance(f"filing:{number}:reserved"), 0)
        for bill in self.every("/bills"):
            same(
                f"nothing is payable on {bill['notice_reference']}",
                self.balance(f"state:{bill['notice_reference']}:payable"),
                0,
            )

    def _check_members(self, lines: list[Any]) -> None:
        brought: dict[str, int] = defaultdict(int)
        for receipt in self.receipts:
            for identity, part in receipt.parts.items():
                brought[identity] += 0 if receipt.is_reversed else part
        used: dict[int, int] = defaultdict(int)
        for line in lines:
            if line["status"] in ("accepted", "changed"):
                used[line["member_id"]] += minor(line["from_member"])
        for member in self.members:
            number = self.ids[member.identity]
            left = brought[member.identity] - used[number]
            same(f"what member {number} has left", self.balance(f"member:{number}:contributions"), left)
        nobody = sum(part for who, part in brought.items() if who not in self.ids)
        same("what nobody is known for", self.balance("suspense:cash"), nobody)

    def _check_state(self, filings: Mapping[int, Any]) -> None:
        told = self.state.effects()
        documents = [document for number in filings for document in self.get(f"/filings/{number}/documents")["items"]]
        for name in ("accepted", "rejected"):
            ours = sum(document[f"{name}_count"] for document in documents)
            same(f"lines {name}", ours, told[f"lines_{name}"])
        held = self.state.dump()["filings"]
        same(
            "files at the state", {row["filing_id"] for row in held}, {document["reference"] for document in documents}
        )
        twice = rows_of(
            self.state.folder / "state.sqlite3",
            "SELECT p.period, l.payroll, l.document, count(*) FROM line l JOIN filing p ON p.seq = l.filing_seq"
            " WHERE p.kind = 'AM' AND l.status <> 1 GROUP BY 1, 2, 3 HAVING count(*) > 1",
        )
        same("nobody is declared twice for a month", twice, [])
        paid = sum(
            minor(p["amount"])
            for b in self.every("/bills")
            for p in self.get(f"/bills/{b['id']}")["payments"]
            if p["confirmed_at"]
        )
        same("paid to the state", told["paid_minor"], paid)
        same(
            "billed by the state is paid",
            told["paid_minor"],
            sum(minor(n["total"]) for n in self.state.dump()["notices"] if n["status"] != "cancelled"),
        )

    def _check_bank_and_payer(self) -> None:
        told = self.payer.effects()
        same("the bank's account", self.balance(BANK), told[f"account_{MUTUAL_ACCOUNT}_minor"])
        same("the wallet", self.balance(WALLET), told["wallet_float_minor"])
        paid = sum(
            minor(payout["amount"])
            for batch in self.every("/payout-batches")
            for payout in self.every(f"/payout-batches/{batch['id']}/payouts")
            if payout["status"] == "paid"
        )
        same("paid out", paid, told["items_completed_minor"] - told["reversals_minor"])


def same(what: str, found: Any, wanted: Any) -> None:
    """Raise where two things that must be the same are not."""
    if found != wanted:
        raise Wrong(f"{what}: {found!r}; expected {wanted!r}")


def rows_of(path: Path, statement: str) -> list[tuple[Any, ...]]:
    """Read the state's own store."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        return store.execute(statement).fetchall()


def until(holds: Callable[[], bool], what: str | Callable[[], str], seconds: float, *, quiet: bool = False) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            if quiet:
                return
            raise Wrong(f"never within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _token(database: str, username: str, role: str) -> str:
    from gateway.kit import db
    from gateway.kit.db import Database
    from gateway.staff import queries
    from gateway.staff.login import start_session

    opened = Database(database)
    try:
        with opened.session(1, actor="test") as session:
            values = {
                "username": username,
                "full_name": username,
                "roles": [role],
                "language": "es",
                "password_hash": "x",
            }
            return start_session(session, db.one(session, queries.INSERT_USER, values), hours=12).token
    finally:
        opened.close()
