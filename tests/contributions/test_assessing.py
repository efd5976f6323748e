"""What a month costs each member is written once, and anew only where something changed."""

import datetime as dt

import pytest
from sqlalchemy import event
from tests.contributions.people import count_of, make_members

from gateway.contributions.assess import assess_period, schedule_of
from gateway.contributions.errors import FeeInvalidError, PeriodFutureError, RatesMissingError
from gateway.contributions.fee import decide_fee, list_fees
from gateway.contributions.queries import ASSESSED, list_assessments
from gateway.kit import bulk, db
from gateway.kit.db import Database
from gateway.kit.money import CurrencyError
from gateway.kit.period import Period
from gateway.membership.errors import PayrollNotFoundError

MARCH = Period(2026, 3)

PAYROLL = """
-- one row: a payroll's id
INSERT INTO payroll (code, name, employer_number)
SELECT '001', 'Principal', employer_number FROM mutual WHERE mutual_id = current_mutual() RETURNING id
"""
ENROL = """
-- no row: members in a payroll from a day
INSERT INTO enrolment (member_id, payroll_id, valid_from, start_reason, actor)
SELECT unnest(CAST(:ids AS bigint[])), :payroll, :day, 'new', 'test'
"""
DECLARE = """
-- no row: a wage from a day
INSERT INTO member_wage (member_id, valid_from, wage_minor, currency, reason, actor)
SELECT unnest(CAST(:ids AS bigint[])), :day, :minor, 'DOP', 'declared', 'test'
"""
ADD_HEAD = """
-- no row: an additional dependant of a member
INSERT INTO dependant (member_id, category, relation, given_names, first_surname, rule, valid_from, actor, birth_date, search_name)
VALUES (:id, 'additional', 'parent', 'Rosa', 'Prueba', 'third_degree', :day, 'test', '1950-01-01', 'rosa prueba')
"""


def payroll_of(session: db.Session, count: int, *, wage_minor: int | None = 2_322_300) -> tuple[int, list[int]]:
    """Make a payroll with enrolled members at one wage."""
    payroll = int(db.scalar(session, PAYROLL))
    ids = make_members(session, count)
    db.run(session, ENROL, {"ids": ids, "payroll": payroll, "day": dt.date(2026, 1, 1)})
    if wage_minor is not None:
        declare(session, ids, wage_minor)
    return payroll, ids


def declare(session: db.Session, ids: list[int], minor: int, day: dt.date = dt.date(2026, 1, 1)) -> None:
    db.run(session, DECLARE, {"ids": ids, "minor": minor, "day": day})


def versions(session: db.Session) -> list[tuple[int, ...]]:
    statement = (
        "SELECT member_id, version, total_minor FROM contribution_assessment"
        " WHERE mutual_id = current_mutual() ORDER BY member_id, version"
    )
    return [tuple(row) for row in db.rows(session, statement)]


def test_the_worked_example_is_what_a_member_at_23223_pesos_is_assessed(database: Database) -> None:
    with database.session(1) as session:
        payroll, [ana, *_] = payroll_of(session, 3)
        done = assess_period(session, payroll_id=payroll, period=MARCH, actor="staff:ana")
        assert done == (3, 3, 3 * 492_327, 0)
        [first, *_] = list_assessments(session, payroll_id=payroll, start=MARCH.start, limit=9)
        assert (first["member_id"], first["total_minor"], first["state_minor"]) == (ana, 492_327, 492_327)
        shown = dict(zip((one["code"] for one in first["components"]), first["amounts_minor"], strict=True))
        assert shown["health_worker"] == 70_598


def test_a_second_run_writes_nothing(database: Database) -> None:
    with database.session(1) as session:
        payroll, _ = payroll_of(session, 3)
        first = assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
    with database.session(1) as session:
        assert assess_period(session, payroll_id=payroll, period=MARCH, actor="a") == first._replace(written=0)
        assert (count_of(session, "contribution_assessment"), count_of(session, "contribution_schedule")) == (3, 1)


def test_a_changed_wage_makes_a_new_version_of_that_member_alone(database: Database) -> None:
    with database.session(1) as session:
        payroll, [ana, eva] = payroll_of(session, 2)
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        declare(session, [eva], 1_577_000, dt.date(2026, 3, 1))
        assert assess_period(session, payroll_id=payroll, period=MARCH, actor="a").written == 1
        assert versions(session) == [(ana, 1, 492_327), (eva, 1, 492_327), (eva, 2, 334_324)]
        counted = bulk.read_chunks(session, ASSESSED, {"payroll_id": payroll, "start": MARCH.start})
        assert sorted(row[0] for chunk in counted for row in chunk) == [ana, eva]


def test_an_additional_dependant_makes_a_new_version(database: Database) -> None:
    with database.session(1) as session:
        payroll, [ana] = payroll_of(session, 1)
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        db.run(session, ADD_HEAD, {"id": ana, "day": dt.date(2026, 3, 5)})
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        assert versions(session) == [(ana, 1, 492_327), (ana, 2, 684_305)]


