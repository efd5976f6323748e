"""From a month's figures to what comes next, who does it, and who is covered."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.month.rules import COVERED, NOT_COVERED, WAITING, StepState, next_step, reasons_of, steps_of

NOTHING = dict.fromkeys(
    (
        "enrolled", "assessed_members", "receipts", "drafts", "sealed", "unreached", "under_way", "answered", "accepted_lines",
        "rejected_lines", "bills", "bills_to_order", "bills_to_release", "bills_to_book", "bills_to_confirm", "advised",
        "remitted_minor", "unfunded", "funded", "quarantined", "paid_out_minor", "batches_to_release",
        "batches_under_way", "owed_minor", "suspense_minor", "open_breaks",
    ),
    0,
)  # fmt: skip

# Each line goes on from the line before: what changed, and what is next and for whom then.
STORY: list[tuple[dict[str, Any], str, str, StepState]] = [
    ({}, "members", "filing_officer", StepState.READY),
    ({"enrolled": 10}, "assess", "filing_officer", StepState.READY),
    ({"assessed_members": 9}, "receive", "cashier", StepState.READY),
    ({"receipts": 5}, "receive", "cashier", StepState.READY),
    ({"drafts": 1}, "prepare", "filing_officer", StepState.READY),
    ({"drafts": 0, "sealed": 1}, "submit", "filing_officer", StepState.READY),
    ({"unreached": 1}, "submit", "filing_officer", StepState.READY),
    ({"sealed": 0, "unreached": 0, "under_way": 1}, "submit", "worker", StepState.RUNNING),
    ({"under_way": 0, "answered": 1, "accepted_lines": 8, "rejected_lines": 1}, "bill", "state", StepState.RUNNING),
    ({"bills": 1, "bills_to_order": 1}, "pay", "accountant", StepState.READY),
    ({"bills_to_order": 0, "bills_to_release": 1}, "pay", "manager", StepState.READY),
    ({"bills_to_release": 0, "bills_to_book": 1}, "pay", "bank", StepState.RUNNING),
    ({"bills_to_book": 0, "bills_to_confirm": 1}, "pay", "state", StepState.RUNNING),
    ({"bills_to_confirm": 0, "advised": 1, "unfunded": 1}, "close", "accountant", StepState.READY),
    ({"unfunded": 0, "funded": 1, "remitted_minor": 500}, "benefits", "benefits_officer", StepState.READY),
    ({"funded": 0, "owed_minor": 500}, "payout", "benefits_officer", StepState.READY),
    ({"batches_to_release": 1, "owed_minor": 0}, "payout", "manager", StepState.READY),
    ({"batches_to_release": 0, "batches_under_way": 1}, "close", "accountant", StepState.READY),
    ({"batches_under_way": 0, "paid_out_minor": 500}, "close", "accountant", StepState.READY),
]


def at(position: int, **more: Any) -> SimpleNamespace:
    figures: dict[str, Any] = {**NOTHING, "is_closed": False}
    for changed, *_ in STORY[: position + 1]:
        figures |= changed
    return SimpleNamespace(**{**figures, **more})


@pytest.mark.parametrize("position", range(len(STORY)))
def test_the_month_goes_from_step_to_step(position: int) -> None:
    _, code, who, state = STORY[position]
    following = next_step(steps_of(at(position)))
    assert following is not None
    assert (following.code, following.who, following.state) == (code, who, state)


def test_a_closed_month_with_everything_done_has_nothing_next() -> None:
    steps = steps_of(at(len(STORY) - 1, is_closed=True))
    assert {step.state for step in steps} == {StepState.DONE}
    assert next_step(steps) is None


def test_what_is_in_the_way_is_named_at_its_step() -> None:
    figures = at(len(STORY) - 1, suspense_minor=100, open_breaks=2, quarantined=1)
    blockers = {step.code: step.blockers for step in steps_of(figures) if step.blockers}
    assert blockers.keys() == {"assess", "receive", "submit", "benefits", "close"}
    assert blockers["close"] == ("2 differences of the month are open",)
    assert "1 enrolled members have no assessment" in blockers["assess"][0]


@given(st.fixed_dictionaries({name: st.integers(0, 3) for name in NOTHING}), st.booleans())
def test_every_month_has_ten_steps_in_order_and_says_what_to_do_wherever_somebody_can(
    figures: dict[str, int], is_closed: bool
) -> None:
    steps = steps_of(SimpleNamespace(**figures, is_closed=is_closed))
    assert [step.number for step in steps] == list(range(1, 11))
    for step in steps:
        assert bool(step.next) == (step.state in {StepState.READY, StepState.RUNNING})
        assert step.who


class Said(NamedTuple):
    standing: str
    reason: str
    members: int


def test_each_member_is_covered_not_covered_or_waiting_with_a_reason() -> None:
    decided = [
        Said("accepted", "", 7),
        Said("changed", "", 1),
        Said("rejected", "101", 2),
        Said("not_declared", "no_money", 3),
        Said("waiting", "", 4),
        Said("draft", "", 5),
    ]
    told = {(one.standing, one.reason, one.detail): one.members for one in reasons_of(25, decided)}
    assert told == {
        (COVERED, "accepted", None): 7,
        (COVERED, "changed", None): 1,
        (NOT_COVERED, "rejected_by_state", "101"): 2,
        (NOT_COVERED, "no_money", None): 3,
        (WAITING, "state_has_not_answered", None): 4,
        (WAITING, "filing_not_sealed", None): 5,
        (WAITING, "not_prepared", None): 3,
    }


@given(
    st.integers(0, 100),
    st.lists(
        st.builds(
            Said,
            st.sampled_from(["accepted", "changed", "rejected", "not_declared", "waiting", "draft"]),
            st.sampled_from(["", "x", "y"]),
            st.integers(1, 9),
        )
    ),
)
def test_nobody_is_lost_or_counted_twice(enrolled: int, decided: list[Said]) -> None:
    said = sum(one.members for one in decided)
    assert sum(one.members for one in reasons_of(enrolled, decided)) == max(enrolled, said)
