"""Who is declared and with whose money: the mutual's policy on examples, then on everything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.filing.policy import FundingPolicy, Source
from gateway.filing.rules import (
    FUNDED,
    Candidate,
    Decision,
    Pools,
    Reason,
    decide,
    may_be_helped,
    plain_decision,
    share_help,
    sorter,
)
from gateway.filing.words import LANGUAGES, explain
from gateway.kit.money import currency_of
from gateway.kit.written import writer_of

DOP = currency_of("DOP")
HELPING = FundingPolicy.parse(
    {
        "order": ["own_money", "credit", "fund", "reserve"],
        "own_share_minimum": "0.75",
        "fund": {"limit_per_member": "200.00"},
        "reserve": {"limit_in_total": "500.00", "only_if_covered_last_month": True},
    },
    DOP,
)
OWN = FundingPolicy()


def _member(**changes: Any) -> Candidate:
    usual = Candidate(
        member_id=7,
        status="active",
        on_leave=False,
        wage_minor=2_322_300,
        heads=0,
        assessed_wage_minor=2_322_300,
        assessed_heads=0,
        needed_minor=100_000,
        held_minor=100_000,
        received_minor=100_000,
        fund_id=3,
        was_covered=True,
        is_declared_elsewhere=False,
    )
    return usual._replace(**changes)


@pytest.mark.parametrize(
    ("changes", "reason", "short"),
    [
        pytest.param({}, Reason.OWN_MONEY, 0, id="her own money reaches"),
        pytest.param({"received_minor": 60_000}, Reason.CREDIT, 0, id="with what she had before"),
        pytest.param({"held_minor": 99_999, "received_minor": 99_999}, Reason.SHORT, 1, id="a cent is missing"),
        pytest.param({"held_minor": 0, "received_minor": 0}, Reason.NO_MONEY, 100_000, id="nothing was paid"),
        pytest.param({"wage_minor": None}, Reason.WAGE_MISSING, 0, id="no wage declared"),
        pytest.param({"wage_minor": 0}, Reason.WAGE_MISSING, 0, id="a wage of zero"),
        pytest.param({"assessed_wage_minor": None}, Reason.NOT_ASSESSED, 0, id="not assessed"),
        pytest.param({"heads": 1}, Reason.ASSESSMENT_OUTDATED, 0, id="one head more since"),
        pytest.param({"wage_minor": 1}, Reason.ASSESSMENT_OUTDATED, 0, id="another wage since"),
        pytest.param({"on_leave": True}, Reason.ON_LEAVE, 0, id="on leave"),
        pytest.param({"status": "left"}, Reason.LEFT, 0, id="left"),
        pytest.param({"status": "deceased", "wage_minor": None}, Reason.DECEASED, 0, id="died"),
        pytest.param({"is_declared_elsewhere": True}, Reason.DECLARED_ELSEWHERE, 0, id="in another payroll"),
    ],
)
def test_a_member_is_declared_by_her_own_money_or_it_is_said_why_not(
    changes: dict[str, Any], reason: Reason, short: int
) -> None:
    decision = decide(_member(**changes), OWN)
    assert (decision.reason, decision.short_minor, decision.is_funded) == (reason, short, reason in FUNDED)


def test_money_taken_back_since_the_month_began_is_not_counted_as_new() -> None:
    decision = decide(_member(held_minor=100_000, received_minor=250_000), OWN)
    assert (decision.reason, decision.from_member_minor, decision.credit_minor) == (Reason.OWN_MONEY, 100_000, 0)


def test_credit_is_left_alone_where_the_policy_does_not_name_it() -> None:
    policy = FundingPolicy.parse({"order": ["own_money"]}, DOP)
    decision = decide(_member(received_minor=60_000), policy)
    assert (decision.reason, decision.short_minor) == (Reason.SHORT, 40_000)


def _short_by(gap: int, **changes: Any) -> Candidate:
    return _member(held_minor=100_000 - gap, received_minor=100_000 - gap, **changes)


def test_the_fund_helps_first_and_the_reserve_closes_what_its_limit_leaves() -> None:
    pools = Pools(HELPING, {3: 1_000_000}, 1_000_000)
    [decision] = share_help([_short_by(22_000)], HELPING, pools)
    assert decision == Decision(7, True, Reason.RESERVE, "", 78_000, 0, 78_000, 0, 20_000, 2_000)
    assert (pools.funds[3], pools.reserve_minor) == (980_000, 998_000)


def test_nobody_is_helped_with_less_than_the_least_share_of_her_own() -> None:
    enough, too_little = _short_by(25_000), _short_by(25_001)
    assert may_be_helped(enough, decide(enough, HELPING), HELPING)
    assert not may_be_helped(too_little, decide(too_little, HELPING), HELPING)


def test_the_reserve_does_not_help_who_was_not_covered_last_month() -> None:
    pools = Pools(HELPING, {}, 1_000_000)
    [decision] = share_help([_short_by(100, was_covered=False)], HELPING, pools)
    assert (decision.reason, decision.short_minor, pools.reserve_minor) == (Reason.SHORT, 100, 1_000_000)


def test_the_smallest_gap_is_closed_first_so_that_most_are_covered() -> None:
    pools = Pools(HELPING, {3: 30_000}, 0)
    asking = [_short_by(20_000, member_id=1), _short_by(12_000, member_id=2), _short_by(15_000, member_id=3)]
    decisions = {decision.member_id: decision for decision in share_help(asking, HELPING, pools)}
    assert [decisions[member].is_funded for member in (1, 2, 3)] == [False, True, True]
    assert decisions[1].from_fund_minor == 0
    assert pools.funds[3] == 3_000


candidates = st.builds(
    Candidate,
    member_id=st.integers(1, 10**6),
    status=st.sampled_from(["active", "on_leave", "left", "deceased"]),
    on_leave=st.booleans(),
    wage_minor=st.one_of(st.none(), st.sampled_from([0, 100, 200])),
    heads=st.integers(0, 1),
    assessed_wage_minor=st.one_of(st.none(), st.sampled_from([100, 200])),
    assessed_heads=st.integers(0, 1),
    needed_minor=st.integers(1, 500),
    held_minor=st.integers(0, 600),
    received_minor=st.integers(-100, 700),
    fund_id=st.one_of(st.none(), st.integers(1, 3)),
    was_covered=st.booleans(),
    is_declared_elsewhere=st.booleans(),
    waits_for_earlier=st.booleans(),
)
policies = st.builds(
    lambda order, share, each, whole, covered: FundingPolicy.parse(
        {
            "order": order,
            "own_share_minimum": share,
            "fund": {"limit_per_member": each, "limit_in_total": whole},
            "reserve": {"limit_per_member": whole, "only_if_covered_last_month": covered},
        },
        DOP,
    ),
    st.sampled_from(
        [
            ["own_money"],
            ["credit", "own_money"],
            ["own_money", "credit", "fund"],
            ["own_money", "reserve", "fund"],
            ["credit", "own_money", "fund", "reserve"],
        ]
    ),
    st.sampled_from(["0", "0.5", "1"]),
    st.sampled_from([None, "0.00", "1.50"]),
    st.sampled_from([None, "3.00"]),
    st.booleans(),
)


@given(candidates, policies)
def test_whoever_is_sorted_as_plain_is_decided_on_so_by_the_rule(candidate: Candidate, policy: FundingPolicy) -> None:
    row = (*candidate, "national_id", "00112345678")
    plain, odd = sorter(policy)([row])
    assert [*plain, *odd] == [row]
    if plain:
        assert plain_decision(candidate) == decide(candidate, policy)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"status": "left"}, id="left"),
        pytest.param({"on_leave": True}, id="on leave"),
        pytest.param({"wage_minor": None, "assessed_wage_minor": None}, id="no wage"),
        pytest.param({"assessed_wage_minor": None}, id="not assessed"),
        pytest.param({"assessed_wage_minor": 1}, id="another wage"),
        pytest.param({"assessed_heads": 7}, id="another number of heads"),
        pytest.param({"received_minor": 99_999}, id="some of it is credit"),
        pytest.param({"held_minor": 99_999}, id="some of it is gone"),
        pytest.param({"is_declared_elsewhere": True}, id="in another payroll"),
        pytest.param({"waits_for_earlier": True}, id="an earlier payroll is not accepted"),
    ],
)
def test_one_thing_that_is_not_plain_is_enough_to_be_looked_at(changes: dict[str, Any]) -> None:
    asked = _short_by(0)._replace(**changes)
    assert sorter(OWN)([asked]) == ([], [asked])


def test_a_member_who_paid_all_of_her_month_is_plain_wherever_her_own_money_comes_first() -> None:
    paid = _short_by(0)
    first, later = (FundingPolicy.parse({"order": order}, DOP) for order in (["own_money"], ["credit", "own_money"]))
    assert sorter(first)([paid]) == ([paid], [])
    assert sorter(later)([paid]) == ([], [paid])


@given(
    st.lists(candidates, max_size=12, unique_by=lambda c: c.member_id),
    policies,
    st.lists(st.integers(0, 400), min_size=3, max_size=3),
    st.integers(0, 400),
    st.randoms(use_true_random=False),
)
def test_a_line_is_funded_whole_within_every_purse_and_in_any_order_of_asking(
    members: list[Candidate], policy: FundingPolicy, funds: list[int], reserve: int, random: Any
) -> None:
    purses = dict(zip((1, 2, 3), funds, strict=True))
    asking = [member for member in members if may_be_helped(member, decide(member, policy), policy)]
    pools = Pools(policy, purses, reserve)
    helped = share_help(asking, policy, pools)
    shuffled = list(asking)
    random.shuffle(shuffled)
    assert share_help(shuffled, policy, Pools(policy, purses, reserve)) == helped
    by_id = {member.member_id: member for member in members}
    for decision in helped + [decide(member, policy) for member in members]:
        member = by_id[decision.member_id]
        given_minor = decision.from_member_minor + decision.from_fund_minor + decision.from_reserve_minor
        assert given_minor == (member.needed_minor if decision.is_funded else 0)
        assert 0 <= decision.credit_minor <= decision.from_member_minor <= member.held_minor
        assert decision.is_funded == (decision.reason in FUNDED)
    assert pools.reserve_minor == reserve - sum(d.from_reserve_minor for d in helped) >= 0
    assert all(left >= 0 for left in pools.funds.values())
    limit = policy.fund.limit_in_total_minor
    assert limit is None or pools.given[Source.FUND] <= limit


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_decision_is_told_in_every_language(reason: Reason, language: str) -> None:
    sentence = explain(
        reason,
        language,
        writer_of("DOP", language, "DO"),
        needed_minor=492_327,
        available_minor=1,
        short_minor=492_326,
        detail="!",
    )
    assert len(sentence) > 5
    assert "{" not in sentence
    if reason is Reason.SHORT:
        assert ("DOP\u00a04\u202f923,26" if language == "fr" else "DOP\u00a04,923.26") in sentence
