"""The example files, sent as they are: what becomes of every row."""

import datetime as dt
from pathlib import Path
from typing import Any

from gateway.demo.money import minor
from gateway.demo.play import ROUTES, Play

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
DAY = dt.date(2026, 1, 14)


def show_untidy_files(stage: Play) -> tuple[int, int]:
    """Send the example files and tell each refusal; return how many members they brought, and how much money."""
    stage.today(DAY)
    manager, cashier = stage.desks["manager"], stage.desks["cashier"]
    brought = 0
    for name, kind in (("afiliados.csv", "members"), ("dependientes.csv", "dependants")):
        preview = manager.upload("/member-imports", name, _read(name), kind=kind)
        done = manager.post(f"/member-imports/{preview['id']}/application", {"policy": "good_rows"})
        stage.say(f"  {name}: {done['row_count']} rows, {done['create_count']} taken, {done['refused_count']} refused")
        _tell(stage, manager.every(f"/member-imports/{preview['id']}/rows", action="refuse"))
        brought += done["create_count"] if kind == "members" else 0
    again = manager.upload("/member-imports", "afiliados.csv", _read("afiliados.csv"), kind="members")
    stage.say(f"  the same file again: {again['create_count']} new, {again['same_count']} the same")
    name = "cobros-ruta-1.csv"
    fields = {"channel": "collector", "account_code": ROUTES[0], "unknown": "suspense"}
    preview = cashier.upload("/receipt-imports", name, _read(name), **fields)
    done = cashier.post(f"/receipt-imports/{preview['id']}/application", {"policy": "good_rows"})
    stage.say(
        f"  {name}: {done['row_count']} rows, {done['accept_count']} received, {done['suspense_count']} to suspense,"
        f" {done['refused_count']} refused"
    )
    _tell(stage, cashier.every(f"/receipt-imports/{preview['id']}/rows", action="refuse"))
    amount = minor(done["applied_amount"])
    stage.hold(ROUTES[0], amount)
    return brought, amount


def _read(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def _tell(stage: Play, rows: Any) -> None:
    for row in rows:
        for problem in row["problems"]:
            stage.say(f"      row {row['row_no']}: {problem['detail']}")
