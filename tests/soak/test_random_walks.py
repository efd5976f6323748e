"""People who do anything in any order, a state and a payer that misbehave, workers that are killed: every peso is where it belongs."""

import random
from pathlib import Path

import pytest
from tests.soak.walked_house import House, Wrong

from gateway.demo.people import people

SEEDS = range(1, 7)


def walk(seed: int, database_url: str, folder: Path, *, members: int, steps: int) -> None:
    """Walk through a house and hold what it says at the end against what everybody outside knows."""
    with House(folder, database_url, random.Random(seed), list(people(members, seed))) as house:
        try:
            house.found()
            house.walk(steps)
            house.calm_down()
            house.check()
        except Wrong as wrong:
            told = "\n".join(house.said[-60:])
            raise AssertionError(f"seed {seed}: {wrong}\n\nWhat was done:\n{told}") from wrong


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_a_walk_ends_with_every_peso_where_it_belongs(seed: int, database_url: str, tmp_path: Path) -> None:
    walk(seed, database_url, tmp_path, members=12, steps=120)
