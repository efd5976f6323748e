"""A policy that cannot be used says where it is wrong and what is expected."""

from typing import Any

import pytest

from gateway.filing.errors import PolicyInvalidError
from gateway.filing.policy import FundingPolicy, Source
from gateway.kit.money import currency_of

DOP = currency_of("DOP")


def test_an_empty_policy_lets_nobody_help_but_the_members_own_money() -> None:
    assert FundingPolicy.parse({}, DOP) == FundingPolicy()
    assert FundingPolicy().order == (Source.OWN_MONEY, Source.CREDIT)


@pytest.mark.parametrize(
    ("stored", "pointer", "said"),
    [
        pytest.param({"order": "own_money"}, "/order", "list", id="order is no list"),
        pytest.param({"order": ["own_money", "bank"]}, "/order", "own_money, credit, fund, reserve", id="unknown source"),
        pytest.param({"order": ["own_money", "own_money"]}, "/order", "once", id="a source twice"),
        pytest.param({"order": ["fund"]}, "/order", "own_money must", id="no money of her own"),
        pytest.param({"order": ["fund", "own_money"]}, "/order", "come before", id="help before own money"),
        pytest.param({"own_share_minimum": 0.75}, "/own_share_minimum", '"0.75"', id="a float"),
        pytest.param({"own_share_minimum": "75"}, "/own_share_minimum", "between", id="a percentage"),
        pytest.param({"fund": {"limit_per_member": "1.005"}}, "/fund/limit_per_member", "decimals", id="a half cent"),
        pytest.param({"fund": {"limit_per_member": "-1.00"}}, "/fund/limit_per_member", "zero", id="below zero"),
        pytest.param({"reserve": []}, "/reserve", "object", id="reserve is no object"),
        pytest.param({"fund": {"only_if_covered_last_month": True}}, "/fund/only_if_covered_last_month", "no such", id="a setting of the other"),
        pytest.param({"leave_out": ["holiday"]}, "/leave_out", "on_leave", id="an absence nobody knows"),
        pytest.param({"one_payroll_only": "yes"}, "/one_payroll_only", "true nor false", id="a word for a truth"),
        pytest.param({"ordre": []}, "/ordre", "no such setting", id="a typing mistake"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_place(stored: dict[str, Any], pointer: str, said: str) -> None:
    with pytest.raises(PolicyInvalidError) as refused:
        FundingPolicy.parse(stored, DOP)
    assert [problem.pointer for problem in refused.value.errors] == [pointer]
    assert said in refused.value.errors[0].detail


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(PolicyInvalidError) as refused:
        FundingPolicy.parse({"own_share_minimum": "2", "leave_out": 1, "x": 1}, DOP)
    assert [problem.pointer for problem in refused.value.errors] == ["/own_share_minimum", "/leave_out", "/x"]
