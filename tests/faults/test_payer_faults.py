"""The faults of the way to a payer, with real processes that really end: workers, a server, the payer on a socket.

The payer counts what it paid; it is the only honest witness that something happened once.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.paying import FLOAT, TODAY, document_of, open_bank, owe
from tests.processes import RunningPayer, start_payer, wait_for

from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.ports import free_port
from gateway.ledger.accounts import open_for_owners
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.order import prepare
from gateway.payouts.queries import BatchRow, get_batch, list_payouts
from gateway.payouts.release import release

CRASHED = 70
PATIENCE = 180
SECRET = "a secret of the payer's callbacks"
AMOUNTS = (500_00, 300_01, 70_00)
TOTAL = sum(AMOUNTS)


@pytest.fixture
def payer(tmp_path: Path) -> Iterator[RunningPayer]:
    """A payer that tells nobody of anything: whoever wants to know must ask."""
    with start_payer(tmp_path) as running:
        yield running


def environment(database: Database, payer: RunningPayer, folder: Path, **settings: str) -> dict[str, str]:
    clock = folder / "today"
    clock.write_text(TODAY.isoformat())
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        "GATEWAY_DATABASE_URL": database.url,
        "GATEWAY_PAYER_URL": payer.url,
        "GATEWAY_PAYER_TOKEN": payer.token,
        "GATEWAY_PAYER_CALLBACK_SECRET": SECRET,
        "GATEWAY_DEMO": "true",
        "GATEWAY_CLOCK_FILE": str(clock),
        "GATEWAY_WORKER_PACE": "0.1",
        "GATEWAY_WORKER_LEASE_SECONDS": "2",
        "GATEWAY_LOG_LEVEL": "error",
        **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
    }


@contextlib.contextmanager
def process(
    command: str, database: Database, payer: RunningPayer, folder: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``gateway worker`` or ``gateway serve`` until the block ends, if it has not ended by itself."""
    told = environment(database, payer, folder, **settings)
    with (folder / f"{command}-{time.monotonic_ns()}.log").open("wb") as log:
        running = subprocess.Popen([sys.executable, "-m", "gateway.cli", command], env=told, stdout=log, stderr=log)
        try:
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                running.send_signal(signal.SIGCONT)
                running.terminate()
            try:
                running.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait(60)


def ready(database: Database) -> int:
    """Release a batch of three payouts; leases are short."""
    with psycopg.connect(database.url) as owner:
        owner.execute("""UPDATE mutual SET settings = settings || '{"payout_lease_seconds": 2}'::jsonb""")
    with database.session(1) as session:
        open_bank(session)
        owe(session, AMOUNTS)
    return release_another(database)


def release_another(database: Database) -> int:
    """Prepare and release whatever is owed now."""
    with database.session(1) as session:
        draft = prepare(session, provider="orange", actor="staff:ana", today=TODAY).batches[0]
        return release(session, draft.id, actor="staff:eva", roles={"manager"}, today=TODAY).id


def batch_of(database: Database, batch: int) -> BatchRow:
    with database.session(1) as session:
        return get_batch(session, batch)


def stands(database: Database, batch: int, status: str) -> Callable[[], bool]:
    return lambda: batch_of(database, batch).status == status


def trail(database: Database) -> list[tuple[int, str, str | None]]:
    with database.session(1) as session:
        found = db.rows(session, "SELECT attempt, step, outcome FROM payout_submission ORDER BY id")
        return [(row.attempt, row.step, row.outcome) for row in found]


def once_and_whole(database: Database, payer: RunningPayer, batch: int, *, paid: int = TOTAL) -> None:
    """Check that every member was paid once, at the payer and in the books."""
    effects = payer.effects()
    assert (effects["batches_created"], effects["items_completed_minor"]) == (1, paid)
    with database.session(1) as session:
        assert 10**12 - balance_of(session, FLOAT) == paid
        assert balance_of(session, f"payout:{batch}") == 0
        assert db.scalar(session, "SELECT coalesce(sum(amount_minor), 0) FROM ledger_entry") == 0


def test_f1_a_worker_that_ends_after_the_payer_took_the_batch_asks_and_finds_it(
    database: Database, payer: RunningPayer, tmp_path: Path
) -> None:
    batch = ready(database)
    with process("worker", database, payer, tmp_path, crash_at="payouts.after_call") as first:
        assert first.wait(PATIENCE) == CRASHED
    assert batch_of(database, batch).status == "sending"
    assert payer.effects()["batches_created"] == 1
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
    assert trail(database)[:2] == [(1, "send", None), (1, "ask:1", "received")]
    once_and_whole(database, payer, batch)


