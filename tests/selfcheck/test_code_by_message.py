"""Getting in with everything real: server, worker and carrier are processes, and what they log holds nothing to get in with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.processes import ROOT, start_payer, wait_for
from tests.selfcheck.member_town import PHONE, TODAY, Post, build, codes_in

from gateway.kit.db import Database
from gateway.kit.ports import free_port


@contextmanager
def running(folder: Path, database: Database, *command: str, **settings: str) -> Iterator[Path]:
    """A process of the gateway's; gives the file that it logs to, at its most talkative."""
    log = folder / f"{command[0]}.log"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "GATEWAY_DATABASE_URL": database.url,
        "GATEWAY_LOG_LEVEL": "debug",
        **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *command], env=environment, cwd=folder, stdout=out, stderr=out
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(60)


def test_the_carrier_shows_a_code_that_works_and_no_log_holds_it(database: Database, tmp_path: Path) -> None:
    town = build(database)
    clock, port = tmp_path / "today", free_port()
    clock.write_text(TODAY.isoformat())
    typed = {"mutual": "amparo", "phone": "809-555-0117", "identity": town.identity}
    with start_payer(tmp_path) as payer:
        ways = {"sms_url": payer.url, "sms_token": payer.token, "demo": "1", "clock_file": str(clock)}
        with (
            running(tmp_path, database, "serve", port=str(port)) as served,
            running(tmp_path, database, "worker", **ways) as worked,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
        ):
            wait_for(lambda: _answers(http), 60)
            assert http.post("/v1/me/codes", json=typed).status_code == 202
            messages = wait_for(lambda: payer.control("GET", f"sms?to={PHONE.replace('+', '%2B')}")["messages"], 60)
            (code,) = codes_in(Post([(PHONE, messages[0]["text"])]))
            given = http.post("/v1/me/sessions", json={**typed, "code": code})
            assert given.status_code == 201, given.text
            token = given.json()["access_token"]
            me = http.get("/v1/me", headers={"authorization": f"Bearer {token}"})
            assert me.json()["phone"].endswith("0117")
            assert http.post("/v1/me/sessions", json={**typed, "code": code}).status_code == 401
        written = served.read_text() + worked.read_text()
    assert '"route": "/v1/me/sessions"' in written
    secrets = (
        code,
        PHONE,
        PHONE[1:],
        "8095550117",
        "809-555-0117",
        town.identity,
        token,
        given.json()["refresh_token"],
    )
    assert [secret for secret in secrets if secret in written] == []


def _answers(http: Any) -> bool:
    try:
        return bool(http.get("/health").status_code == 200)
    except httpx.HTTPError:
        return False
