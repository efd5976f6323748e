"""One person in two payrolls: one filing and one bill each, together no more than the sum of her wages costs."""

import datetime as dt

from filing_town import OFFICER, TODAY, add_head, assess, enrol, open_payroll, pay, sealed, with_check_digit
from portal_town import answered
from sqlmodel import Session

from gateway.contributions.rules import assess as rule
from gateway.contributions.schedule import resolve
from gateway.filing import queries
from gateway.filing.models import Filing
from gateway.filing.movements import list_movements
from gateway.filing.prepare import prepare
from gateway.filing.states import FilingKind
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.membership.declare_wage import declare_wage
from gateway.membership.join_payroll import join_payroll, leave_payroll

MARCH = Period(2026, 3)
FIRST, SECOND = 23_223_000, 5_000_000
IN_MARCH = dt.date(2026, 3, 10)


def in_both(session: Session) -> tuple[int, int, int]:
    """Somebody who earns up to the ceiling in one payroll and something in another; she supports her mother."""
    one, two = open_payroll(session, "001"), open_payroll(session, "002")
    (member,) = enrol(session, one, 1, wage=FIRST)
    add_head(session, member, with_check_digit(9_000_001))
    join_payroll(
        session, member, payroll_id=two, first_day=dt.date(2026, 3, 1), reason="drives too", actor=OFFICER, today=IN_MARCH
    )  # fmt: skip
    declare_wage(
        session, member, SECOND, currency="DOP", valid_from=dt.date(2026, 3, 1), reason="drives too", actor=OFFICER,
        today=IN_MARCH, payroll_id=two,
    )  # fmt: skip
    for payroll_id in (one, two):
        assess(session, payroll_id)
    return one, two, member


def why(session: Session, filing: Filing) -> list[tuple[bool, str]]:
    rows = queries.list_decisions(session, filing.id, is_funded=None, reason=None, after=0, limit=10)
    return [(row.is_funded, row.reason) for row in rows]


def draft(session: Session, payroll_id: int, kind: FilingKind = FilingKind.MONTHLY) -> Filing:
    return prepare(session, payroll_id=payroll_id, period=MARCH, kind=kind, actor=OFFICER, today=TODAY)


def test_two_filings_cost_together_what_the_sum_of_the_wages_costs_and_her_family_is_told_once(
    database: Database,
) -> None:
    with database.session(1) as session:
        one, two, member = in_both(session)
        together = rule(FIRST + SECOND, 1, resolve("do", MARCH).components).total_minor
        pay(session, {member: together})

        # The first payroll by its key uses the ceiling; until the state took it there, the second waits.
        assert why(session, draft(session, two)) == [(False, "earlier_payroll")]
        first = sealed(session, one)
        answered(session, first)
        second = sealed(session, two)
        assert (first.wage_minor, second.wage_minor) == (FIRST, SECOND)
        assert first.state_minor + second.state_minor == together == first.reserved_minor + second.reserved_minor
        assert (first.dependant_line_count, second.dependant_line_count) == (1, 0)
        answered(session, second)
        assert (first.status, second.status) == ("accepted", "accepted")


def test_another_wage_in_the_first_payroll_makes_the_second_ones_assessment_old(database: Database) -> None:
    with database.session(1) as session:
        one, two, member = in_both(session)
        pay(session, {member: 10_000_000})
        answered(session, sealed(session, one))
        declare_wage(
            session, member, FIRST - 100, currency="DOP", valid_from=dt.date(2026, 3, 2), reason="less", actor=OFFICER,
            today=IN_MARCH,
        )  # fmt: skip
        assert why(session, draft(session, two)) == [(False, "assessment_outdated")]


def test_whoever_has_one_wage_in_two_payrolls_is_declared_in_one_of_them_at_its_full_price(database: Database) -> None:
    with database.session(1) as session:
        one, two = open_payroll(session, "001"), open_payroll(session, "002")
        (member,) = enrol(session, one, 1)
        join_payroll(
            session, member, payroll_id=two, first_day=dt.date(2026, 3, 1), reason="moves", actor=OFFICER, today=IN_MARCH
        )  # fmt: skip
        for payroll_id in (one, two):
            assess(session, payroll_id)
        pay(session, {member: 2_000_000})
        assert (sealed(session, two).state_minor, why(session, draft(session, one))) == (
            492_327,
            [(False, "declared_elsewhere")],
        )


def test_leaving_one_of_two_payrolls_is_an_exit_there_and_nothing_in_the_other(database: Database) -> None:
    with database.session(1) as session:
        one, two, member = in_both(session)
        pay(session, {member: 20_000_000})
        answered(session, sealed(session, one))
        answered(session, sealed(session, two))
        leave_payroll(
            session, member, payroll_id=two, last_day=dt.date(2026, 3, 31), reason="sold the car", actor=OFFICER, today=TODAY
        )  # fmt: skip
        april = Period(2026, 4)
        assess(session, one, april)
        told = {}
        for payroll_id in (one, two):
            filing = prepare(
                session, payroll_id=payroll_id, period=april, kind=FilingKind.MONTHLY, actor=OFFICER, today=dt.date(2026, 4, 10)
            )  # fmt: skip
            told[payroll_id] = [(row.event, row.starts_on) for row in list_movements(session, filing.id)]
        assert told == {one: [], two: [("exit", dt.date(2026, 3, 31))]}