def test_f2_a_worker_that_ends_before_the_call_sends_it_later_under_the_same_id(
    database: Database, payer: RunningPayer, tmp_path: Path
) -> None:
    batch = ready(database)
    before = batch_of(database, batch)
    with process("worker", database, payer, tmp_path, crash_at="payouts.before_call") as first:
        assert first.wait(PATIENCE) == CRASHED
    assert payer.effects()["batches_received"] == 0
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
    assert trail(database)[:3] == [(1, "send", None), (1, "ask:1", "absent"), (2, "send", "received")]
    assert payer.dump()["batches"][0]["correlation"] == str(before.correlation_id)
    once_and_whole(database, payer, batch)


@pytest.mark.parametrize("point", ["payouts.before_approve", "payouts.before_settle"])
def test_a_worker_that_ends_later_on_the_way_is_followed_by_another(
    database: Database, payer: RunningPayer, tmp_path: Path, point: str
) -> None:
    batch = ready(database)
    with process("worker", database, payer, tmp_path, crash_at=point) as first:
        assert first.wait(PATIENCE) == CRASHED
    assert batch_of(database, batch).status == "submitted"
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
    once_and_whole(database, payer, batch)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([{"on": "batch", "do": "drop_after"}], id="F3 the connection breaks after it was taken"),
        pytest.param([{"on": "batch", "do": "status", "status": 500}], id="F4 500, taken all the same"),
        pytest.param(
            [
                {"on": "batch", "do": "truncate"},
                {"on": "approve", "do": "drop_after"},
                {"on": "batch_query", "do": "unknown_status", "nth": 2},
                {"on": "completions", "do": "status", "status": 503},
                {"on": "completions", "do": "repeat", "times": None},
                {"on": "completions", "do": "extra_line", "times": None},
            ],
            id="half an answer, a lost approval, a status nobody knows, down, outcomes twice and of strangers",
        ),
    ],
)
def test_f3_f4_an_outcome_nobody_knows_is_asked_about_and_nothing_is_paid_twice(
    database: Database, payer: RunningPayer, tmp_path: Path, rules: list[dict[str, object]]
) -> None:
    payer.script(*rules)
    batch = ready(database)
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
    assert all(told["fired"] for told in payer.control("GET", "script")["rules"]), "every fault happened"
    once_and_whole(database, payer, batch)


def test_an_outcome_that_is_left_out_of_the_list_is_asked_for_again(
    database: Database, payer: RunningPayer, tmp_path: Path
) -> None:
    payer.script({"on": "completions", "do": "missing_line"})
    batch = ready(database)
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
    assert [outcome for _, step, outcome in trail(database) if step.startswith("ask")].count("settled") >= 2
    once_and_whole(database, payer, batch)


def test_f12_what_the_payer_rejects_is_owed_again_and_paid_by_the_next_batch(
    database: Database, payer: RunningPayer, tmp_path: Path
) -> None:
    payer.script({"on": "batch", "do": "reject_all_but_one", "keep": 2})
    batch = ready(database)
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
        once_and_whole(database, payer, batch, paid=AMOUNTS[1])
        with database.session(1) as session:
            failed = list_payouts(session, batch, status="failed")
            assert [p.amount_minor for p in failed] == [AMOUNTS[0], AMOUNTS[2]]
        again = release_another(database)
        wait_for(stands(database, again, "finished"), PATIENCE)
    with database.session(1) as session:
        assert [p.retry_of_id for p in list_payouts(session, again)] == [p.id for p in failed]
        assert 10**12 - balance_of(session, FLOAT) == TOTAL
    assert payer.effects()["items_completed_minor"] == TOTAL


