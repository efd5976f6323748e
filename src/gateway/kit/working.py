"""The worker: takes jobs from the queue, keeps the timetable of every mutual, and frees jobs of workers that ended.

Any number of workers may run on one database. Each writes a heartbeat; when it stays away for ``lease_seconds``, any
other worker gives its jobs back to the queue. Of several that keep the timetable, one defers each turn.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import procrastinate
from procrastinate import PsycopgConnector
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from gateway.kit import audit
from gateway.kit.db import APP_ROLE
from gateway.kit.errors import GatewayError
from gateway.kit.jobs import TASKS, TIMETABLE, Context, Task, may_retry

LOGGER = logging.getLogger("gateway.worker")
LONGEST_WAIT = 300
"""Seconds between two attempts, at most."""
TICK = 0.5
LEASE_SECONDS = 30.0
LAST_RESCUE = 5
"""A job that has taken so many workers with it is not given to another."""

DEFER_DUE = """
-- one row per mutual that has no such job waiting or running; the database's clock numbers the turns, each given once
SELECT procrastinate_defer_periodic_job_v2(
    'default', m.mutual_id || ':timetable:' || %(task)s, NULL, %(task)s, 0, m.mutual_id::text,
    floor(extract(epoch FROM clock_timestamp()) / %(seconds)s)::bigint, jsonb_build_object('mutual_id', m.mutual_id))
FROM mutual m
WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs j
    WHERE j.lock = m.mutual_id || ':timetable:' || %(task)s AND j.status IN ('todo', 'doing'))
"""


class _Backoff(BaseRetryStrategy):
    """Retry what may help, twice as late each time, jobs spread so that they do not come back all at once."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not may_retry(self._task, exception) or job.attempts + 1 >= self._task.attempts:
            return None
        wait = min(2**job.attempts, LONGEST_WAIT) * 1000
        return RetryDecision(retry_in={"milliseconds": wait + (job.id or 0) * 37 % 1000})


def run(
    context: Context,
    *,
    concurrency: int = 2,
    lease_seconds: float = LEASE_SECONDS,
    pace: float = 1.0,
    signals: bool = True,
) -> None:
    """Work until a signal asks to stop; jobs in hand are finished first.

    Args:
        context: What every job gets.
        concurrency: Jobs at once in this process.
        lease_seconds: After so long without a heartbeat a worker counts as gone.
        pace: What the timetable's seconds are multiplied by; below 1 where a demonstration cannot wait.
        signals: Stop on SIGINT and SIGTERM; to be left out in a thread.
    """
    asyncio.run(_run(context, concurrency, lease_seconds, pace, signals))


def work_off(context: Context) -> None:
    """Do every job that is due now and those they queue, in the order they came; then return."""

    async def once() -> None:
        async with _app(context, 1, LEASE_SECONDS).open_async() as app:
            await app.run_worker_async(wait=False, listen_notify=False, delete_jobs="successful")

    asyncio.run(once())


async def _run(context: Context, concurrency: int, lease_seconds: float, pace: float, signals: bool) -> None:
    async with (
        _app(context, concurrency, lease_seconds).open_async() as app,
        _beside(_keep_timetable(app, pace)),
        _beside(_rescue(app, lease_seconds)),
    ):
        await app.run_worker_async(
            name=context.worker,
            concurrency=concurrency,
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=lease_seconds / 3,
            stalled_worker_timeout=lease_seconds,
            delete_jobs="successful",
            install_signal_handlers=signals,
        )


@contextlib.asynccontextmanager
async def _beside(work: Any) -> AsyncIterator[None]:
    running = asyncio.create_task(work)
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _app(context: Context, concurrency: int, lease_seconds: float) -> procrastinate.App:
    # The queue's own transactions hold one short statement each. A worker that stands still between two of them would
    # keep its row in the list of workers locked, and with it everybody who wants to take its jobs.
    idle = f"-c idle_in_transaction_session_timeout={int(lease_seconds * 1000)}"
    options = f"-c role={APP_ROLE} -c timezone=UTC {idle}"
    connector = PsycopgConnector(
        conninfo=context.database.url,
        kwargs={"options": options, "application_name": "gateway worker"},
        min_size=1,
        max_size=concurrency + 4,
    )
    app = procrastinate.App(connector=connector)
    for known in TASKS.values():
        app.task(name=known.name, retry=_Backoff(known), pass_context=True)(_bound(context, known))
    return app


def _bound(context: Context, known: Task) -> Any:
    def work(job: procrastinate.JobContext, *, mutual_id: int, **arguments: Any) -> None:
        try:
            known.function(context, mutual_id, **arguments)
        except Exception as error:
            if not may_retry(known, error) or job.job.attempts + 1 >= known.attempts:
                _write_down(context, mutual_id, known.name, job.job.id or 0, error)
            raise

    return work


def _write_down(context: Context, mutual_id: int, name: str, job_id: int, error: Exception) -> None:
    # An unforeseen error may quote a row; only its kind is kept, the rest stands in the worker's own log.
    told = error.detail if isinstance(error, GatewayError) else "unforeseen; the worker's log has the trace"
    with context.session(mutual_id) as session:
        audit.record(
            session,
            actor=f"worker:{context.worker}",
            action="job.fail",
            subject_kind="job",
            subject_id=job_id,
            reason=f"{type(error).__name__}: {told}",
            detail={"task": name},
        )


async def _keep_timetable(app: procrastinate.App, pace: float) -> None:
    due: dict[str, float] = {}
    clock = asyncio.get_running_loop().time
    while True:
        for timed in TIMETABLE.values():
            seconds = timed.seconds * pace
            if due.get(timed.task, 0.0) <= clock():
                due[timed.task] = clock() + seconds
                await _patiently(app.connector.execute_query_async(DEFER_DUE, task=timed.task, seconds=seconds))
        await asyncio.sleep(min(TICK, TICK * pace * 4))


async def _rescue(app: procrastinate.App, lease_seconds: float) -> None:
    while True:
        await _patiently(_give_back(app, lease_seconds))
        await asyncio.sleep(lease_seconds / 3)


async def _give_back(app: procrastinate.App, lease_seconds: float) -> None:
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=lease_seconds):
        LOGGER.warning("job %s of %s was left behind by a worker that is gone", job.id, job.task_name)
        if job.attempts + 1 >= LAST_RESCUE:
            await manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await manager.retry_job(job)


async def _patiently(work: Any) -> None:
    # The timetable and the rescue come round again; an unreachable database must not end the worker for them.
    try:
        await work
    except procrastinate.exceptions.ConnectorException:
        LOGGER.warning("the database does not answer the timetable; the next turn tries again")
