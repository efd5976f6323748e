"""Sends what the outside world tells of its own accord, again and again until somebody takes it."""

import datetime as dt
import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from gateway.sandbox.script import Script
from gateway.sandbox.signing import sign
from gateway.sandbox.store import Store

RULES = frozenset({"repeat", "reorder", "drop_before", "delay", "forge", "stale", "unsigned", "once"})
"""What can be done wrong with a callback."""
_WAITS = (0.2, 1.0, 3.0, 10.0, 30.0, 60.0)
_TIMEOUT = 10.0


class Callbacks:
    """One sender thread; rows are written with the effect they tell of and sent after it."""

    def __init__(self, store: Store, script: Script, today: Callable[[], dt.date]) -> None:
        self._store, self._script, self._today = store, script, today
        self._due: list[tuple[float, int, int]] = []
        self._turn = itertools.count()
        self._held: list[int] = []
        self._bell = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="callbacks", daemon=True)

    def start(self) -> None:
        """Take up what a process before left unsent, and go on."""
        for row in self._store.read().execute("SELECT id FROM callback WHERE outcome IS NULL ORDER BY id"):
            self._push(row["id"], 0)
        self._thread.start()

    def stop(self) -> None:
        """End the sender."""
        with self._bell:
            self._ending = True
            self._bell.notify()
        self._thread.join(timeout=2)

    def tell(
        self, *, url: str | None, event_id: str, body: Mapping[str, Any], facts: Mapping[str, Any],
        secret: str | None = None, method: str = "POST", headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Tell something once it is committed; called inside the transaction that has the effect."""
        if not url:
            return
        raw = json.dumps(body, ensure_ascii=False).encode()
        rules = self._script.fire("callback", RULES, facts, self._today())
        if any(rule.do == "drop_before" for rule in rules):
            return
        times = 1 + sum(int(rule.get("count", 1)) for rule in rules if rule.do == "repeat")
        wait = sum(float(rule.get("seconds", 1)) for rule in rules if rule.do == "delay")
        marks = {rule.do for rule in rules}
        kept = dict(headers or {}) | {f"x-sandbox-{mark}": "1" for mark in marks & {"forge", "stale", "once"}}
        if "unsigned" in marks:
            secret = None
        with self._store.write() as connection:
            rows = [
                connection.execute(
                    "INSERT INTO callback (event_id, url, method, headers, secret, body) VALUES (?, ?, ?, ?, ?, ?)",
                    [event_id, url, method, json.dumps(kept), secret, raw],
                ).lastrowid
                for _ in range(times)
            ]
        ids = [row for row in rows if row is not None]
        self._store.after_commit(lambda: self._queue(ids, wait, hold="reorder" in marks))

    def _queue(self, ids: list[int], wait: float, *, hold: bool) -> None:
        if hold:
            self._held.extend(ids)
            return
        for row in [*ids, *self._held]:
            self._push(row, wait)
        self._held.clear()

    def idle(self) -> bool:
        """Tell whether nothing is waiting to be sent."""
        waiting = self._store.read().execute("SELECT count(*) AS n FROM callback WHERE outcome IS NULL").fetchone()
        return int(waiting["n"]) == 0

    def _push(self, row: int, wait: float) -> None:
        with self._bell:
            heapq.heappush(self._due, (time.monotonic() + wait, next(self._turn), row))
            self._bell.notify()

    def _work(self) -> None:
        with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client:
            while (row := self._next()) is not None:
                self._send(client, row)

    def _next(self) -> int | None:
        with self._bell:
            while not self._ending:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._bell.wait(wait)
        return None

    def _send(self, client: httpx.Client, row_id: int) -> None:
        row = self._store.read().execute("SELECT * FROM callback WHERE id = ?", [row_id]).fetchone()
        try:
            taken = client.request(row["method"], row["url"], content=row["body"], headers=_headers(row))
            outcome = "taken" if taken.is_success else "gone" if taken.status_code == 410 else None
        except httpx.HTTPError:
            outcome = None
        if outcome is None and "x-sandbox-once" in row["headers"]:
            outcome = "given_up"
        self._note(row, outcome)

    def _note(self, row: Any, outcome: str | None) -> None:
        attempts = row["attempts"] + 1
        if outcome is None and attempts > len(_WAITS):
            outcome = "given_up"
        with self._store.write() as connection:
            connection.execute(
                "UPDATE callback SET attempts = ?, outcome = ? WHERE id = ?", [attempts, outcome, row["id"]]
            )
            self._store.count("callbacks_sent")
            if outcome == "taken":
                self._store.count("callbacks_taken")
        if outcome is None:
            self._push(row["id"], _WAITS[attempts - 1])


def _headers(row: Any) -> dict[str, str]:
    headers = {"content-type": "application/json", **json.loads(row["headers"])}
    forged, stale, _ = (headers.pop(f"x-sandbox-{mark}", None) for mark in ("forge", "stale", "once"))
    if row["secret"]:
        timestamp = int(time.time()) - (3600 if stale else 0)
        signature = sign(row["secret"], row["event_id"], timestamp, b"{}" if forged else row["body"])
        headers |= {
            "webhook-id": row["event_id"],
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature,
        }
    elif forged:
        headers["X-Callback-Secret"] = "not-the-secret"
    return headers
