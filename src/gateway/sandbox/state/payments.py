"""What the bank says was paid for a notice, and what the state makes of it."""

import datetime as dt
from functools import partial
from typing import Any

from gateway.kit.money import AmountError, parse_amount
from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state import notices
from gateway.sandbox.state.core import State
from gateway.sandbox.state.problems import invalid, problem

_SCRIPTED = frozenset({"wait", "refuse", "cent_off", "never_answer"})


def receive_payment(state: State, call: Call) -> Answer:
    """POST /sandbox/payments: the bank announces a payment. The same authorisation is the same payment."""
    try:
        given = call.json()
        amount = parse_amount(given["amount"], state.currency, exact_decimals=True)
        paid_on = dt.date.fromisoformat(given["paid_on"])
        reference, authorisation = str(given["reference"]), str(given["authorisation"])
    except (ValueError, KeyError, TypeError, AmountError) as broken:
        return invalid("body", f"expected reference, amount, currency, paid_on, authorisation: {broken}")
    notices.charge_lateness(state)
    with state.store.write() as connection:
        known = connection.execute("SELECT * FROM payment WHERE authorisation = ?", [authorisation]).fetchone()
        if known:
            return Answer(body=_describe(state, known))
        notice = connection.execute("SELECT * FROM notice WHERE reference = ?", [reference]).fetchone()
        if notice is None:
            return problem(404, "notice_not_found", f"no notice has the reference {reference}")
        rules = state.fire("payments", _SCRIPTED, reference=reference, employer=notice["employer"])
        reason = _refusal(state, connection, notice, amount) or ("scripted" if _has(rules, "refuse") else None)
        kept = amount - sum(int(rule.get("by_minor", 1)) for rule in rules if rule.do == "cent_off")
        connection.execute(
            "INSERT INTO payment (reference, amount_minor, paid_on, authorisation, status, reason)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [reference, kept, paid_on.isoformat(), authorisation, "refused" if reason else "received", reason],
        )
        state.store.count("payments_refused" if reason else "payments_received")
        row = connection.execute("SELECT * FROM payment WHERE authorisation = ?", [authorisation]).fetchone()
        if not reason and not _has(rules, "never_answer"):
            wait = state.options.confirm_delay + sum(
                float(rule.get("seconds", 1)) for rule in rules if rule.do == "wait"
            )
            state.store.after_commit(lambda: state.errands.after(wait, lambda: confirm(state, authorisation)))
    return Answer(201, _describe(state, row))


def _has(rules: list[Any], do: str) -> bool:
    return any(rule.do == do for rule in rules)


def _refusal(state: State, connection: Any, notice: Any, amount: int) -> str | None:
    if notice["status"] != "open":
        return f"the notice is {notice['status']}"
    waiting = connection.execute(
        "SELECT 1 FROM payment WHERE reference = ? AND status = 'received'", [notice["reference"]]
    ).fetchone()
    if waiting:
        return "a payment of this notice is on its way"
    if amount != notices.total(notice):
        return f"exactly {state.money(notices.total(notice))} is to be paid"
    return None


def _describe(state: State, row: Any) -> dict[str, Any]:
    return {
        "payment_id": f"P{row['number']:010d}",
        "amount": state.money(row["amount_minor"]),
        "currency": state.currency.code,
        "paid_on": row["paid_on"],
        "authorisation": row["authorisation"],
        "status": row["status"],
        "confirmed_at": row["confirmed_at"],
        "reason": row["reason"],
    }


def take_up(state: State) -> None:
    """After a start: confirm what was received and not confirmed."""
    rows = state.store.read().execute("SELECT authorisation FROM payment WHERE status = 'received'")
    for row in rows.fetchall():
        state.errands.after(0, partial(confirm, state, row["authorisation"]))


def confirm(state: State, authorisation: str) -> None:
    """Book a payment that was received; the notice is paid from now on."""
    with state.store.write() as connection:
        row = connection.execute("SELECT * FROM payment WHERE authorisation = ?", [authorisation]).fetchone()
        if row is None or row["status"] != "received":
            return
        connection.execute(
            "UPDATE payment SET status = 'confirmed', confirmed_at = ? WHERE authorisation = ?",
            [state.clock.stamp(), authorisation],
        )
        connection.execute(
            "UPDATE notice SET status = 'paid', paid_minor = ? WHERE reference = ?",
            [row["amount_minor"], row["reference"]],
        )
        notice = connection.execute("SELECT * FROM notice WHERE reference = ?", [row["reference"]]).fetchone()
        state.store.count("payments_confirmed")
        state.store.count("notices_paid")
        state.tell(
            "notice.paid", f"msg_paid_{row['reference']}_{row['number']}", notice["employer"],
            {"reference": row["reference"], "employer": notice["employer"], "period": notice["period"]},
        )  # fmt: skip


def list_payments(state: State, call: Call) -> Answer:
    """GET /notices/{reference}/payments."""
    notices.charge_lateness(state)
    connection = state.store.read()
    notice = connection.execute("SELECT * FROM notice WHERE reference = ?", [call.path["reference"]]).fetchone()
    if notice is None:
        return problem(404, "notice_not_found", "no notice has this reference")
    rows = connection.execute("SELECT * FROM payment WHERE reference = ? ORDER BY number", [notice["reference"]])
    return Answer(
        body={
            "reference": notice["reference"],
            "employer": notice["employer"],
            "period": notice["period"],
            "status": notices.status_of(state, notice),
            "currency": state.currency.code,
            "total": state.money(notices.total(notice)),
            "paid": state.money(notice["paid_minor"]),
            "payments": [_describe(state, row) for row in rows],
        }
    )
