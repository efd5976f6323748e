"""Jobs come with the transaction that queues them, are done once, retried only where that helps, and never lost."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from gateway.kit import jobs, working
from gateway.kit.db import Database
from gateway.kit.errors import RuleError, UnavailableError
from gateway.kit.jobs import Context, JobNotFoundError, defer, list_failed, periodic, standing, task

DONE: list[tuple[int, object]] = []


@pytest.fixture(autouse=True)
def own_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "TASKS", {})
    monkeypatch.setattr(jobs, "TIMETABLE", {})
    monkeypatch.setattr(working, "TASKS", jobs.TASKS)
    monkeypatch.setattr(working, "TIMETABLE", jobs.TIMETABLE)
    DONE.clear()


@pytest.fixture
def context(database: Database) -> Context:
    return Context(database, lambda _zone: dt.date(2026, 3, 3))


def queued(database: Database) -> int:
    with psycopg.connect(database.url) as owner:
        found = owner.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
    assert found is not None
    return int(found[0])


def test_a_job_is_queued_by_the_application_and_done_for_its_mutual(context: Context) -> None:
    @task("test.note")
    def note(context: Context, mutual_id: int, filing_id: int) -> None:
        DONE.append((mutual_id, filing_id))

    with context.session(2) as session:
        defer(session, "test.note", lock="filing:7", filing_id=7)
    working.work_off(context)
    assert DONE == [(2, 7)]
    assert queued(context.database) == 0


def test_a_job_of_a_transaction_that_fails_is_never_seen(context: Context) -> None:
    with pytest.raises(RuntimeError), context.session(1) as session:
        defer(session, "test.note")
        raise RuntimeError
    assert queued(context.database) == 0


def test_a_job_without_a_mutual_is_refused(context: Context) -> None:
    with context.database.session() as session, pytest.raises(ValueError, match="acts for none"):
        defer(session, "test.note")


def test_jobs_queued_by_a_job_are_done_in_order(context: Context) -> None:
    @task("test.first")
    def first(context: Context, mutual_id: int) -> None:
        with context.session(mutual_id) as session:
            for number in range(3):
                defer(session, "test.next", lock="one", number=number)

    @task("test.next")
    def following(context: Context, mutual_id: int, number: int) -> None:
        DONE.append((mutual_id, number))

    with context.session(1) as session:
        defer(session, "test.first")
    working.work_off(context)
    assert DONE == [(1, 0), (1, 1), (1, 2)]


def test_a_job_waits_for_its_time(context: Context) -> None:
    @task("test.later")
    def later(context: Context, mutual_id: int) -> None:
        DONE.append((mutual_id, "later"))

    with context.session(1) as session:
        defer(session, "test.later", at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    working.work_off(context)
    assert DONE == []
    with context.session(1) as session:
        assert standing(session) == {"todo": 1}


def test_a_job_is_retried_where_the_error_says_that_asking_again_helps(context: Context) -> None:
    @task("test.flaky")
    def flaky(context: Context, mutual_id: int) -> None:
        DONE.append((mutual_id, "try"))
        raise UnavailableError("the state is down")

    with context.session(1) as session:
        defer(session, "test.flaky")
    working.work_off(context)
    with context.session(1) as session:
        assert (standing(session), list_failed(session)) == ({"todo": 1}, [])
    with psycopg.connect(context.database.url) as owner:
        owner.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    working.work_off(context)
    assert len(DONE) == 2


@pytest.mark.parametrize(("error", "told"), [(RuleError("no such"), "no such"), (ValueError("secret"), "unforeseen")])
def test_a_job_that_fails_is_shown_to_its_mutual_with_the_reason(context: Context, error: Exception, told: str) -> None:
    @task("test.wrong")
    def wrong(context: Context, mutual_id: int, filing_id: int) -> None:
        DONE.append((mutual_id, filing_id))
        if len(DONE) == 1:
            raise error

    with context.session(1) as session:
        defer(session, "test.wrong", filing_id=7)
    working.work_off(context)
    with context.session(2) as session:
        assert list_failed(session) == []
    with context.session(1) as session:
        (failed,) = list_failed(session)
        assert (failed.task, failed.arguments, failed.attempts) == ("test.wrong", {"mutual_id": 1, "filing_id": 7}, 1)
        assert failed.reason is not None
        assert failed.reason.startswith(type(error).__name__)
        assert told in failed.reason
        assert "secret" not in failed.reason
    with context.session(2) as session, pytest.raises(JobNotFoundError):
        jobs.retry(session, failed.id)
    with context.session(1) as session:
        jobs.retry(session, failed.id)
    working.work_off(context)
    assert len(DONE) == 2
    with context.session(1) as session:
        assert list_failed(session) == []


def test_a_task_that_gives_up_after_its_attempts_is_shown(context: Context) -> None:
    @task("test.down", attempts=1)
    def down(context: Context, mutual_id: int) -> None:
        raise UnavailableError("the state is down")

    with context.session(1) as session:
        defer(session, "test.down")
    working.work_off(context)
    with context.session(1) as session:
        assert [failed.reason for failed in list_failed(session)] == ["UnavailableError: the state is down"]


def test_a_task_outside_the_registry_cannot_be_timed() -> None:
    def stray(context: Context, mutual_id: int) -> None: ...

    with pytest.raises(ValueError, match="above @task"):
        periodic(seconds=1)(stray)


WORKER = """
import datetime as dt, os, sys, time
from gateway.kit.db import Database
from gateway.kit.jobs import Context, periodic, task
from gateway.kit.working import run
from gateway.kit import audit

