"""A thread that does one thing after the other, each when it falls due."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable


class Later:
    """One thread that does things after a while, in the order in which they fall due."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._turn = itertools.count()
        self._bell = threading.Condition()
        self._ending = False
        self._busy = False
        self._thread = threading.Thread(target=self._work, name="later", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done now."""
        with self._bell:
            self._ending = True
            self._bell.notify()
        self._thread.join(timeout=2)

    def after(self, seconds: float, step: Callable[[], object]) -> None:
        """Do a step once so many seconds have passed."""
        with self._bell:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._turn), step))
            self._bell.notify()

    def idle(self) -> bool:
        """Tell whether nothing is being done or due within the next seconds."""
        with self._bell:
            return not self._busy and not (self._due and self._due[0][0] < time.monotonic() + 5)

    def _work(self) -> None:
        while (step := self._next()) is not None:
            try:
                step()
            except Exception:
                logging.getLogger("sandbox").exception("a step of the sandbox failed")
            with self._bell:
                self._busy = False

    def _next(self) -> Callable[[], object] | None:
        with self._bell:
            while not self._ending:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._busy = True
                    return heapq.heappop(self._due)[2]
                self._bell.wait(wait)
        return None
