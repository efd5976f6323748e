"""Why a bill likely differs, how it stands, what is said of it; how three sides of a month differ. Pure."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.filing.bill_words import LANGUAGES, costs, why
from gateway.filing.comparison import Around, Compared, Known, Likely, compare
from gateway.filing.drift_kinds import ACTS, DriftKind, Month, Sides, kinds_of
from gateway.filing.drift_words import explain
from gateway.filing.due import standing
from gateway.filing.models import Bill
from gateway.kit.written import writer_of

MARCH = dt.date(2026, 3, 1)
AROUND = Around(their_lines=10, our_lines=10, changed_lines=0, changed_minor=0, unnamed_lines=0)
KNOWN = {
    "health_worker": Known("SRC-002", "2", verified=True),
    "work_risk": Known("SRC-003", "1", verified=False),
    "additional_dependants": Known("SRC-004", "2", verified=True, per_head_minor=191_978),
}
PLAIN = Sides(
    member_id=1, number="M1", is_enrolled=True, member_status="active", on_leave=False, wage_minor=100, heads=0, filing_id=7,
    line_no=1, line_status="accepted", filed_wage_minor=100, filed_heads=0, filed_minor=20, filed_total_minor=25,
    from_member_minor=25, helped_minor=0, state_code="0", state_accepted_minor=20, state_wage_minor=None, active_since=MARCH,
    last_period=MARCH, held_wage_minor=100, is_active=True, held_heads=0, needed_minor=25, paid_minor=0,
)  # fmt: skip
LEFT_OUT = PLAIN._replace(
    filing_id=None,
    line_no=None,
    line_status=None,
    filed_wage_minor=None,
    filed_heads=None,
    last_period=dt.date(2026, 2, 1),
)
FILED = Month(MARCH, is_filed=True, is_helped=False)


@pytest.mark.parametrize(
    ("code", "difference", "around", "likely", "count"),
    [
        ("health_worker", 0, AROUND, Likely.EQUAL, 0),
        ("health_worker", 10, AROUND, Likely.ROUNDING, 0),
        ("health_worker", 11, AROUND, Likely.UNKNOWN, 0),
        ("work_risk", 11, AROUND, Likely.RATE_UNVERIFIED, 0),
        ("additional_dependants", -2 * 191_978, AROUND, Likely.DEPENDANTS, -2),
        ("health_worker", 50, Around(12, 10, 0, 0, 0), Likely.LINES, 2),
        ("health_worker", 50, Around(10, 10, 3, 50, 0), Likely.CHANGED_LINES, 3),
        ("surcharges", 50, AROUND, Likely.LATE, 0),
        ("interest", 50, AROUND, Likely.LATE, 0),
        ("adjustments", -50, AROUND, Likely.CORRECTION, 0),
        ("credits", -50, AROUND, Likely.CREDIT, 0),
        ("voluntary", 50, AROUND, Likely.NOT_ASSESSED, 0),
        ("a code of next year", 50, AROUND, Likely.NOT_ASSESSED, 0),
    ],
)
def test_each_difference_has_its_likely_reason_and_every_language_says_it(
    code: str, difference: int, around: Around, likely: Likely, count: int
) -> None:
    ours = 1_000_000 if code in KNOWN else 0
    [told] = compare({code: ours + difference}, {code: ours} if ours else {}, KNOWN, around)
    assert (told.component, told.likely, told.count, told.difference_minor) == (code, likely, count, difference)
    assert len({why(told, language) for language in LANGUAGES}) == 3


@given(st.dictionaries(st.sampled_from([*KNOWN, "voluntary", "x"]), st.integers(-(10**9), 10**9)), st.data())
def test_nothing_of_either_side_is_left_out(theirs: dict[str, int], data: st.DataObject) -> None:
    ours = data.draw(st.dictionaries(st.sampled_from(list(KNOWN)), st.integers(0, 10**9)))
    told = compare(theirs, ours, KNOWN, AROUND)
    assert sum(one.theirs_minor for one in told) == sum(theirs.values())
    assert sum(one.ours_minor for one in told) == sum(ours.values())
    assert all((one.likely is Likely.EQUAL) == (one.difference_minor == 0) for one in told)
    assert len({one.component for one in told}) == len(told) == len({*theirs, *ours})


def test_what_paying_on_a_day_costs_is_said_in_three_languages() -> None:
    day = {"pay_on": dt.date(2026, 4, 9), "due_on": dt.date(2026, 4, 6), "is_verified": False}
    assert costs("en", writer_of("DOP", "en", "DO"), total_minor=120_433, more_minor=1_310, **day) == (  # type: ignore[arg-type]
        "Paying on 9 April 2026 costs DOP\u00a01,204.33: DOP\u00a013.10 more than by 6 April 2026."
        " The rate of the surcharge is not verified."
    )
    assert "Pagando el 9 de abril de 2026 cuesta DOP\u00a01,204.33" in costs(
        "es", writer_of("DOP", "es", "DO"), total_minor=120_433, more_minor=1, **day
    )  # type: ignore[arg-type]
    assert "coûte DOP\u00a01\u202f204,33" in costs(
        "fr", writer_of("DOP", "fr", "DO"), total_minor=120_433, more_minor=0, **day
    )  # type: ignore[arg-type]
    assert costs("de", str, total_minor=1, more_minor=0, **day) == costs("es", str, total_minor=1, more_minor=0, **day)  # type: ignore[arg-type]


def test_an_amount_is_written_as_each_country_does() -> None:
    assert writer_of("DOP", "en", "DO")(-123_456_789) == "DOP\u00a0-1,234,567.89"
    assert writer_of("XOF", "fr", "SN")(12_345) == "XOF\u00a012\u202f345"
    assert writer_of("INR", "en", "IN")(1_234_567_89) == "INR\u00a012,34,567.89"
    assert writer_of("DOP", "es", "do")(123_456_789) == "DOP\u00a01,234,567.89"


@pytest.mark.parametrize(
    ("status", "told", "replaces", "today", "expected"),
    [
        ("received", "current", None, "2026-04-06", "current"),
        ("received", "current", None, "2026-04-07", "overdue"),
        ("ordered", "recalculated", 1, "2026-04-06", "recalculated"),
        ("booked", "overdue", 1, "2026-04-07", "overdue"),
        ("confirmed", "paid", None, "2026-05-07", "paid"),
        ("superseded", "cancelled", None, "2026-04-01", "cancelled"),
        ("superseded", "current", None, "2026-05-07", "recalculated"),
    ],
)
def test_a_bill_stands_as_we_know_ourselves(
    status: str, told: str, replaces: int | None, today: str, expected: str
) -> None:
    bill = Bill(status=status, notice_status=told, replaces_id=replaces, due_on=dt.date(2026, 4, 6))  # type: ignore[call-arg]
    assert standing(bill, dt.date.fromisoformat(today)) == expected


@pytest.mark.parametrize(
    ("sides", "month", "expected"),
    [
        (PLAIN, FILED, []),
        (PLAIN._replace(line_status="changed", state_wage_minor=90, state_accepted_minor=18), FILED, ["wage_taken", "amount_taken"]),
        (PLAIN._replace(wage_minor=101), FILED, ["wage_changed"]),
        (PLAIN._replace(held_heads=1), FILED, ["dependants"]),
        (PLAIN._replace(is_enrolled=False, wage_minor=None), FILED, ["not_enrolled"]),
        (PLAIN._replace(helped_minor=5, from_member_minor=20), FILED, ["helped"]),
        (PLAIN._replace(line_status="rejected", wage_minor=101), FILED, ["rejected"]),
        (PLAIN._replace(line_status="waiting"), FILED, ["unanswered"]),
        (LEFT_OUT._replace(paid_minor=25), FILED, ["paid_not_filed"]),
        (LEFT_OUT._replace(paid_minor=24), FILED, ["not_paid"]),
        (LEFT_OUT._replace(paid_minor=24), Month(MARCH, is_filed=False, is_helped=False), []),
        (LEFT_OUT._replace(last_period=None), FILED, []),
        (LEFT_OUT._replace(on_leave=True, paid_minor=99), FILED, []),
        (LEFT_OUT._replace(member_status="left", paid_minor=99), FILED, []),
        (LEFT_OUT._replace(is_enrolled=False), FILED, []),
        # An employer's payroll is paid by his money: hers does not count there, and his does.
        (LEFT_OUT._replace(paid_minor=99), Month(MARCH, True, True, 24), ["not_paid"]),
        (LEFT_OUT, Month(MARCH, True, True, 25), ["paid_not_filed"]),
    ],
)  # fmt: skip
def test_three_sides_agree_or_every_difference_is_named(sides: Sides, month: Month, expected: list[str]) -> None:
    assert [kind.value for kind in kinds_of(sides, month)] == expected


@pytest.mark.parametrize("kind", list(DriftKind))
def test_every_difference_has_somebody_who_acts_and_a_sentence_in_three_languages(kind: DriftKind) -> None:
    values = dict.fromkeys(("short", "code", "ours", "theirs", "filed"), "1")
    assert len({explain(kind, language, **values) for language in LANGUAGES}) == 3
    assert ACTS[kind] in {"cashier", "filing_officer", "accountant"}


def test_a_compared_component_knows_its_own_difference() -> None:
    one = Compared("health_worker", 5, 3, Likely.UNKNOWN, 0, "", "2", verified=True)
    assert one.difference_minor == -2
