"""Reads a filing, judges its lines, bills what is accepted, and answers; one filing after the other."""

import json
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gateway.sandbox.script import Rule
from gateway.sandbox.state import notices
from gateway.sandbox.state.core import VERDICTS, State
from gateway.sandbox.state.dominican import judge_dependants
from gateway.sandbox.state.realm import COLUMNS, REJECTED, Inspection, Row
from gateway.sandbox.state.registers import period_id_of
from gateway.sandbox.state.tally import PayrollBill, Tally

BILLED = """
-- one row per payroll: how many lines of a filing were accepted, and their components
SELECT payroll, count(*), sum(c1), sum(c2), sum(c3), sum(c4), sum(c5), sum(c6), sum(c7)
FROM line WHERE filing_seq = ? AND status <> 1 GROUP BY payroll
"""
_INSERT_LINE = f"INSERT INTO line VALUES (?{', ?' * (9 + COLUMNS)})"


def take_up(state: State) -> None:
    """After a start: forget the halves of what was being done, and do it anew."""
    open_filings = state.store.read().execute(
        "SELECT filing_id, seq FROM filing WHERE answered_at IS NULL AND is_stuck = 0 ORDER BY seq"
    )
    for row in open_filings.fetchall():
        with state.store.write() as connection:
            connection.execute("DELETE FROM line WHERE filing_seq = ?", [row["seq"]])
            connection.execute("DELETE FROM declared WHERE filing_seq = ?", [row["seq"]])
        state.work.after(0, partial(process, state, row["filing_id"]))


def process(state: State, filing_id: str, rules: Sequence[Rule] | None = None) -> None:
    """Answer one filing, as the script wants it."""
    filing = state.store.read().execute("SELECT * FROM filing WHERE filing_id = ?", [filing_id]).fetchone()
    if filing is None or filing["answered_at"]:
        return
    if rules is None:
        rules = state.fire(
            "submit", VERDICTS, filing_id=filing_id, kind=filing["kind"], employer=filing["employer"],
            period=filing["period"], part=filing["part"],
        )  # fmt: skip
        wait = sum(float(rule.get("seconds", 1)) for rule in rules if rule.do == "wait")
        if wait:
            state.work.after(wait, lambda: process(state, filing_id, rules))
            return
    if _is_lost(state, filing, rules):
        return
    with state.store.write() as connection:
        connection.execute("UPDATE filing SET status = 'processing' WHERE filing_id = ?", [filing_id])
    path = state.files / filing_id
    found = state.realm.inspect(
        path,
        kind=filing["kind"],
        employer=filing["employer"],
        period=filing["period"],
        lengths=state.realm.lengths[filing["kind"]],
    )
    found.payrolls = found.payrolls or set(json.loads(filing["payrolls"])) or {"1"}
    code = _whole_file_code(state, filing, found, rules)
    if code is None and state.realm.is_all_or_nothing:
        code = _refuse_for_lines(state, filing, found, path, rules)
    if code:
        _reject_whole(state, filing, found, code)
    else:
        _answer_lines(state, filing, found, path, rules)
    path.unlink(missing_ok=True)


def _is_lost(state: State, filing: sqlite3.Row, rules: Sequence[Rule]) -> bool:
    done = {rule.do: rule for rule in rules}
    if "never_answer" in done:
        with state.store.write() as connection:
            connection.execute("UPDATE filing SET is_stuck = 1 WHERE seq = ?", [filing["seq"]])
        return True
    if "forget_after_ack" in done and done["forget_after_ack"].get("stage", "received") == "received":
        with state.store.write() as connection:
            connection.execute("DELETE FROM filing WHERE seq = ?", [filing["seq"]])
            state.store.count("filings_forgotten")
        (state.files / filing["filing_id"]).unlink(missing_ok=True)
        return True
    return False


def _whole_file_code(state: State, filing: sqlite3.Row, found: Inspection, rules: Sequence[Rule]) -> str | None:
    scripted = next((rule for rule in rules if rule.do == "whole_file"), None)
    if scripted:
        line = int(scripted.get("line", state.realm.first_line))
        found.complain(line, 1, "record", "error en una línea: se rechaza el archivo entero")
        return str(scripted.get("code", state.realm.verdicts.structure))
    if found.errors:
        return state.realm.verdicts.structure
    if state.employer(filing["employer"])["status"] == "inactive":
        return state.realm.verdicts.employer_inactive
    is_future = filing["period"] > state.clock.today().strftime("%Y-%m")
    if is_future or filing["period"] < state.realm.first_period or not state.realm.has_tariff(filing["period"]):
        return state.realm.verdicts.period
    return None


