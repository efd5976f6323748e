"""Who is covered through a member in the Dominican Republic, as what, and until when."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.authority import country
from gateway.authority.country import find_country
from gateway.membership.errors import DependantNotEligibleError
from gateway.membership.family import DEGREES, RELATIONS, Kin, eligibility
from gateway.membership.rules import age_on, birthday
from gateway.membership.states import DependantCategory

ON = dt.date(2026, 3, 10)
DIRECT, ADDITIONAL = DependantCategory.DIRECT, DependantCategory.ADDITIONAL


def born(age: int) -> dt.date:
    return dt.date(ON.year - age, 1, 1)


@pytest.mark.parametrize(
    ("kin", "category", "rule", "until"),
    [
        (Kin("spouse"), DIRECT, "do.spouse", None),
        (Kin("partner", together_since=dt.date(2023, 3, 10)), DIRECT, "do.partner_three_years", None),
        (Kin("partner", has_common_children=True), DIRECT, "do.partner_common_children", None),
        (Kin("child", born(17)), DIRECT, "do.child_minor", dt.date(2026, 12, 31)),
        (Kin("stepchild", born(0)), DIRECT, "do.child_minor", dt.date(2043, 12, 31)),
        (Kin("child", born(18), is_student=True), DIRECT, "do.child_student", dt.date(2028, 12, 31)),
        (Kin("child", born(20), is_student=True), DIRECT, "do.child_student", dt.date(2026, 12, 31)),
        (Kin("child", born(40), is_disabled=True), DIRECT, "do.child_disabled", None),
        (Kin("parent"), ADDITIONAL, "do.additional_relative", None),
        (Kin("nephew_niece", born(5)), ADDITIONAL, "do.additional_relative", None),
    ],
)
def test_the_rule_that_covers_is_named_with_its_end_and_its_source(
    kin: Kin, category: DependantCategory, rule: str, until: dt.date | None
) -> None:
    found = eligibility("do", kin, on=ON)
    assert (found.category, found.rule, found.eligible_until) == (category, rule, until)
    assert found.source == ("SRC-057" if rule == "do.additional_relative" else "SRC-056")


@pytest.mark.parametrize(
    ("kin", "words"),
    [
        (Kin("partner"), "after 3 years together"),
        (Kin("partner", together_since=dt.date(2023, 3, 11)), "after 3 years together"),
        (Kin("child"), "needs a birth date"),
        (Kin("child", born(18)), "declare the category additional"),
        (Kin("child", born(21), is_student=True), "under 21 if studying"),
        (Kin("cousin"), "no relation to the third degree"),
        (Kin(""), "no relation to the third degree"),
    ],
)
def test_who_is_covered_by_no_rule_is_told_what_she_lacks(kin: Kin, words: str) -> None:
    with pytest.raises(DependantNotEligibleError, match=words):
        eligibility("do", kin, on=ON)


def test_a_grown_child_is_additional_where_the_holder_says_so() -> None:
    assert eligibility("do", Kin("child", born(30)), on=ON, category=ADDITIONAL).category is ADDITIONAL


def test_somebody_with_a_right_to_direct_cover_is_never_additional_nor_a_parent_direct() -> None:
    with pytest.raises(DependantNotEligibleError, match="is a direct dependant"):
        eligibility("do", Kin("child", born(5)), on=ON, category=ADDITIONAL)
    with pytest.raises(DependantNotEligibleError, match="never a direct dependant"):
        eligibility("do", Kin("parent"), on=ON, category=DIRECT)


def test_a_holder_known_by_a_passport_has_direct_dependants_only() -> None:
    assert eligibility("do", Kin("spouse"), on=ON, holder_is_foreign=True).category is DIRECT
    with pytest.raises(DependantNotEligibleError, match="direct dependants only"):
        eligibility("do", Kin("parent"), on=ON, holder_is_foreign=True)


def test_relatives_reach_to_the_third_degree() -> None:
    assert set(DEGREES.values()) == {1, 2, 3}
    assert all(eligibility("do", Kin(relation, born(50)), on=ON, category=ADDITIONAL) for relation in DEGREES)


def test_where_no_rule_is_known_what_the_holder_declares_is_kept() -> None:
    assert eligibility("in", Kin("parent"), on=ON).rule == "declared"
    assert eligibility("in", Kin("parent"), on=ON, category=ADDITIONAL).category is ADDITIONAL


@given(st.dates(dt.date(1990, 1, 1), ON), st.booleans())
def test_a_childs_cover_ends_the_day_before_the_birthday_on_which_the_rule_ends(day: dt.date, is_student: bool) -> None:
    kin, age = Kin("child", day, is_student=is_student), age_on(day, ON)
    if age < 18 or (age < 21 and is_student):
        until = eligibility("do", kin, on=ON).eligible_until
        assert until is not None
        assert until >= ON
        assert until + dt.timedelta(days=1) == birthday(day, 18 if age < 18 else 21)
    else:
        with pytest.raises(DependantNotEligibleError):
            eligibility("do", kin, on=ON)


def test_every_relation_can_be_covered_somehow() -> None:
    for relation in RELATIONS:
        kin = Kin(relation, born(30), is_disabled=True, has_common_children=True)
        assert eligibility("do", kin, on=ON)


def test_an_age_that_the_law_changes_counts_from_its_day_and_the_past_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    do = find_country("do")
    assert do is not None
    (law,) = do.family
    changed = replace(do, family=(law, replace(law, valid_from=dt.date(2026, 7, 1), child_until=16)))
    monkeypatch.setattr(country, "countries", lambda: {"do": changed})
    kin = Kin("child", dt.date(2010, 1, 1))
    assert eligibility("do", kin, on=dt.date(2026, 6, 30)).eligible_until == dt.date(2027, 12, 31)
    with pytest.raises(DependantNotEligibleError, match="under 16"):
        eligibility("do", kin, on=dt.date(2026, 7, 1))
    assert changed.family_on(dt.date(1999, 1, 1)) == law
    assert (law.verified, law.read_on) == (True, dt.date(2026, 11, 24))
