"""Reads a filing, judges its lines, bills what is accepted, and answers; one filing after the other."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from gateway.sandbox.script import Rule
from gateway.sandbox.state import notices
from gateway.sandbox.state.bill import tariff_of
from gateway.sandbox.state.codes import message
from gateway.sandbox.state.core import VERDICTS, State
from gateway.sandbox.state.judge_dependants import DependantJudge
from gateway.sandbox.state.judge_movements import MovementJudge
from gateway.sandbox.state.judge_payroll import NOTHING, REJECTED, PayrollJudge, Row
from gateway.sandbox.state.layout import LENGTHS, Inspection, inspect, read_details
from gateway.sandbox.state.registers import declared_before, dependants_of, inactive_payrolls, period_id_of
from gateway.sandbox.state.tally import Tally
from gateway.sandbox.state.tampering import forced_verdicts

CHUNK = 10_000
_INSERT_LINE = f"INSERT INTO line VALUES (?{', ?' * 16})"
Judge = Callable[[int, str], Row]


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
    found = inspect(
        path, kind=filing["kind"], employer=filing["employer"], period=filing["period"], lengths=LENGTHS[filing["kind"]]
    )
    code = _whole_file_code(state, filing, found, rules)
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
        line = int(scripted.get("line", 2))
        found.complain(line, 1, "record", "error en una línea: se rechaza el archivo entero")
        return str(scripted.get("code", "PY1"))
    if found.errors:
        return "PY1"
    if state.employer(filing["employer"])["status"] == "inactive":
        return "150"
    is_future = filing["period"] > state.clock.today().strftime("%Y-%m")
    if is_future or filing["period"] < "2003-06" or tariff_of(filing["period"]) is None:
        return "252"
    return None


def _reject_whole(state: State, filing: sqlite3.Row, found: Inspection, code: str) -> None:
    with state.store.write() as connection:
        connection.execute(
            "UPDATE filing SET status = 'rejected', state_status = 'R', code = ?, message = ?, lines = ?, rejected = ?,"
            " errors = ?, answered_at = ? WHERE seq = ?",
            [
                code, message(code), found.details, found.details, json.dumps(found.errors, ensure_ascii=False),
                state.clock.stamp(), filing["seq"],
            ],
        )  # fmt: skip
        state.store.count("filings_answered")
        state.store.count("filings_rejected_whole")
        _tell(state, filing)


def _answer_lines(state: State, filing: sqlite3.Row, found: Inspection, path: Path, rules: Sequence[Rule]) -> None:
    tally = Tally()
    if filing["kind"] == "RD":
        # The register of dependants changes with the verdicts: all in one transaction.
        with state.store.write() as connection:
            judge = DependantJudge(
                connection,
                filing["employer"],
                filing["period"],
                state.register(),
                found.repeated,
                inactive_payrolls(state),
            ).judge
            for chunk in _chunks(_judged(state, filing, found, judge, path, rules)):
                _keep(connection, filing, tally, chunk)
            _finish(state, connection, filing, found, tally, rules)
        return
    period_id = period_id_of(state, filing)
    for chunk in _judged_chunks(state, filing, found, path, period_id, rules):
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


def _judged(
    state: State, filing: sqlite3.Row, found: Inspection, judge: Judge, path: Path, rules: Sequence[Rule]
) -> Iterator[Row]:
    """Judge RD or NV, a scripted rejection before the judge sees the line: he changes the register."""
    forced = forced_verdicts(rules, state.options.seed, found.details)
    at, end = (4, 16) if filing["kind"] == "RD" else (22, 48)
    for number, line in read_details(path):
        kind, document = line[at], line[at + 1 : end].rstrip(" ")
        order = forced(number, document, 0) if forced else None
        if order is None or order[0] == "0":
            yield judge(number, line)
        else:
            yield (number, line[1:4], kind, document, REJECTED, order[0], 0, 0, 0, *NOTHING)


def _judged_chunks(
    state: State, filing: sqlite3.Row, found: Inspection, path: Path, period_id: int, rules: Sequence[Rule]
) -> Iterator[list[Row]]:
    register, inactive = state.register(), inactive_payrolls(state)
    if filing["kind"] == "NV":
        movements = MovementJudge(register, found.repeated, inactive, state.clock.today())
        yield from _chunks(_judged(state, filing, found, movements.judge, path, rules))
        return
    tariff = tariff_of(filing["period"])
    if tariff is None:
        raise RuntimeError(f"no tariff for {filing['period']}")
    judge = PayrollJudge(
        tariff, register, found.repeated, inactive, dependants_of(state, filing["employer"]),
        forced=forced_verdicts(rules, state.options.seed, found.details),
        track=len(found.payrolls) > 1,
        silent=any(rule.do == "change_amount" and rule.get("silent") for rule in rules),
    )  # fmt: skip
    connection = state.store.read()
    known = connection.execute("SELECT 1 FROM declared WHERE period_id = ? LIMIT 1", [period_id]).fetchone()
    for lines in _chunks(read_details(path)):
        declared = declared_before(connection, period_id, filing["seq"], lines) if known else {}
        yield [judge.judge(number, line, declared) for number, line in lines]


def _chunks(things: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(things)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


def _keep(connection: sqlite3.Connection, filing: sqlite3.Row, tally: Tally, chunk: Sequence[Row]) -> None:
    tally.add(chunk)
    connection.executemany(_INSERT_LINE, [(filing["seq"], *row) for row in chunk])


def _finish(
    state: State, connection: sqlite3.Connection, filing: sqlite3.Row, found: Inspection, tally: Tally,
    rules: Sequence[Rule],
) -> None:  # fmt: skip
    if not tally.accepted:
        status, word, code = "rejected", "R", "301"
    elif tally.rejected:
        status, word, code = "partly_accepted", "P", "250"
    else:
        status, word, code = "accepted", "P", "0"
    connection.execute(
        "UPDATE filing SET status = ?, state_status = ?, code = ?, message = ?, lines = ?, accepted = ?, rejected = ?,"
        " declared_minor = ?, accepted_minor = ?, billed_minor = ?, payrolls = ?, answered_at = ? WHERE seq = ?",
        [
            status, word, code, message(code), found.details, tally.accepted, tally.rejected, tally.declared_minor,
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


def _tell(state: State, filing: sqlite3.Row) -> None:
    data = {"filing_id": filing["filing_id"], "employer": filing["employer"], "period": filing["period"]}
    state.tell("filing.answered", f"msg_filing_{filing['filing_id']}", filing["employer"], data)