def _reject_whole(state: State, filing: sqlite3.Row, found: Inspection, code: str) -> None:
    with state.store.write() as connection:
        connection.execute(
            "UPDATE filing SET status = 'rejected', state_status = 'R', code = ?, message = ?, lines = ?, rejected = ?,"
            " errors = ?, answered_at = ? WHERE seq = ?",
            [
                code, state.realm.message(code), found.details, found.details, json.dumps(found.errors, ensure_ascii=False),
                state.clock.stamp(), filing["seq"],
            ],
        )  # fmt: skip
        state.store.count("filings_answered")
        state.store.count("filings_rejected_whole")
        state.store.count("lines_rejected", found.details)
        _tell(state, filing)


def _answer_lines(state: State, filing: sqlite3.Row, found: Inspection, path: Path, rules: Sequence[Rule]) -> None:
    tally = Tally()
    if filing["kind"] == "RD":
        # The register of dependants changes with the verdicts: all in one transaction.
        with state.store.write() as connection:
            for chunk in judge_dependants(state, connection, filing, found, path, rules):
                _keep(connection, filing, tally, chunk)
            _finish(state, connection, filing, found, tally, rules)
        return
    period_id = period_id_of(state, filing)
    for chunk in state.realm.judge(state, filing, found, path, rules):
        with state.store.write() as connection:
            _keep(connection, filing, tally, chunk)
            if filing["kind"] != "NV":
                connection.executemany(
                    "INSERT INTO declared VALUES (?, ?, ?, ?, ?)",
                    [
                        (period_id, row[2] + row[3], row[1], row[7], filing["seq"])
                        for row in chunk
                        if row[4] != REJECTED
                    ],
                )
    with state.store.write() as connection:
        _finish(state, connection, filing, found, tally, rules)


def _refuse_for_lines(
    state: State, filing: sqlite3.Row, found: Inspection, path: Path, rules: Sequence[Rule]
) -> str | None:
    """Judge every line before anything is kept: where one is bad, none is taken, and each bad one is named."""
    for chunk in state.realm.judge(state, filing, found, path, rules):
        for row in chunk:
            if row[4] == REJECTED:
                found.complain(row[0], 1, "record", state.realm.message(row[5]), row[5])
    return state.realm.verdicts.none if found.errors else None


def _keep(connection: sqlite3.Connection, filing: sqlite3.Row, tally: Tally, chunk: Sequence[Row]) -> None:
    tally.add(chunk)
    connection.executemany(_INSERT_LINE, [(filing["seq"], *row) for row in chunk])


def _finish(
    state: State, connection: sqlite3.Connection, filing: sqlite3.Row, found: Inspection, tally: Tally,
    rules: Sequence[Rule],
) -> None:  # fmt: skip
    if not tally.accepted:
        status, word, code = "rejected", "R", state.realm.verdicts.none
    elif tally.rejected:
        status, word, code = "partly_accepted", "P", state.realm.verdicts.some
    else:
        status, word, code = "accepted", "P", "0"
    connection.execute(
        "UPDATE filing SET status = ?, state_status = ?, code = ?, message = ?, lines = ?, accepted = ?, rejected = ?,"
        " declared_minor = ?, accepted_minor = ?, billed_minor = ?, payrolls = ?, answered_at = ? WHERE seq = ?",
        [
            status, word, code, state.realm.message(code), found.details, tally.accepted, tally.rejected, tally.declared_minor,
            tally.accepted_minor, tally.billed_minor, json.dumps(sorted(found.payrolls)), state.clock.stamp(),
            filing["seq"],
        ],
    )  # fmt: skip
    state.store.count("filings_answered")
    state.store.count("filings_applied", 1 if tally.accepted else 0)
    state.store.count("lines_accepted", tally.accepted)
    state.store.count("lines_rejected", tally.rejected)
    _tell(state, filing)
    is_forgotten = any(rule.do == "forget_after_ack" and rule.get("stage") == "billed" for rule in rules)
    if not is_forgotten:
        for payroll, bill in sorted(tally.by_payroll.items()):
            notices.bill(state, connection, filing, payroll, bill)


def bill_again(state: State, filing_id: str) -> None:
    """Bill a filing once more, as a state does that takes a repetition for another filing."""
    with state.store.write() as connection:
        filing = connection.execute("SELECT * FROM filing WHERE filing_id = ?", [filing_id]).fetchone()
        sums = connection.execute(BILLED, [filing["seq"]]).fetchall() if filing else ()
        for payroll, count, *components in sums:
            notices.bill(state, connection, filing, payroll, PayrollBill(count, components))


def _tell(state: State, filing: sqlite3.Row) -> None:
    data = {"filing_id": filing["filing_id"], "employer": filing["employer"], "period": filing["period"]}
    state.tell("filing.answered", f"msg_filing_{filing['filing_id']}", filing["employer"], data)
