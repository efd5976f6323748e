"""What the state knows of workers and their families when it judges a file."""

import json
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.sandbox.state.core import State


def declared_before(
    connection: sqlite3.Connection, period_id: int, filing_seq: int, persons: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Return what earlier files of the period declared of these workers: payrolls and wages by person.

    What this very file declared so far stands in the judge's own running sums.
    """
    # json_each goes first: else SQLite walks the whole period for each of the workers.
    found: dict[str, list[tuple[str, int]]] = {}
    for row in connection.execute(
        "SELECT person, payroll, wage_minor FROM json_each(?) CROSS JOIN declared"
        " ON period_id = ? AND person = json_each.value AND filing_seq <> ?",
        [json.dumps(list(persons)), period_id, filing_seq],
    ):
        found.setdefault(row["person"], []).append((row["payroll"], row["wage_minor"]))
    return found


def dependants_of(state: "State", employer: str) -> dict[str, int]:
    """Return how many additional dependants each holder has, by payroll key and document."""
    rows = state.store.read().execute(
        "SELECT payroll || holder AS holder, count(*) AS n FROM dependant WHERE employer = ? AND ended IS NULL"
        " GROUP BY payroll, holder",
        [employer],
    )
    return {row["holder"]: row["n"] for row in rows}


def inactive_payrolls(state: "State") -> set[str]:
    """Return the payroll keys that were scripted away."""
    return {row["payroll"] for row in state.store.read().execute("SELECT payroll FROM inactive_payroll")}


def period_id_of(state: "State", filing: sqlite3.Row) -> int:
    """Return the number under which an employer's month is kept."""
    with state.store.write() as connection:
        key = [filing["employer"], filing["period"]]
        connection.execute("INSERT OR IGNORE INTO employer_period (employer, period) VALUES (?, ?)", key)
        row = connection.execute("SELECT id FROM employer_period WHERE employer = ? AND period = ?", key).fetchone()
        return int(row["id"])