def test_f21_a_frozen_worker_is_replaced_after_its_lease_and_refused_when_it_wakes(
    database: Database, payer: RunningPayer, tmp_path: Path
) -> None:
    batch = ready(database)
    with process("worker", database, payer, tmp_path, freeze_at="payouts.after_call") as frozen:
        stat = Path(f"/proc/{frozen.pid}/stat")
        wait_for(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T", PATIENCE)
        with process("worker", database, payer, tmp_path):
            wait_for(stands(database, batch, "finished"), PATIENCE)
            frozen.send_signal(signal.SIGCONT)
            wait_for(lambda: (1, "send", "superseded") in trail(database), PATIENCE)
    once_and_whole(database, payer, batch)


def test_f30_a_batch_that_a_restored_backup_knows_as_unsent_is_found_at_the_payer_and_not_paid_again(
    database: Database, payer: RunningPayer, tmp_path: Path
) -> None:
    batch = ready(database)
    with process("worker", database, payer, tmp_path, crash_at="payouts.before_settle") as first:
        assert first.wait(PATIENCE) == CRASHED
    with database.session(1) as session:
        forget = "UPDATE payout_batch SET status = 'released', provider_reference = NULL, next_check_at = NULL"
        db.run(session, forget)
    with process("worker", database, payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
    assert "refused" in [outcome for _, step, outcome in trail(database) if step == "send"]
    once_and_whole(database, payer, batch)


@contextlib.contextmanager
def told(database: Database, payer: RunningPayer, folder: Path) -> Iterator[None]:
    """Serve the API where the payer's callbacks go, with a worker behind it."""
    port = int(payer._options["callback_url"].split(":")[2].split("/")[0])
    public = f"http://127.0.0.1:{port}"
    settings = {"port": str(port), "public_url": public}
    with (
        process("serve", database, payer, folder, **settings),
        process("worker", database, payer, folder, **settings),
    ):

        def is_up() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{public}/health", timeout=1, trust_env=False).status_code == 200
            return False

        wait_for(is_up, PATIENCE)
        yield


@pytest.fixture
def telling_payer(tmp_path: Path) -> Iterator[RunningPayer]:
    """A payer that tells the gateway of what happens."""
    url = f"http://127.0.0.1:{free_port()}/v1/callbacks/payer/amparo/orange"
    with start_payer(tmp_path, callback_url=url, callback_secret=SECRET) as running:
        yield running


def test_f6_callbacks_that_come_many_times_and_out_of_order_settle_once(
    database: Database, telling_payer: RunningPayer, tmp_path: Path
) -> None:
    telling_payer.script({"on": "callback", "do": "repeat", "count": 25, "times": None})
    batch = ready(database)
    with told(database, telling_payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)
        telling_payer.settle(PATIENCE)
    assert telling_payer.effects()["callbacks_taken"] >= 50
    once_and_whole(database, telling_payer, batch)
    with database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM inbox_message WHERE kind = 'payer.batch'") == 2


def test_f11_f31_a_success_that_comes_back_later_is_owed_again_and_paid_under_a_new_id(
    database: Database, telling_payer: RunningPayer, tmp_path: Path
) -> None:
    telling_payer.script({"on": "batch", "do": "return_items", "items": [1], "seconds": 2})
    batch = ready(database)
    with told(database, telling_payer, tmp_path):
        wait_for(stands(database, batch, "finished"), PATIENCE)

        def came_back() -> bool:
            with database.session(1) as session:
                return [p.amount_minor for p in list_payouts(session, batch, status="returned")] == [AMOUNTS[0]]

        wait_for(came_back, PATIENCE)
        again = release_another(database)
        wait_for(stands(database, again, "finished"), PATIENCE)
    effects = telling_payer.effects()
    assert effects["items_completed_minor"] - effects["reversals_minor"] == TOTAL
    with database.session(1) as session:
        (old,) = list_payouts(session, batch, status="returned")
        (anew,) = list_payouts(session, again)
        assert (anew.retry_of_id, anew.status, anew.amount_minor) == (old.id, "paid", AMOUNTS[0])
        assert anew.end_to_end_id != old.end_to_end_id
        assert 10**12 - balance_of(session, FLOAT) == TOTAL


def test_f6_f11_money_of_members_is_received_once_and_taken_back_with_the_payer(
    database: Database, telling_payer: RunningPayer, tmp_path: Path
) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = owe(session, AMOUNTS)
        open_for_owners(session, "member:{}:contributions", "member", members, "DOP")
    telling_payer.script(
        {"on": "callback", "do": "repeat", "count": 9, "times": None},
        {"on": "collection", "do": "reverse", "seconds": 3, "nth": 3},
    )

    def held() -> list[int]:
        with database.session(1) as session:
            return [current_balance(session, f"member:{member}:contributions") for member in members]

    with told(database, telling_payer, tmp_path):
        telling_payer.collect(
            *({"msisdn": "+18095550000", "amount": "450.5", "reference": document_of(n)} for n in (1, 2, 3)),
            {"msisdn": "+18095550000", "amount": "10", "reference": "nobody knows"},
        )
        wait_for(lambda: telling_payer.effects()["reversals"] == 1, PATIENCE)
        wait_for(lambda: held() == [450_50, 450_50, 0], PATIENCE)
        telling_payer.settle(PATIENCE)
    with database.session(1) as session:
        effects = telling_payer.effects()
        assert balance_of(session, f"{FLOAT}:clearing") == effects["collections_minor"] - effects["reversals_minor"]
        assert balance_of(session, "suspense:mobile_money") == 10_00
        assert db.scalar(session, "SELECT count(*) FROM contribution_receipt") == 4
