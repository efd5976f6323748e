"""Run what was asked for, print the table, keep the figures."""

import argparse
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks import limits
from benchmarks.figure import Figure, table
from benchmarks.months import Months
from benchmarks.place import Counter, fresh_database, machine, server
from benchmarks.state import running_state
from benchmarks.town import MONTHS, TODAY, Town
from gateway.kit.db import Database

USUAL_ROWS = 60_000


@contextlib.contextmanager
def _town(address: str, rows: int) -> Iterator[tuple[Town, Counter]]:
    with fresh_database(address, "gateway_bench") as url:
        database = Database(url)
        try:
            counter = Counter(database)
            yield Town(database, rows), counter
        finally:
            database.close()


def _months(address: str, rows: int, repeat: int) -> list[Figure]:
    with (
        fresh_database(address, "gateway_limits", migrated=False) as bare_url,
        psycopg.connect(bare_url) as bare,
        running_state(TODAY.isoformat()) as sandbox,
        _town(address, rows) as (place, counter),
    ):
        limits.prepare(bare, rows)
        months = Months(place, bare, sandbox, counter)
        for number, period in enumerate(MONTHS[:repeat], 1):
            months.run(period, number)
            print(f"round {number}: " + ", ".join(f"{name} {took[-1]:.2f}" for name, took in months.seconds.items()), flush=True)
        return months.figures()


def main(arguments: list[str]) -> int:
    """Measure; return 0 whatever the figures say, they are for people."""
    asked = _options().parse_args(arguments)
    address = server()
    facts = machine(address)
    figures = _months(address, asked.rows, asked.repeat)
    print(table(figures))
    if asked.json:
        asked.json.write_text(json.dumps({"machine": facts, "figures": [one.as_json() for one in figures]}, indent=1))
    return 0


def _options() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="python3 run.py bench", description="Each figure beside its limit.")
    known.add_argument("--rows", type=int, default=USUAL_ROWS)
    known.add_argument("--repeat", type=int, default=3)
    known.add_argument("--json", type=Path)
    return known
