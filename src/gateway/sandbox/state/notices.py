"""Payment notices: one for each payroll, employer and period, recalculated while it is unpaid."""

import datetime as dt
import json
import sqlite3
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state.core import State
from gateway.sandbox.state.problems import invalid, problem
from gateway.sandbox.state.tally import PayrollBill

_SPOILED = frozenset({"cent_off", "change_amount"})


def bill(state: State, connection: sqlite3.Connection, filing: sqlite3.Row, payroll: str, added: PayrollBill) -> None:
    """Add what a filing owes to the unpaid notice, or issue a notice if there is none."""
    facts = {"employer": filing["employer"], "period": filing["period"], "payroll": payroll}
    off = sum(
        int(rule.get("by_minor", 1)) for rule in state.fire("notices", _SPOILED, filing_id=filing["filing_id"], **facts)
    )
    amount = sum(added.components)
    current = connection.execute(
        "SELECT * FROM notice WHERE employer = ? AND period = ? AND payroll = ? AND status = 'open'"
        " AND reference NOT IN (SELECT reference FROM payment WHERE status = 'received') ORDER BY number DESC LIMIT 1",
        [filing["employer"], filing["period"], payroll],
    ).fetchone()
    if current:
        sums = [a + b for a, b in zip(json.loads(current["components"]), added.components, strict=True)]
        connection.execute(
            "UPDATE notice SET version = version + 1, is_recalculated = 1, line_count = line_count + ?, components = ?,"
            " off_minor = off_minor + ? WHERE reference = ?",
            [added.line_count, json.dumps(sums), off, current["reference"]],
        )
        reference = str(current["reference"])
        state.store.count("notices_recalculated")
    else:
        reference = _issue(state, connection, facts, added.line_count, added.components, off)
    connection.execute(
        "INSERT INTO notice_filing VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET line_count = line_count + excluded.line_count,"
        " amount_minor = amount_minor + excluded.amount_minor",
        [reference, filing["filing_id"], added.line_count, amount],
    )
    _charge_lateness(state, connection, reference)
    _tell(state, connection, reference)


def _issue(
    state: State, connection: sqlite3.Connection, facts: dict[str, Any], lines: int, components: list[int], off: int,
    replaces: str | None = None,
) -> str:  # fmt: skip
    number = connection.execute("SELECT coalesce(max(number), 0) + 1 AS n FROM notice").fetchone()["n"]
    period = facts["period"]
    reference = state.realm.notice_reference(period, number)
    connection.execute(
        "INSERT INTO notice (number, reference, replaces, employer, period, payroll, issued_on, due_on, line_count,"
        " components, off_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number, reference, replaces, facts["employer"], period, facts["payroll"], state.clock.today().isoformat(),
            state.realm.due_day(period).isoformat(), lines, json.dumps(components), off,
        ],
    )  # fmt: skip
    state.store.count("notices_issued")
    return reference


def reissue(state: State, reference: str) -> str | None:
    """Cancel an unpaid notice and put the same under a new number; return that number."""
    with state.store.write() as connection:
        row = _row(connection, reference)
        if row is None or row["status"] != "open":
            return None
        new = _issue(
            state, connection, dict(row), row["line_count"], json.loads(row["components"]), row["off_minor"], reference
        )
        connection.execute(
            "UPDATE notice SET status = 'cancelled', replaced_by = ? WHERE reference = ?", [new, reference]
        )
        connection.execute(
            "INSERT INTO notice_filing SELECT ?, filing_id, line_count, amount_minor FROM notice_filing"
            " WHERE reference = ?",
            [new, reference],
        )
        _charge_lateness(state, connection, new)
        _tell(state, connection, new)
        return new


def charge_lateness(state: State) -> None:
    """Bring the surcharges of every unpaid notice up to the business date."""
    today = state.clock.today().isoformat()
    late = state.store.read().execute("SELECT reference FROM notice WHERE status = 'open' AND due_on < ?", [today])
    for row in late.fetchall():
        with state.store.write() as connection:
            if _charge_lateness(state, connection, row["reference"]):
                connection.execute("UPDATE notice SET version = version + 1 WHERE reference = ?", [row["reference"]])
                _tell(state, connection, row["reference"])


