"""The months, played: what each person does, in order, through the public interface."""

import datetime as dt
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.contributions.reference import make_reference
from gateway.demo.desk import Desk, Outside
from gateway.demo.files import receipts_file
from gateway.demo.money import minor, text
from gateway.demo.people import SampleMember, cedula, payments
from gateway.demo.scene import Scene
from gateway.kit.period import Period

BANK, WALLET = "bank:main", "momo:orange"
BANK_NUMBER = "9600000001"
TILL, ROUTES = "cash:oficina", ("cash:ruta-1", "cash:ruta-2", "cash:ruta-3")
CALLBACKS_A_MONTH = 100
"""Mobile payments that come as callbacks, one by one; the provider's settlement brings the others."""
COUNTER_A_MONTH = 25
"""Payments that the cashier types in one by one; the till's list brings the others."""
NOTEBOOK = cedula(9_000_003)
"""Whose the payments are that the example file names nobody for."""
BANK_A_MONTH = 300
"""Payments that come through the bank, one by one; in a larger mutual the others pay at the counter."""
REMINDED_AT_MOST = 5_000
"""Members of a mutual that sends reminders here: a message is carried by itself, as a receipt is written by itself."""
GROUP = 200
"""Members for whom a treasurer pays with one receipt."""

Rows = list[tuple[SampleMember, int, dt.date]]


@dataclass
class Play:
    """What a play needs, and what it has seen."""

    desks: dict[str, Desk]
    state: Outside
    payer: Outside
    members: list[SampleMember]
    seed: int
    scene: Scene
    clock_file: Path
    say: Callable[[str], None]
    payrolls: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """The mutual's own number of each member, by identity."""
    ids: dict[str, int] = field(default_factory=dict)
    slips: dict[str, str] = field(default_factory=dict)
    """Who paid by bank without a reference: name on the slip -> identity."""
    held: dict[str, int] = field(default_factory=dict)
    """What each till and clearing account holds and has not been brought to the bank."""
    drawer: int | None = None
    """The cashier's open session at the till."""

    def today(self, day: dt.date) -> None:
        """Let it be this day, everywhere."""
        self.clock_file.write_text(day.isoformat(), encoding="ascii")
        for outside in (self.state, self.payer):
            outside.ask("PUT", "/sandbox/date", json={"date": day.isoformat()})

    def hold(self, code: str, amount: int) -> None:
        """Remember that a till or clearing account took money."""
        self.held[code] = self.held.get(code, 0) + amount


def learn_numbers(play: Play) -> None:
    """Read the register once: which number and id each member was given."""
    for row in play.desks["filing"].every("/members"):
        identity = row["identities"][0]["value"]
        play.numbers[identity], play.ids[identity] = row["number"], row["id"]


def assess(play: Play, period: Period) -> dict[str, int]:
    """Assess every payroll and return what the month costs, by identity, as the office tells those who ask."""
    identities = {member_id: identity for identity, member_id in play.ids.items()}
    costs: dict[str, int] = {}
    desk = play.desks["filing"]
    for payroll_id in play.payrolls.values():
        desk.post("/assessments", {"payroll_id": payroll_id, "period": str(period)})
        for row in desk.every("/assessments", payroll_id=payroll_id, period=str(period)):
            costs[identities[row["member_id"]]] = minor(row["total"])
    return costs


