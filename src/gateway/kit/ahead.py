"""One step ahead: a thread works on what comes next while what is there is used.

Worth it where the work waits for the server, or packs or digests: all of these leave the interpreter to others meanwhile.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from threading import Event
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _End(NamedTuple):
    """Nothing more comes."""

    failure: BaseException | None = None
    """What kept it from coming."""


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


@contextmanager
def begun(items: Generator[Item, None, None], *, most: int) -> Iterator[Iterator[Item]]:
    """Let a thread go through the items from now on; inside, what it gave is gone through in order, and waited for.

    At most ``most`` are held until they are used, then the thread waits. What fails fails in its turn, where it is gone
    through. Whoever leaves before the end goes on once the item that had begun is made and the iterator is closed.
    """
    given: Queue[Item | _End] = Queue(most)
    is_left = Event()

    def go_through() -> None:
        failure = None
        try:
            for item in items:
                given.put(item)
                if is_left.is_set():
                    break
            items.close()
        except BaseException as reason:
            failure = reason
        given.put(_End(failure))

    def used() -> Iterator[Item]:
        while True:
            item = given.get()
            if isinstance(item, _End):
                # For whoever asks once more, and for the one who leaves.
                given.put(item)
                if item.failure is not None:
                    raise item.failure
                return
            yield item

    with ThreadPoolExecutor(1, thread_name_prefix="begun") as helper:
        helper.submit(go_through)
        try:
            yield used()
        finally:
            is_left.set()
            while not isinstance(given.get(), _End):
                pass
