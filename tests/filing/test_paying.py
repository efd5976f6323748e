"""Paying a bill: exactly once, exactly its amount, by two people, whatever comes first."""

import dataclasses

import pytest
from filing_town import COST, TODAY, payroll_of, tell_state_account
from state_process import StateProcess, courier_to, pursue_until
from test_with_the_state import _open_bank, _ready

from gateway.filing.bills import receive_notice
from gateway.filing.collect_bills import collect
from gateway.filing.errors import NotReadyError, PaymentDiffersError, PaymentUnknownError, SamePersonError
from gateway.filing.models import Bill
from gateway.filing.pay import book_payment, order_payment, read_order_file, release_payment, withdraw_payment
from gateway.filing.portal_notice import type_confirmation
from gateway.filing.queries import get_bill, get_filing, get_payment, list_bills
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.errors import KeyReusedError
from gateway.ledger.queries import current_balance


@pytest.fixture
def bill(database: Database, state: StateProcess) -> Bill:
    """The state's bill for two members, unpaid."""
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing_id = _ready(session, payroll_id)
        _open_bank(session)
    tell_state_account(database)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
        collect(courier)
    with database.session(1) as session:
        [received] = list_bills(session, limit=9)
    return received


def test_who_ordered_may_not_release_and_nothing_leaves_before(database: Database, bill: Bill) -> None:
    with database.session(1) as session:
        payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        with pytest.raises(NotReadyError):
            read_order_file(session, payment.id)
        with pytest.raises(SamePersonError):
            release_payment(session, payment.id, actor="staff:abel")
        with pytest.raises(InvalidTransitionError):
            order_payment(session, bill.id, account_code="bank:main", actor="staff:mara", today=TODAY)
        release_payment(session, payment.id, actor="staff:mara")
        assert payment.end_to_end_id.encode() in read_order_file(session, payment.id)
        with pytest.raises(SamePersonError):
            withdraw_payment(session, payment.id, actor="staff:mara")


def test_a_booking_counts_once_and_only_over_the_ordered_amount(database: Database, bill: Bill) -> None:
    told = {"booked_on": TODAY, "statement_line_id": 1, "actor": "worker:w"}
    with database.session(1) as session:
        payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        ours = {"end_to_end_id": payment.end_to_end_id, "amount_minor": 2 * COST}
        with pytest.raises(PaymentDiffersError, match="never released"):
            book_payment(session, **ours, **told)
        release_payment(session, payment.id, actor="staff:mara")
        with pytest.raises(PaymentDiffersError, match="booked 1"):
            book_payment(session, **{**ours, "amount_minor": 1}, **told)
        with pytest.raises(PaymentUnknownError):
            book_payment(session, **{**ours, "end_to_end_id": "F9B9P9"}, **told)
        first = book_payment(session, **ours, **told)
        assert book_payment(session, **ours, **told) == first
        with pytest.raises(KeyReusedError):
            book_payment(session, **ours, **{**told, "statement_line_id": 2})
        assert current_balance(session, "bank:main") == 10**9 - 2 * COST
        assert get_bill(session, bill.id).status == "booked"

        # The portal shows it as paid: whoever reads it there writes it down, once or again.
        (covered,) = db.rows(session, "SELECT id FROM filing WHERE status = 'accepted'")
        for _ in range(2):
            shown = {"amount_minor": 2 * COST, "paid_on": TODAY, "authorisation": "A1"}
            assert type_confirmation(session, bill.id, **shown, actor="staff:abel", today=TODAY)
            told_paid = get_bill(session, bill.id)
            assert (told_paid.status, told_paid.notice_status) == ("confirmed", "paid")
            assert get_filing(session, covered.id).status == "settled"
        paid = get_payment(session, payment.id)
        assert paid.confirmed_at is not None
        kept = db.first(
            session, "SELECT kind, body FROM evidence WHERE id = :id", {"id": paid.confirmation_evidence_id}
        )
        assert kept is not None
        assert kept.kind == "state.payments"
        assert b'"typed_by": "staff:abel"' in kept.body


def test_an_ordered_bill_that_is_replaced_takes_its_order_back(
    database: Database, state: StateProcess, bill: Bill
) -> None:
    with database.session(1) as session:
        payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
    state.http.post(f"/sandbox/notices/{bill.notice_reference}/reissue").raise_for_status()
    with courier_to(database, state) as courier:
        collect(courier)
    with database.session(1) as session:
        newest, old = list_bills(session, limit=9)
        assert (old.status, newest.status, newest.replaces_id) == ("superseded", "received", old.id)
        assert newest.notice_reference != old.notice_reference
        assert get_payment(session, payment.id).withdrawn_at is not None
        with pytest.raises(InvalidTransitionError):
            release_payment(session, payment.id, actor="staff:mara")
        assert current_balance(session, f"state:{old.notice_reference}:payable") == 0
        assert current_balance(session, f"state:{newest.notice_reference}:payable") == 2 * COST
        assert current_balance(session, "suspense:state") == 0


def test_a_notice_for_a_payroll_that_is_not_ours_is_left_alone(
    database: Database, state: StateProcess, bill: Bill
) -> None:
    with courier_to(database, state) as courier:
        [notice] = courier.channel.notices("401999999", Period(2026, 3))
    with database.session(1) as session:
        other = dataclasses.replace(notice, payroll="999")
        assert receive_notice(session, other, actor="worker:w", today=TODAY) is None
        again = receive_notice(session, notice, actor="worker:w", today=TODAY)
        assert again is not None
        assert (again.id, len(list_bills(session, limit=9))) == (bill.id, 1)