def collect(play: Play, period: Period, month_no: int, costs: dict[str, int]) -> dict[str, int]:
    """Let the members pay as they do; return minor units by channel."""
    open_drawer(play)
    paid: dict[str, Rows] = defaultdict(list)
    for member in play.members:
        for payment in payments(member, period.start, month_no, play.seed):
            cost = costs.get(member.identity)
            if cost is not None and not payment.is_after_filing:
                amount = -(-cost * payment.share[0] // payment.share[1])
                paid[member.channel].append((member, amount, payment.on))
    paid["cash"] += paid["bank"][BANK_A_MONTH:]
    return {
        "collector": _collectors(play, paid["collector"], str(period)),
        "cash": _counter(play, paid["cash"], str(period)),
        "treasurer": _treasurers(play, paid["treasurer"], str(period)),
        "mobile_money": _phones(play, paid["mobile_money"], period),
        "bank": _bank_credits(play, paid["bank"][:BANK_A_MONTH], str(period)),
    }


def open_drawer(play: Play) -> None:
    """Let the cashier answer for the till from now on, with what is in it."""
    if not any(row["code"] == TILL for row in play.desks["accountant"].every("/tills")):
        play.desks["accountant"].post("/tills", {"code": TILL, "name": "Oficina", "kind": "counter"})
    if play.drawer is None:
        opening = {"till": TILL, "float": text(play.held.get(TILL, 0))}
        play.drawer = play.desks["cashier"].post("/cash-sessions", opening)["id"]


def remind(play: Play, period: Period) -> int:
    """Tell who is short for the month; return how many. The worker carries the messages, one by one."""
    if len(play.members) > REMINDED_AT_MOST:
        return 0
    done: dict[str, Any] = play.desks["cashier"].post("/reminders", {"period": str(period)})
    return int(done["written_count"])


def collect_late(play: Play, period: Period, month_no: int, costs: dict[str, int], day: dt.date) -> int:
    """Let those pay at the counter who come after the filing; return minor units."""
    open_drawer(play)
    rows = [
        (member, costs[member.identity], day)
        for member in play.members
        if member.identity in costs
        and any(payment.is_after_filing for payment in payments(member, period.start, month_no, play.seed))
    ]
    return _list(play, "cash", TILL, rows, f"tarde-{period}")


def _collectors(play: Play, rows: Rows, month: str) -> int:
    by_route: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_route[ROUTES[row[0].index % len(ROUTES)]].append(row)
    return sum(_list(play, "collector", route, found, f"{route[5:]}-{month}") for route, found in by_route.items())


def _counter(play: Play, rows: Rows, month: str) -> int:
    total = 0
    for number, (member, amount, day) in enumerate(rows[:COUNTER_A_MONTH], start=1):
        line = {"identity": member.identity, "amount": text(amount)}
        _receipt(play, amount, day, [line], f"ventanilla-{month}-{number}")
        total += amount
    return total + _list(play, "cash", TILL, rows[COUNTER_A_MONTH:], f"caja-{month}")


def _receipt(play: Play, amount: int, day: dt.date, lines: list[dict[str, str]], reference: str) -> None:
    body = {
        "channel": "cash",
        "account_code": TILL,
        "amount": text(amount),
        "currency": play.scene.currency,
        "paid_on": day.isoformat(),
        "payer_reference": reference,
        "lines": lines,
    }
    play.desks["cashier"].post("/receipts", body, key=reference)
    play.hold(TILL, amount)


def _treasurers(play: Play, rows: Rows, month: str) -> int:
    """One receipt for each fund: its treasurer brings the group's money, split by line."""
    groups: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    days: dict[str, dt.date] = {}
    for member, amount, day in rows:
        groups[member.fund][member.identity] += amount
        days[member.fund] = max(day, days.get(member.fund, day))
    total = 0
    for fund in sorted(groups):
        everybody = list(groups[fund].items())
        for at in range(0, len(everybody), GROUP):
            part = everybody[at : at + GROUP]
            amount = sum(minor_units for _, minor_units in part)
            lines = [{"identity": identity, "amount": text(minor_units)} for identity, minor_units in part]
            _receipt(play, amount, days[fund], lines, f"{fund}-{month}-{at}")
            total += amount
    return total


def _phones(play: Play, rows: Rows, period: Period) -> int:
    """Some payments are told by callback and become receipts one by one; the provider's settlement brings the others."""
    paid = [
        {"msisdn": member.phone, "amount": canonical(amount), "reference": member.identity}
        for member, amount, _ in rows
    ]
    told, listed = paid[:CALLBACKS_A_MONTH], paid[CALLBACKS_A_MONTH:]
    if told:
        play.payer.ask("POST", "/sandbox/collections", json={"items": told, "notify": True})
        _wait_for_phones(play, period, len(told))
    for at in range(0, len(listed), 5_000):
        play.payer.ask("POST", "/sandbox/collections", json={"items": listed[at : at + 5_000], "notify": False})
    total = sum(amount for _, amount, _ in rows)
    play.hold(f"{WALLET}:clearing", total)
    return total


def _wait_for_phones(play: Play, period: Period, told: int) -> None:
    query = f"channel=mobile_money&paid_from={period.start}&paid_to={period.end}&account_code={WALLET}:clearing"
    play.desks["cashier"].wait(
        f"/receipts?{query}&limit=500", lambda page: len(page["items"]) >= told, "the payer's callbacks"
    )


def canonical(minor_units: int) -> str:
    """Return an amount as the payer's standard has it: no trailing zeros."""
    shown = text(minor_units)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _bank_credits(play: Play, rows: Rows, month: str) -> int:
    """Members who pay by bank write their own reference; one in forty forgets it."""
    dice = random.Random(f"{play.seed}:{month}")
    for number, (member, amount, day) in enumerate(rows, start=1):
        reference = make_reference(play.numbers[member.identity])
        name = f"{member.given_names} {member.first_surname} {number}"
        forgets = dice.random() < 0.025
        if forgets:
            play.slips[name] = member.identity
        play.payer.ask(
            "POST",
            "/bank/credits",
            json={
                "account": BANK_NUMBER,
                "amount": text(amount),
                "currency": play.scene.currency,
                "booked_on": day.isoformat(),
                "debtor_name": name,
                "end_to_end_id": f"{month}-{number}",
                "remittance_information": "aporte" if forgets else f"aporte {reference}",
            },
        )
    return sum(amount for _, amount, _ in rows)


def _list(play: Play, channel: str, account: str, rows: Iterable[tuple[SampleMember, int, dt.date]], name: str) -> int:
    """Upload a list of payments, in which one payer in 400 is written down with a number that nobody has."""
    dice = random.Random(f"{play.seed}:{name}")
    shown: list[tuple[str, int, dt.date, str, str]] = []
    for number, (member, amount, day) in enumerate(rows, start=1):
        identity = member.identity
        if dice.random() < 0.0025:
            identity = f"{identity[:-2]}{(int(identity[-2:]) + 7) % 100:02d}"
        shown.append((identity, amount, day, f"{name}-{number:06d}", account.split(":")[1]))
    if not shown:
        return 0
    desk = play.desks["cashier"]
    fields = {"channel": channel, "account_code": account, "unknown": "suspense"}
    preview = desk.upload(
        "/receipt-imports", f"{name}.csv", receipts_file(shown, play.seed, play.scene.words), **fields
    )
    done = desk.post(f"/receipt-imports/{preview['id']}/application", {"policy": "good_rows"})
    accepted = minor(done["applied_amount"])
    play.hold(account, accepted)
    return accepted


def bring_to_bank(play: Play, day: dt.date) -> None:
    """Carry the cash of every till to the bank, and let the provider settle; the bank's statement will show both."""
    counted, play.drawer = play.drawer, None
    if counted is not None:
        play.desks["cashier"].post(f"/cash-sessions/{counted}/count", {"loose": text(play.held.get(TILL, 0))})
    for code, held in sorted(play.held.items()):
        if held <= 0:
            continue
        play.held[code] = 0
        if code.startswith("momo:"):
            _settle(play)
            continue
        if code == TILL and counted is not None:
            slip = {"session_ids": [counted], "bank": BANK, "ordered_on": day.isoformat()}
            order = play.desks["accountant"].post("/cash-deposits", slip)
        else:
            order = play.desks["accountant"].post("/own-transfers", _transfer(play, code, BANK, held, day))
        moved = {"account": BANK_NUMBER, "amount": text(held), "reference": order["reference"], "kind": "cash_deposit"}
        play.payer.ask("POST", "/bank/transfers", json=moved)


def _settle(play: Play) -> None:
    """Let the provider pay out what it collected, less a hundredth, and load its report."""
    report = play.payer.ask("POST", "/sandbox/settlements", json={"fee_rate": "0.01", "account": BANK_NUMBER})
    name, body = f"{report['settlementId']}.json", json.dumps(report).encode()
    done = play.desks["accountant"].upload("/settlement-reports", name, body, provider=WALLET, bank=BANK)
    if done["status"] != "booked" or done["open_count"]:
        play.say(f"    the provider's report needs a person: {done['reason'] or done['open_amount']}")


def _transfer(play: Play, from_code: str, to_code: str, amount: int, day: dt.date) -> dict[str, str]:
    return {
        "from_code": from_code,
        "to_code": to_code,
        "amount": text(amount),
        "currency": play.scene.currency,
        "ordered_on": day.isoformat(),
    }


def load_statement(play: Play, since: dt.date, until: dt.date) -> dict[str, Any]:
    """Fetch the bank's statement, load it, and reconcile."""
    span = {"account": BANK_NUMBER, "from": since.isoformat(), "to": until.isoformat()}
    file = play.payer.ask("GET", "/bank/statements", params=span)
    desk = play.desks["accountant"]
    loaded = desk.upload("/bank-statements", f"camt053-{until}.xml", file)
    for statement in loaded["statements"]:
        if statement["status"] != "loaded":
            play.say(f"    the statement was put aside: {statement['reason']}")
    done: dict[str, Any] = desk.act("/reconciliation-runs")
    return done


ANSWERED = {"accepted", "partial", "rejected", "settled"}


def file_month(play: Play, period: Period, kind: str) -> list[dict[str, Any]]:
    """Prepare, seal and submit each payroll's filing, and wait for the state's answer."""
    desk, sent = play.desks["filing"], []
    for payroll_id in play.payrolls.values():
        draft = desk.post("/filings", {"payroll_id": payroll_id, "period": str(period), "kind": kind})
        if draft["line_count"] == 0:
            desk.post(f"/filings/{draft['id']}/discard", {"reason": "nobody to file"})
            continue
        desk.act(f"/filings/{draft['id']}/seal")
        desk.act(f"/filings/{draft['id']}/submission")
        sent.append(draft["id"])
    return [
        desk.wait(f"/filings/{number}", lambda found: found["status"] in ANSWERED, "the state's answer")
        for number in sent
    ]


def pay_bills(play: Play, period: Period, filings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Wait for the bills of the filings, order them, let another person release, and take the orders to the bank."""
    accountant, manager = play.desks["accountant"], play.desks["manager"]
    wanted = {filing["id"] for filing in filings if filing["accepted_count"]}

    def is_billed(page: Any) -> bool:
        billed = set()
        for bill in page["items"]:
            if bill["status"] == "received":
                billed |= {part["filing_id"] for part in accountant.get(f"/bills/{bill['id']}")["filings"]}
        return wanted <= billed

    page = accountant.wait(f"/bills?period={period}&limit=100", is_billed, "the state's bill")
    paid = [bill for bill in page["items"] if bill["status"] == "received"]
    for bill in paid:
        order = accountant.post(f"/bills/{bill['id']}/payment-order", {"account_code": BANK})
        manager.act(f"/payment-orders/{order['id']}/release")
        file = manager.download(f"/payment-orders/{order['id']}/file")
        play.payer.ask("POST", "/bank/payment-orders", content=file, headers={"content-type": "application/xml"})
    return paid


def pay_benefits(play: Play, period: Period) -> dict[str, Any]:
    """Let the state pay benefits back, and wait until its advice is here."""
    asked = {"employer": play.scene.employer, "period": str(period), "share": 0.03, "unknown_lines": 1}
    advised: dict[str, Any] = play.state.ask("POST", "/sandbox/remittances", json=asked)
    reference = advised["remittance_id"]
    play.desks["benefits"].wait(
        "/remittances?limit=100",
        lambda page: any(row["authority_reference"] == reference for row in page["items"]),
        "the state's advice of benefits",
    )
    return advised


def pay_out(play: Play, day: dt.date) -> dict[str, Any]:
    """Allot what came, top the wallet up, pay out what is owed, and wait until the provider is done."""
    officer, manager = play.desks["benefits"], play.desks["manager"]
    for remittance in officer.every("/remittances"):
        if remittance["status"] == "funded":
            officer.act(f"/remittances/{remittance['id']}/allotment")
    batch: dict[str, Any] = officer.post("/payout-batches", {"provider": "orange"})
    order = play.desks["accountant"].post("/own-transfers", _transfer(play, BANK, WALLET, minor(batch["total"]), day))
    topped = {"kind": "float_top_up", "account": BANK_NUMBER, "amount": batch["total"]}
    play.payer.ask("POST", "/bank/transfers", json={**topped, "reference": order["reference"]})
    manager.act(f"/payout-batches/{batch['id']}/release")
    done: dict[str, Any] = officer.wait(
        f"/payout-batches/{batch['id']}", lambda found: found["status"] == "finished", "the payer's results"
    )
    return done


def wait_for_confirmations(play: Play, bills: list[dict[str, Any]]) -> None:
    """Wait until the state has said that each bill is paid."""
    for bill in bills:
        play.desks["accountant"].wait(
            f"/bills/{bill['id']}", lambda found: found["status"] == "confirmed", "the state's confirmation"
        )


def place_suspense(play: Play) -> int:
    """Let the accountant find out whose money waits, and place it; return how many parts were placed.

    A mistyped number: the collector is asked, who knows her members. A transfer without a reference: the member comes
    with the bank's slip. What the example file left open is in the collector's notebook.
    """
    desk, placed = play.desks["accountant"], 0
    known = {number[:-2]: number for number in play.ids}
    for row in list(desk.every("/suspense")):
        claimed = row["claimed_identity"] or ""
        number = claimed.replace(" ", "").replace("-", "")
        meant = known.get(number[:-2]) if number.isdigit() else play.slips.get(claimed.split(" · ")[0])
        meant = meant or NOTEBOOK
        if meant not in play.ids:
            raise LookupError(f"nobody here knows whose the money of {claimed!r} is")
        reason = "the collector and the member were asked"
        desk.post(f"/receipt-lines/{row['line_id']}/placement", {"member_id": play.ids[meant], "reason": reason})
        placed += 1
    return placed


def explain_breaks(play: Play, period: Period) -> int:
    """Settle last month's benefits of nobody by two people, note what is known of the rest; return how many are left."""
    accountant, manager = play.desks["accountant"], play.desks["manager"]
    accountant.act("/reconciliation-runs")
    left = 0
    for row in list(accountant.every("/breaks", status="unresolved")):
        if row["kind"] == "benefit_suspense" and row["period"] < str(period.next()):
            lines = [
                {"account": "suspense:benefits", "amount": row["amount"]},
                {"account": "unclaimed", "amount": f"-{row['amount']}"},
            ]
            reason = "nobody here has this number; kept for whoever comes, and the state was told"
            body = {"resolution": "post_entry", "lines": lines, "reason": reason}
            accountant.post(f"/breaks/{row['id']}/proposal", body)
            manager.post(f"/breaks/{row['id']}/resolution", {"is_approved": True})
            continue
        left += 1
        if not accountant.get(f"/breaks/{row['id']}")["notes"]:
            accountant.post(f"/breaks/{row['id']}/notes", {"note": f"asked the {row['owner_role']} to find out"})
    return left
