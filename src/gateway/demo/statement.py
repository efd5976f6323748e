"""What became of every peso: figures of each month, what must be equal on both sides, and the words for a manager."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.demo.desk import Desk, Outside
from gateway.demo.money import minor, text
from gateway.kit.period import Period

MONEY = ("assessed", "received", "filed", "billed", "paid", "remitted", "distributed", "paid_out", "suspense")


@dataclass(frozen=True)
class Equal:
    """Two sums that must be the same."""

    name: str
    left_minor: int
    right_minor: int

    def as_json(self) -> dict[str, Any]:
        """Return it as the document has it."""
        return {**self.__dict__, "holds": self.left_minor == self.right_minor}


@dataclass
class Ending:
    """Everything that is told at the end."""

    members: int
    months: list[dict[str, Any]]
    verification: dict[str, Any]
    trial: list[dict[str, Any]]
    clearing: list[dict[str, Any]]
    position: dict[str, Any]
    equal: list[Equal]
    day: dict[str, Any]
    """The newest day that was signed off."""
    trust: dict[str, Any]
    """What became of every hundred received."""

    @property
    def holds(self) -> bool:
        """Tell whether all is as it must be."""
        return self.verification["verify"] == "ok" and all(pair.left_minor == pair.right_minor for pair in self.equal)

    def as_json(self) -> dict[str, Any]:
        """Return the one JSON document."""
        return {
            "members": self.members,
            "periods": [_period(month) for month in self.months],
            "ledger": {name: self.verification[name] for name in ("entries", "sum_minor", "verify")},
            "conservation": [pair.as_json() for pair in self.equal],
        }


def _period(month: dict[str, Any]) -> dict[str, Any]:
    figures = month["figures"]
    shown: dict[str, Any] = {"period": month["period"]}
    for name in ("assessed", "received"):
        shown[f"{name}_minor"] = minor(figures[name])
    for name in ("filed_lines", "accepted_lines", "rejected_lines"):
        shown[name] = figures[name]
    for name in ("filed", "billed", "paid", "remitted", "distributed", "paid_out", "suspense"):
        shown[f"{name}_minor"] = minor(figures[name])
    shown["open_breaks"] = figures["open_breaks"]
    return shown


def gather(desks: dict[str, Desk], state: Outside, payer: Outside, periods: list[Period], brought_minor: int) -> Ending:
    """Ask the gateway and the sandboxes for the figures, and hold them against each other.

    Args:
        desks: Who asks.
        state: The state, which counts what it accepted and was paid.
        payer: The payer and bank, which count what they did.
        periods: The months that were played.
        brought_minor: What the members brought, as they count it.
    """
    auditor = desks["auditor"]
    months = [auditor.get(f"/months/{period}") for period in periods]
    checked = auditor.act("/ledger-verifications")
    trial = auditor.get("/trial-balance")
    balances = {row["control"]: minor(row["balance"]) for row in trial["items"]}
    told, counted = state.ask("GET", "/sandbox/effects"), payer.ask("GET", "/sandbox/effects")
    total = {name: sum(minor(month["figures"][name]) for month in months) for name in MONEY}
    # What happens on the first days of the month after the last one belongs to the whole.
    after = auditor.get(f"/months/{periods[-1].next()}")["figures"]
    for name in ("received", "remitted", "distributed", "paid_out"):
        total[name] += minor(after[name])
    received = total["received"]
    used = total["paid"] + balances.get("income:fees", 0)
    waiting = balances.get("member:contributions", 0) + sum(
        balance
        for control, balance in balances.items()
        if control.startswith("suspense:") and "benefits" not in control
    )
    benefits_waiting = sum(balances.get(name, 0) for name in ("member:benefits", "suspense:benefits", "unclaimed"))
    bank = next(row for row in auditor.get("/money-position")["accounts"] if row["ledger_code"].startswith("bank:"))
    equal = [
        Equal("what members brought = what was received", brought_minor, received),
        Equal("received = paid to the state + fees + held for members and in suspense", received, used + waiting),
        Equal("lines we hold accepted = lines the state accepted", _accepted(auditor), told["lines_accepted"]),
        Equal("lines we hold rejected = lines the state rejected", _rejected(auditor), told["lines_rejected"]),
        Equal("billed by the state = paid to the state", total["billed"], total["paid"]),
        Equal("paid by us = confirmed by the state", total["paid"], told["paid_minor"]),
        Equal("advised and sent by the state = received as benefits", told["remitted_minor"], total["remitted"]),
        Equal(
            "benefits received = paid out + owed + in suspense or unclaimed",
            total["remitted"],
            total["paid_out"] + benefits_waiting,
        ),
        Equal("paid out by us = completed by the payer", total["paid_out"], counted["items_completed_minor"]),
        Equal("the bank's balance = the books'", counted[f"account_{bank['number']}_minor"], minor(bank["books"])),
        Equal("clearing accounts that do not explain themselves", _unexplained(auditor), 0),
    ]
    return Ending(
        members=months[-1]["figures"]["enrolled"],
        months=months,
        verification=_verification(checked),
        trial=trial["items"],
        clearing=auditor.get("/clearing-accounts")["items"],
        position=auditor.get("/money-position"),
        equal=equal,
        day=desks["accountant"].get("/day-closings?limit=1")["items"][0],
        trust=auditor.get("/reports/trust-report"),
    )


def _accepted(auditor: Desk) -> int:
    return sum(document["accepted_count"] for document in _documents(auditor))


def _rejected(auditor: Desk) -> int:
    return sum(document["rejected_count"] for document in _documents(auditor))


def _documents(auditor: Desk) -> Iterator[dict[str, Any]]:
    """Every file that went to the state: members' lines, and those that add or remove dependants."""
    for filing in auditor.every("/filings"):
        if filing["status"] != "discarded":
            yield from auditor.get(f"/filings/{filing['id']}/documents")["items"]


