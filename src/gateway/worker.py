"""The worker process: every slice's jobs, their timetable, and the ways out of the house that they use.

As many workers as wanted may run on one database. A signal lets the jobs in hand end first.
"""

import importlib
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.authority.connect import state_channel, state_format
from gateway.authority.protocol import StateChannel
from gateway.authority.rest.transport import Timeouts
from gateway.authority.web import StateWeb
from gateway.bank.connect import payer_channel, sms_channel
from gateway.bank.protocol import PayerChannel
from gateway.bank.sms import SmsChannel
from gateway.kit import logs, working
from gateway.kit.db import Database
from gateway.kit.errors import UnavailableError
from gateway.kit.jobs import TASKS, Context
from gateway.kit.own_keys import OwnKeys
from gateway.kit.tenant import MutualRow
from gateway.settings import Settings

SLICES = (
    "ledger",
    "membership",
    "notices",
    "contributions",
    "filing",
    "benefits",
    "payouts",
    "reconciliation",
    "treasury",
    "transparency",
    "complaints",
    "selfcheck",
    "statelink",
    "webhooks",
)
"""Slices, lowest first; each may have a module of jobs."""
CRASHED = 70
IDLE_LEASES = 4
"""A transaction in which a worker does nothing for so many leases is ended: what it locked, others wait for."""


log = structlog.get_logger("gateway.worker")


class WayOutMissingError(UnavailableError):
    """A job needs somebody outside whose address was not given."""

    code = "way_out_missing"
    title = "No address to send this to"


class SealKeyError(UnavailableError):
    """The key that signs the ledger's seals cannot be used."""

    code = "seal_key_unusable"
    title = "The key for the seals cannot be used"


def run(settings: Settings) -> None:
    """Work until a signal asks to stop."""
    logs.configure(form=settings.log_format, level=settings.log_level)
    load_tasks()
    database = Database(
        settings.database_address(),
        pool_size=settings.worker_concurrency + 2,
        idle_timeout_ms=int(IDLE_LEASES * settings.worker_lease_seconds * 1000),
    )
    context = context_of(settings, database)
    log.info("worker starts", worker=context.worker, tasks=len(TASKS), concurrency=settings.worker_concurrency)
    try:
        working.run(
            context,
            concurrency=settings.worker_concurrency,
            lease_seconds=settings.worker_lease_seconds,
            pace=settings.worker_pace,
        )
    finally:
        database.close()
    log.info("worker ended", worker=context.worker)


def load_tasks() -> None:
    """Register the jobs of every slice that has any."""
    for name in SLICES:
        if find_spec(f"gateway.{name}.tasks") is not None:
            importlib.import_module(f"gateway.{name}.tasks")


def context_of(settings: Settings, database: Database) -> Context:
    """Return what every job of this process gets."""
    return Context(
        database=database,
        today=settings.clock,
        services=services(settings),
        worker=f"{socket.gethostname()}:{os.getpid()}",
        mark=faults(settings),
    )


def services(settings: Settings) -> Mapping[str, Any]:
    """Return the ways out of the house, and the keys that sign what is shown outside."""
    keys, message_keys = signing_keys(settings), own_keys(settings)
    return {
        "state": _state(settings, message_keys),
        "payer": _payer(settings),
        "sms": _sms(settings),
        "state_web": StateWeb(),
        "format": state_format,
        "seal_key": next(iter(keys), None),
        "log_keys": keys,
        "message_keys": message_keys,
        "webhooks_private": settings.webhooks_private,
        "public_url": settings.public_url,
    }


def faults(settings: Settings) -> Callable[[str], None]:
    """Return what happens at a named point: nothing, unless a test of faults asked for an end or a standstill there."""

    def mark(point: str) -> None:
        if point == settings.freeze_at:
            log.warning("frozen at a named point", point=point)
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(0.2)
        if point == settings.crash_at:
            # As a power cut would: nothing is flushed, rolled back or said goodbye to.
            os._exit(CRASHED)

    return mark


def signing_keys(settings: Settings) -> tuple[Ed25519PrivateKey, ...]:
    """Return the keys that sign what is shown outside, the first of them the ledger's own; none where none is given.

    Raises:
        SealKeyError: A file cannot be read, or holds no Ed25519 private key.
    """
    if settings.seal_key_file is None:
        return ()
    return tuple(map(_key_in, (settings.seal_key_file, *map(Path, settings.seal_further_key_files))))


def own_keys(settings: Settings) -> OwnKeys | None:
    """Return the keys that sign our messages to others, where there is a file of them."""
    return None if settings.message_keys_file is None else OwnKeys(settings.message_keys_file)


def _key_in(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SealKeyError(f"{path} cannot be read as a private key without a password: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SealKeyError(f"{path} holds no Ed25519 private key; make one with openssl genpkey -algorithm ed25519")
    return key


def _state(settings: Settings, keys: OwnKeys | None) -> Callable[..., StateChannel]:
    def connect(mutual: MutualRow, **more: Any) -> StateChannel:
        url = mutual.settings.get("state_url") or settings.state_url
        if url is None or settings.state_token is None:
            raise WayOutMissingError("no state to speak to; set GATEWAY_STATE_URL and GATEWAY_STATE_TOKEN")
        is_signed = mutual.settings.get("state_signed", "yes" if settings.state_signed else "no") == "yes"
        if is_signed and keys is None:
            raise WayOutMissingError("requests to the state are to be signed; set GATEWAY_MESSAGE_KEYS_FILE")
        token = settings.state_token.get_secret_value()
        if (seconds := mutual.settings.get("state_answer_seconds")) is not None:
            usual = Timeouts()
            more.setdefault("timeouts", replace(usual, read=float(seconds), total=max(float(seconds), usual.total)))
        return state_channel(mutual.country, url, token, keys=keys if is_signed else None, **more)

    return connect


def _payer(settings: Settings) -> Callable[..., PayerChannel]:
    def connect(mutual: MutualRow, provider: str, **more: Any) -> PayerChannel:
        ours = mutual.settings.get("payouts", {}).get(provider, {})
        url = ours.get("url") or settings.payer_url
        if url is None or settings.payer_token is None:
            raise WayOutMissingError("no payer to speak to; set GATEWAY_PAYER_URL and GATEWAY_PAYER_TOKEN")
        back = f"{settings.public_url.rstrip('/')}/v1/callbacks/payer/{mutual.code}/{provider}"
        party = ours.get("debit_party") or {"organisationid": mutual.code}
        token = settings.payer_token.get_secret_value()
        return payer_channel(url, token, debit_party=party, callback_url=back, **more)

    return connect


def _sms(settings: Settings) -> Callable[[], SmsChannel | None]:
    def connect() -> SmsChannel | None:
        if settings.sms_url is None or settings.sms_token is None:
            return None
        return sms_channel(settings.sms_url, settings.sms_token.get_secret_value())

    return connect
