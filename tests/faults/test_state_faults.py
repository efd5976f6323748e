"""The faults of the way to the state, with real processes that really end: a worker, the state on a socket, PostgreSQL.

The state counts what it did; it is the only honest witness that something happened once.
"""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlmodel import Session
from tests.filing.filing_town import (
    COST,
    MARCH,
    OFFICER,
    assess,
    draft,
    enrol,
    pay,
    payroll_of,
    sealed,
)
from tests.filing.state_process import TOKEN, StateProcess, running_state

from gateway.filing.errors import FilingOpenError
from gateway.filing.models import Filing
from gateway.filing.prepare import prepare
from gateway.filing.queries import (
    get_filing,
    list_answers,
    list_attempts,
    list_bills,
    list_filings,
    list_lines,
)
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.filing.submit import request_submission
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.errors import GatewayError
from gateway.ledger.queries import balance_of, current_balance

CRASHED = 70
PATIENCE = 180
"""Seconds; two cores carry many processes."""


@pytest.fixture
def state() -> Iterator[StateProcess]:
    """A state of this test's own."""
    with running_state() as running:
        yield running


@contextlib.contextmanager
def worker(database: Database, state: StateProcess, folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker process until the block ends, if it has not ended by itself."""
    clock = folder / "today"
    clock.write_text("2026-04-01")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        "GATEWAY_DATABASE_URL": database.url,
        "GATEWAY_STATE_URL": state.url,
        "GATEWAY_STATE_TOKEN": TOKEN,
        "GATEWAY_DEMO": "true",
        "GATEWAY_CLOCK_FILE": str(clock),
        "GATEWAY_WORKER_PACE": "0.1",
        "GATEWAY_WORKER_LEASE_SECONDS": "2",
        "GATEWAY_WORKER_CONCURRENCY": "2",
        "GATEWAY_LOG_LEVEL": "error",
        **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
    }
    log = (folder / f"worker-{time.monotonic_ns()}.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "gateway.cli", "worker"], env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)
        log.close()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)


def filing_of(database: Database, filing_id: int) -> Filing:
    """Read a filing."""
    with database.session(1) as session:
        return get_filing(session, filing_id)


def stands(database: Database, filing_id: int, *statuses: str) -> Callable[[], bool]:
    """Return a question: is the filing in one of these states?"""
    return lambda: filing_of(database, filing_id).status in statuses


def ready(database: Database, size: int = 3) -> int:
    """Make a sealed filing whose submission is asked for; leases are short."""
    with psycopg.connect(database.url) as owner:
        owner.execute(
            """UPDATE mutual SET settings = settings || '{"filing_lease_seconds": 2, "state_answer_seconds": 4}'::jsonb"""
        )
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, size)
        filing = sealed(session, payroll_id)
        request_submission(session, filing.id, actor=OFFICER)
    return filing.id


def once_and_whole(database: Database, state: StateProcess, filing_id: int, size: int = 3) -> None:
    """Check that the filing took effect once at the state and once in the books."""
    effects = state.effects()
    assert (effects["filings_applied"], effects["lines_accepted"]) == (1, size)
    with database.session(1) as session:
        assert {line.status for line in list_lines(session, filing_id, limit=size)} == {"accepted"}
        assert current_balance(session, f"filing:{filing_id}:reserved") + _billed(session) == size * COST
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'filing.seal'") == 1
        assert db.scalar(session, "SELECT coalesce(sum(amount_minor), 0) FROM ledger_entry") == 0


def _billed(session: Session) -> int:
    return sum(balance_of(session, f"state:{bill.notice_reference}:payable") for bill in list_bills(session, limit=9))


def test_f1_a_worker_that_ends_after_the_state_accepted_asks_and_finds_it(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    filing_id = ready(database)
    with worker(database, state, tmp_path, crash_at="filing.after_state_accepted") as first:
        assert first.wait(PATIENCE) == CRASHED
    assert filing_of(database, filing_id).status == "sending"
    assert state.effects()["filings_received"] == 1
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted after the restart")
    with database.session(1) as session:
        trail = [(row.attempt, row.step, row.outcome) for row in list_attempts(session, filing_id)]
    assert trail == [(1, "submit:AM:1", None), (1, "query:AM:1", "received")]
    assert state.effects()["filings_repeated"] == 0
    once_and_whole(database, state, filing_id)


def test_f2_a_worker_that_ends_before_the_call_sends_it_later_with_the_same_id(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    filing_id = ready(database)
    with worker(database, state, tmp_path, crash_at="filing.before_call") as first:
        assert first.wait(PATIENCE) == CRASHED
    assert state.effects()["filings_received"] == 0
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted after the restart")
    with database.session(1) as session:
        trail = [(row.attempt, row.step, row.outcome) for row in list_attempts(session, filing_id)]
    assert trail == [(1, "submit:AM:1", None), (1, "query:AM:1", "absent"), (2, "submit:AM:1", "received")]
    once_and_whole(database, state, filing_id)


def test_a_worker_that_ends_between_the_answers_pages_and_the_books_takes_the_answer_in_once(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    filing_id = ready(database)
    with worker(database, state, tmp_path, crash_at="filing.before_answer_applied") as first:
        assert first.wait(PATIENCE) == CRASHED
    assert filing_of(database, filing_id).status == "submitted"
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted after the restart")
    once_and_whole(database, state, filing_id)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(
            {"on": "submit", "do": "delay", "seconds": 60, "after": True}, id="F3 timeout, applied all the same"
        ),
        pytest.param({"on": "submit", "do": "drop_after"}, id="F3 the connection breaks after it was applied"),
        pytest.param({"on": "submit", "do": "status", "status": 500}, id="F4 500, applied all the same"),
    ],
)
def test_f3_f4_an_outcome_nobody_knows_is_asked_about(
    database: Database, state: StateProcess, tmp_path: Path, rule: dict[str, object]
) -> None:
    state.script(rule)
    filing_id = ready(database)
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted")
    with database.session(1) as session:
        outcomes = [row.outcome for row in list_attempts(session, filing_id)]
    assert outcomes == ["unknown", "received"]
    assert state.effects()["filings_repeated"] == 0
    once_and_whole(database, state, filing_id)


def test_f5_what_the_state_acknowledges_and_then_has_none_of_goes_out_again_with_the_same_id(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    state.script({"on": "submit", "do": "forget_after_ack"})
    filing_id = ready(database)
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted the second time")
    with database.session(1) as session:
        trail = [(row.attempt, row.step, row.outcome) for row in list_attempts(session, filing_id)]
        answers = [answer.status for answer in list_answers(session, filing_id)]
    assert trail == [(1, "submit:AM:1", "received"), (2, "submit:AM:1", "received")]
    assert answers == ["contradicted", "applied"]
    assert state.effects()["filings_forgotten"] == 1
    once_and_whole(database, state, filing_id)


def test_f5_what_the_state_accepts_and_then_drops_is_found_at_the_bill(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    filing_id = ready(database)
    with worker(database, state, tmp_path):
        until(lambda: bool(_live_bills(database)), "the first filing is billed")
        state.script({"on": "submit", "do": "forget_after_ack", "stage": "billed", "times": None})
        with database.session(1) as session:
            payroll_id = get_filing(session, filing_id).payroll_id
            late = enrol(session, payroll_id, 1)
            assess(session, payroll_id)
            pay(session, dict.fromkeys(late, COST))
            second = sealed(session, payroll_id, MARCH, FilingKind.SUPPLEMENTARY)
            request_submission(session, second.id, actor=OFFICER)
        until(stands(database, second.id, "accepted"), "the second filing acknowledged")
        until(lambda: COST in _live_bills(database).values(), "the bill shows what the state dropped")
    with database.session(1) as session:
        assert current_balance(session, f"filing:{second.id}:reserved") == COST


def _live_bills(database: Database) -> dict[int, int]:
    """Return what our lines say above each bill that counts."""
    with database.session(1) as session:
        bills = [bill for bill in list_bills(session, limit=9) if bill.status != "superseded"]
        return {bill.id: bill.ours_minor - bill.total_minor for bill in bills}


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        pytest.param({"on": "submit", "do": "reject_lines", "lines": [17]}, 29, id="F12 one of thirty rejected"),
        pytest.param({"on": "submit", "do": "reject_all_but_one", "keep": 17}, 1, id="F12 all but one rejected"),
    ],
)
def test_f12_rejected_money_returns_to_its_members(
    database: Database, state: StateProcess, tmp_path: Path, rule: dict[str, object], accepted: int
) -> None:
    state.script(rule)
    filing_id = ready(database, 30)
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "partial"), "partly accepted")
    with database.session(1) as session:
        rejected = list_lines(session, filing_id, status="rejected", limit=100)
        assert len(rejected) == 30 - accepted
        for line in rejected:
            assert current_balance(session, f"member:{line.member_id}:contributions") == COST
        assert current_balance(session, f"filing:{filing_id}:reserved") + _billed(session) == accepted * COST
        second = draft(session, get_filing(session, filing_id).payroll_id, MARCH, FilingKind.SUPPLEMENTARY)
        assert second.line_count == 30 - accepted


def test_f13_an_amount_the_state_changes_is_posted_as_a_difference_and_nothing_is_edited(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    state.script({"on": "submit", "do": "change_amount", "lines": [2], "per_cent": 120})
    filing_id = ready(database)

    def billed() -> bool:
        with database.session(1) as session:
            return bool(list_bills(session, limit=1))

    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted")
        until(billed, "a bill")
    with database.session(1) as session:
        [changed] = list_lines(session, filing_id, status="changed", limit=9)
        [bill] = list_bills(session, limit=9)
        more = (changed.state_accepted_minor or 0) - changed.state_minor
        assert more > 0
        assert (changed.state_minor, bill.total_minor - bill.ours_minor) == (COST, more)
        assert current_balance(session, "suspense:state") == -more


@pytest.mark.parametrize("do", ["truncate", "wrong_period", "wrong_employer", "missing_line"])
def test_f14_an_answer_that_is_cut_or_of_another_filing_is_quarantined_before_anything_is_posted(
    database: Database, state: StateProcess, tmp_path: Path, do: str
) -> None:
    state.script({"on": "lines", "do": do, "times": None})
    filing_id = ready(database)

    def quarantined() -> bool:
        with database.session(1) as session:
            return any(answer.status == "quarantined" for answer in list_answers(session, filing_id))

    with worker(database, state, tmp_path):
        until(quarantined, "put aside")
        assert filing_of(database, filing_id).status == "submitted"
        with database.session(1) as session:
            assert {line.status for line in list_lines(session, filing_id, limit=9)} == {"waiting"}
            assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind LIKE 'filing.%'") == 1
        state.script()
        until(stands(database, filing_id, "accepted"), "accepted once the answer is whole")
    once_and_whole(database, state, filing_id)


def test_f15_the_same_answer_again_has_no_effect(database: Database, state: StateProcess, tmp_path: Path) -> None:
    filing_id = ready(database)
    with worker(database, state, tmp_path):
        until(stands(database, filing_id, "accepted"), "accepted")
        with database.session(1) as session:
            db.run(session, "UPDATE filing SET next_check_at = now() WHERE id = :id", {"id": filing_id})
        until(lambda: filing_of(database, filing_id).next_check_at is None, "looked at again")
    with database.session(1) as session:
        assert [answer.status for answer in list_answers(session, filing_id)] == ["applied"]
    once_and_whole(database, state, filing_id)


def test_f21_a_frozen_worker_is_replaced_after_its_lease_and_refused_when_it_wakes(
    database: Database, state: StateProcess, tmp_path: Path
) -> None:
    filing_id = ready(database)
    with worker(database, state, tmp_path, freeze_at="filing.after_state_accepted") as frozen:
        until(lambda: state.effects()["filings_received"] == 1, "the state has it")
        until(lambda: _is_stopped(frozen.pid), "the worker stands still")
        with worker(database, state, tmp_path):
            until(stands(database, filing_id, "accepted"), "another worker takes over")
            frozen.send_signal(signal.SIGCONT)

            def refused() -> bool:
                with database.session(1) as session:
                    return any(row.outcome == "superseded" for row in list_attempts(session, filing_id))

            until(refused, "the late worker is refused")
    assert state.effects()["filings_repeated"] == 0
    once_and_whole(database, state, filing_id)


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def test_f22_two_schedulers_that_start_the_same_month_make_one_filing(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 20)
    together = threading.Barrier(4)
    refused: list[GatewayError] = []

    def schedule() -> None:
        together.wait()
        try:
            with database.session(1) as session:
                day = dt.date(2026, 4, 1)
                filing = prepare(
                    session, payroll_id=payroll_id, period=MARCH, kind=FilingKind.MONTHLY, actor=OFFICER, today=day
                )
                seal(session, filing.id, actor=OFFICER, today=day)
        except GatewayError as error:
            refused.append(error)

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in refused] == [FilingOpenError] * 3
    with database.session(1) as session:
        [filing] = list_filings(session, limit=9)
        assert (filing.status, filing.line_count) == ("sealed", 20)
        assert current_balance(session, f"filing:{filing.id}:reserved") == 20 * COST
        assert {current_balance(session, f"member:{member}:contributions") for member in ids} == {0}
