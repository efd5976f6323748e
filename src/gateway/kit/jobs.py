"""Jobs: work that is queued inside the transaction that makes it necessary, and done later by a worker.

    @periodic(seconds=30)              # on the timetable of every mutual; leave it out for jobs that are only deferred
    @task("filing.poll")
    def poll(context: Context, mutual_id: int) -> None:
        with context.session(mutual_id) as session:
            ...

A job is a trigger, never the truth: its arguments are identifiers, the state machine says what is left to do, and
doing it twice must do no harm. It is retried only on errors whose class says that asking again helps; any other
failure stays in the queue, is written into the log, and is shown to people (``list_failed``).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from procrastinate import SyncPsycopgConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from sqlmodel import Session

from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.errors import GatewayError, NotFoundError

MUTUAL_OF_TRANSACTION = """
-- one row: the mutual of this transaction
SELECT current_mutual()
"""

FAILED = """
-- one row per job of this mutual that ended with an error, newest first, with what the log says of it
SELECT j.id, j.task_name, j.args, j.attempts, e.at AS failed_at, l.reason
FROM procrastinate_jobs j
JOIN LATERAL (SELECT max(at) AS at FROM procrastinate_events WHERE job_id = j.id AND type = 'failed') e ON true
LEFT JOIN LATERAL (
    SELECT reason FROM audit_log WHERE mutual_id = current_mutual() AND subject_kind = 'job' AND subject_id = j.id::text
    ORDER BY id DESC LIMIT 1
) l ON true
WHERE j.status = 'failed' AND j.args ->> 'mutual_id' = current_mutual()::text
ORDER BY j.id DESC LIMIT :limit
"""

STANDING = """
-- one row per status: how many jobs of this mutual have it
SELECT status::text AS status, count(*) AS jobs FROM procrastinate_jobs
WHERE args ->> 'mutual_id' = current_mutual()::text GROUP BY status
"""

RETRY = """
-- at most one row: the failed job that waits again
SELECT j.id, procrastinate_retry_job_v2(j.id, now(), NULL, NULL, NULL) FROM procrastinate_jobs j
WHERE j.id = :id AND j.status = 'failed' AND j.args ->> 'mutual_id' = current_mutual()::text
"""


def _no_mark(_point: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Context:
    """What a worker gives to every job."""

    database: Database
    today: Callable[[str], dt.date]
    """The business day in a time zone."""
    services: Mapping[str, Any] = field(default_factory=dict)
    """The ways out of the house: ``state``, ``payer``, ``format``."""
    worker: str = "worker"
    """Who holds a lease that this worker takes."""
    mark: Callable[[str], None] = _no_mark
    """Called at named points of what leaves the house (``filing.before_call``), so that a test can end the process there."""

    def session(self, mutual_id: int) -> AbstractContextManager[Session]:
        """Open a transaction of a mutual for this worker."""
        return self.database.session(mutual_id, actor=f"worker:{self.worker}")


F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Task:
    """A function that may be deferred by name."""

    name: str
    function: Callable[..., Any]
    retry_on: tuple[type[Exception], ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class Timed:
    """A task that runs for every mutual again and again."""

    task: str
    seconds: float


class JobNotFoundError(NotFoundError):
    """No failed job of this mutual has the number."""

    code = "job_not_found"
    title = "No such failed job"


class FailedJob(NamedTuple):
    """A job that ended with an error."""

    id: int
    task: str
    arguments: dict[str, Any]
    attempts: int
    failed_at: dt.datetime | None
    reason: str | None


TASKS: dict[str, Task] = {}
TIMETABLE: dict[str, Timed] = {}
_MANAGER = JobManager(SyncPsycopgConnector())  # never opened: every job goes through its caller's connection


def task(name: str, *, retry_on: tuple[type[Exception], ...] = (), attempts: int = 10) -> Callable[[F], F]:
    """Register ``function(context, mutual_id, **arguments)`` under a name.

    Args:
        name: Slice and verb, for example ``filing.submit``.
        retry_on: Errors that asking again may cure, besides those that say so themselves (``retryable``) and the
            database's own "serialise again".
        attempts: After so many the job counts as failed.
    """

    def register(function: F) -> F:
        if name in TASKS and TASKS[name].function.__module__ != function.__module__:
            raise ValueError(f"two tasks are called {name!r}")
        TASKS[name] = Task(name, function, retry_on, attempts)
        return function

    return register


def periodic(*, seconds: float) -> Callable[[F], F]:
    """Put a task on the timetable: it runs for every mutual each so many seconds, never twice at once for one.

    Stands above ``@task``. It takes no arguments of its own, and where it fails its next turn is its retry.
    """

    def register(function: F) -> F:
        named = [known for known in TASKS.values() if known.function is function]
        if not named:
            raise ValueError(f"{function.__name__} is not a task; write @periodic above @task")
        TASKS[named[0].name] = Task(named[0].name, function, (), 1)
        TIMETABLE[named[0].name] = Timed(named[0].name, seconds)
        return function

    return register


def defer(session: Session, name: str, *, lock: str | None = None, at: dt.datetime | None = None, **args: Any) -> int:
    """Queue a job inside the caller's transaction: the commit gives both or neither. Return its number.

    Args:
        session: The open transaction; its mutual becomes the job's ``mutual_id``.
        name: A registered task, or one that the worker has.
        lock: Jobs of one mutual with the same lock run one after the other, in the order they were queued; one that
            waits for its retry holds up those behind it.
        at: Not before this instant.
        args: Identifiers and other plain JSON values, never personal data.
    """
    mutual_id = db.scalar(session, MUTUAL_OF_TRANSACTION)
    if mutual_id is None:
        raise ValueError(f"the job {name!r} needs a mutual: the transaction acts for none")
    job = configure_task(
        name=name,
        job_manager=_MANAGER,
        lock=None if lock is None else f"{mutual_id}:{lock}",
        schedule_at=at,
        connection=db.driver(session),
    )
    return job.defer(mutual_id=mutual_id, **args)


def may_retry(task_: Task, error: BaseException) -> bool:
    """Tell whether asking again may cure an error of this task."""
    declared = isinstance(error, GatewayError) and error.retryable
    return declared or isinstance(error, task_.retry_on) or db.is_transient(error)


def list_failed(session: Session, *, limit: int = 100) -> list[FailedJob]:
    """Return the jobs of this mutual that ended with an error, newest first."""
    return [FailedJob(*row) for row in db.rows(session, FAILED, {"limit": limit})]


def retry(session: Session, job_id: int) -> None:
    """Let a failed job wait again.

    Raises:
        JobNotFoundError: No failed job of this mutual has the number.
    """
    if db.first(session, RETRY, {"id": job_id}) is None:
        raise JobNotFoundError(f"no failed job {job_id}; the list of failed jobs has those that can be asked again")


def standing(session: Session) -> dict[str, int]:
    """Return how many jobs of this mutual have which status; those that succeeded are not kept."""
    return {row.status: row.jobs for row in db.rows(session, STANDING)}
