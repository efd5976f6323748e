"""How often one caller may ask: a window of a minute, kept in this process, and told to the caller."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from fastapi import Request

from gateway.api.proxies import counted
from gateway.api.refusals import TooManyError

WINDOW_SECONDS = 60
FORGET_ABOVE = 10_000


class Standing(NamedTuple):
    """What is left of a caller's allowance."""

    limit: int
    left: int
    seconds: int
    """Until the window begins anew."""

    def tell(self, request: Request, policy: str) -> None:
        """Let the answer say it, whatever the answer is: ``RateLimit`` and ``RateLimit-Policy``.

        Args:
            request: What is answered.
            policy: Name of the allowance: ``login``, ``token``, ``client`` or ``log``.
        """
        request.state.headers = {
            "ratelimit-policy": f'"{policy}";q={self.limit};w={WINDOW_SECONDS}',
            "ratelimit": f'"{policy}";r={max(self.left, 0)};t={self.seconds}',
        }


class RateLimit:
    """Counts what each caller does in the present window."""

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._counts: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def take(self, caller: str) -> Standing:
        """Count one more and return what is left; below zero it must be refused."""
        caller, now = counted(caller), self._clock()
        window = int(now // WINDOW_SECONDS)
        with self._lock:
            if len(self._counts) > FORGET_ABOVE:
                self._counts = {name: seen for name, seen in self._counts.items() if seen[0] == window}
            began, count = self._counts.get(caller, (window, 0))
            count = count + 1 if began == window else 1
            self._counts[caller] = (window, count)
        return Standing(self._limit, self._limit - count, WINDOW_SECONDS - int(now % WINDOW_SECONDS))


def refusal(standing: Standing, what: str = "requests a minute") -> TooManyError:
    """Return what a caller over the limit is told.

    Args:
        standing: What is left of her allowance.
        what: Was counted, for example ``log-ins a minute from one address``.
    """
    detail = f"at most {standing.limit} {what}; wait {standing.seconds} seconds"
    return TooManyError(detail, seconds=standing.seconds)