def test_the_mutuals_fee_is_dated_and_makes_a_new_schedule(database: Database) -> None:
    with database.session(1) as session:
        payroll, _ = payroll_of(session, 1)
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        fee = {"valid_from": dt.date(2026, 3, 1), "amount_minor": 15_000, "currency": "DOP", "source": "assembly 7"}
        kept = decide_fee(session, **fee, actor="staff:eva")  # type: ignore[arg-type]
        assert decide_fee(session, **fee, actor="staff:eva") == kept  # type: ignore[arg-type]
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        [now] = list_assessments(session, payroll_id=payroll, start=MARCH.start, limit=9)
        assert (now["state_minor"], now["total_minor"], now["version"]) == (492_327, 507_327, 2)
        assert now["components"][-1]["source"] == "assembly 7"
        assert now["components"][-1]["rate"] == "150.00"
        assert schedule_of(session, Period(2026, 2)).components[-1].share != "fee"
        assert count_of(session, "contribution_schedule") == 2


def test_a_later_decision_for_the_same_day_counts_and_the_first_stays_readable(database: Database) -> None:
    with database.session(1) as session:
        for minor in (15_000, 0):
            decide_fee(
                session,
                valid_from=MARCH.start,
                amount_minor=minor,
                currency="DOP",
                source=f"minutes {minor}",
                actor="a",
            )
        assert [fee.amount_minor for fee in list_fees(session)] == [0, 15_000]
        assert schedule_of(session, MARCH).components[-1].share != "fee"


def test_a_fee_below_zero_or_without_a_decision_or_in_other_money_is_refused(database: Database) -> None:
    day = MARCH.start
    with database.session(1) as session:
        with pytest.raises(FeeInvalidError):
            decide_fee(session, valid_from=day, amount_minor=-1, currency="DOP", source="x", actor="a")
        with pytest.raises(FeeInvalidError):
            decide_fee(session, valid_from=day, amount_minor=1, currency="DOP", source=" ", actor="a")
        with pytest.raises(CurrencyError, match="DOP"):
            decide_fee(session, valid_from=day, amount_minor=1, currency="USD", source="x", actor="a")


def test_a_member_without_a_wage_is_not_assessed_and_is_counted(database: Database) -> None:
    with database.session(1) as session:
        payroll, _ = payroll_of(session, 2, wage_minor=None)
        assert assess_period(session, payroll_id=payroll, period=MARCH, actor="a") == (0, 0, 0, 2)


def test_an_assessment_is_withdrawn_when_she_turns_out_not_to_be_enrolled_and_comes_back_with_her(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll, [ana, eva] = payroll_of(session, 2)
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        ended = "UPDATE enrolment SET valid_to = :day WHERE member_id = :id"
        db.run(session, ended, {"id": eva, "day": dt.date(2026, 2, 1)})
        done = assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
        assert (done.written, done.members, done.total_minor) == (1, 1, 492_327)
        assert assess_period(session, payroll_id=payroll, period=MARCH, actor="a").written == 0
        assert [
            row["member_id"] for row in list_assessments(session, payroll_id=payroll, start=MARCH.start, limit=9)
        ] == [ana]
        db.run(session, ended, {"id": eva, "day": None})
        assert assess_period(session, payroll_id=payroll, period=MARCH, actor="a").written == 1
        assert versions(session)[1:] == [(eva, 1, 492_327), (eva, 2, 0), (eva, 3, 492_327)]


def test_an_unknown_payroll_a_month_that_has_not_begun_and_one_without_rates_are_refused(database: Database) -> None:
    with database.session(1) as session:
        payroll, _ = payroll_of(session, 1)
        with pytest.raises(PayrollNotFoundError):
            assess_period(session, payroll_id=payroll + 1, period=MARCH, actor="a")
        with pytest.raises(PeriodFutureError, match="2026-04"):
            assess_period(session, payroll_id=payroll, period=Period(2026, 4), actor="a", today=dt.date(2026, 3, 31))
        with pytest.raises(RatesMissingError):
            assess_period(session, payroll_id=payroll, period=Period(2020, 1), actor="a")


def test_another_mutuals_payroll_is_unknown(database: Database) -> None:
    with database.session(2) as session:
        payroll, _ = payroll_of(session, 1)
    with database.session(1) as session, pytest.raises(PayrollNotFoundError):
        assess_period(session, payroll_id=payroll, period=MARCH, actor="a")


def test_a_payroll_of_any_size_is_assessed_in_the_same_number_of_statements(database: Database) -> None:
    counts = []
    for members in (3, 3_000):
        with database.session(1 if members == 3 else 2) as session:
            payroll, ids = payroll_of(session, members)
            declare(session, ids[: members // 2], 1_577_000, dt.date(2026, 2, 1))
            seen: list[str] = []
            event.listen(database.engine, "before_cursor_execute", lambda *given, seen=seen: seen.append(given[2]))
            done = assess_period(session, payroll_id=payroll, period=MARCH, actor="a")
            assert done.written == members
            counts.append(len(seen))
    assert counts[0] == counts[1]
