"""Work in a process of its own, which says how much memory it had at most: ``python -m benchmarks.child WORK …``."""

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.place import ROOT, peak_mebibytes
from gateway.authority.do_tss.format import DominicanFormat
from gateway.authority.protocol import DeclaredWorker, FilingHead
from gateway.filing import queries
from gateway.filing.prepare import prepare
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import match_lines

TODAY = dt.date(2026, 7, 2)
PEOPLE = [("María José", "Peña", "Núñez"), ("Ana", "De la Cruz", ""), ("Luz Mercedes", "Báez", "Ortiz")]


def run(*arguments: object) -> dict[str, Any]:
    """Do a piece of work in a process of its own and return what it says."""
    import os

    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "benchmarks.child", *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _card(number: int) -> str:
    body = f"999{number:07d}"
    total = sum(
        int(digit) * (1 + place % 2) // 10 + int(digit) * (1 + place % 2) % 10 for place, digit in enumerate(body)
    )
    return f"{body}{-total % 10}"


def _workers(rows: int) -> list[DeclaredWorker]:
    born = dt.date(1970, 1, 1)
    return [
        DeclaredWorker(
            "001",
            "national_id",
            _card(number),
            *PEOPLE[number % 3],
            "F",
            born + dt.timedelta(number * 37 % 9000),
            1_577_000 + number % 997 * 1000,
        )
        for number in range(1, rows + 1)
    ]


def filing(url: str, payroll_id: str, period: str) -> dict[str, Any]:
    """Prepare, seal and stream one filing."""
    database, month = Database(url), Period.parse(period)
    with database.session(1) as session:
        draft = prepare(
            session, payroll_id=int(payroll_id), period=month, kind=FilingKind.MONTHLY, actor="staff:olga", today=TODAY
        )
        filing_id = draft.id
    with database.session(1) as session:
        lines = seal(session, filing_id, actor="staff:olga", today=TODAY).line_count
    size = 0
    with database.session(1) as session:
        for document in queries.list_documents(session, filing_id):
            size += sum(len(piece) for piece in queries.read_content(session, document.id))
    return {"lines": lines, "bytes": size, "peak_mebibytes": peak_mebibytes()}


def tss(rows: str, repeat: str) -> dict[str, Any]:
    """Write a file of the state's and check it, each time beside the copying of the same bytes line by line."""
    form, count = DominicanFormat(), int(rows)
    head = FilingHead(
        employer="401999999", period=Period(2026, 6), written_on=TODAY, worker_count=count, dependant_count=0
    )
    workers = _workers(count)
    written, checked, copied = [], [], []
    with tempfile.TemporaryFile() as file:
        for _ in range(int(repeat)):
            file.seek(0)
            file.truncate()
            began = time.perf_counter()
            for rendered in form.render(head, workers, ()):
                for chunk in rendered.chunks:
                    file.write(chunk)
            file.flush()
            written.append(time.perf_counter() - began)
            copied.append(_copy(file))
            file.seek(0)
            began = time.perf_counter()
            verdict = form.check_file(file)
            checked.append(time.perf_counter() - began)
            if verdict.rejected:
                raise AssertionError(f"the state would reject {verdict.rejected} lines: {verdict.findings[:3]}")
    return {"written": written, "checked": checked, "copied": copied, "peak_mebibytes": peak_mebibytes()}


def statement(url: str, path: str) -> dict[str, Any]:
    """Load a bank's statement and book each of its lines, in two transactions as the gateway does."""
    database, body = Database(url), Path(path).read_bytes()
    told: dict[str, Any] = {"mebibytes_before": peak_mebibytes()}
    began = time.perf_counter()
    with database.session(1) as session:
        told["lines"] = load_statement(session, body, file_name="banco.xml", actor="staff:olga").new_line_count
    told["loading"] = time.perf_counter() - began
    told["mebibytes_loaded"] = peak_mebibytes()
    began = time.perf_counter()
    with database.session(1) as session:
        told["by_rule"] = match_lines(session, today=TODAY).by_rule
    told["booking"] = time.perf_counter() - began
    return {**told, "peak_mebibytes": peak_mebibytes()}


def _copy(file: BinaryIO) -> float:
    file.seek(0)
    began = time.perf_counter()
    with tempfile.TemporaryFile() as target:
        for line in file:
            target.write(line)
        target.flush()
    return time.perf_counter() - began


if __name__ == "__main__":
    works: dict[str, Callable[..., dict[str, Any]]] = {"filing": filing, "statement": statement, "tss": tss}
    print(json.dumps(works[sys.argv[1]](*sys.argv[2:])))
