"""The processes of a demonstration: the gateway, its worker, the sandbox state and the sandbox payer, each on its own."""

import base64
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from gateway.kit.embedded import ensure_running, release

READY_SECONDS = 180.0


class ProcessFailedError(RuntimeError):
    """A process of the demonstration did not come up, or ended; the sentence says where its log is."""


def new_secret() -> str:
    """Return a secret of this demonstration's own."""
    return secrets.token_hex(24)


def new_signing_secret() -> str:
    """Return a secret for signed callbacks, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


@dataclass
class Processes:
    """Everything that was started, and where its output goes."""

    folder: Path
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        """Start a Python module as a process with its log beside the others."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for(self, name: str, url: str) -> None:
        """Wait until a process answers at an address.

        Raises:
            ProcessFailedError: It ended, or did not answer in time.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.running[name].poll() is not None:
                raise self._ended(name)
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url, timeout=2).status_code < 500:
                    return
            time.sleep(0.1)
        raise ProcessFailedError(f"{name} does not answer at {url}; its log is {self.folder / f'{name}.log'}")

    def check(self) -> None:
        """Raise if a process has ended that should run.

        Raises:
            ProcessFailedError: Names it.
        """
        for name, process in self.running.items():
            if process.poll() is not None:
                raise self._ended(name)

    def _ended(self, name: str) -> ProcessFailedError:
        """Say that a process ended, how, and with which last words."""
        log = self.folder / f"{name}.log"
        said = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        status = self.running[name].returncode
        return ProcessFailedError(f"{name} ended with {status}: {said[-1] if said else 'no word'}; its log is {log}")

    def stop(self) -> None:
        """Ask every process to stop, the youngest first, and wait for it."""
        for process in reversed(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.running.values()):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()


def start_database(folder: Path) -> str:
    """Start an embedded database of the demonstration's own and return its address."""
    return ensure_running(folder / "postgres")


def let_go_of_database(folder: Path) -> None:
    """Let the embedded database stop."""
    release(folder / "postgres")