def _charge_lateness(state: State, connection: sqlite3.Connection, reference: str) -> bool:
    row = _row(connection, reference)
    if row is None or not state.options.has_surcharges:
        return False
    due = state.realm.lateness(
        sum(json.loads(row["components"])), dt.date.fromisoformat(row["due_on"]), state.clock.today()
    )
    if due == row["surcharge_minor"]:
        return False
    connection.execute("UPDATE notice SET surcharge_minor = ? WHERE reference = ?", [due, reference])
    return True


def _row(connection: sqlite3.Connection, reference: str) -> Any:
    return connection.execute("SELECT * FROM notice WHERE reference = ?", [reference]).fetchone()


def total(row: sqlite3.Row) -> int:
    """Return what is to be paid for a notice, in centavos."""
    return int(sum(json.loads(row["components"])) + row["surcharge_minor"] + row["off_minor"])


def _tell(state: State, connection: sqlite3.Connection, reference: str) -> None:
    row = _row(connection, reference)
    state.tell(
        "notice.issued", f"msg_notice_{reference}_{row['version']}", row["employer"],
        {"reference": reference, "employer": row["employer"], "period": row["period"]},
    )  # fmt: skip


def status_of(state: State, row: sqlite3.Row) -> str:
    """Return the contract's word for where a notice stands today."""
    if row["status"] != "open":
        return str(row["status"])
    if row["due_on"] < state.clock.today().isoformat():
        return "overdue"
    return "recalculated" if row["is_recalculated"] else "current"


def describe(state: State, row: sqlite3.Row) -> dict[str, Any]:
    """Write a notice as the contract does. A scripted cent stands where nobody expects it."""
    amounts = json.loads(row["components"])
    amounts[state.realm.spoiled] += row["off_minor"]
    components = dict(zip(state.realm.components, amounts, strict=False))
    components |= {**dict.fromkeys(state.realm.late, 0), state.realm.late[0]: row["surcharge_minor"]}
    filings = state.store.read().execute(
        "SELECT n.* FROM notice_filing n JOIN filing f USING (filing_id) WHERE reference = ? ORDER BY f.seq",
        [row["reference"]],
    )
    return {
        "reference": row["reference"],
        "version": row["version"],
        "replaces": row["replaces"],
        "replaced_by": row["replaced_by"],
        "employer": row["employer"],
        "period": row["period"],
        "payroll": row["payroll"],
        "status": status_of(state, row),
        "issued_on": row["issued_on"],
        "due_on": row["due_on"],
        "currency": state.currency.code,
        "line_count": row["line_count"],
        "components": [{"code": code, "amount": state.money(minor)} for code, minor in components.items()],
        "total": state.money(total(row)),
        "filings": [
            {"filing_id": one["filing_id"], "line_count": one["line_count"], "amount": state.money(one["amount_minor"])}
            for one in filings
        ],
        "paid": state.money(row["paid_minor"]),
    }


def list_notices(state: State, call: Call) -> Answer:
    """GET /notices."""
    query = call.query
    if not query.get("employer") or len(query["employer"]) > 32:
        return invalid("employer", "say whose notices")
    period = query.get("period", "")
    if len(period) != 7 or not (period[:4] + period[5:]).isdecimal() or not "01" <= period[5:] <= "12":
        return invalid("period", "expected YYYY-MM")
    if query.get("payroll") == "" or len(query.get("payroll", "")) > 16:
        return invalid("payroll", "expected 1 to 16 characters")
    rows = _listed(state, query)
    if any(row["status"] == "open" for row in rows):
        for _rule in state.fire("notices", frozenset({"new_reference"}), **query):
            reissue(state, next(row["reference"] for row in rows if row["status"] == "open"))
            rows = _listed(state, query)
    return Answer(
        body={"employer": query["employer"], "period": period, "notices": [describe(state, row) for row in rows]}
    )


def _listed(state: State, query: Any) -> list[Any]:
    charge_lateness(state)
    return (
        state.store.read()
        .execute(
            "SELECT * FROM notice WHERE employer = ? AND period = ? AND (? IS NULL OR payroll = ?)"
            " ORDER BY number DESC",
            [query["employer"], query["period"], query.get("payroll"), query.get("payroll")],
        )
        .fetchall()
    )


def get_notice(state: State, call: Call) -> Answer:
    """GET /notices/{reference}."""
    charge_lateness(state)
    row = _row(state.store.read(), call.path["reference"])
    if row is None:
        return problem(404, "notice_not_found", "no notice has this reference")
    return Answer(body=describe(state, row))
