"""What ``docs/webhooks.md`` tells a partner to copy does what it says, on what really comes."""

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.api.calling import InProcess
from tests.conftest import ROOT
from tests.processes import wait_for
from tests.statelink.state_town import register
from tests.webhooks.hook_town import Hands, deliveries, happen, want

from gateway.api.app import create_app
from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.webhooks.rules import KINDS

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def partner() -> Iterator[Any]:
    """A partner's server with the page's own receiver in it."""
    heard: list[tuple[dict[str, str], bytes, int]] = []
    copied: dict[str, Any] = {}
    exec(compile(block("python"), "docs/webhooks.md", "exec"), copied)

    class Partner(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = copied["receive"](headers, body)
            heard.append((headers, body, status))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hooks/mutual", copied, heard
        server.shutdown()
        thread.join()


def test_the_python_and_the_shell_of_the_page_agree_with_what_is_sent(
    database: Database, hands: Hands, partner: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, copied, heard = partner
    made = want(database, url, "day.closed")
    copied["SECRET"] = made.secret
    happen(database)
    hands.work()
    (headers, body, status) = heard[0]
    assert (status, capsys.readouterr().out) == (200, "day.closed None closed\n")
    (tmp_path / "body.json").write_bytes(body)
    environment = {
        "SECRET": made.secret,
        "WEBHOOK_ID": headers["webhook-id"],
        "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"],
        "PATH": "/usr/bin:/bin",
    }
    ran = subprocess.run(["sh", "-c", block("sh")], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (ran.stdout.strip(), ran.stderr) == (headers["webhook-signature"], "")
    copied["SECRET"] = "whsec_" + "A" * 44
    happen(database, subject=2)
    hands.work()
    assert heard[1][2] == 401
    assert deliveries(database)[-1] == ("day.closed", "waiting", 1)


def test_the_curl_of_the_page_subscribes_a_states_system(database: Database, tmp_path: Path) -> None:
    settings = Settings(database_url=database.url, log_level="error", public_url="http://gateway.test")
    app = create_app(settings, database)
    with InProcess(app) as transport:
        token = register(database, transport, scopes=["webhooks:manage", "filings:read"]).log_in().token
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    port = wait_for(lambda: server.started and server.servers[0].sockets[0].getsockname()[1])
    command = next(one for one in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) if one.startswith("curl"))
    here = command.replace("https://gateway.example", f"http://127.0.0.1:{port}").replace(
        "curl", "curl --noproxy '*' -s", 1
    )
    ran = subprocess.run(
        ["sh", "-c", here], env={"TOKEN": token or "", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    server.should_exit = True
    thread.join(60)
    made = json.loads(ran.stdout)
    assert made["webhook"]["events"] == ["filing.sealed", "filing.settled"]
    assert made["secret"].startswith("whsec_")


def test_the_page_names_only_what_there_is() -> None:
    named = set(re.findall(r'"((?:filing|bill|payout|day|remittance|claim|member)\.[a-z_]+)"', PAGE))
    assert named
    assert named <= {kind.type for kind in KINDS}
    for path in re.findall(r"/v1/state/[a-z/-]+", PAGE):
        assert path.rstrip("/") in (ROOT / "openapi" / "state.json").read_text(encoding="utf-8"), path
