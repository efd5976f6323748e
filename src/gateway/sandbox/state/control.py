"""/sandbox: what tests and the demo tell the state, and what they may see of it."""

import datetime as dt
import re
from typing import Any

from gateway.sandbox.answering import Answer, Call, read_rules
from gateway.sandbox.script import ScriptError
from gateway.sandbox.state import notices
from gateway.sandbox.state.core import State
from gateway.sandbox.state.identity import LISTS
from gateway.sandbox.state.problems import invalid, problem

SUMS = """
-- one row: what the state holds, in centavos
SELECT (SELECT coalesce(sum(billed_minor), 0) FROM filing) AS billed,
       (SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE status = 'confirmed') AS paid,
       (SELECT coalesce(sum(total_minor), 0) FROM remittance) AS remitted
"""
_EMPLOYER_COLUMNS = ("status", "account", "callback_url", "callback_secret")


def put_script(state: State, call: Call) -> Answer:
    """PUT /sandbox/script: replace the rules."""
    try:
        state.script.set(read_rules(call.json()))
    except (ScriptError, ValueError, TypeError, AttributeError) as broken:
        return invalid("rules", str(broken))
    return get_script(state, call)


def add_rules(state: State, call: Call) -> Answer:
    """POST /sandbox/script: add rules after those in force."""
    try:
        state.script.add(read_rules(call.json()))
    except (ScriptError, ValueError, TypeError, AttributeError) as broken:
        return invalid("rules", str(broken))
    return get_script(state, call)


def get_script(state: State, _call: Call) -> Answer:
    """GET /sandbox/script: the rules, and how often each was followed."""
    return Answer(body={"rules": state.script.describe()})


def put_date(state: State, call: Call) -> Answer:
    """PUT /sandbox/date: set the business date."""
    try:
        day = dt.date.fromisoformat(call.json()["date"])
    except (ValueError, KeyError, TypeError) as broken:
        return invalid("date", f"expected YYYY-MM-DD: {broken}")
    state.clock.set(day)
    notices.charge_lateness(state)
    return Answer(body={"date": day.isoformat()})


def get_effects(state: State, _call: Call) -> Answer:
    """GET /sandbox/effects: what happened, counted and summed; zero for what never did."""
    names = (
        "filings_received", "filings_repeated", "filings_answered", "filings_applied", "filings_rejected_whole",
        "filings_forgotten", "submissions_refused", "lines_accepted", "lines_rejected", "notices_issued",
        "notices_recalculated", "notices_paid", "payments_received", "payments_confirmed", "payments_refused",
        "remittances_advised", "remittances_paid", "remittance_lines", "callbacks_sent", "callbacks_taken",
    )  # fmt: skip
    sums = state.store.read().execute(SUMS).fetchone()
    return Answer(
        body={
            **dict.fromkeys(names, 0),
            **state.store.effects(),
            **{f"{name}_minor": sums[name] for name in ("billed", "paid", "remitted")},
        }
    )


def get_state(state: State, _call: Call) -> Answer:
    """GET /sandbox/state: everything but the lines."""
    connection = state.store.read()
    return Answer(
        body={
            "date": state.clock.today().isoformat(),
            "is_idle": is_idle(state),
            "filings": [_plain(row) for row in connection.execute("SELECT * FROM filing ORDER BY seq")],
            "notices": [
                {**_plain(row), "total": state.money(notices.total(row)), "status_today": notices.status_of(state, row)}
                for row in connection.execute("SELECT * FROM notice ORDER BY number").fetchall()
            ],
            "payments": [_plain(row) for row in connection.execute("SELECT * FROM payment ORDER BY number")],
            "remittances": [_plain(row) for row in connection.execute("SELECT * FROM remittance ORDER BY number")],
            "dependants": connection.execute("SELECT count(*) AS n FROM dependant WHERE ended IS NULL").fetchone()["n"],
            "employers": [_plain(row) for row in connection.execute("SELECT number, status, account FROM employer")],
        }
    )


def _plain(row: Any) -> dict[str, Any]:
    return dict(row)


def is_idle(state: State) -> bool:
    """Tell whether nothing is being done, confirmed or told."""
    return state.work.idle() and state.errands.idle() and state.callbacks.idle()


def put_register(state: State, call: Call) -> Answer:
    """PUT /sandbox/register: what the state wrongly or rightly believes of persons and payrolls.

    Takes lists of documents by name (``not_registered``, ``nss_of_nobody``, ``active_elsewhere``, ``working``,
    ``not_in_family``, ``not_active``) and ``inactive_payrolls``; a list given replaces the one before.
    """
    given = call.json() if call.body else {}
    unknown = set(given) - {*LISTS, "inactive_payrolls"}
    if unknown:
        return invalid("body", f"{sorted(unknown)} is not known; expected {[*LISTS, 'inactive_payrolls']}")
    with state.store.write() as connection:
        for name, documents in given.items():
            if name == "inactive_payrolls":
                connection.execute("DELETE FROM inactive_payroll")
                connection.executemany("INSERT INTO inactive_payroll VALUES (?)", [(one,) for one in documents])
                continue
            connection.execute("DELETE FROM scripted_person WHERE list = ?", [name])
            connection.executemany(
                "INSERT OR IGNORE INTO scripted_person VALUES (?, ?)",
                [(name, re.sub("[^A-Z0-9]", "", str(document))) for document in documents],
            )
    return Answer(body={name: len(documents) for name, documents in given.items()})


def put_employers(state: State, call: Call) -> Answer:
    """PUT /sandbox/employers: by number, ``status`` (active, inactive, unknown), ``account``, where to call back."""
    given = call.json() if call.body else {}
    with state.store.write() as connection:
        for number, known in given.items():
            values = [known.get(column) for column in _EMPLOYER_COLUMNS]
            connection.execute(
                "INSERT OR REPLACE INTO employer (number, status, account, callback_url, callback_secret)"
                " VALUES (?, coalesce(?, 'active'), ?, ?, ?)",
                [number, *values],
            )
    return Answer(body={"employers": len(given)})


def reissue_notice(state: State, call: Call) -> Answer:
    """POST /sandbox/notices/{reference}/reissue: the same under a new number."""
    new = notices.reissue(state, call.path["reference"])
    if new is None:
        return problem(404, "notice_not_found", "no unpaid notice has this reference")
    return Answer(201, {"reference": new})
