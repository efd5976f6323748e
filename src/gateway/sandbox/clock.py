"""A business date that can be set, and instants on it that only go forward."""

import datetime as dt
import threading
import time

from gateway.sandbox.store import Store

_ZONE = dt.timezone(dt.timedelta(hours=-4))
"""The Dominican Republic keeps UTC-4 all the year."""
_OPENING = dt.time(8, tzinfo=_ZONE)


class Clock:
    """The date on the wall of the outside world; the real one until somebody sets it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._set_at = time.monotonic()
        self._last = dt.datetime.fromisoformat(store.setting("last_instant") or "2000-01-01T00:00:00-04:00")

    def today(self) -> dt.date:
        """Return the business date."""
        set_to = self._store.setting("date")
        return dt.date.fromisoformat(set_to) if set_to else dt.datetime.now(_ZONE).date()

    def set(self, day: dt.date) -> None:
        """Make this the business date."""
        with self._lock:
            self._store.set("date", day.isoformat())
            self._set_at = time.monotonic()

    def now(self) -> dt.datetime:
        """Return an instant on the business date, later than every one given before while the date does not go back."""
        with self._lock:
            if self._store.setting("date"):
                opening = dt.datetime.combine(self.today(), _OPENING)
                instant = opening + dt.timedelta(seconds=min(time.monotonic() - self._set_at, 15 * 3600))
            else:
                instant = dt.datetime.now(_ZONE)
            instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
            if instant.date() == self._last.date() and instant <= self._last:
                instant = self._last + dt.timedelta(milliseconds=1)
            self._last = instant
            self._store.set("last_instant", instant.isoformat())
            return instant

    def stamp(self) -> str:
        """Return ``now`` as RFC 3339 with milliseconds."""
        return self.now().isoformat(timespec="milliseconds")
