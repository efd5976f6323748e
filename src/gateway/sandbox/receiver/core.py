"""What the receiver holds: its secrets, what it was told, and how often."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.sandbox.message_signatures import ForgedError, Signatures, UnsignedError
from gateway.sandbox.script import Script
from gateway.sandbox.store import SHARED_SCHEMA, Store

KNOWN = {"webhook": frozenset({"redirect", "drip"})}
"""``redirect`` answers with ``location``; ``drip`` never ends its answer; ``status`` with ``status`` 410 says that nobody is
here any more."""
NAMES = ("requests", "events", "events_repeated", "refused_unsigned", "refused_message_signature", "misbehaved")
SCHEMA = (
    SHARED_SCHEMA
    + """
CREATE TABLE IF NOT EXISTS told (
    number INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, body TEXT NOT NULL, times INTEGER NOT NULL,
    secret INTEGER NOT NULL, message_key TEXT, received_at TEXT NOT NULL);
"""
)


@dataclass(frozen=True)
class Options:
    """What the process was started with."""

    token: str
    secrets: Sequence[str] = ()
    verify_jwks: str | None = None


class Receiver:
    """The receiver: its store, its script, its secrets."""

    def __init__(self, options: Options, folder: Path | None) -> None:
        self.options = options
        self.store = Store(folder, "receiver.sqlite3", SCHEMA)
        self.script = Script(KNOWN)
        self._signatures = Signatures(options.verify_jwks) if options.verify_jwks else None
        if self.store.setting("secrets") is None:
            self.set_secrets(options.secrets)

    def set_secrets(self, secrets: Sequence[str]) -> None:
        """Let only these secrets count from now on."""
        self.store.set("secrets", json.dumps(list(secrets)))

    def secrets(self) -> list[str]:
        """Return the secrets that count."""
        return [str(secret) for secret in json.loads(self.store.setting("secrets") or "[]")]

    def take(self, method: str, url: str, headers: Mapping[str, str], body: bytes, digest: bytes) -> tuple[int, str]:
        """Check a message and count it; an event that was here before has no second effect. Return status and words."""
        self.store.count("requests")
        place = self._signed_with(headers, body)
        if place is None:
            self.store.count("refused_unsigned")
            return 401, "no secret of ours gives this signature"
        key: str | None = None
        if self._signatures is not None:
            try:
                key = self._signatures.check(method, url, headers, digest)
            except (UnsignedError, ForgedError) as reason:
                self.store.count("refused_message_signature")
                return 401, f"message signature: {reason}"
        return 200, self._count(headers["webhook-id"], body, place, key)

    def _signed_with(self, headers: Mapping[str, str], body: bytes) -> int | None:
        for place, secret in enumerate(self.secrets()):
            try:
                Webhook(secret).verify(body.decode(), dict(headers))
            except (WebhookVerificationError, UnicodeDecodeError, ValueError):
                continue
            return place
        return None

    def _count(self, webhook_id: str, body: bytes, place: int, key: str | None) -> str:
        with self.store.write() as connection:
            known = connection.execute("SELECT body FROM told WHERE webhook_id = ?", [webhook_id]).fetchone()
            if known is not None:
                self.store.count("events_repeated" if known["body"] == body.decode() else "events_changed")
                connection.execute("UPDATE told SET times = times + 1 WHERE webhook_id = ?", [webhook_id])
                return "known"
            kind = json.loads(body)["type"]
            stamp = dt.datetime.now(dt.UTC).isoformat()
            connection.execute(
                "INSERT INTO told (webhook_id, type, body, times, secret, message_key, received_at) VALUES (?, ?, ?, 1, ?, ?, ?)",
                [webhook_id, kind, body.decode(), place, key, stamp],
            )
            self.store.count("events")
            self.store.count(f"events:{kind}")
        return "taken"

    def forget(self) -> None:
        """Forget every event and count, as if nothing had ever come."""
        with self.store.write() as connection:
            connection.execute("DELETE FROM told")
            connection.execute("DELETE FROM effect")

    def effects(self) -> dict[str, int]:
        """Return what happened, counted; zero for what never did."""
        return {**dict.fromkeys(NAMES, 0), **self.store.effects()}

    def told(self) -> list[dict[str, Any]]:
        """Return every event once, in the order they came."""
        rows = self.store.read().execute("SELECT * FROM told ORDER BY number")
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]