def _unexplained(auditor: Desk) -> int:
    rows = auditor.get("/clearing-accounts")["items"]
    return sum(abs(minor(row["balance"])) for row in rows if explanation(row["code"]) is None)


WAITS = {
    "suspense:benefits": "benefits of persons whom nobody knows here; each is a break that somebody looks into",
    "suspense:": "money whose member nobody found yet; each part is a break that somebody looks into",
}
"""Why a clearing account may hold money at the end; any other must be at zero."""


def explanation(code: str) -> str | None:
    """Return why an account may hold money, or None where it must not."""
    return next((why for head, why in WAITS.items() if code.startswith(head)), None)


def _verification(checked: dict[str, Any]) -> dict[str, Any]:
    shown = {"entries": checked["entry_count"], "sum_minor": checked["entry_sum"]}
    return {**shown, "verify": "ok" if checked["is_whole"] else "failed", "findings": checked["findings"]}


def in_words(ending: Ending) -> str:
    """Return the statement that a manager reads."""
    said = [f"{ending.members:,} members, {len(ending.months)} months", ""]
    for month in ending.months:
        figures, coverage = month["figures"], month["coverage"]
        said += [
            f"{month['period']}{'  closed' if month['is_closed'] else ''}",
            f"  would cost      {figures['assessed']:>18}   for {figures['enrolled']:,} members",
            f"  received        {figures['received']:>18}   in {figures['receipts']:,} receipts",
            f"  filed           {figures['filed']:>18}   {figures['filed_lines']:,} lines:"
            f" {figures['accepted_lines']:,} accepted, {figures['rejected_lines']:,} rejected",
            f"  billed          {figures['billed']:>18}",
            f"  paid            {figures['paid']:>18}",
            f"  benefits in     {figures['remitted']:>18}   of which to members {figures['distributed']}",
            f"  paid out        {figures['paid_out']:>18}",
            f"  in suspense     {figures['suspense']:>18}   {figures['open_breaks']} open breaks",
            f"  covered         {coverage['covered']:>18,}   and {coverage['covered_dependants']:,} dependants;"
            f" not covered {coverage['not_covered']:,}, waiting {coverage['waiting']:,}",
        ]
        for reason in coverage["reasons"]:
            if reason["standing"] != "covered":
                detail = f" ({reason['detail']})" if reason["detail"] else ""
                said.append(f"      {reason['members']:>8,}  {reason['standing']}: {reason['reason']}{detail}")
        said.append("")
    said += ["Clearing accounts that are not at zero, and why"]
    waiting = [row for row in ending.clearing if minor(row["balance"])]
    said += [
        f"  {row['code']:<34} {row['balance']:>18}   {explanation(row['code']) or 'NOT EXPLAINED'}" for row in waiting
    ] or ["  none"]
    said += ["", "What must be equal"]
    for pair in ending.equal:
        mark = "=" if pair.left_minor == pair.right_minor else "≠"
        said.append(f"  {_amount(pair, pair.left_minor):>20} {mark} {_amount(pair, pair.right_minor):<20} {pair.name}")
    said += ["", *_trust(ending.trust), "", *_day(ending.day)]
    checked = ending.verification
    said += [
        "",
        f"The ledger: {checked['entries']:,} entries, sum {checked['sum_minor']}, verification {checked['verify']}",
    ]
    return "\n".join(said)


def _trust(report: dict[str, Any]) -> list[str]:
    table = report["tables"][0]
    said = [f"Of every 100 {table['currency']} received ({table['total']['amount']} in all)"]
    return said + [f"  {row['of_a_hundred']:>7}   {row['amount']:>18}   {row['what']}" for row in table["rows"]]


def _day(closing: dict[str, Any]) -> list[str]:
    return [f"Evening of {closing['on']}, signed off by {closing['signed_by']}: unexplained {closing['unexplained']}"]


def _amount(pair: Equal, minor_units: int) -> str:
    return f"{minor_units:,}" if pair.name.startswith("lines") else text(minor_units)
