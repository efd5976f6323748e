"""The operator's commands as they are called: arguments in, output and exit status out, on a real database."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from gateway.cli.root import main
from gateway.kit.db import Database


class Ran(NamedTuple):
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def gateway(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
) -> Callable[..., Ran]:
    """``gateway("month", "status", "2026-03")``: run a command against the test's database, with a clock of its own."""
    clock = tmp_path / "today"
    clock.write_text("2026-04-02")
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_DEMO", "1")
    monkeypatch.setenv("GATEWAY_CLOCK_FILE", str(clock))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["gateway", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Ran(int(ended.value.code or 0), told.out, told.err)

    return run
