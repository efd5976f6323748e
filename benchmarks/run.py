"""Run what was asked for, print the table, keep the figures."""

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from benchmarks import child, files, limits, over_http, pages, selfcheck
from benchmarks.figure import Figure, table
from benchmarks.months import PARTS as STEPS
from benchmarks.months import Months
from benchmarks.place import Counter, fresh_database, machine, server
from benchmarks.state import running_state
from benchmarks.town import ACTOR, MONTHS, TODAY, Town
from gateway.contributions.assess import assess_period
from gateway.kit.db import Database
from gateway.kit.loading import uncollected

USUAL_ROWS = 60_000
MOST_STATEMENT_LINES = 60_000
MOST_MEBIBYTES = 512
PARTS = ("months", "memory", "http", "selfcheck", "members", "statement", "pages", "tss")
PER_LINE = ("receipts", "filing", "answer", "benefits")


@contextlib.contextmanager
def _town(address: str, rows: int) -> Iterator[tuple[Town, Counter]]:
    with fresh_database(address, "gateway_bench") as url:
        database = Database(url)
        try:
            counter = Counter(database)
            yield Town(database, rows), counter
        finally:
            database.close()


def _measure(
    address: str,
    rows: int,
    repeat: int,
    parts: frozenset[str],
    seconds: float,
    is_profiled: bool,
    keep: Callable[[list[Figure]], None] = lambda _figures: None,
) -> list[Figure]:
    """Measure the parts asked for, all in one town; ``keep`` is told what is known after each of them."""
    figures: list[Figure] = []
    steps = [step for step in STEPS if step in parts]
    with (
        fresh_database(address, "gateway_limits", migrated=False) as bare_url,
        psycopg.connect(bare_url) as bare,
        running_state(TODAY.isoformat()) as sandbox,
        _town(address, rows) as (place, counter),
    ):
        limits.prepare(bare, rows)
        if parts & {"months", "pages"} or steps:
            until = STEPS[-1] if parts & {"months", "pages"} else steps[-1]
            months = Months(place, bare, sandbox, counter, until)
            for number, period in enumerate(MONTHS[:repeat], 1):
                months.run(period, number)
                keep(months.figures())
                _say(f"{rows:,} members, month {number}: {months.last()}")
                if is_profiled:
                    _say(counter.slowest())
            if "months" in parts or steps:
                figures += months.figures()
        if "memory" in parts:
            figures.append(_memory(place))
            _say("memory measured")
            keep(figures)
        if "http" in parts:
            figures += over_http.measure(place, bare_url, repeat=repeat, seconds=seconds)
            _say("requests measured")
            keep(figures)
        if "selfcheck" in parts:
            figures += selfcheck.measure(place, bare_url, repeat=repeat, seconds=seconds)
            _say("members' own looks measured")
            keep(figures)
        if "members" in parts:
            figures.append(files.measure_members(place, bare, repeat))
            _say("members measured")
            keep(figures)
        if "statement" in parts:
            figures += files.measure_statement(place, min(rows, MOST_STATEMENT_LINES))
            _say("statement measured")
            keep(figures)
        if "pages" in parts:
            figures.append(pages.measure(place))
            _say("the office's pages measured")
            keep(figures)
    if "tss" in parts:
        figures += files.measure_tss(rows, repeat)
    return figures


def _memory(place: Town) -> Figure:
    period = MONTHS[-1]
    with place.database.session(1) as session:
        assess_period(session, payroll_id=place.payroll_id, period=period, actor=ACTOR)
    place.pay_in(period, place.receipts_file(period))
    told = child.run("filing", place.database.url, place.payroll_id, period)
    if told["lines"] != place.rows:
        raise AssertionError(f"{told['lines']} of {place.rows} lines were sealed")
    what = f"resident peak of a process that prepares, seals and streams a filing of {place.rows:,} lines"
    peak = told["peak_mebibytes"]
    return Figure("memory", what, "MiB", peak, MOST_MEBIBYTES, peak / MOST_MEBIBYTES, 1.0, detail=told)


def _growth(small: list[Figure], large: list[Figure], small_rows: int, large_rows: int) -> Iterator[Figure]:
    """Compare the cost of a line among many with that among few."""
    before = {figure.name: figure for figure in small}
    for figure in large:
        if figure.name in PER_LINE and figure.name in before:
            few, many = before[figure.name].ours / small_rows * 1e6, figure.ours / large_rows * 1e6
            what = f"microseconds a line at {large_rows:,}, against {small_rows:,}: {figure.name}"
            yield Figure(f"growth_{figure.name}", what, "µs", many, few, many / few, 1.3)


def main(arguments: list[str]) -> int:
    """Measure; return 0 whatever the figures say, they are for people."""
    asked = _options().parse_args(arguments)
    # Asked to end, it ends as from the keyboard: databases are dropped, processes stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parts = frozenset(asked.only or PARTS)
    # As every process of the gateway begins.
    with uncollected():
        address = server()
    facts = machine(address)
    small: list[Figure] = []

    def keep(figures: list[Figure], *, is_complete: bool = False) -> None:
        """Write what is known so far: a run of hours that is ended early has told something."""
        if asked.json:
            told = {"machine": facts, "rows": asked.rows, "is_complete": is_complete}
            listed = {"small": [one.as_json() for one in small], "figures": [one.as_json() for one in figures]}
            text = json.dumps({**told, **listed}, indent=1, ensure_ascii=False)
            asked.json.write_text(text + "\n", encoding="utf-8")

    options = (asked.seconds, asked.profile)
    in_months = parts & {"months", *STEPS}
    if asked.rows > USUAL_ROWS and in_months:
        small = _measure(address, USUAL_ROWS, asked.repeat, in_months, *options)
    figures = _measure(address, asked.rows, asked.repeat, parts, *options, keep)
    figures += _growth(small, figures, USUAL_ROWS, asked.rows)
    keep(figures, is_complete=True)
    print(table(figures))
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parts(text: str) -> list[str]:
    """Read a list of parts, of the benchmark or of a month."""
    named = [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in (*PARTS, *STEPS):
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join((*PARTS, *STEPS))}")
    return named


def _options() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="python3 run.py bench", description="Each figure beside its limit.")
    known.add_argument("--rows", type=int, default=USUAL_ROWS, help="members of the town; 60000 or 1000000")
    known.add_argument("--repeat", type=int, default=3, choices=range(1, len(MONTHS)), help="rounds of each figure")
    known.add_argument(
        "--only",
        action="extend",
        type=_parts,
        metavar="PARTS",
        help=f"some of {', '.join(PARTS)}; of the months {', '.join(STEPS)}; with commas, or given again",
    )
    known.add_argument("--seconds", type=float, default=over_http.SECONDS, help="of each load over HTTP")
    known.add_argument("--profile", action="store_true", help="say which statements took longest")
    known.add_argument("--json", type=Path, help="file to write each figure to as it is known")
    return known
