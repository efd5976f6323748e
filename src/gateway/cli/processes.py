"""``serve``, ``worker``, ``migrate``, ``openapi``, ``sandbox``, ``demo``: what runs as a process of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn

from gateway import migrate as migrations
from gateway.cli.acting import ApplyOption, note, settings
from gateway.kit import logs, tenant
from gateway.kit.db import Database
from gateway.kit.loading import uncollected
from gateway.settings import Settings

DESCRIPTION = Path("openapi/gateway.json")
ACCESS_TABLE = Path("docs/who-may.md")
STATE_DESCRIPTION = Path("openapi/state.json")
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
RESTART_SECONDS = 2.0


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(serve)
    app.command()(worker)
    app.command()(migrate)
    app.command()(openapi)
    app.command(context_settings=PASSED_ON)(demo)
    sandbox = typer.Typer(
        help="The sandbox state, payer and receiver of webhooks, to try the gateway against.", no_args_is_help=True
    )
    sandbox.command("state", context_settings=PASSED_ON)(sandbox_state)
    sandbox.command("payer", context_settings=PASSED_ON)(sandbox_payer)
    sandbox.command("receiver", context_settings=PASSED_ON)(sandbox_receiver)
    app.add_typer(sandbox, name="sandbox")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)] = None,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Run a worker beside it.")] = False,
) -> None:
    """Serve the API. Without GATEWAY_DATABASE_URL on an embedded database under GATEWAY_DATA_DIR (./data)."""
    configured = settings()
    logs.configure(form=configured.log_format, level=configured.log_level)
    address = configured.database_address()
    # The server hands a signal on once it has shut down; the worker beside it must still be stopped then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _prepare(configured, address)
    helper = _Beside([sys.executable, "-m", "gateway.cli", "worker"]) if with_worker else None
    with uncollected():
        import_module("gateway.site")
    try:
        uvicorn.run(
            "gateway.site:from_environment",
            factory=True,
            host=host or configured.host,
            port=configured.port if port is None else port,
            log_config=None,
            access_log=False,
            server_header=False,
            # Whose word on a client or its certificate counts is told by the peer's own address: nothing may rewrite it.
            proxy_headers=False,
            timeout_graceful_shutdown=20,
        )
    finally:
        if helper is not None:
            helper.stop()


def worker() -> None:
    """Do the jobs of every mutual: filings, bills, confirmations, payouts, whatever is queued."""
    with uncollected():
        from gateway import worker as working

        working.load_tasks()
    working.run(settings())


def migrate(apply: ApplyOption = False) -> None:
    """Bring the database to the form that this version needs."""
    address = settings().database_address()
    waiting = migrations.pending(address)
    if not waiting:
        note("The database is as this version needs it.")
    elif apply:
        migrations.upgrade(address)
        note(f"Ran {', '.join(waiting)}.")
    else:
        note(f"Would run {', '.join(waiting)}; add --apply to do it.")


def openapi(
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help=f"Write both descriptions and the table of who may, {DESCRIPTION}, {STATE_DESCRIPTION}, {ACCESS_TABLE}.",
        ),
    ] = False,
    state: Annotated[bool, typer.Option("--state", help="Print that of the state's side.")] = False,
) -> None:
    """Print the API's description (OpenAPI 3.1), or write it to the files that the tests compare it with."""
    from gateway.api.access import table
    from gateway.api.app import description, state_description

    if write:
        DESCRIPTION.write_text(description(), encoding="utf-8")
        STATE_DESCRIPTION.write_text(state_description(), encoding="utf-8")
        ACCESS_TABLE.write_text(table(), encoding="utf-8")
        note(f"Wrote {DESCRIPTION}, {STATE_DESCRIPTION} and {ACCESS_TABLE}.")
    else:
        print(state_description() if state else description(), end="")


def demo(context: typer.Context) -> None:
    """Play three months of a sample mutual and print what became of every peso."""
    _become("gateway.demo", context.args)


def sandbox_state(context: typer.Context) -> None:
    """Serve the sandbox state; --help lists its options."""
    _become("gateway.sandbox.state", context.args)


def sandbox_payer(context: typer.Context) -> None:
    """Serve the sandbox payer and bank; --help lists its options."""
    _become("gateway.sandbox.payer", context.args)


def sandbox_receiver(context: typer.Context) -> None:
    """Serve a receiver of webhooks that checks and counts them; --help lists its options."""
    _become("gateway.sandbox.receiver", context.args)


def _become(module: str, arguments: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 — our own interpreter and module


def _prepare(configured: Settings, address: str) -> None:
    if configured.database_url is None and migrations.pending(address):
        migrations.upgrade(address)
    database = Database(address, pool_size=1)
    with database.session() as session:
        migrations.require_current(session)
        is_empty = not tenant.list_mutuals(session)
    database.close()
    if is_empty:
        note(
            "There is no mutual yet, so nobody can log in. Make the first, with its manager:\n"
            "  gateway mutual create --code amparo --name 'Mutual Amparo' --country do --employer-number 401000000"
            " --manager ana --apply"
        )


class _Beside:
    """A process that is kept running beside this one and ends with it."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._ending = threading.Event()
        self._process = subprocess.Popen(command)  # noqa: S603 — our own interpreter and module
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ending.is_set():
            self._process.wait()
            if self._ending.wait(RESTART_SECONDS):
                return
            note("The worker ended; it is started again.")
            self._process = subprocess.Popen(self._command)  # noqa: S603 — our own interpreter and module

    def stop(self) -> None:
        """Ask it to end, wait while it finishes the jobs in hand, then insist."""
        self._ending.set()
        self._process.terminate()
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._process.poll() is None:
            self._process.kill()
        self._thread.join(5)
