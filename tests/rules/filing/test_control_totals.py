"""An answer is the answer to what we sent, or it is said why not."""

import uuid
from typing import Any

import pytest

from gateway.authority.protocol import Counts, Totals
from gateway.filing.control import Expected, Said, Sums, disagreement, wrong_subject
from gateway.filing.courier import LONGEST_WAIT, backoff, patience
from gateway.filing.rules import Inflow, Share, allocate_first_in_first_out

REFERENCE = uuid.UUID("0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11")
EXPECTED = Expected(REFERENCE, "AM", "401999999", "2026-03", "DOP", "0" * 64, 3)
SAID = Said(REFERENCE, "AM", "401999999", "2026-03", Counts(3, 2, 1), Totals("DOP", 600, 400, 80))
SUMS = Sums(3, 3, 2, 1, 600, 400, 80, 3, 600)


def test_an_answer_that_adds_up_is_used() -> None:
    assert disagreement(EXPECTED, [SAID, SAID], SUMS) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": uuid.uuid4()},
        {"kind": "RD"},
        {"employer": "401888888"},
        {"period": "2026-02"},
        {"totals": Totals("USD", 600, 400, 80)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_answer_about_something_else_is_not_used(changed: dict[str, Any]) -> None:
    other = SAID._replace(**changed)
    assert wrong_subject(EXPECTED, other) is not None
    assert disagreement(EXPECTED, [SAID, other], SUMS) is not None


@pytest.mark.parametrize("field", Sums._fields)
@pytest.mark.parametrize("by", [-1, 1])
def test_a_total_that_is_one_off_is_noticed_whichever_it_is(field: str, by: int) -> None:
    assert disagreement(EXPECTED, [SAID], SUMS._replace(**{field: getattr(SUMS, field) + by})) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"counts": Counts(4, 3, 1)},
        {"counts": Counts(3, 3, 0)},
        {"totals": Totals("DOP", 601, 400, 80)},
        {"totals": Totals("DOP", 600, 400, 81)},
    ],
    ids=["lines", "accepted", "declared", "billed"],
)
def test_pages_that_disagree_about_the_whole_are_noticed(changed: dict[str, Any]) -> None:
    assert disagreement(EXPECTED, [SAID, SAID._replace(**changed)], SUMS) is not None
    assert disagreement(EXPECTED, [SAID._replace(**changed)], SUMS) is not None


def test_wages_are_not_asked_of_a_file_without_wages() -> None:
    sums, totals = SUMS._replace(declared_minor=0, ours_minor=None), Totals("DOP", 0, 400, 80)
    assert disagreement(EXPECTED, [SAID._replace(totals=totals)], sums) is None


def test_a_lines_money_is_told_by_the_oldest_receipts_first() -> None:
    inflows = [Inflow("a", 100), Inflow("b", 50), Inflow("c", 70)]
    assert allocate_first_in_first_out(inflows, 0, 120) == [Share("a", 100), Share("b", 20)]
    assert allocate_first_in_first_out(inflows, 120, 60) == [Share("b", 30), Share("c", 30)]
    assert allocate_first_in_first_out(inflows, 220, 10) == []
    assert allocate_first_in_first_out(inflows, 30, 0) == []


def test_waiting_grows_and_ends_at_five_minutes_or_what_the_state_asks() -> None:
    waits = [backoff(tries) for tries in range(12)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
    assert backoff(0, 90).total_seconds() == 90
    assert patience(LONGEST_WAIT * 100) == LONGEST_WAIT
    assert patience(waits[0] * 0).total_seconds() == 1
