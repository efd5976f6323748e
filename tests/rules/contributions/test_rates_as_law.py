"""Rates as law: every month the tables cover, marks, what is carried forward, and what two people approved over them."""

import datetime as dt
import tomllib
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contributions.errors import RatesMissingError, WageInvalidError
from gateway.contributions.preview import preview
from gateway.contributions.rules import MARKS, assess, weakest
from gateway.contributions.schedule import ApprovedRate, resolve, tables_of
from gateway.kit.period import Period

FIRST = Period(2021, 8)
MONTHS = [FIRST.plus(n) for n in range(75)]
READ = dt.date(2026, 11, 24)
HEALTH_2027 = ApprovedRate("ceilings", "health", dt.date(2027, 2, 1), "245000.00", "CNSS 600", dt.date(2027, 1, 9), "2")


@given(st.sampled_from(MONTHS), st.integers(0, 10**8), st.integers(0, 9))
def test_every_month_since_august_2021_is_assessed_by_its_own_ceilings_and_rounded_by_component(
    period: Period, wage_minor: int, heads: int
) -> None:
    components = resolve("do", period).components
    amounts = assess(wage_minor, heads, components).amounts_minor
    for component, amount in zip(components[:5], amounts[:5], strict=True):
        assert component.ceiling_minor is not None
        base = Decimal(min(wage_minor, component.ceiling_minor))
        assert amount == (base * Decimal(component.rate)).quantize(Decimal(1), ROUND_HALF_UP)
    assert amounts[5] == heads * (191_978 if period >= Period(2025, 11) else 171_546)


def test_every_value_has_a_day_a_source_the_day_it_was_read_and_a_mark_and_an_unchecked_one_says_so_in_its_source() -> (
    None
):
    text = (resources.files("gateway.contributions") / "rates" / "do.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    rows = [row for kind in ("rates", "ceilings") for one in tables[kind].values() for row in one["values"]]
    rows += tables["lateness"]["values"] + tables["lateness"]["assumed_return"]["values"]
    for row in rows:
        assert all(row[key] for key in ("from", "source", "read"))
        assert row["mark"] in MARKS
        assert row["verified"] == (row["mark"] == "2")
        assert ("[?]" in row["source"]) == (row["mark"] == "?")


def test_a_value_in_a_month_that_begins_after_it_was_read_is_an_inference_and_a_year_later_unknown() -> None:
    now = {part.code: (part.mark, part.verified) for part in resolve("do", Period(2026, 11)).components}
    assert (now["health_worker"], now["work_risk"]) == (("2", True), ("1", False))
    assert {part.mark for part in resolve("do", Period(2026, 12)).components} == {"d"}
    with pytest.raises(RatesMissingError, match="last read on 2026-11-24"):
        resolve("do", Period(2027, 12))
    with pytest.raises(RatesMissingError, match="known from 2021-08-01 on"):
        resolve("do", Period(2021, 7))


def test_an_approved_value_counts_from_its_day_on_and_every_month_before_keeps_its_answer() -> None:
    with_it = {period: resolve("do", period, approved=[HEALTH_2027]) for period in MONTHS if period < Period(2027, 11)}
    for period, schedule in with_it.items():
        changed = schedule.sha256 != resolve("do", period).sha256
        assert changed == (period >= Period(2027, 2)), period
    health = with_it[Period(2027, 2)].components[0]
    assert (health.ceiling_minor, health.valid_from) == (24_500_000, "2027-02-01")
    assert "CNSS 600" in health.source
    # Read ahead, it is known for its first month; the ones after are an inference until somebody reads it again.
    announced = ApprovedRate(
        "rates", "additional_dependant", dt.date(2027, 1, 2), "2000.00", "CNSS", dt.date(2026, 12, 1), "2"
    )
    marks = [resolve("do", Period(2027, n), approved=[announced]).components[5].mark for n in (1, 2, 3)]
    assert marks == ["d", "2", "d"]
    assert tables_of("do")["ceilings"]["health"]["values"][-1]["value"] == "232230.00"


def test_a_preview_says_of_each_component_how_well_it_is_known() -> None:
    shown = preview(resolve("do", Period(2023, 5)), 99_999_900, 1)
    marks = {part["code"]: (part["mark"], part["verified"], part["read_on"]) for part in shown["components"]}
    assert marks["health_worker"] == ("?", False, "2026-11-24")
    assert marks["additional_dependants"] == ("2", True, "2026-11-24")
    assert shown["unverified"] == list(marks)[:5]
    assert shown["total"] == "58775.27"


@pytest.mark.parametrize(("wage", "heads", "told"), [(-500, 0, "-5.00 DOP is below zero"), (1, -1, "from 0 to 99"), (1, 100, "from 0 to 99")])  # fmt: skip
def test_what_cannot_be_right_is_refused_in_words(wage: int, heads: int, told: str) -> None:
    with pytest.raises(WageInvalidError, match=told):
        preview(resolve("do", Period(2026, 3)), wage, heads)


def test_what_rests_on_several_values_is_as_uncertain_as_the_least_certain() -> None:
    assert [weakest(["2", mark]) for mark in MARKS] == list(MARKS)
    assert weakest(["1", "?", "d"]) == "?"
