"""A state's engineer's first day: every command of the page is run as it stands, against real processes."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.databases import Shelf
from tests.processes import ROOT, free_port

PAGE = (ROOT / "docs" / "connect-a-state.md").read_text("utf-8")
PORTS = ("8091", "8099", "8000")


def commands() -> list[str]:
    """The blocks that a reader types."""
    return re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_command_of_the_page_does_what_it_says(shelf: Shelf, tmp_path: Path) -> None:
    script = "\n".join(["set -euo pipefail", *commands(), "echo; echo THE DAY IS OVER"])
    for port in PORTS:
        script = re.sub(rf"\b{port}\b", str(free_port()), script)
    with shelf.lend() as address:
        environment = {
            **os.environ, "GATEWAY_DATABASE_URL": address, "PYTHONPATH": str(ROOT / "src"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        with (tmp_path / "said.txt").open("w+") as said:
            day = subprocess.Popen(
                ["/bin/bash", "-c", script], cwd=tmp_path, env=environment, stdout=said, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            try:
                status = day.wait(540)
            finally:
                os.killpg(day.pid, signal.SIGTERM)
                _wait_for_group(day.pid)
        told = (tmp_path / "said.txt").read_text()
    assert status == 0, told[-4000:]
    for words in (
        '"duplicate": false', '"status": "accepted"', "it fails, as it should", "the filing is accepted", "THE DAY IS OVER",
        '"standing":"accepted"', '"note":null', "accepted", '"state_answers": "pushed"',
    ):  # fmt: skip
        assert words in told, f"{words!r} was not said: {told[-4000:]}"
    assert '"failed": 0' in (tmp_path / "cases.json").read_text()
    assert (tmp_path / "filed.txt").read_bytes().startswith(b"EAM")


def _wait_for_group(group: int) -> None:
    """Wait until nobody of a group is left, so that the database can be taken back."""
    import time

    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)


@pytest.mark.parametrize("block", commands(), ids=lambda block: block.strip().splitlines()[0][:40])
def test_a_block_is_plain_shell(block: str) -> None:
    checked = subprocess.run(["/bin/bash", "-n"], input=block, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
