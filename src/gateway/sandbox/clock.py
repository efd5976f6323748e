"""A business date that can be set, and instants on it that only go forward."""

import datetime as dt
import threading
import time

from gateway.sandbox.store import Store

SANTO_DOMINGO = dt.timezone(dt.timedelta(hours=-4))
"""The Dominican Republic keeps UTC-4 all the year."""
_OPENING = dt.time(8)
_LONGEST_DAY = dt.timedelta(hours=15)


class Clock:
    """The date on the wall of the outside world; the real one until somebody sets it."""

    def __init__(self, store: Store, zone: dt.timezone = SANTO_DOMINGO) -> None:
        self._store, self._zone = store, zone
        self._lock = threading.Lock()
        self._last: dt.datetime | None = None

    def today(self) -> dt.date:
        """Return the business date."""
        given = self._store.setting("date")
        return dt.date.fromisoformat(given.partition(" ")[0]) if given else dt.datetime.now(self._zone).date()

    def set(self, day: dt.date) -> None:
        """Make this the business date; its day begins now, at eight."""
        self._store.set("date", f"{day.isoformat()} {time.time()}")

    def now(self) -> dt.datetime:
        """Return an instant on the business date, later than every one given before on that date.

        It reads only: it is asked for inside transactions and outside of them.
        """
        given = self._store.setting("date")
        if given:
            day, _, began = given.partition(" ")
            opening = dt.datetime.combine(dt.date.fromisoformat(day), _OPENING, self._zone)
            gone = dt.timedelta(seconds=max(time.time() - float(began), 0))
            instant = opening + min(gone, _LONGEST_DAY)
        else:
            instant = dt.datetime.now(self._zone)
        return self._forward(instant.replace(microsecond=instant.microsecond // 1000 * 1000))

    def _forward(self, instant: dt.datetime) -> dt.datetime:
        with self._lock:
            last = self._last
            if last is not None and instant.date() == last.date() and instant <= last:
                instant = last + dt.timedelta(milliseconds=1)
            self._last = instant
            return instant

    def stamp(self) -> str:
        """Return ``now`` as RFC 3339 with milliseconds."""
        return self.now().isoformat(timespec="milliseconds")
