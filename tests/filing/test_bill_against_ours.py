"""A bill against ours: component by component, recalculated, in credit, late; and told before it is owed."""

import datetime as dt

import pytest
from sqlmodel import Session
from tests.filing.filing_town import (
    APRIL,
    COST,
    MARCH,
    TODAY,
    assess,
    enrol,
    open_payroll,
    pay,
    payroll_of,
    tell_state_account,
)
from tests.filing.notices import DUE, accepted, notice, open_bank, told_paid

from gateway.contributions.propose import enter_return
from gateway.filing.bills import receive_notice
from gateway.filing.compare_bill import compare_bill
from gateway.filing.comparison import Likely
from gateway.filing.credits import list_credits, open_credits
from gateway.filing.errors import ForecastDayError, NothingToPayError
from gateway.filing.forecast import forecast_bill, usual_days
from gateway.filing.models import Bill
from gateway.filing.pay import book_payment, confirm_payment, order_payment, release_payment
from gateway.filing.queries import get_bill, get_filing, list_bills
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.queries import current_balance, trial_balance

LATE = dt.date(2026, 4, 9)


def take(session: Session, told, today: dt.date = TODAY) -> Bill:  # type: ignore[no-untyped-def]
    bill = receive_notice(session, told, actor="worker:1", today=today)
    assert bill is not None
    return bill


