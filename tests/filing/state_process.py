"""The sandbox state as a process of its own, on a socket, and a courier that speaks with it."""

import contextlib
import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from gateway.authority.connect import state_channel
from gateway.authority.rest.transport import Timeouts
from gateway.filing.courier import Courier
from gateway.filing.pursue import pursue
from gateway.filing.queries import get_filing, list_documents
from gateway.filing.states import DocumentStatus
from gateway.kit import tenant
from gateway.kit.db import Database

TOKEN = "state-token"
PATIENT = Timeouts(connect=60.0, read=60.0, write=60.0, total=120.0)
IMPATIENT = Timeouts(connect=60.0, read=1.0, write=60.0, total=120.0)
"""For an answer that is told to come late: a slow machine must not make the others late."""


class StateProcess:
    """The state, seen from outside: what it did, and what it is told to do wrong."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url, self.process = url, process
        self.http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=60)

    def script(self, *rules: dict[str, Any]) -> None:
        """Tell it what to do wrong from now on."""
        self.http.put("/sandbox/script", json={"rules": list(rules)}).raise_for_status()

    def effects(self) -> dict[str, int]:
        """Return how often what happened."""
        told: dict[str, int] = self.http.get("/sandbox/effects").raise_for_status().json()
        return told

    def register(self, **lists: list[str]) -> None:
        """Tell it what it believes of persons."""
        self.http.put("/sandbox/register", json=lists).raise_for_status()

    def pay(self, reference: str, amount: str, authorisation: str) -> None:
        """Let the bank announce a payment."""
        body = {
            "reference": reference,
            "amount": amount,
            "currency": "DOP",
            "paid_on": "2026-04-02",
            "authorisation": authorisation,
        }
        self.http.post("/sandbox/payments", json=body).raise_for_status()


@contextlib.contextmanager
def running_state(*options: str) -> Iterator[StateProcess]:
    """Run the sandbox state until the block ends."""
    command = [sys.executable, "-m", "gateway.sandbox.state", "--port", "0", "--date", "2026-04-01", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip().rsplit(" ", 1)[-1]
        state = StateProcess(url, process)
        yield state
        state.http.close()
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


@contextlib.contextmanager
def courier_to(
    database: Database,
    state: StateProcess,
    *,
    worker: str = "w1",
    mark: Callable[[str], None] | None = None,
    timeouts: Timeouts = PATIENT,
) -> Iterator[Courier]:
    """Return a courier of mutual 1."""
    with database.session(1) as session:
        mutual = tenant.current(session)
    channel = state_channel("do", state.url, TOKEN, timeouts=timeouts)
    try:
        yield Courier(database, mutual, channel, worker, dt.date(2026, 4, 1), mark or (lambda _point: None))
    finally:
        channel.close()


def pursue_until(courier: Courier, filing_id: int, *statuses: str, seconds: float = 60) -> str:
    """Do what is next with a filing, again and again, until it is in one of these states with nothing left to fetch."""
    until = time.monotonic() + seconds
    while True:
        pursue(courier, filing_id)
        with courier.session() as session:
            status = get_filing(session, filing_id).status
            open_ = [d for d in list_documents(session, filing_id) if d.status == DocumentStatus.RECEIVED]
        if status in statuses and not (open_ and status != "submitted"):
            return status
        assert time.monotonic() < until, f"still {status}; wanted {statuses}"
        time.sleep(0.03)
