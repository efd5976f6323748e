"""The steps to a new country are followed as the page has them, in a copy of the sources: files, rates and a state that plays."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.processes import free_port

PAGE = (ROOT / "docs" / "new-country.md").read_text("utf-8")
NAMES = {"<code>": "xx", "<fund>": "example", "<country>": "exampleland"}


def told(text: str) -> str:
    """A command of the page, about Exampleland."""
    for name, value in NAMES.items():
        text = text.replace(name, value)
    return text


def commands(begin: str) -> list[str]:
    """The commands of the page that begin so."""
    found = [told(command) for command in re.findall(rf"`({begin} [^`]+)`", PAGE)]
    assert found, begin
    return found


def test_the_template_followed_step_by_step_files_with_a_state_that_keeps_the_contract(tmp_path: Path) -> None:
    for part in ("src/gateway", "docs/templates"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / part), str(tmp_path / part)], check=True)
    for step in [*commands("cp"), *commands("mv")]:
        subprocess.run(["/bin/sh", "-c", step], cwd=tmp_path, check=True)
    realms = tmp_path / "src/gateway/sandbox/state/realms.py"
    added = "from gateway.sandbox.state.exampleland import EXAMPLE\n"
    text = realms.read_text("utf-8").replace("(DOMINICAN, INDIAN)", "(DOMINICAN, INDIAN, EXAMPLE)")
    realms.write_text(text.replace("from gateway.sandbox.state.indian", added + "from gateway.sandbox.state.indian"))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}

    def gateway(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gateway.cli", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    month = ["--country", "xx", "--period", "2026-03"]
    assert commands("gateway assess")
    assert '"5000"' in gateway("assess", *month, "--wage", "50000", "--json").stdout
    assert gateway("conformance", *month, "--sample", "file.csv").returncode == 0
    checked = gateway("filing", "check", "--country", "xx", "file.csv")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    port = free_port()
    state_command, tried_command = commands("gateway sandbox")[0], commands("gateway conformance")[0]
    options = [*state_command.split()[3:], "--port", str(port), "--date", "2026-04-01", "--answer-delay", "0.05"]
    state = subprocess.Popen([sys.executable, "-m", "gateway.sandbox.state", *options], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        assert state.stdout is not None
        assert "listening" in state.stdout.readline()
        asked = tried_command.replace("8091", str(port)).split()[1:]
        tried = gateway(*asked, "--lines", "8", "--wait", "60", "--language", "en")
    finally:
        state.terminate()
        state.communicate(timeout=60)
    assert tried.returncode == 0, tried.stdout
    assert " 0 fail, 0 wait for others" in tried.stdout
