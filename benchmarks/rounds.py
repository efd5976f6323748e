"""A collector's round at its largest: the package of every member of a mutual, and a batch of a thousand receipts.

``python -m benchmarks.rounds --rows 60000`` runs it by itself; figures are seconds without a limit to hold them against.
"""

import argparse
import contextlib
import datetime as dt
import statistics
import sys
import time
import uuid

import psycopg

from benchmarks.matching import TOWN
from benchmarks.place import fresh_database, server
from gateway.cash.package import round_package
from gateway.cash.receive_round import Booked, receive_round
from gateway.cash.start_round import start_round
from gateway.cash.states import TillKind
from gateway.cash.tills import register_till
from gateway.contributions.blocks import numbers_of
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.accounts import open_for_owners

TODAY = dt.date(2026, 3, 20)
BATCH = 1_000
ABEL, ROSA, BAG = "staff:abel", "staff:rosa", "cash:ruta-1"
COLLECTOR = """
INSERT INTO staff_user (username, full_name, roles, language, password_hash) VALUES ('rosa', 'Rosa', '{collector}', 'es', 'x')
"""
ROUTE = (
    "INSERT INTO route_member (till_id, member_id, changed_by) SELECT :till, id, 'staff:abel' FROM member ORDER BY id"
)


def measure(address: str, rows: int, repeat: int) -> dict[str, float]:
    """Return the median seconds of making the package, of booking a batch, and of the same batch sent again."""
    took: dict[str, list[float]] = {"package": [], "batch": [], "again": []}
    with fresh_database(address, "gateway_bench") as url, contextlib.closing(Database(url)) as database:
        _settle(database, url, rows)
        with database.session(1) as session:
            number = start_round(
                session,
                collector="rosa",
                till_code=BAG,
                period=Period(2026, 3),
                float_minor=0,
                float_from=None,
                receipt_count=repeat * BATCH,
                actor=ABEL,
                today=TODAY,
            )
            free = [paper for paper, is_used in numbers_of(session, number.block_id) if not is_used]
        for turn in range(repeat):
            with database.session(1) as session:
                began = time.perf_counter()
                package = round_package(session, number, today=TODAY)
                took["package"].append(time.perf_counter() - began)
                took["mebibytes"] = [len(package.body) / 2**20]
            papers = [_paper(free[turn * BATCH + n], n) for n in range(BATCH)]
            for name, is_new in (("batch", True), ("again", False)):
                began = time.perf_counter()
                with database.session(1) as session:
                    done = receive_round(session, number.id, papers, actor=ROSA, may_for_others=False, today=TODAY)
                took[name].append(time.perf_counter() - began)
                if not all(isinstance(one, Booked) and one.is_new is is_new for one in done):
                    raise AssertionError(f"{name}: {done[:3]}")
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def _settle(database: Database, url: str, rows: int) -> None:
    with psycopg.connect(url) as owner:
        for statement in TOWN.replace("{rows}", str(rows)).replace("{{}}", "{}").split(";\n"):
            if statement.strip():
                owner.execute(statement.encode())
    with database.session(1) as session:
        till = register_till(session, code=BAG, name="Ruta", kind=TillKind.ROUTE, actor=ABEL)
        db.run(session, COLLECTOR)
        db.run(session, ROUTE, {"till": till.id})
        members = [int(row.id) for row in db.rows(session, "SELECT id FROM member ORDER BY id")]
        open_for_owners(session, "member:{}:contributions", "member", members, "DOP")


def _paper(number: str, member: int) -> dict[str, str]:
    return {
        "id": str(uuid.uuid4()),
        "number": number,
        "member": f"M{member + 1:08d}",
        "amount": "1500.00",
        "currency": "DOP",
        "issued_at": "2026-03-20T09:15:00-04:00",
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rounds", description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000, help="members of the route")
    parser.add_argument("--repeat", type=int, default=2, help="batches; a block has 2,000 numbers")
    asked = parser.parse_args(arguments)
    found = measure(server(), asked.rows, asked.repeat)
    print(f"package of {asked.rows:,} members: {found['package']:.2f} s, {found['mebibytes']:.1f} MiB")
    print(f"a batch of {BATCH:,} receipts: {found['batch']:.2f} s; the same batch again: {found['again']:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
