"""A sandbox state on a socket, and a line to it that can answer again from memory what it has answered before.

What is measured is our reading, not the sandbox's writing: its answers are fetched once before the clock starts, and
given again by the transport while it runs, to the very code that reads them from the network.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx

from gateway.authority.connect import state_channel
from gateway.authority.protocol import FilingStanding, StateChannel
from gateway.authority.rest.transport import Timeouts

TOKEN = "state-token"
PATIENT = Timeouts(connect=5.0, read=900.0, write=900.0, total=3600.0)
BIG_ANSWER_SECONDS = 3600


class Replay(httpx.BaseTransport):
    """Carries requests to the network until told to replay; then answers from what it has seen."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()
        self._seen: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.is_replaying = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        key = f"{request.method} {request.url}"
        if self.is_replaying and key in self._seen:
            status, headers, body = self._seen[key]
            return httpx.Response(status, headers=headers, content=body)
        answer = self._network.handle_request(request)
        body = answer.read()
        headers = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        if request.method == "GET":
            self._seen[key] = (answer.status_code, headers, body)
        return httpx.Response(answer.status_code, headers=headers, content=body)

    def forget(self) -> None:
        """Go back to the network with nothing remembered."""
        self._seen.clear()
        self.is_replaying = False

    def close(self) -> None:
        """Let go of the connections."""
        self._network.close()


class Sandbox:
    """The state, and the line to it."""

    def __init__(self, url: str) -> None:
        self.replay = Replay()
        self.channel: StateChannel = state_channel("do", url, TOKEN, timeouts=PATIENT, http=self.replay)
        self._control = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=60, trust_env=False
        )

    def reject(self, documents: list[str]) -> None:
        """Make it refuse the lines of these persons."""
        self._control.put("/sandbox/register", json={"not_registered": documents}).raise_for_status()

    def wait_for_answer(self, references: list[object]) -> None:
        """Wait until it has answered every file."""
        deadline = time.monotonic() + BIG_ANSWER_SECONDS
        for reference in references:
            while not self._is_answered(reference):
                if time.monotonic() > deadline:
                    raise TimeoutError("the sandbox state does not answer")
                time.sleep(0.2)

    def _is_answered(self, reference: Any) -> bool:
        standing: FilingStanding | None = self.channel.query(reference)
        return standing is not None and standing.is_answered

    def close(self) -> None:
        """Let go of the connections."""
        self.channel.close()
        self._control.close()


@contextlib.contextmanager
def running_state(today: str) -> Iterator[Sandbox]:
    """Run the sandbox state until the block ends."""
    command = [sys.executable, "-m", "gateway.sandbox.state", "--port", "0", "--date", today, "--no-surcharges"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        sandbox = Sandbox(process.stdout.readline().strip().rsplit(" ", 1)[-1])
        yield sandbox
        sandbox.close()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
