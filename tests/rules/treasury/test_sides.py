"""Where the money is and whose it is: every account on one side, and both sides the same."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cash.denominations import pieces_of
from gateway.cash.errors import CountInvalidError
from gateway.cash.rules import Pieces, booking_day, counted_total
from gateway.kit.money import CURRENCIES
from gateway.ledger.rules import normal_side, shape_of
from gateway.treasury.rules import blockers_of, sides_of, unbalanced

CODES = (
    "cash:office", "bank:main", "bank:main:in-transit", "momo:orange", "momo:orange:clearing", "member:1:contributions",
    "member:1:benefits", "fund:2", "fund:2:loans", "filing:3:reserved", "state:N1:payable", "state:R1:undistributed",
    "payout:4", "suspense:cash", "unclaimed", "income:fees", "income:surpluses", "expense:fees:orange",
    "expense:shortages", "reserve:solidarity", "reserve:float",
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.integers(-(10**9), 10**9)), max_size=30))
def test_whatever_was_booked_both_sides_of_the_house_are_the_same(entries: list[tuple[str, str, int]]) -> None:
    signed: dict[str, int] = {}
    for debit, credit, minor in entries:
        signed[debit] = signed.get(debit, 0) + minor
        signed[credit] = signed.get(credit, 0) - minor
    shapes = {code: shape_of(code) for code in signed}
    balances = [
        (code, shapes[code].kind, shapes[code].is_clearing, minor * normal_side(shapes[code].kind))
        for code, minor in signed.items()
    ]
    sides = sides_of(balances)
    assert unbalanced(sides) == 0
    assert sum(map(len, sides.values())) == sum(minor != 0 for minor in signed.values())


def test_each_account_is_on_the_side_a_person_looks_for_it() -> None:
    sides = sides_of((code, shape_of(code).kind, shape_of(code).is_clearing, 1) for code in CODES)
    assert list(sides["bank"]) == ["bank:main"]
    assert list(sides["in_transit"]) == ["bank:main:in-transit", "momo:orange:clearing"]
    assert list(sides["mobile_money"]) == ["momo:orange"]
    assert list(sides["suspense"]) == ["suspense:cash"]
    assert list(sides["lent"]) == ["fund:2:loans"]
    assert list(sides["expense"]) == ["expense:fees:orange", "expense:shortages"]


def till(**change: Any) -> dict[str, Any]:
    still = {"code": "cash:x", "kind": "route", "currency": "DOP", "status": "open", "holder": "staff:rosa"}
    return {**still, "opened_on": dt.date(2026, 3, 1), "waiting_minor": 0, **change}


def test_a_bag_on_the_road_keeps_its_own_day_open_and_not_the_houses() -> None:
    assert blockers_of([], [till()], only_till=False) == []
    assert [one.code for one in blockers_of([], [till()], only_till=True)] == ["till_open"]
    assert [one.code for one in blockers_of([], [till(kind="counter")], only_till=False)] == ["till_open"]
    differs = till(status="counted", waiting_minor=-100)
    assert [one.code for one in blockers_of([], [differs], only_till=False)] == ["difference_waits"]


@given(st.data())
def test_a_count_sums_its_pieces_in_every_currency(data: st.DataObject) -> None:
    currency = data.draw(st.sampled_from(sorted(CURRENCIES)))
    known = pieces_of(currency)
    assert list(known) == sorted(set(known), reverse=True)
    numbers = data.draw(st.lists(st.integers(0, 500), min_size=len(known), max_size=len(known)))
    pieces = [Pieces(value, number) for value, number in zip(known, numbers, strict=True)]
    loose = data.draw(st.integers(0, 99))
    expected = sum(value * number for value, number in zip(known, numbers, strict=True)) + loose
    assert counted_total(data.draw(st.permutations(pieces)), loose, known) == expected


def test_a_count_names_the_place_of_what_cannot_be_added_up() -> None:
    wrong = [Pieces(100, 1), Pieces(300, 1), Pieces(100, 2), Pieces(500, -1)]
    with pytest.raises(CountInvalidError) as refused:
        counted_total(wrong, -1, pieces_of("DOP"))
    assert [one.pointer for one in refused.value.errors] == ["/pieces/1", "/pieces/2", "/pieces/3", "/loose"]


@given(
    claimed=st.dates(), opened=st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 1)), days=st.integers(0, 60),
    closed=st.sets(st.sampled_from([dt.date(2026, month, 1) for month in range(1, 4)])),
)  # fmt: skip
def test_a_receipt_of_the_road_is_booked_on_a_day_of_its_round_in_an_open_month(
    claimed: dt.date, opened: dt.date, days: int, closed: set[dt.date]
) -> None:
    received = opened + dt.timedelta(days=days)
    day = booking_day(claimed, round_opened_on=opened, received_on=received, closed_months=closed)
    assert opened <= day <= received
    assert day == received or day.replace(day=1) not in closed
    if opened <= claimed <= received and claimed.replace(day=1) not in closed:
        assert day == claimed