def test_each_component_is_ours_against_theirs_with_its_likely_reason(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing_id, reference = accepted(session, payroll_id)
        plain = take(session, notice([reference], lines=2))
        told = compare_bill(session, plain.id, today=TODAY)
        assert {one.likely for one in told.components} == {Likely.EQUAL}
        assert (told.ours_minor, told.our_lines, told.our_due_on) == (2 * COST, 2, DUE)
        marks = {one.component: (one.mark, one.verified) for one in told.components}
        assert (marks["health_worker"], marks["work_risk"]) == (("2", True), ("1", False))

        more = {"work_risk": 2_323, "surcharges": 10_831, "additional_dependants": 191_978, "voluntary": 500}
        bill = take(session, notice([reference], lines=2, version=2, adjustments=-77, pension_worker=1, **more), LATE)
        told = compare_bill(session, bill.id, today=LATE)
        found = {one.component: (one.likely.value, one.difference_minor, one.count) for one in told.components}
        assert found == {
            "health_worker": ("equal", 0, 0),
            "health_employer": ("equal", 0, 0),
            "pension_worker": ("rounding", 1, 0),
            "pension_employer": ("equal", 0, 0),
            "work_risk": ("rate_unverified", 2_323, 0),
            "additional_dependants": ("dependants", 191_978, 1),
            "voluntary": ("not_assessed", 500, 0),
            # Ours: 1.1 % of 11,793.79 that is unpaid and not taken off, 129.73.
            "surcharges": ("late", -2_142, 0),
            "adjustments": ("correction", -77, 0),
        }
        assert told.standing == "overdue"
        three = take(session, notice([reference], lines=3, version=3))
        lines = {one.likely for one in compare_bill(session, three.id, today=TODAY).components if one.difference_minor}
        assert lines == {Likely.LINES}
        assert compare_bill(session, plain.id, today=TODAY).standing == "recalculated"
        gone = notice([reference], lines=3, version=3, status="cancelled")
        assert receive_notice(session, gone, actor="worker:1", today=TODAY) is None
        assert compare_bill(session, three.id, today=TODAY).standing == "cancelled"
        assert current_balance(session, "suspense:state") == 0
        assert get_filing(session, filing_id).status == "accepted"


def test_paying_late_is_told_before_it_is_owed_and_by_the_months_own_return_once_it_is_known(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        _, reference = accepted(session, payroll_id)
        bill = take(session, notice([reference], lines=1))
        in_time, late = (forecast_bill(session, bill.id, pay_on=day) for day in (DUE, LATE))
        assert (in_time.total_minor, in_time.more_minor, in_time.is_verified) == (COST, 0, True)
        assert (late.total_minor, late.more_minor, late.is_verified) == (COST + 5_416, 5_416, False)
        figures = {"source": "SIPEN", "read_on": TODAY, "mark": "2", "actor": "staff:olga", "today": TODAY}
        enter_return(session, period=MARCH.previous(), value="0.0070", **figures)  # type: ignore[arg-type]
        late = forecast_bill(session, bill.id, pay_on=LATE)
        assert (late.total_minor, late.is_verified) == (COST + 4_923, True)
        assert [one.pay_on for one in usual_days(session, bill, TODAY)] == [
            DUE, dt.date(2026, 4, 7), dt.date(2026, 5, 7),
        ]  # fmt: skip
        for day in (TODAY - dt.timedelta(days=1), dt.date(2037, 1, 1)):
            with pytest.raises(ForecastDayError):
                forecast_bill(session, bill.id, pay_on=day)
        # The notice that charges more already is believed: the state will not ask less.
        charged = take(session, notice([reference], lines=1, version=2, surcharges=9_000), LATE)
        assert forecast_bill(session, charged.id, pay_on=LATE).total_minor == COST + 9_000
        with pytest.raises(NothingToPayError):
            forecast_bill(session, bill.id, pay_on=LATE)


def test_a_notice_recalculated_below_what_was_paid_leaves_a_credit_that_a_later_notice_takes_off(
    database: Database,
) -> None:
    tell_state_account(database)
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 2)
        open_bank(session)
        march, reference = accepted(session, payroll_id)
        first = take(session, notice([reference], lines=2))
        payment = order_payment(session, first.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        release_payment(session, payment.id, actor="staff:mara")
        book_payment(
            session, end_to_end_id=payment.end_to_end_id, amount_minor=2 * COST, booked_on=TODAY, statement_line_id=1,
            actor="worker:w",
        )  # fmt: skip
        owed = f"state:{payroll_id}:credit"

        second = take(session, notice([reference], lines=1, version=2))
        assert current_balance(session, owed) == COST
        assert current_balance(session, "suspense:state") == COST
        assert [(row.open_minor, row.payroll_code) for row in open_credits(session)] == [(COST, "001")]
        with pytest.raises(NothingToPayError):
            order_payment(session, second.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        # The third version takes half of it back: what it takes off is no new money.
        third = take(session, notice([reference], lines=1, version=3, pension_worker=COST // 2))
        left = COST - COST // 2
        assert (get_bill(session, second.id).status, current_balance(session, owed)) == ("superseded", left)
        assert confirm_payment(session, third.id, told_paid(notice([reference], lines=1), COST), actor="w") is False
        assert confirm_payment(session, third.id, told_paid(notice([reference], lines=2), 2 * COST), actor="w") is True
        assert get_bill(session, third.id).status == "confirmed"

        assess(session, payroll_id, APRIL)
        pay(session, {ids[0]: COST, ids[1]: COST})
        _, april = accepted_april(session, payroll_id)
        told = notice([april], lines=2, reference="0420260000000015", period=APRIL, credits=-left - 10)
        bill = take(session, told)
        assert current_balance(session, owed) == 0
        assert open_credits(session) == []
        compared = {one.component: one for one in compare_bill(session, bill.id, today=TODAY).components}
        assert (compared["credits"].ours_minor, compared["credits"].likely) == (-left, Likely.CREDIT)
        kinds = [(row.kind, row.amount_minor, row.is_void) for row in list_credits(session, before=2**62, limit=9)]
        assert kinds == [("used", -left, False), ("overpaid", left, False), ("overpaid", COST, True)]
        # What was paid beyond the notices is the members' (or the house's) until somebody says whose: with the ten
        # centavos that the state credits and nobody knows of.
        assert current_balance(session, "suspense:state") == left + 10
        assert get_filing(session, march).status == "accepted"
        assert (
            sum(row.balance_minor * (1 if row.kind in ("asset", "expense") else -1) for row in trial_balance(session))
            == 0
        )


def accepted_april(session: Session, payroll_id: int):  # type: ignore[no-untyped-def]
    # April has not begun on the town's day: the filing is made a month later.
    import tests.filing.filing_town as town

    before, town.TODAY = town.TODAY, dt.date(2026, 5, 1)
    try:
        return accepted(session, payroll_id, APRIL)
    finally:
        town.TODAY = before


def test_a_notice_cannot_take_the_reserve_of_another_payroll(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        filing_id, reference = accepted(session, payroll_id)
        other = open_payroll(session, "002")
        told = notice([reference], lines=1, reference="0320260000000099", payroll="002")
        bill = take(session, told)
        assert (bill.payroll_id, bill.ours_minor) == (other, 0)
        assert current_balance(session, f"filing:{filing_id}:reserved") == COST
        assert current_balance(session, "suspense:state") == -COST
        assert [row.status for row in list_bills(session, limit=9)] == ["received"]
    with pytest.raises(Exception, match="of another payroll"), database.session(1) as session:
        values = {"bill": bill.id, "filing": filing_id}
        db.run(session, "INSERT INTO bill_filing (bill_id, filing_id, amount_minor) VALUES (:bill, :filing, 1)", values)


def test_a_member_of_a_second_payroll_does_not_make_the_first_ones_bill_differ(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        _, reference = accepted(session, payroll_id)
        second = open_payroll(session, "002")
        ids = enrol(session, second, 1)
        assess(session, second)
        pay(session, {ids[0]: COST})
        accepted(session, second)
        bill = take(session, notice([reference], lines=1))
        told = compare_bill(session, bill.id, today=TODAY)
        assert (told.ours_minor, told.our_lines, told.theirs_minor) == (COST, 1, COST)
