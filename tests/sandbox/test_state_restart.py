"""The sandbox state survives a sudden end: nothing it said is lost, nothing is done twice."""

import socket
import subprocess
import sys
import uuid
from pathlib import Path

from tests.processes import ROOT, start_state, wait_for
from tests.sandbox.tss_files import answer_of, cedula, detail, notices_of, pay, payroll_file, put

EMPLOYER = "130999999"
WAGE = 2_322_300


def _body(count: int) -> bytes:
    return payroll_file([detail(cedula(n), WAGE) for n in range(1, count + 1)], employer=EMPLOYER)


def test_a_filing_that_was_being_processed_is_answered_once_after_a_restart(tmp_path: Path) -> None:
    with start_state(tmp_path, date="2026-04-01") as state:
        filing_id = str(uuid.uuid4())
        assert put(state.client, _body(12_000), filing_id, employer=EMPLOYER).status_code == 202
        wait_for(lambda: state.client.get(f"/filings/{filing_id}").json()["status"] == "processing", every=0.001)
        state.kill()
        state.restart()
        filing, lines = answer_of(state, filing_id)
        assert (filing["counts"]["accepted"], len(lines)) == (12_000, 12_000)
        [notice] = notices_of(state, EMPLOYER)
        assert (notice["version"], notice["line_count"]) == (1, 12_000)
        assert notice["total"] == filing["totals"]["billed"] == "59079240.00"
        effects = state.effects()
        assert (effects["filings_received"], effects["lines_accepted"], effects["notices_issued"]) == (1, 12_000, 1)
        again = put(state.client, _body(12_000), filing_id, employer=EMPLOYER)
        assert again.json()["duplicate"] is True


def test_a_received_payment_is_confirmed_after_a_restart(tmp_path: Path) -> None:
    with start_state(tmp_path, date="2026-04-01", confirm_delay=30) as state:
        answer_of(state, put(state.client, _body(1), employer=EMPLOYER).json()["filing_id"])
        [notice] = notices_of(state, EMPLOYER)
        assert pay(state, notice, "A1")["status"] == "received"
        state.restart()
        wait_for(lambda: notices_of(state, EMPLOYER)[0]["status"] == "paid")
        assert pay(state, notice, "A1")["status"] == "confirmed"
        assert state.effects()["payments_confirmed"] == 1


def test_without_a_folder_nothing_is_left_behind_and_port_0_says_which_it_took(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.sandbox.state", "--port", "0"], stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("sandbox state listening on http://127.0.0.1:")
        with socket.create_connection(("127.0.0.1", int(line.rsplit(":", 1)[1])), timeout=60):
            pass
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()
    assert list(tmp_path.iterdir()) == []
