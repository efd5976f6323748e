"""The outside worlds as real processes over a socket, for the tests of everybody.

``start_state(tmp_path)`` and ``start_payer(tmp_path)`` return a running process with its ``url``, ``token`` and control
calls; ``start_both`` makes two that know each other. Each is a context manager, and ``stop`` or ``kill`` ends it;
``restart`` starts it again on the same port and data. Keyword options become flags: ``answer_delay=0.5`` is
``--answer-delay 0.5``; True is a bare flag.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from gateway.kit.ports import free_port

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
SECRET = "whsec_" + "c2FuZGJveC1zZWNyZXQtb2YtdGhlLXRlc3RzISE="
"""A webhook secret for tests."""
MUTUAL_ACCOUNT = "9600000001"
STATE_ACCOUNT = "9600000099"


def wait_for(look: Callable[[], T], seconds: float = 60, every: float = 0.02) -> T:
    """Return the first truthy value that ``look`` gives; AssertionError when time is up."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"nothing came of {look} within {seconds} s; last was {found!r}")
        time.sleep(every)
    return found


class Running:
    """A sandbox process."""

    module = ""

    def __init__(self, folder: Path, port: int | None = None, token: str = "token", **options: Any) -> None:
        self.port = port or free_port()
        self.url, self.token, self.folder = f"http://127.0.0.1:{self.port}", token, folder
        self._options = options
        self.client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )
        self.process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        flags = ["--port", str(self.port), "--data", str(self.folder), "--token", self.token]
        for name, value in self._options.items():
            flag = "--" + name.replace("_", "-")
            flags += [flag] if value is True else [] if value in (None, False) else [flag, str(value)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module, *flags],
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        def is_ready() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"{self.module} ended: {(self.folder / 'output.log').read_text()[-2000:]}")
            with suppress(httpx.HTTPError):
                return httpx.get(f"{self.url}/sandbox/health", timeout=5, trust_env=False).status_code == 200
            return False

        wait_for(is_ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process as an operator would."""
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End the process without asking it."""
        self.process.kill()
        self.process.wait(60)

    def freeze(self) -> None:
        """Stop the process where it is."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self.process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start it again, on the same port and data."""
        if self.process.poll() is None:
            self.kill()
        self.process = self._launch()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call a control endpoint and return what it says."""
        answer = self.client.request(method, f"/sandbox/{path}", json=body)
        assert answer.is_success, f"{method} /sandbox/{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def effects(self) -> dict[str, int]:
        """Return what happened, counted; zero for what never did."""
        return dict(self.control("GET", "effects"))

    def script(self, *rules: dict[str, Any]) -> None:
        """Replace the rules of misbehaviour; none at all makes it behave."""
        self.control("PUT", "script", {"rules": list(rules)})

    def set_date(self, day: Any) -> None:
        """Set the business date."""
        self.control("PUT", "date", {"date": str(day)})

    def dump(self) -> dict[str, Any]:
        """Return what it holds."""
        return dict(self.control("GET", "state"))

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is being done or told any more."""
        wait_for(lambda: self.dump()["is_idle"], seconds)


class RunningState(Running):
    """The sandbox state."""

    module = "gateway.sandbox.state"

    def remit(self, employer: str, period: str, **more: Any) -> dict[str, Any]:
        """Make the state pay benefits for a period: ``share``, ``unknown_lines``, ``lines``, ``transfer``."""
        return dict(self.control("POST", "remittances", {"employer": employer, "period": period, **more}))


class RunningPayer(Running):
    """The sandbox payer: mobile money, a bank, short messages."""

    module = "gateway.sandbox.payer"

    def collect(self, *items: dict[str, Any], notify: bool = True) -> dict[str, Any]:
        """Have members pay into the mutual's wallet: ``msisdn``, ``amount``, ``reference``."""
        return dict(self.control("POST", "collections", {"items": list(items), "notify": notify}))


def start_state(folder: Path, **options: Any) -> RunningState:
    """Start a state of its own under ``folder``; it misbehaves and tells nobody unless asked to."""
    return RunningState(folder / "state", **{"token": "state-token", **options})


def start_payer(folder: Path, **options: Any) -> RunningPayer:
    """Start a payer of its own under ``folder``, with a million in the mutual's mobile-money float."""
    return RunningPayer(folder / "payer", **{"token": "payer-token", "float": "1000000.00", **options})


def start_both(
    folder: Path, *, state: dict[str, Any] | None = None, payer: dict[str, Any] | None = None
) -> tuple[RunningState, RunningPayer]:
    """Start a state and a payer that know each other: notices paid at the bank reach the state, benefits the bank."""
    state_port, payer_port = free_port(), free_port()
    paying = start_payer(
        folder, port=payer_port, state_url=f"http://127.0.0.1:{state_port}", state_token="state-token", **(payer or {})
    )
    stating = start_state(
        folder, port=state_port, bank_url=paying.url, bank_token=paying.token, **{"account": MUTUAL_ACCOUNT, **(state or {})}
    )  # fmt: skip
    return stating, paying


def stop_all(running: Sequence[Running]) -> None:
    """End all of them."""
    for one in running:
        one.stop()
