"""Benefits paid back: the advice, and the transfer through the bank."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from gateway.kit.money import AmountError, parse_amount
from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state.claims import Line, new_claims, next_instalments, strangers
from gateway.sandbox.state.core import State
from gateway.sandbox.state.problems import invalid, problem

_SCRIPTED = frozenset({"cent_off", "change_amount", "no_transfer", "unadvised"})
_RETRIES = (0.5, 1, 2, 5, 10, 30, 60)


def advise(state: State, call: Call) -> Answer:
    """POST /sandbox/remittances: pay back what is due for an employer and period.

    Takes ``employer``, ``period``, ``share`` (of the paid workers who get a new claim, 0.03 by default),
    ``unknown_lines`` (persons the mutual does not know, 0 by default), or ``lines`` given whole; ``transfer`` false
    keeps the money back.
    """
    try:
        given = call.json()
        employer, period = str(given["employer"]), str(given["period"])
        lines = list(_given_lines(state, given["lines"])) if given.get("lines") else None
    except (ValueError, KeyError, TypeError, AmountError) as broken:
        return invalid("body", f"expected employer, period and what stands in the documentation: {broken}")
    with state.store.write() as connection:
        if lines is None:
            lines = [
                *next_instalments(connection, employer, period),
                *new_claims(state, connection, employer, period, float(given.get("share", 0.03))),
                *strangers(period, int(given.get("unknown_lines", 0))),
            ]
        if not lines:
            return problem(409, "nothing_to_pay", "no worker of this period has a paid notice, or nobody was drawn")
        row = _keep(state, connection, employer, period, lines, given)
    return Answer(201, describe(state, row))


def _given_lines(state: State, lines: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        yield Line(
            str(line.get("document_type", "C")), str(line["document"]), str(line["benefit"]),
            str(line.get("claim_reference", f"X{number:06d}")),
            parse_amount(line["amount"], state.currency, exact_decimals=True),
            int(line.get("instalment", 1)), int(line.get("of", 1)),
        )  # fmt: skip


def _keep(
    state: State, connection: Any, employer: str, period: str, lines: Sequence[Line], given: Mapping[str, Any]
) -> Any:
    rules = state.fire("remittances", _SCRIPTED, employer=employer, period=period)
    done = {rule.do: rule for rule in rules}
    total = sum(line.minor for line in lines)
    off = sum(int(rule.get("by_minor", 1)) for rule in rules if rule.do in ("cent_off", "change_amount"))
    number = connection.execute("SELECT coalesce(max(number), 0) + 1 AS n FROM remittance").fetchone()["n"]
    now = state.clock.now()
    name = f"S{now:%Y%m}{number:06d}"
    kinds = [
        {
            "benefit": benefit,
            "line_count": sum(1 for line in lines if line.benefit == benefit),
            "minor": sum(line.minor for line in lines if line.benefit == benefit),
        }
        for benefit in sorted({line.benefit for line in lines})
    ]
    account = str(given.get("account") or state.employer(employer)["account"])
    connection.execute(
        "INSERT INTO remittance (number, remittance_id, employer, status, advised_at, line_count, total_minor,"
        " transfer_minor, by_benefit, end_to_end_id, account, is_advised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number, name, employer, "advised", now.isoformat(timespec="milliseconds"), len(lines), total, total - off,
            json.dumps(kinds), f"TSS-{name}", account, "unadvised" not in done,
        ],
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO remittance_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (number, at, x.kind, x.document, x.benefit, x.claim, period, x.minor, x.instalment, x.instalments)
            for at, x in enumerate(lines, start=1)
        ],
    )
    state.store.count("remittances_advised")
    state.store.count("remittance_lines", len(lines))
    if "unadvised" not in done:
        state.tell(
            "remittance.advised", f"msg_remittance_{name}", employer, {"remittance_id": name, "employer": employer}
        )
    if "no_transfer" not in done and given.get("transfer", True):
        state.store.after_commit(lambda: state.errands.after(0, lambda: transfer(state, name)))
    return connection.execute("SELECT * FROM remittance WHERE number = ?", [number]).fetchone()


def describe(state: State, row: Any) -> dict[str, Any]:
    """Write an advice as the contract does."""
    return {
        "remittance_id": row["remittance_id"],
        "employer": row["employer"],
        "currency": state.currency.code,
        "status": row["status"],
        "advised_at": row["advised_at"],
        "paid_on": row["paid_on"],
        "line_count": row["line_count"],
        "total": state.money(row["total_minor"]),
        "by_benefit": [
            {"benefit": kind["benefit"], "line_count": kind["line_count"], "amount": state.money(kind["minor"])}
            for kind in json.loads(row["by_benefit"])
        ],
        "end_to_end_id": row["end_to_end_id"],
        "bank_reference": row["bank_reference"],
        "account": row["account"],
    }


def transfer(state: State, name: str, attempt: int = 0) -> None:
    """Order the transfer at the bank, again if it cannot be reached; the bank knows the end-to-end id."""
    row = state.store.read().execute("SELECT * FROM remittance WHERE remittance_id = ?", [name]).fetchone()
    if row is None or row["status"] == "paid" or not state.options.bank_url:
        return
    order = {
        "account": row["account"], "amount": state.money(row["transfer_minor"]), "currency": state.currency.code,
        "end_to_end_id": row["end_to_end_id"], "debtor_name": "TESORERIA DE LA SEGURIDAD SOCIAL",
        "remittance_information": f"SUBSIDIOS {name}",
    }  # fmt: skip
    try:
        answer = httpx.post(
            f"{state.options.bank_url}/bank/credits", json=order, timeout=10, trust_env=False,
            headers={"Authorization": f"Bearer {state.options.bank_token}"},
        )  # fmt: skip
        answer.raise_for_status()
        booked = answer.json()
    except (httpx.HTTPError, ValueError):
        wait = _RETRIES[min(attempt, len(_RETRIES) - 1)]
        if not math.isinf(wait):
            state.errands.after(wait, lambda: transfer(state, name, attempt + 1))
        return
    with state.store.write() as connection:
        connection.execute(
            "UPDATE remittance SET status = 'paid', paid_on = ?, bank_reference = ? WHERE remittance_id = ?",
            [booked["booked_on"], booked["bank_reference"], name],
        )
        state.store.count("remittances_paid")


def order_transfer(state: State, call: Call) -> Answer:
    """POST /sandbox/remittances/{id}/transfer: send money that was kept back, and advise what was not."""
    name = call.path["remittance_id"]
    with state.store.write() as connection:
        row = connection.execute("SELECT * FROM remittance WHERE remittance_id = ?", [name]).fetchone()
        if row is None:
            return problem(404, "remittance_not_found", "no remittance has this id")
        connection.execute("UPDATE remittance SET is_advised = 1 WHERE remittance_id = ?", [name])
        if not row["is_advised"]:
            state.tell(
                "remittance.advised", f"msg_remittance_{name}", row["employer"],
                {"remittance_id": name, "employer": row["employer"]},
            )  # fmt: skip
        state.store.after_commit(lambda: state.errands.after(0, lambda: transfer(state, name)))
    return Answer(202, describe(state, row))


def take_up(state: State) -> None:
    """After a start: go on with the transfers that were ordered and not made."""
    rows = state.store.read().execute(
        "SELECT remittance_id FROM remittance WHERE status = 'advised' AND is_advised = 1"
    )
    for row in rows.fetchall():
        state.errands.after(0, partial(transfer, state, row["remittance_id"]))
