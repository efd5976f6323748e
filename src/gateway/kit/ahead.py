"""One step ahead: a thread works on what comes next while what is there is used.

Worth it where the work waits for the server, or packs or digests: all of these leave the interpreter to others meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def one_ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Give the result of the work on each item, in their order; while one is given, the next is worked on.

    The items are made where the results are used, the work is done by one thread: never two at once. At most two items
    are held. Whoever stops early, or fails, goes on when the work that had begun is done.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as helper:
        begun: Future[Result] | None = None
        for item in items:
            before, begun = begun, helper.submit(work, item)
            if before is not None:
                yield before.result()
        if begun is not None:
            yield begun.result()
