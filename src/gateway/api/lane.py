"""How many requests one process works on at once.

Threads of one process take turns at the interpreter. More of them than it can keep busy only make each turn longer: with
eight, sixteen clients got a third more answers than with sixteen. A request that takes long gives its place up, so a
large import holds nobody up.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_SECONDS = 0.25
"""After so long a request counts as a long one."""


class Lane:
    """A number of places that requests take turns at, first come first served."""

    def __init__(self, places: int, *, patience: float = PATIENCE_SECONDS) -> None:
        self._free = asyncio.Semaphore(places)
        self._patience = patience

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it, no longer than patience allows."""
        await self._free.acquire()
        held = True

        def give_up() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        timer = asyncio.get_running_loop().call_later(self._patience, give_up)
        try:
            yield
        finally:
            timer.cancel()
            give_up()