url, name = sys.argv[1:]

def note(context, mutual_id, action):
    with context.session(mutual_id) as session:
        audit.record(session, actor=name, action=action, subject_kind="test", subject_id=1)

@task("test.slow")
def slow(context, mutual_id):
    note(context, mutual_id, "begin")
    if name == "doomed":
        time.sleep(60)
    note(context, mutual_id, "end")

@periodic(seconds=1)
@task("test.tick")
def tick(context, mutual_id):
    note(context, mutual_id, "tick")

run(Context(Database(url), lambda _zone: dt.date(2026, 3, 3), worker=name), lease_seconds=1.5)
"""


@pytest.fixture
def start(database: Database) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    running: list[subprocess.Popen[str]] = []

    def begin(name: str) -> "subprocess.Popen[str]":
        running.append(subprocess.Popen([sys.executable, "-c", WORKER, database.url, name], text=True))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def log(database: Database, action: str) -> list[tuple[str, int, float]]:
    with psycopg.connect(database.url) as owner:
        return owner.execute(
            "SELECT actor, mutual_id, extract(epoch FROM at)::float FROM audit_log WHERE action = %s ORDER BY id",
            [action],
        ).fetchall()


def until(reached: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.05)


def test_a_job_of_a_worker_that_is_killed_is_taken_over(database: Database, start) -> None:
    with database.session(1) as session:
        defer(session, "test.slow")
    doomed = start("doomed")
    until(lambda: len(log(database, "begin")) == 1, "the first worker began")
    os.kill(doomed.pid, signal.SIGKILL)
    start("heir")
    until(lambda: len(log(database, "end")) == 1, "the second worker ended the job")
    assert [row[0] for row in log(database, "begin")] == ["doomed", "heir"]
    assert log(database, "end")[0][0] == "heir"


TURNS = """
CREATE TABLE turns (whose text NOT NULL, turn bigint NOT NULL);
CREATE FUNCTION write_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN INSERT INTO turns VALUES (NEW.periodic_id, NEW.defer_timestamp); RETURN NULL; END $$;
CREATE TRIGGER write_turn AFTER INSERT ON procrastinate_periodic_defers FOR EACH ROW EXECUTE FUNCTION write_turn()
"""
"""The queue remembers the last turn alone."""


def test_two_timetables_run_each_turn_once_for_every_mutual_and_stop_when_asked(database: Database, start) -> None:
    with psycopg.connect(database.url) as owner:
        owner.execute(TURNS)
    workers = [start("one"), start("two")]
    until(lambda: len(log(database, "tick")) >= 8, "four turns for two mutuals")
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(60) for worker in workers] == [0, 0]
    ticks = [whose for _, whose, _ in log(database, "tick")]
    with psycopg.connect(database.url) as owner:
        turns = owner.execute("SELECT whose::int, turn FROM turns").fetchall()
        todo = owner.execute(
            "SELECT (args->>'mutual_id')::int FROM procrastinate_jobs WHERE status = 'todo'"
        ).fetchall()
    assert all(abs(turn - time.time()) < 3600 for _, turn in turns), "a turn is numbered by the second it began in"
    assert len(set(turns)) == len(turns), "a turn was given twice"
    assert sorted(ticks + [whose for (whose,) in todo]) == sorted(mutual for mutual, _ in turns), (
        "each turn is done once, or waits"
    )
