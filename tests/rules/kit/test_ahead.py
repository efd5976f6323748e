"""One step ahead: what comes next is worked on while what is there is used, and nothing is lost, doubled or turned round."""

import contextlib
import threading
import time
from collections.abc import Generator, Iterator

import pytest

from gateway.kit.ahead import begun, one_ahead

PATIENCE = 20.0


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(one_ahead(lambda number: number * 10, range(50))) == [number * 10 for number in range(50)]
    assert list(one_ahead(len, [])) == []


def test_the_next_is_worked_on_while_one_is_used() -> None:
    used = [threading.Event() for _ in range(3)]

    def work(number: int) -> bool:
        return number == 0 or used[number - 1].wait(PATIENCE)

    for number, goes_on in enumerate(one_ahead(work, range(3))):
        used[number].set()
        assert goes_on, "the work on this ended only when the one before was used"


def test_never_two_are_worked_on_and_never_more_than_two_are_held() -> None:
    made, at_once = 0, threading.Lock()

    def items() -> Iterator[int]:
        nonlocal made
        for number in range(30):
            made += 1
            yield number

    def work(number: int) -> int:
        assert at_once.acquire(blocking=False)
        time.sleep(0.001)
        at_once.release()
        return number

    for done, _ in enumerate(one_ahead(work, items())):
        assert made - done <= 2


def test_what_fails_fails_in_its_turn_and_no_more_is_begun() -> None:
    worked = []

    def work(number: int) -> int:
        worked.append(number)
        if number == 2:
            raise ValueError("the third")
        return number

    used = []
    with pytest.raises(ValueError, match="the third"):
        for number in one_ahead(work, range(9)):
            used.append(number)
    assert used == [0, 1]
    assert worked == [0, 1, 2, 3], "what had begun is done, no more"


def test_where_the_items_fail_what_was_begun_is_done_first() -> None:
    worked: list[int] = []

    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ConnectionError("cut off")

    with pytest.raises(ConnectionError):
        for _ in one_ahead(worked.append, items()):
            pass
    assert worked == [1, 2]


def test_what_was_begun_goes_on_while_something_else_is_done() -> None:
    made = threading.Event()

    def items() -> Generator[int, None, None]:
        yield 1
        yield 2
        made.set()
        yield 3

    with begun(items(), most=5) as given:
        assert made.wait(PATIENCE), "nobody has asked for anything yet"
        assert list(given) == [1, 2, 3]
        assert list(given) == []


def test_of_what_was_begun_no_more_is_held_than_may_be() -> None:
    made = 0

    def items() -> Generator[int, None, None]:
        nonlocal made
        for number in range(40):
            made += 1
            yield number

    with begun(items(), most=3) as given:
        for used, number in enumerate(given):
            assert number == used
            assert made - used <= 3 + 2


def test_what_was_begun_fails_where_it_is_used() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        raise ValueError("the second")

    used: list[int] = []
    with begun(items(), most=5) as given, pytest.raises(ValueError, match="the second"):
        used.extend(iter(given))
    with begun(items(), most=5):
        """Whoever does not use it does not hear of it."""


@pytest.mark.parametrize("reason", [None, ConnectionError("cut off")])
def test_who_leaves_what_was_begun_goes_on_when_it_is_closed(reason: Exception | None) -> None:
    closed = threading.Event()

    def items() -> Generator[int, None, None]:
        try:
            yield from range(1_000_000)
        finally:
            closed.set()

    with contextlib.suppress(ConnectionError), begun(items(), most=2) as given:
        assert next(given) == 0
        if reason is not None:
            raise reason
    assert closed.is_set()
