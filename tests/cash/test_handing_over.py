"""Cash goes from one person's drawer to another's: two people, in transit until counted, and a third where it differs."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session
from tests.cash.test_cash_sessions import took
from tests.cash.till_town import ABEL, BAG, CARMEN, OFFICE, ROSA, TODAY, counted, held, opened, settle_in

from gateway.cash.errors import (
    CountReasonError,
    HandoverInvalidError,
    HandoverWaitsError,
    NotYoursError,
    SamePersonError,
    SessionNeededError,
)
from gateway.cash.hand_over import confirm_handover, hand_over, receive_handover, take_back_handover
from gateway.kit.db import Database
from gateway.kit.states import InvalidTransitionError
from gateway.treasury.day import figures_of

TRANSIT = "cash:oficina:in-transit"


@pytest.fixture
def town(database: Database) -> Iterator[Session]:
    """Carmen has 1,000.00 in the office's drawer; rosa's bag is empty and open."""
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        opened(session)
        took(session, "r1", ana, 100_000)
        opened(session, till=BAG, holder=ROSA)
        yield session


def give(session: Session, minor: int, **more: str) -> int:
    values = {"username": "rosa", "actor": CARMEN, **more}
    return int(hand_over(session, amount_minor=minor, note=None, today=TODAY, **values).id)


def count(session: Session, number: int, minor: int, actor: str = ROSA, reason: str | None = None) -> str:
    values = {"pieces": [], "loose_minor": minor, "reason": reason, "actor": actor, "today": TODAY}
    return str(receive_handover(session, number, **values).status)


def say(session: Session, number: int, actor: str, reason: str | None = None, *, is_confirmed: bool = True) -> str:
    said = {"is_confirmed": is_confirmed, "reason": reason, "actor": actor, "today": TODAY}
    return str(confirm_handover(session, number, **said).status)


def places(session: Session) -> tuple[int, int, int]:
    return held(session, OFFICE), held(session, TRANSIT), held(session, BAG)


def test_cash_is_in_transit_until_whoever_gets_it_has_counted_it_and_both_drawers_close(town: Session) -> None:
    number = give(town, 30_000)
    assert places(town) == (70_000, 30_000, 0)
    assert figures_of(town, TODAY).figures["in_transit"] == {"cash:in-transit": 30_000}
    with pytest.raises(NotYoursError):
        count(town, number, 30_000, actor=CARMEN)
    assert count(town, number, 30_000) == "received"
    assert places(town) == (70_000, 0, 30_000)
    with pytest.raises(InvalidTransitionError):
        count(town, number, 30_000)
    with pytest.raises(InvalidTransitionError):
        take_back_handover(town, number, reason="no", actor=CARMEN, today=TODAY)


@pytest.mark.parametrize(
    ("minor", "account", "there"), [(29_000, "expense:shortages", 1_000), (30_100, "income:surpluses", 100)]
)
def test_what_is_counted_otherwise_waits_for_a_third_person_and_goes_to_its_account(
    town: Session, minor: int, account: str, there: int
) -> None:
    number = give(town, 30_000)
    with pytest.raises(CountReasonError):
        count(town, number, minor)
    assert count(town, number, minor, reason="the notes stuck together") == "counted"
    assert places(town) == (70_000, 30_000, 0)
    day = figures_of(town, TODAY)
    assert (day.unexplained_minor, f"/handovers/{number}" in [one.pointer for one in day.blockers]) == (there, True)
    mine = town.connection().exec_driver_sql("SELECT id FROM cash_session WHERE holder = 'staff:rosa'").scalar_one()
    with pytest.raises(HandoverWaitsError):
        counted(town, mine, minor, actor=ROSA)
    for person in (CARMEN, ROSA):
        with pytest.raises(SamePersonError):
            say(town, number, person)
    assert say(town, number, ABEL, "count again", is_confirmed=False) == "given"
    assert count(town, number, minor, reason="still so") == "counted"
    assert say(town, number, ABEL) == "received"
    assert (*places(town), held(town, account)) == (70_000, 0, minor, there)
    assert counted(town, mine, minor, actor=ROSA).status == "closed"


def test_only_what_is_in_ones_own_drawer_is_handed_to_another_person_and_taken_back_uncounted(town: Session) -> None:
    for minor, more in ((100_001, {}), (0, {}), (100, {"username": "carmen"}), (100, {"username": "nobody"})):
        with pytest.raises(HandoverInvalidError):
            give(town, minor, **more)
    with pytest.raises(SessionNeededError):
        give(town, 100, actor=ABEL)
    number = give(town, 100_000)
    with pytest.raises(NotYoursError):
        take_back_handover(town, number, reason="she did not come", actor=ROSA, today=TODAY)
    back = take_back_handover(town, number, reason="she did not come", actor=CARMEN, today=TODAY)
    assert (back.status, places(town)) == ("taken_back", (100_000, 0, 0))
