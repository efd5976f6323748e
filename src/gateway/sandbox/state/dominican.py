"""The Dominican treasury as a realm: its layouts, codes, tariff and days."""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.kit.money import currency_of
from gateway.sandbox.script import Rule
from gateway.sandbox.state.bill import ALL_COMPONENTS, surcharge, tariff_of
from gateway.sandbox.state.codes import CHANGED, MESSAGES
from gateway.sandbox.state.judge_dependants import DependantJudge
from gateway.sandbox.state.judge_movements import MovementJudge
from gateway.sandbox.state.judge_payroll import PayrollJudge
from gateway.sandbox.state.layout import BLOCK, EDITIONS, LENGTHS, allowed_lengths, inspect, read_details
from gateway.sandbox.state.realm import NOTHING, REJECTED, Inspection, Realm, Row, Verdicts
from gateway.sandbox.state.registers import declared_before, dependants_of, inactive_payrolls, period_id_of
from gateway.sandbox.state.tampering import forced_verdicts
from gateway.sandbox.working_days import due_day

if TYPE_CHECKING:
    from gateway.sandbox.state.core import State

CHUNK = 10_000
Judge = Callable[[int, str], Row]


def judge_dependants(
    state: "State", connection: sqlite3.Connection, filing: sqlite3.Row, found: Inspection, path: Path,
    rules: Sequence[Rule],
) -> Iterator[list[Row]]:  # fmt: skip
    """Judge a file of dependants inside the transaction in which the register changes."""
    judge = DependantJudge(
        connection, filing["employer"], filing["period"], state.register(), found.repeated, inactive_payrolls(state)
    ).judge
    yield from _chunks(_judged(state, filing, found, judge, path, rules))


def _judged(
    state: "State", filing: sqlite3.Row, found: Inspection, judge: Judge, path: Path, rules: Sequence[Rule]
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


def _judge(
    state: "State", filing: sqlite3.Row, found: Inspection, path: Path, rules: Sequence[Rule]
) -> Iterator[list[Row]]:
    register, inactive, period_id = state.register(), inactive_payrolls(state), period_id_of(state, filing)
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
        persons = [line[4] + line[5:30].rstrip(" ") for _, line in lines]
        declared = declared_before(connection, period_id, filing["seq"], persons) if known else {}
        yield [judge.judge(number, line, declared) for number, line in lines]


def _chunks(things: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(things)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


DOMINICAN = Realm(
    country="do",
    currency=currency_of("DOP"),
    zone=dt.timezone(dt.timedelta(hours=-4)),
    lengths=LENGTHS,
    editions=EDITIONS,
    max_bytes=999_999 * (312 + 3 * BLOCK + 2),
    employer=re.compile("[0-9]{9}|[0-9]{11}"),
    employer_words="9 or 11 digits",
    components=ALL_COMPONENTS,
    late=("surcharges", "interest", "adjustments", "credits"),
    spoiled=ALL_COMPONENTS.index("pension_employer"),
    messages=MESSAGES,
    changed=CHANGED,
    verdicts=Verdicts(structure="PY1", employer_inactive="150", period="252", some="250", none="301"),
    first_period="2003-06",
    first_line=2,
    is_all_or_nothing=False,
    undated=frozenset({"RD"}),
    has_tariff=lambda period: tariff_of(period) is not None,
    due_day=due_day,
    lateness=surcharge,
    notice_reference=lambda period, number: f"{period[5:]}{period[:4]}{number:010d}",
    inspect=inspect,
    judge=_judge,
    allowed_lengths=allowed_lengths,
)
