"""Settings from the environment (prefix ``GATEWAY_``), read by the entry floor and passed down as values.

Nothing secret has a default: what is not given is not there, and the part that needs it says so.
"""

import base64
import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.kit.db import sqlalchemy_url
from gateway.kit.embedded import ensure_running

MEBIBYTE = 1024 * 1024
KEY_BYTES = 32


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Secrets = Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)]
Words = Annotated[list[str], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Everything that differs between one place the gateway runs in and another."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", env_ignore_empty=True, extra="forbid", frozen=True)

    database_url: SecretStr | None = None
    """Any PostgreSQL 15 or newer; empty means the embedded server under ``data_dir``."""
    data_dir: Path = Path("data")
    """Where the embedded server and what else survives a restart is kept."""
    pool_size: int = Field(default=10, ge=1, le=200)
    """Connections kept open by one process; as many again are opened under load."""
    statement_timeout_seconds: int = Field(default=120, ge=0)
    """How long one statement of a request may run; workers have no such limit."""

    requests_at_once: int = Field(default=8, ge=1, le=500)
    """Short requests that one process works on at once; a long one gives its place up."""

    public_url: str = "http://127.0.0.1:8000"
    """Address that others reach the gateway under: verification addresses and callbacks are made from it."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)

    trusted_proxies: Words = []
    """Addresses or networks, with commas, of the proxies whose ``X-Forwarded-For`` says who asks; empty: nobody's. Each must
    add the address it saw. Tries are counted by that address."""

    state_url: str | None = None
    """Address of the state's API."""
    state_token: SecretStr | None = None
    state_callback_secret: Secrets = []
    """Secrets that the state signs its callbacks with; several, with commas, while one replaces another."""
    state_trusted_proxies: Words = []
    """Addresses or networks, with commas, of the proxies whose word on a client's certificate counts; empty: nobody's."""
    state_certificate_header: str | None = None
    """Header in which a trusted proxy gives the SHA-256 fingerprint of the certificate it checked; empty: certificates
    do not count."""
    state_san_header: str | None = None
    """Header in which a trusted proxy gives the name (SAN) in the certificate it checked."""
    state_fhir: bool = False
    """Serves cover as FHIR R4 under ``/v1/state/fhir/R4``."""
    state_registry: bool = False
    """Serves the SPDCI-shaped registry search under ``/v1/state/registry``."""
    payer_url: str | None = None
    """Address of the mobile money provider's API."""
    payer_token: SecretStr | None = None
    payer_callback_secret: Secrets = []
    """Secrets that the payer's callbacks carry or, as ``whsec_…``, are signed with; several, with commas, while one replaces another."""
    payer_providers: Words = ["momo:orange"]
    """Providers that payouts may go through, with commas; each is the code of its float account."""

    sms_url: str | None = None
    """Address of the carrier of short messages; without one, notices wait."""
    sms_token: SecretStr | None = None

    seal_key_file: Path | None = None
    """PEM file with the Ed25519 private key that signs the heads of the ledger's seals and of the log that is shown to
    everybody; without one they are unsigned."""
    seal_further_key_files: Words = []
    """PEM files, with commas, of keys that sign the log's heads too, while one key follows another."""

    message_keys_file: Path | None = None
    """File with the private keys (JWK Set) that sign our messages to others (RFC 9421); ``gateway state key add`` makes it.
    The first signs; all are published at ``/.well-known/jwks.json``."""
    state_signed: bool = False
    """Signs every request to the state; a mutual's setting of the same name says otherwise for its own."""
    webhooks_private: bool = False
    """Lets webhooks go by http, and to addresses inside private networks; for sandboxes alone."""

    session_hours: int = Field(default=12, ge=1, le=168)
    """How long a log-in lasts."""
    office_idle_minutes: int = Field(default=60, ge=1, le=1440)
    """After so long without a page the office's log-in in a browser ends."""
    second_factor_key_file: Path | None = None
    """File with the 32 bytes (in base64) that second factors are sealed under; the same on every machine. Without one, a
    file of that kind is made under ``data_dir``."""
    login_rate_per_minute: int = Field(default=20, ge=1)
    """Log-in attempts per address and minute, in one process."""
    access_per_number: int = Field(default=5, ge=1)
    """Codes, and tries of codes, that one telephone and identity number get in a quarter of an hour."""
    access_per_address: int = Field(default=60, ge=1)
    """The same from one network address; behind a mobile carrier many telephones share one."""
    access_overall: int = Field(default=2000, ge=1)
    """The same from everybody at one mutual together."""
    transparency_rate_per_minute: int = Field(default=240, ge=1)
    """Questions about the public log that one address may ask a minute, in one process."""
    ussd_secret: SecretStr | None = None
    """What the USSD aggregator sends with each callback; without one, its endpoint refuses."""
    max_body_bytes: int = Field(default=2 * MEBIBYTE, ge=1024)
    """Largest request that is read, uploads excepted."""
    max_upload_bytes: int = Field(default=256 * MEBIBYTE, ge=1024)
    """Largest file that may be uploaded."""
    metrics_token: SecretStr | None = None
    """Bearer token asked for at ``/metrics``; empty leaves it open for the network it stands in."""

    log_format: Literal["json", "text"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    worker_concurrency: int = Field(default=4, ge=1, le=64)
    worker_lease_seconds: float = Field(default=30.0, gt=0)
    """After so long without a sign of life a worker counts as gone and its jobs go to another."""
    worker_pace: float = Field(default=1.0, gt=0, le=10)
    """What the timetable's seconds are multiplied by; below 1 where a demonstration cannot wait."""
    crash_at: str | None = None
    """Named point at which a worker ends itself, as a power cut would; for tests of faults."""
    freeze_at: str | None = None
    """Named point at which a worker stops itself until it is continued; for tests of faults."""

    demo: bool = False
    """Allows what only a demonstration or a test may do."""
    clock_file: Path | None = None
    """File that holds today's date; honoured with ``demo`` alone."""

    @field_validator("trusted_proxies", "state_trusted_proxies")
    @classmethod
    def _are_networks(cls, given: list[str]) -> list[str]:
        for one in given:
            ip_network(one, strict=False)
        return given

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            sqlalchemy_url(given.get_secret_value())
        return given

    def database_address(self) -> str:
        """Return the database's address, starting the embedded server where none is given."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return ensure_running(self.data_dir / "postgres")

    def second_factor_key(self) -> bytes:
        """Return the key that second factors are sealed under, made where there is none yet.

        Raises:
            ValueError: The file does not hold 32 bytes in base64.
        """
        path = self.second_factor_key_file or self.data_dir / "second-factor.key"
        if self.second_factor_key_file is None and not path.exists():
            _make_key(path)
        key = base64.b64decode(path.read_text(encoding="ascii").strip())
        if len(key) != KEY_BYTES:
            raise ValueError(f"{path} holds {len(key)} bytes; expected {KEY_BYTES} in base64")
        return key

    @property
    def clock(self) -> Callable[[str], dt.date]:
        """Today's date in a time zone; in a demonstration the date that the clock's file holds."""
        clock_file = self.clock_file if self.demo else None

        def today(time_zone: str) -> dt.date:
            if clock_file is not None:
                return dt.date.fromisoformat(clock_file.read_text(encoding="ascii").strip())
            return dt.datetime.now(ZoneInfo(time_zone)).date()  # noqa: TID251 — the one clock

        return today


def _make_key(path: Path) -> None:
    """Write a new key that its owner alone may read; of two processes that begin at once the second takes the first's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_suffix(f".{os.getpid()}")
    handle = os.open(own, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)))
    with contextlib.suppress(FileExistsError):
        os.link(own, path)
    own.unlink()


def from_environment() -> Settings:
    """Read the settings.

    Raises:
        ValueError: A value that is not of its kind, in words.
    """
    return Settings()
