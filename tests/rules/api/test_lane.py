"""Short requests take turns; a long one stops counting after a while and holds nobody up."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.api.lane import Lane


async def _work(lane: Lane, seconds: float, running: list[int], most: list[int]) -> None:
    async with lane.place():
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(seconds)
        running.pop()


def test_no_more_are_worked_on_at_once_than_there_are_places() -> None:
    async def all_at_once() -> int:
        lane, running, most = Lane(3, patience=10), [], [0]
        await asyncio.gather(*(_work(lane, 0.01, running, most) for _ in range(20)))
        return max(most)

    assert asyncio.run(all_at_once()) == 3


def test_a_long_request_gives_its_place_up() -> None:
    async def behind_a_long_one() -> bool:
        lane = Lane(1, patience=0.02)
        long = asyncio.create_task(_work(lane, 5, [], [0]))
        await asyncio.sleep(0)
        await asyncio.wait_for(_work(lane, 0, [], [0]), 4.5)
        was_running = not long.done()
        long.cancel()
        await asyncio.gather(long, return_exceptions=True)
        return was_running

    assert asyncio.run(behind_a_long_one())


@given(st.lists(st.sampled_from([0.0, 0.001, 0.004]), max_size=12), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_every_place_comes_back_once(takes: list[float], places: int) -> None:
    async def afterwards() -> int:
        lane = Lane(places, patience=0.002)
        await asyncio.gather(*(_work(lane, seconds, [], [0]) for seconds in takes))
        most, running = [0], []
        await asyncio.sleep(0.01)
        idle = Lane(places, patience=10)
        idle._free = lane._free
        await asyncio.gather(*(_work(idle, 0.001, running, most) for _ in range(places * 3)))
        return max(most)

    assert asyncio.run(afterwards()) == places
