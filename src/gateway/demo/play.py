"""The months, played: what each person does, in order, through the public interface."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.demo.desk import Desk, Outside, RefusedError
from gateway.demo.files import receipts_file
from gateway.demo.money import minor, text
from gateway.demo.people import FUNDS, PAYROLLS, SampleMember, payments
from gateway.kit.period import Period

EMPLOYER = "401999992"
BANK, WALLET, PROVIDER = "bank:main", "momo:orange", "orange"
BANK_NUMBER, STATE_NUMBER = "9600000001", "9600000099"
TILL, ROUTES = "cash:oficina", ("cash:ruta-1", "cash:ruta-2", "cash:ruta-3")
FEE = "75.00"
CALLBACKS_A_MONTH = 150
"""Mobile payments that come as callbacks one by one; the provider's list brings the others."""
COUNTER_A_MONTH = 25
"""Payments that the cashier types in one by one; the till's list brings the others."""


@dataclass
class Play:
    """What a play needs and what it has seen."""

    gateway: str
    mutual: str
    desks: dict[str, Desk]
    state: Outside
    payer: Outside
    members: list[SampleMember]
    seed: int
    say: Callable[[str], None]
    clock_file: Path
    payrolls: dict[str, int] = field(default_factory=dict)
    member_ids: dict[str, int] = field(default_factory=dict)
    member_numbers: dict[str, str] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    """What each till and clearing account holds and has not been brought to the bank."""

    def today(self, day: dt.date) -> None:
        """Let it be this day, everywhere."""
        self.clock_file.write_text(day.isoformat(), encoding="ascii")
        self.state.ask("PUT", "/sandbox/date", json={"date": day.isoformat()})


def cost_of(play: Play, period: Period) -> dict[str, int]:
    """Return what the month costs each member, by identity, as the office tells those who ask."""
    numbers = {number: identity for identity, number in play.member_numbers.items()}
    costs: dict[str, int] = {}
    ids = {member_id: identity for identity, member_id in play.member_ids.items()}
    for payroll_id in play.payrolls.values():
        play.desks["filing"].post("/assessments", {"payroll_id": payroll_id, "period": str(period)})
        for row in play.desks["filing"].every("/assessments", payroll_id=payroll_id, period=str(period)):
            identity = ids.get(row["member_id"]) or numbers.get(str(row.get("member_number")), "")
            costs[identity] = minor(row["total"])
    return costs


