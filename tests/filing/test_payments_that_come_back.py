"""A payment to the state that the bank gives back or refuses: the bill is payable again, and nothing is paid twice or lost."""

import datetime as dt
import itertools

import pytest
from sqlmodel import Session
from tests.filing.filing_town import COST, MARCH, TODAY, assess, enrol, pay, payroll_of, tell_state_account
from tests.filing.notices import accepted, notice, open_bank, told_paid
from tests.reconciliation.statements import Booked, camt053

from gateway.filing.bills import receive_notice
from gateway.filing.models import Bill, FilingPayment
from gateway.filing.pay import BillMoney, confirm_payment, money_of, order_payment, release_payment, withdraw_payment
from gateway.filing.queries import bill_payments, get_bill, get_filing, get_payment
from gateway.filing.states import FilingKind
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.queries import current_balance
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.queries import list_breaks
from gateway.reconciliation.run import reconcile

OPENING = 10**9
LATER = dt.date(2026, 4, 20)


class Town:
    """Two members whose March the state accepted, and a bank account."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.payroll_id, _ = payroll_of(session, 2)
        open_bank(session)
        self.filing_id, self.reference = accepted(session, self.payroll_id)
        self._opening = OPENING
        self._days = itertools.count(2)

    def bill(self, **more: object) -> Bill:
        """Take the state's notice in."""
        told = notice([self.reference], **{"lines": 2, **more})  # type: ignore[arg-type]
        bill = receive_notice(self.session, told, actor="worker:w", today=TODAY)
        assert bill is not None
        return bill

    def released(self, bill: Bill) -> FilingPayment:
        """Order a bill and release the order."""
        payment = order_payment(self.session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        return release_payment(self.session, payment.id, actor="staff:mara")

    def booked(self, bill: Bill) -> FilingPayment:
        """Order a bill, release the order, and let the bank book it."""
        payment = self.released(bill)
        self.statement(Booked(-payment.amount_minor, payment.end_to_end_id, "NP"))
        return payment

    def statement(self, *lines: Booked) -> None:
        """Load a day of the bank's statement, and reconcile."""
        body = camt053(self._opening, lines, day=dt.date(2026, 4, next(self._days)), number="100200300")
        self._opening += sum(line.minor for line in lines)
        load_statement(self.session, body, file_name="s.xml", actor="staff:abel")
        reconcile(self.session, today=LATER)
        self.session.expire_all()

    def supplement(self) -> int:
        """Let one more be accepted, on the same notice; return the second filing."""
        late = enrol(self.session, self.payroll_id, 1)
        assess(self.session, self.payroll_id)
        pay(self.session, dict.fromkeys(late, COST))
        number, self.second = accepted(self.session, self.payroll_id, MARCH, FilingKind.SUPPLEMENTARY)
        return number

    def held(self, code: str) -> int:
        """Return what an account holds."""
        return current_balance(self.session, code)


@pytest.fixture
def told(database: Database) -> Database:
    """A mutual that knows the state's account."""
    tell_state_account(database)
    return database


PAYABLE = "state:0320260000000014:payable"


def money(session: Session, bill_id: int) -> BillMoney:
    return money_of(session, get_bill(session, bill_id), bill_payments(session, bill_id))


def test_a_bill_says_what_was_paid_what_came_back_and_what_is_left_to_pay(told: Database) -> None:
    with told.session(1) as session:
        town = Town(session)
        bill = town.bill()
        assert money(session, bill.id) == (0, 0, 2 * COST)
        payment = town.released(bill)
        assert money(session, bill.id) == (0, 0, 2 * COST), "an order is no payment"
        town.statement(Booked(-2 * COST, payment.end_to_end_id, "NP"))
        assert money(session, bill.id) == (2 * COST, 0, 0)
        town.statement(Booked(2 * COST, payment.end_to_end_id, "DEVOLUCION"))
        assert money(session, bill.id) == (0, 2 * COST, 2 * COST)
        town.booked(bill)
        assert money(session, bill.id) == (2 * COST, 2 * COST, 0)


def test_what_came_back_after_the_bill_was_replaced_is_left_to_pay_with_the_newer_one(told: Database) -> None:
    with told.session(1) as session:
        town = Town(session)
        old = town.bill()
        payment = town.booked(old)
        town.supplement()
        newer = receive_notice(
            session, notice([town.reference, town.second], lines=3, version=2), actor="worker:w", today=TODAY
        )
        assert newer is not None
        assert money(session, newer.id) == (0, 0, COST)
        town.statement(Booked(2 * COST, payment.end_to_end_id, "DEVOLUCION"))
        assert money(session, old.id) == (0, 2 * COST, 0)
        assert money(session, newer.id) == (0, 0, 3 * COST)


@pytest.mark.parametrize("on_one_statement", [True, False])
def test_what_the_bank_gives_back_is_payable_again_and_ordered_under_a_new_id(
    told: Database, on_one_statement: bool
) -> None:
    with told.session(1) as session:
        town = Town(session)
        bill = town.bill()
        payment = town.released(bill)
        out = Booked(-2 * COST, payment.end_to_end_id, "NP")
        back = Booked(2 * COST, payment.end_to_end_id, "DEVOLUCION NP: exactly another amount is to be paid")
        for lines in ([out, back],) if on_one_statement else ([out], [back]):
            town.statement(*lines)
        known = db.rows(session, "SELECT rule, status FROM bank_statement_line ORDER BY id")
        assert [tuple(row) for row in known] == [("our_end_to_end_id", "matched"), ("payment_returned", "matched")]
        assert (town.held("bank:main"), town.held(PAYABLE), town.held("suspense:bank")) == (OPENING, 2 * COST, 0)
        returned = get_payment(session, payment.id)
        assert (get_bill(session, bill.id).status, returned.return_reason) == ("received", back.text)
        assert list_breaks(session, status="unresolved", before=2**62, limit=9) == []

        again = town.booked(bill)
        assert (again.amount_minor, again.end_to_end_id == payment.end_to_end_id) == (2 * COST, False)
        assert (town.held("bank:main"), town.held(PAYABLE)) == (OPENING - 2 * COST, 0)
        assert confirm_payment(session, bill.id, told_paid(notice([town.reference], lines=2), 2 * COST), actor="w")
        assert get_filing(session, town.filing_id).status == "settled"
        # What came back once does not come back twice.
        town.statement(Booked(2 * COST, payment.end_to_end_id, "DEVOLUCION"))
        assert town.held("suspense:bank") == 2 * COST
        assert get_bill(session, bill.id).status == "confirmed"


@pytest.mark.parametrize("newer_is", ["received", "ordered", "booked"])
def test_what_comes_back_after_the_state_replaced_the_notice_is_ordered_with_the_newer_one(
    told: Database, newer_is: str
) -> None:
    with told.session(1) as session:
        town = Town(session)
        first = town.bill()
        payment = town.booked(first)
        second_filing = town.supplement()
        whole = notice([town.reference, town.second], lines=3, version=2)
        second = receive_notice(session, whole, actor="worker:w", today=TODAY)
        assert second is not None
        assert (second.total_minor, second.paid_before_minor) == (3 * COST, 2 * COST)
        if newer_is == "ordered":
            order = order_payment(session, second.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        if newer_is == "booked":
            order = town.booked(second)
        town.statement(Booked(2 * COST, payment.end_to_end_id, "DEVOLUCION"))
        assert get_bill(session, first.id).status == "returned"
        if newer_is == "ordered":
            assert get_payment(session, order.id).withdrawn_at is not None
        if newer_is == "booked":
            # The state takes exactly the whole: what was ordered of the rest comes back too.
            with pytest.raises(InvalidTransitionError):
                order_payment(session, second.id, account_code="bank:main", actor="staff:abel", today=TODAY)
            town.statement(Booked(COST, order.end_to_end_id, "DEVOLUCION"))
        assert (get_bill(session, second.id).status, town.held(PAYABLE)) == ("received", 3 * COST)

        paid = town.booked(second)
        assert (paid.amount_minor, town.held(PAYABLE), town.held("bank:main")) == (3 * COST, 0, OPENING - 3 * COST)
        assert confirm_payment(session, second.id, told_paid(whole, 3 * COST), actor="w")
        assert [get_bill(session, one.id).status for one in (first, second)] == ["confirmed", "confirmed"]
        assert [get_filing(session, one).status for one in (town.filing_id, second_filing)] == ["settled", "settled"]
        assert town.held("suspense:state") == town.held("suspense:bank") == 0


def test_what_comes_back_of_a_bill_that_the_state_calls_paid_is_left_to_a_person(told: Database) -> None:
    with told.session(1) as session:
        town = Town(session)
        bill = town.bill()
        payment = town.booked(bill)
        confirm_payment(session, bill.id, told_paid(notice([town.reference], lines=2), 2 * COST), actor="w")
        town.statement(Booked(2 * COST, payment.end_to_end_id, "DEVOLUCION"))
        (rule,) = [
            row.rule for row in db.rows(session, "SELECT rule FROM bank_statement_line WHERE status = 'suspense'")
        ]
        assert "ask them both" in rule
        assert (town.held("suspense:bank"), get_bill(session, bill.id).status) == (2 * COST, "confirmed")


def test_an_order_that_the_bank_refused_is_called_off_by_another_person_and_ordered_anew(told: Database) -> None:
    with told.session(1) as session:
        town = Town(session)
        bill = town.bill()
        payment = town.released(bill)
        withdraw_payment(session, payment.id, actor="staff:abel", reason="the bank: AM04, not enough on the account")
        assert get_bill(session, bill.id).status == "received"
        again = town.booked(bill)
        with pytest.raises(InvalidTransitionError):
            withdraw_payment(session, again.id, actor="staff:abel", reason="too late")
        # What the bank pays all the same is nobody's order any more.
        town.statement(Booked(-2 * COST, payment.end_to_end_id, "NP"))
        assert town.held("suspense:bank") == -2 * COST
        kinds = {one.kind for one in list_breaks(session, status="unresolved", before=2**62, limit=9)}
        assert kinds == {"payment_unconfirmed", "bank_debit_unknown"}
