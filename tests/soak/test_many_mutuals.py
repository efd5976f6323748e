"""Months of many small mutuals, each another seed: whatever people, collectors and the state do, every sum stays equal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 9))
def test_three_months_end_with_every_sum_equal(seed: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.demo", "--members", "400", "--months", "3", "--json"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
    played = subprocess.run(
        [*command, "--seed", str(seed), "--folder", str(tmp_path)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert played.returncode == 0, played.stderr[-3000:]
    told = json.loads(played.stdout)
    assert all(pair["holds"] for pair in told["conservation"]), told["conservation"]
    assert told["ledger"]["verify"] == "ok"
    assert all(period["open_breaks"] == 0 for period in told["periods"])