def collect(play: Play, period: Period, month_no: int, costs: dict[str, int]) -> dict[str, int]:
    """Let the members pay as they do; return minor units by channel."""
    paid: dict[str, list[tuple[SampleMember, int, dt.date]]] = defaultdict(list)
    for member in play.members:
        cost = costs.get(member.identity)
        if cost is None:
            continue
        for payment in payments(member, period.start, month_no, play.seed):
            if payment.is_after_filing:
                continue
            amount = -(-cost * payment.share[0] // payment.share[1])
            paid[member.channel].append((member, amount, payment.on))
    play.today(period.end)
    taken = {
        "collector": _collectors(play, paid["collector"], month_no),
        "cash": _counter(play, paid["cash"], month_no),
        "treasurer": _treasurers(play, paid["treasurer"]),
        "mobile_money": _phones(play, paid["mobile_money"], month_no),
        "bank": _bank_credits(play, paid["bank"]),
    }
    return taken


def collect_late(play: Play, period: Period, month_no: int, costs: dict[str, int], day: dt.date) -> int:
    """Let those pay who come after the filing; return minor units."""
    rows = []
    for member in play.members:
        cost = costs.get(member.identity)
        if cost is not None:
            rows += [
                (member, cost, day)
                for payment in payments(member, period.start, month_no, play.seed)
                if payment.is_after_filing
            ]
    return _list(play, "cash", TILL, rows, f"tarde-{period}", month_no)


def _collectors(play: Play, rows: list[tuple[SampleMember, int, dt.date]], month_no: int) -> int:
    by_route: dict[str, list[tuple[SampleMember, int, dt.date]]] = defaultdict(list)
    for row in rows:
        by_route[ROUTES[row[0].index % len(ROUTES)]].append(row)
    return sum(
        _list(play, "collector", route, found, f"{route[5:]}-{month_no}", month_no) for route, found in by_route.items()
    )


def _counter(play: Play, rows: list[tuple[SampleMember, int, dt.date]], month_no: int) -> int:
    total = 0
    for member, amount, day in rows[:COUNTER_A_MONTH]:
        line = {"identity": member.identity, "amount": text(amount)}
        _receipt(play, "cash", TILL, amount, day, [line], f"ventanilla-{month_no}-{member.index}-{day}")
        play.balances[TILL] = play.balances.get(TILL, 0) + amount
        total += amount
    return total + _list(play, "cash", TILL, rows[COUNTER_A_MONTH:], f"caja-{month_no}", month_no)


def _receipt(
    play: Play, channel: str, account: str, amount: int, day: dt.date, lines: list[dict[str, str]], reference: str
) -> Any:
    body = {
        "channel": channel,
        "account_code": account,
        "amount": text(amount),
        "currency": "DOP",
        "paid_on": day.isoformat(),
        "payer_reference": reference,
        "lines": lines,
    }
    return play.desks["cashier"].post("/receipts", body, key=reference)


def _treasurers(play: Play, rows: list[tuple[SampleMember, int, dt.date]]) -> int:
    """One receipt for each fund: its treasurer brings the group's money, split by line."""
    groups: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    days: dict[str, dt.date] = {}
    for member, amount, day in rows:
        groups[member.fund][member.identity] += amount
        days[member.fund] = max(day, days.get(member.fund, day))
    total = 0
    for fund in sorted(groups):
        everybody = list(groups[fund].items())
        for at in range(0, len(everybody), 200):
            part = everybody[at : at + 200]
            amount = sum(minor_units for _, minor_units in part)
            lines = [{"identity": identity, "amount": text(minor_units)} for identity, minor_units in part]
            _receipt(play, "cash", TILL, amount, days[fund], lines, f"{fund}-{days[fund]}-{at}")
            play.balances[TILL] = play.balances.get(TILL, 0) + amount
            total += amount
    return total


def _phones(play: Play, rows: list[tuple[SampleMember, int, dt.date]], month_no: int) -> int:
    clearing = f"{WALLET}:clearing"
    total = 0
    one_by_one = rows[:CALLBACKS_A_MONTH]
    for member, amount, day in one_by_one:
        play.payer.ask(
            "POST",
            "/sandbox/collections",
            json={
                "msisdn": member.phone,
                "amount": canonical(amount),
                "currency": "DOP",
                "reference": member.identity,
                "on": day.isoformat(),
            },
        )
        total += amount
    play.balances[clearing] = play.balances.get(clearing, 0) + total
    return total + _list(play, "mobile_money", clearing, rows[CALLBACKS_A_MONTH:], f"orange-{month_no}", month_no)


def canonical(minor_units: int) -> str:
    """Return an amount as the payer's standard has it: no trailing zeros."""
    shown = text(minor_units)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _bank_credits(play: Play, rows: list[tuple[SampleMember, int, dt.date]]) -> int:
    """Members who pay by bank write their own reference; one in forty forgets it."""
    dice = random.Random(play.seed)
    total = 0
    credits = []
    for member, amount, day in rows:
        reference = play.member_numbers[member.identity]
        credits.append(
            {
                "account": BANK_NUMBER,
                "amount": text(amount),
                "currency": "DOP",
                "date": day.isoformat(),
                "debtor": f"{member.given_names} {member.first_surname}",
                "text": "aporte" if dice.random() < 0.025 else f"aporte {reference}",
            }
        )
        total += amount
    for at in range(0, len(credits), 500):
        play.payer.ask("POST", "/bank/credits", json={"credits": credits[at : at + 500]})
    return total


def _list(
    play: Play,
    channel: str,
    account: str,
    rows: Iterable[tuple[SampleMember, int, dt.date]],
    name: str,
    month_no: int,
) -> int:
    """Upload a list of payments, some of whose lines are not as they should be; book the good ones."""
    dice = random.Random(f"{play.seed}:{name}")
    shown, total = [], 0
    for number, (member, amount, day) in enumerate(rows, start=1):
        identity = member.identity
        # One in 400 payers is written down with a number that nobody has.
        if dice.random() < 0.0025:
            identity = identity[:-2] + f"{(int(identity[-2:]) + 7) % 100:02d}"
        shown.append((identity, amount, day, f"{name}-{number:06d}", account.split(":")[1]))
        total += amount
    if not shown:
        return 0
    body = receipts_file(shown, play.seed + month_no)
    desk = play.desks["cashier"]
    preview = desk.upload(
        "/receipt-imports", f"{name}.csv", body, channel=channel, account_code=account, unknown="suspense"
    )
    done = desk.post(f"/receipt-imports/{preview['id']}/application", {"policy": "good_rows"})
    accepted = minor(done["accept_amount"]) if "accept_amount" in done else total
    play.balances[account] = play.balances.get(account, 0) + accepted
    return accepted


def bring_to_bank(play: Play, day: dt.date) -> None:
    """Carry the cash of every till to the bank, and let the provider settle; the bank's statement will show both."""
    for code, held in sorted(play.balances.items()):
        if held <= 0:
            continue
        order = play.desks["accountant"].post(
            "/own-transfers",
            {
                "from_code": code,
                "to_code": BANK,
                "amount": text(held),
                "currency": "DOP",
                "ordered_on": day.isoformat(),
            },
        )
        fee = held // 100 if code.startswith("momo:") else 0
        play.payer.ask(
            "POST",
            "/bank/transfers",
            json={
                "account": BANK_NUMBER,
                "amount": text(held - fee),
                "currency": "DOP",
                "date": day.isoformat(),
                "text": order["reference"],
                "direction": "in",
            },
        )
        play.balances[code] = 0


def load_statement(play: Play, since: dt.date, until: dt.date) -> dict[str, Any]:
    """Fetch the bank's statement, load it, and reconcile."""
    file = play.payer.ask(
        "GET",
        "/bank/statements",
        params={"account": BANK_NUMBER, "from": since.isoformat(), "to": until.isoformat()},
    )
    desk = play.desks["accountant"]
    loaded = desk.upload("/bank-statements", f"camt053-{until}.xml", file)
    for statement in loaded["statements"]:
        if statement["status"] != "loaded":
            play.say(f"    the statement was put aside: {statement['reason']}")
    done: dict[str, Any] = desk.act("/reconciliation-runs")
    return done


def file_month(play: Play, period: Period, kind: str) -> list[dict[str, Any]]:
    """Prepare, seal and submit each payroll's filing, and wait for the state's answer."""
    desk, filings = play.desks["filing"], []
    for payroll_id in play.payrolls.values():
        try:
            draft = desk.post("/filings", {"payroll_id": payroll_id, "period": str(period), "kind": kind})
        except RefusedError as refusal:
            if refusal.problem.get("code") in {"nothing_to_file", "filing_empty"}:
                continue
            raise
        if draft["line_count"] == 0:
            desk.post(f"/filings/{draft['id']}/discard", {"reason": "nobody to file"})
            continue
        desk.post(f"/filings/{draft['id']}/seal")
        desk.post(f"/filings/{draft['id']}/submission")
        filings.append(draft)
    answered = {"accepted", "partial", "rejected", "settled"}
    return [
        desk.wait(f"/filings/{draft['id']}", lambda found: found["status"] in answered, "the state's answer")
        for draft in filings
    ]


def pay_bills(play: Play, period: Period, expected_minor: int) -> list[dict[str, Any]]:
    """Order what the state asks for, let another person release it, and take the orders to the bank."""
    accountant, manager = play.desks["accountant"], play.desks["manager"]
    accountant.wait(
        f"/bills?period={period}&limit=100",
        lambda page: (
            sum(minor(bill["total"]) for bill in page["items"] if bill["status"] == "received") >= expected_minor
        ),
        "the state's bill",
    )
    paid = []
    for bill in accountant.every("/bills", period=str(period), status="received"):
        order = accountant.post(f"/bills/{bill['id']}/payment-order", {"account_code": BANK})
        manager.post(f"/payment-orders/{order['id']}/release")
        file = manager.download(f"/payment-orders/{order['id']}/file")
        play.payer.ask("POST", "/bank/payment-orders", content=file, headers={"content-type": "application/xml"})
        paid.append(bill)
    return paid


def benefits(play: Play, period: Period) -> dict[str, Any]:
    """Let the state pay benefits back."""
    found: dict[str, Any] = play.state.ask(
        "POST",
        "/sandbox/remittances",
        json={"employer": EMPLOYER, "period": str(period), "share": 0.03, "unknown_lines": 1},
    )
    return found


def allot_and_pay_out(play: Play, day: dt.date) -> dict[str, Any]:
    """Allot what came, top the wallet up, pay out what is owed, and wait until the provider is done."""
    officer, manager = play.desks["benefits"], play.desks["manager"]
    for remittance in officer.every("/remittances", status="funded"):
        officer.post(f"/remittances/{remittance['id']}/allotment")
    batch: dict[str, Any] = officer.post("/payout-batches", {"provider": WALLET})
    play.desks["accountant"].post(
        "/own-transfers",
        {
            "from_code": BANK,
            "to_code": WALLET,
            "amount": batch["total"],
            "currency": "DOP",
            "ordered_on": day.isoformat(),
            "reference": f"FLOAT-{batch['id']}",
        },
    )
    play.payer.ask(
        "POST",
        "/bank/transfers",
        json={
            "account": BANK_NUMBER,
            "amount": batch["total"],
            "currency": "DOP",
            "date": day.isoformat(),
            "text": f"FLOAT-{batch['id']}",
            "direction": "out",
        },
    )
    manager.post(f"/payout-batches/{batch['id']}/release")
    return officer.wait(
        f"/payout-batches/{batch['id']}", lambda found: found["status"] == "finished", "the payer's results"
    )


__all__ = [
    "EMPLOYER",
    "FUNDS",
    "PAYROLLS",
    "Play",
    "allot_and_pay_out",
    "benefits",
    "bring_to_bank",
    "collect",
    "collect_late",
    "cost_of",
    "file_month",
    "load_statement",
    "pay_bills",
]
