"""The state's files alone, without a database: ``python -m benchmarks.tss --rows 1000000``.

Writing and checking beside the copying of the same octets line by line in Python, the three taking turns so that a busy
machine is busy for all of them; processor seconds and seconds on the clock. Then what is not the usual: one line in a
hundred wrong, somebody standing twice, cards whose check digit does not fit, movements, dependants. Each in a process
of its own, which says how much memory it had at most; people are made as they are asked for, never kept.
"""

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from benchmarks.child import _card
from benchmarks.place import ROOT, peak_mebibytes
from gateway.authority.do_tss.editions import edition_of
from gateway.authority.do_tss.format import DominicanFormat
from gateway.authority.do_tss.records import write_records
from gateway.authority.protocol import DeclaredDependant, DeclaredWorker, FilingHead
from gateway.kit.period import Period

MOST_IN_A_FILE = 999_997
TODAY, PERIOD = dt.date(2026, 7, 2), Period(2026, 6)
GIVEN = [f"{first} {second}".strip() for first in ("María", "José", "Ana", "Luz", "Juan", "Noemí") for second in (
    "", "Altagracia", "Mercedes", "Antonio", "de los Ángeles", "Rafael", "Milagros")]  # fmt: skip
SURNAMES = [f"{start}{end}" for start in ("Peñ", "Núñ", "Rodr", "De la Cr", "Gonz", "Báe", "Mart", "Fernánd") for end in (
    "a", "ez", "íguez", "uz", "ález", "ero", "ínez", "o", "as", "ín")]  # fmt: skip
BORN = dt.date(1960, 1, 1)
FORM = DominicanFormat()


def people(rows: int) -> Iterator[DeclaredWorker]:
    """Make workers: 42 given names, 80 surnames, 12,000 birth dates, 5,000 wages."""
    for number in range(1, rows + 1):
        yield DeclaredWorker(
            "001", "national_id", _card(number), GIVEN[number % 42], SURNAMES[number % 80], SURNAMES[number * 7 % 80],
            "FM"[number % 2], BORN + dt.timedelta(number * 37 % 12_000), 1_577_000 + number * 7919 % 5000 * 331,
        )  # fmt: skip


