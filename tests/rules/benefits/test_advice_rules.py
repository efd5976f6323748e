"""An advice is checked against itself before anybody relies on it."""

import pytest

from gateway.benefits.rules import (
    ControlTotals,
    Counted,
    advice_problem,
    bare_document,
    lines_problem,
    page_problem,
)
from gateway.benefits.states import LINE, REMITTANCE, LineEvent, LineStatus, RemittanceEvent, RemittanceStatus
from gateway.kit.states import InvalidTransitionError

ADVICE = ControlTotals("S1", "401999999", "DOP", 2, 800_00)


def test_an_advice_for_us_in_our_money_is_good() -> None:
    assert advice_problem(ADVICE, employers={"401999999"}, currency="DOP") is None


@pytest.mark.parametrize(
    ("employers", "currency", "said"),
    [({"401888888"}, "DOP", "for the employer 401999999"), ({"401999999"}, "USD", "it is in DOP")],
)
def test_an_advice_for_somebody_else_is_not(employers: set[str], currency: str, said: str) -> None:
    assert said in (advice_problem(ADVICE, employers=employers, currency=currency) or "")


def test_an_advice_of_nothing_is_not_good() -> None:
    empty = ControlTotals("S1", "401999999", "DOP", 0, 0)
    assert advice_problem(empty, employers={"401999999"}, currency="DOP") is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [("reference", "S2"), ("employer", "1"), ("currency", "USD"), ("line_count", 3), ("total_minor", 1)],
)
def test_a_page_of_another_remittance_shows(field: str, value: object) -> None:
    mixed = {name: getattr(ADVICE, name) for name in ControlTotals.__slots__} | {field: value}
    assert field in (page_problem(ADVICE, ControlTotals(**mixed)) or "")
    assert page_problem(ADVICE, ADVICE) is None


@pytest.mark.parametrize(
    ("counted", "good"),
    [
        (Counted(2, 2, 800_00, 1), True),
        (Counted(1, 1, 800_00, 1), False),
        (Counted(2, 1, 800_00, 1), False),
        (Counted(2, 2, 800_01, 1), False),
        (Counted(2, 2, 800_00, -5), False),
    ],
)
def test_lines_must_add_up_to_what_was_advised(counted: Counted, good: bool) -> None:
    assert (lines_problem(ADVICE, counted) is None) is good


def test_documents_are_compared_bare() -> None:
    assert bare_document("001-0000001-8") == "00100000018"
    assert bare_document(" ab 12.3") == "AB123"


@pytest.mark.parametrize("status", RemittanceStatus)
@pytest.mark.parametrize("event", RemittanceEvent)
def test_a_remittance_moves_only_as_its_table_says(status: RemittanceStatus, event: RemittanceEvent) -> None:
    if REMITTANCE.allows(status, event):
        assert REMITTANCE.advance(status, event) == REMITTANCE.target(event)
    else:
        with pytest.raises(InvalidTransitionError):
            REMITTANCE.advance(status, event)


def test_what_is_allotted_stays_allotted() -> None:
    assert not any(REMITTANCE.allows(RemittanceStatus.ALLOTTED, event) for event in RemittanceEvent)
    assert not any(LINE.allows(LineStatus.PLACED, event) for event in LineEvent)
    assert not REMITTANCE.allows(RemittanceStatus.DIFFERS, RemittanceEvent.ALLOT)
