"""The benchmark runs from end to end on a small town and yields every figure; no time is asserted.

A minute, of which nothing is about the product: part of the soak.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
EVERY_FIGURE = {
    "receipts", "receipts_applied", "filing", "answer", "benefits", "month", "statements", "storage", "memory", "receipt_http", "receipt_p99",
    "member_http", "selfcheck_http", "members", "statement_read", "statement_load", "statement_match", "statement_memory",
    "pages", "tss_write", "tss_check",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the benchmark writes for a town of 300."""
    kept = tmp_path_factory.mktemp("bench") / "figures.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--rows",
        "300",
        "--repeat",
        "1",
        "--seconds",
        "0.5",
        "--json",
        str(kept),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "| receipts " in done.stdout
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def test_every_figure_is_measured_and_most_stand_beside_a_limit(told: dict[str, Any]) -> None:
    figures = {figure["name"]: figure for figure in told["figures"]}
    assert set(figures) == EVERY_FIGURE
    assert all(figure["ours"] > 0 for figure in figures.values())
    beside = {name for name, figure in figures.items() if figure["limit"] is not None}
    assert beside == EVERY_FIGURE - {"storage", "statement_load", "statement_match", "statement_memory"}


def test_the_machine_and_its_durable_settings_are_told(told: dict[str, Any]) -> None:
    assert (told["machine"]["fsync"], told["machine"]["synchronous_commit"]) == ("on", "on")
    assert told["machine"]["cores"] >= 1


def test_the_statements_of_a_month_do_not_follow_its_members(told: dict[str, Any]) -> None:
    figures = {figure["name"]: figure for figure in told["figures"]}
    assert figures["statements"]["ours"] * told["rows"] < 600