def relatives(rows: int) -> Iterator[DeclaredDependant]:
    """Make additional dependants, three to a holder."""
    for number in range(1, rows + 1):
        yield DeclaredDependant(
            "001", "national_id", _card(number // 3 + 5_000_000), "add", "national_id", _card(number),
            GIVEN[number % 42], SURNAMES[number % 80], "",
        )  # fmt: skip


def head(workers: int = 0, dependants: int = 0) -> FilingHead:
    return FilingHead("401999999", PERIOD, TODAY, workers, dependants)


def write(file: BinaryIO, rendered: Any) -> None:
    for one in rendered:
        for chunk in one.chunks:
            file.write(chunk)
    file.flush()


def timed(work: Any) -> tuple[float, float, Any]:
    """Return processor seconds, seconds on the clock, and what the work gave."""
    clock, processor = time.perf_counter(), time.process_time()
    given = work()
    return time.process_time() - processor, time.perf_counter() - clock, given


def copy(file: BinaryIO) -> None:
    file.seek(0)
    with tempfile.TemporaryFile() as target:
        for line in file:
            target.write(line)
        target.flush()


def check(file: BinaryIO) -> Any:
    file.seek(0)
    return FORM.check_file(file)


def usual(rows: int, repeat: int) -> dict[str, Any]:
    """Write, copy and check one usual file, taking turns."""
    told: dict[str, Any] = {"written": [], "checked": [], "copied": [], "clock": []}
    workers = list(people(rows))
    with tempfile.TemporaryFile() as file:
        for _ in range(repeat):
            file.seek(0)
            file.truncate()
            wrote = timed(lambda: write(file, FORM.render(head(rows), workers)))
            copied = timed(lambda: copy(file))
            checked = timed(lambda: check(file))
            verdict = checked[2]
            assert (verdict.code, verdict.lines, verdict.findings) == ("0", rows, ()), verdict
            for name, one in (("written", wrote), ("copied", copied), ("checked", checked)):
                told[name].append(one[0])
            told["clock"].append([one[1] for one in (wrote, copied, checked)])
    return told


def streamed(rows: int, what: str) -> dict[str, Any]:
    """Write or check at flat memory: nothing of the file is kept."""
    with tempfile.TemporaryFile() as file:
        write(file, FORM.render(head(rows), people(rows)))
        before = peak_mebibytes()
        if what == "check":
            assert check(file).accepted == rows
    return {"write_peak_mebibytes": before, "peak_mebibytes": peak_mebibytes()}


def unusual(rows: int) -> dict[str, Any]:
    """Check files that are not as they should be, in microseconds of the processor a line."""
    told: dict[str, Any] = {}
    with tempfile.TemporaryFile() as file:
        write(file, FORM.render(head(rows), people(rows)))
        file.seek(0)
        lines = file.read().split(b"\r\n")
    bad = [line.replace(b"D001", b"D000", 1) if place % 100 == 50 else line for place, line in enumerate(lines)]
    twice = [*lines[:-2], lines[1], f"S{rows + 3:06d}".encode(), b""]
    cards = [line[:15] + b"%d" % ((line[15] - 47) % 10) + line[16:] if line[:1] == b"D" else line for line in lines]
    for name, those in (("one in a hundred wrong", bad), ("somebody twice", twice), ("no check digit fits", cards)):
        with tempfile.TemporaryFile() as file:
            file.write(b"\r\n".join(those))
            told[name] = timed(lambda file=file: check(file))[0] / rows * 1e6
    del lines, bad, twice, cards
    with tempfile.TemporaryFile() as file:
        told["write dependants"] = (
            timed(lambda: write(file, FORM.render(head(0, rows), (), relatives(rows))))[0] / rows * 1e6
        )
        told["check dependants"] = timed(lambda: check(file))[0] / rows * 1e6
    with tempfile.TemporaryFile() as file:
        file.writelines(movements(rows))
        told["check movements"] = timed(lambda: check(file))[0] / rows * 1e6
    return told


def movements(rows: int) -> Iterator[bytes]:
    edition = edition_of("NV")
    assert edition is not None
    names = [field.name for field in edition.detail.fields]
    given = dict.fromkeys(names, 0) | {
        "payroll": "001",
        "event": "IN",
        "start": TODAY,
        "end": None,
        "document_type": "C",
    }
    given |= {"given_names": "ANA", "first_surname": "DIAZ", "second_surname": "", "sex": "F", "birth_date": BORN}
    given |= {"withholding_agent": "", "income_type": "", "wage": 1_577_000, "blocks": ()}
    records = (given | {"document": _card(number)} for number in range(1, rows + 1))
    yield from write_records(edition, {"employer": "401999999", "period": PERIOD}, records)


def split(rows: int) -> dict[str, Any]:
    """Write more people than a file holds with the true limit, and check every file."""
    parts, total = [], 0
    for one in FORM.render(head(rows), people(rows)):
        with tempfile.TemporaryFile() as file:
            file.writelines(one.chunks)
            verdict = check(file)
        assert (verdict.code, verdict.lines) == ("0", one.line_count), verdict
        parts.append((one.part, one.part_count, one.line_count, one.first_line_no))
        total += verdict.wage_total_minor
    assert total == sum(worker.wage_minor for worker in islice(people(rows), rows))
    return {"parts": parts, "wage_total_minor": total, "peak_mebibytes": peak_mebibytes()}


def run(work: str, *arguments: int | str) -> dict[str, Any]:
    """Do a piece of work in a process of its own and return what it says."""
    command = [sys.executable, "-m", "benchmarks.tss", "--work", work, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def report(rows: int, repeat: int) -> None:
    rows = min(rows, MOST_IN_A_FILE)
    one = run("usual", rows, repeat)
    best = {name: min(one[name]) for name in ("written", "copied", "checked")}
    for name in ("written", "checked"):
        ratios = [took / limit for took, limit in zip(one[name], one["copied"], strict=True)]
        print(f"{name:8} {best[name]:6.2f} s, copied {best['copied']:.2f} s: best of each {best[name] / best['copied']:.2f} x,"
              f" round by round {', '.join(f'{ratio:.2f}' for ratio in ratios)}")  # fmt: skip
    print("clock (written, copied, checked):", [[round(value, 2) for value in turn] for turn in one["clock"]])
    for size in (rows // 10, rows):
        print(f"memory at {size:,} lines: {run('streamed', size, 'check')}")
    print("microseconds a line:", {name: round(value, 2) for name, value in run("unusual", rows // 10).items()})


def main() -> None:
    known = argparse.ArgumentParser(prog="python -m benchmarks.tss", description=__doc__)
    known.add_argument("--rows", type=int, default=100_000)
    known.add_argument("--repeat", type=int, default=3)
    known.add_argument("--split", action="store_true", help="also write 1,200,000 people into their two files")
    known.add_argument("--work", nargs="+", help=argparse.SUPPRESS)
    asked = known.parse_args()
    if asked.work:
        name, *given = asked.work
        work = {"usual": usual, "streamed": streamed, "unusual": unusual, "split": split}[name]
        print(json.dumps(work(*(int(value) if value.isdigit() else value for value in given))))
        return
    report(asked.rows, asked.repeat)
    if asked.split:
        print("split:", run("split", 1_200_000))


if __name__ == "__main__":
    main()
