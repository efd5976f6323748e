"""What other people's reconciling gets wrong, each as a test: doubled, dropped, blocked by a float, refunded again and again."""

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError
from tests.reconciliation.statements import Booked, camt053
from tests.reconciliation.test_matching import DAY, TODAY, bank, book, breaks, deposit, held, member

from gateway.bank.errors import IntradayReportError
from gateway.contributions.reference import make_reference
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.periods import close
from gateway.ledger.post import Event, Line, post
from gateway.reconciliation.claim import claim_line
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.position import money_position
from gateway.reconciliation.queries import list_matches
from gateway.reconciliation.run import reconcile
from gateway.reconciliation.sums import make_total
from gateway.treasury.day import figures_of

assert bank
ROSA, OLGA = make_reference("M00017"), make_reference("M00029")
MATCH_AGAIN = """
INSERT INTO reconciliation_match (line_id, rule, fields, kind, matched_id, amount_minor, actor)
SELECT id, 'member_reference', '{}', 'member', matched_id, :minor, 'x' FROM bank_statement_line LIMIT 1
"""


def line_ids(bank: Database) -> list[int]:
    with bank.session(1) as session:
        return [row.id for row in db.rows(session, "SELECT id FROM bank_statement_line ORDER BY id")]


@pytest.mark.parametrize("minor", [50_000, 1, -50_000], ids=["again", "a bit more", "until the rest is negative"])
def test_a_line_is_matched_once_and_whole_whoever_writes(bank: Database, minor: int) -> None:
    member(bank, "M-00017")
    book(bank, Booked(50_000, text=ROSA))
    if minor == -50_000:
        with bank.session(1) as session:
            db.run(session, MATCH_AGAIN, {"minor": minor})
        with pytest.raises(IntegrityError, match="matched whole and once"), bank.session(1) as session:
            db.run(session, MATCH_AGAIN, {"minor": minor})
    else:
        with pytest.raises(IntegrityError, match="matched whole and once"), bank.session(1) as session:
            db.run(session, MATCH_AGAIN, {"minor": minor})


def test_one_payer_who_pays_for_several_goes_to_each_of_them(bank: Database) -> None:
    rosa, olga = member(bank, "M-00017"), member(bank, "M-00029")
    same = {"counterparty": "COLMADO LA FE"}
    book(bank, Booked(10_000, text=ROSA, **same), Booked(20_000, text=OLGA, **same), Booked(30_000, text=ROSA, **same))
    assert [held(bank, f"member:{one}:contributions") for one in (rosa, olga)] == [40_000, 20_000]


def test_no_float_is_in_the_way_of_a_match() -> None:
    assert 0.1 + 0.2 != 0.3
    assert make_total(30, [10, 20]).ways == 1


def test_a_retry_doubles_nothing_and_a_second_purchase_is_none(bank: Database) -> None:
    rosa = member(bank, "M-00017")
    lines = [Booked(50_000, text=ROSA), Booked(50_000, text=ROSA)]
    book(bank, *lines)
    again = book(bank, *lines)
    assert (again.matched, again.suspense_count) == ({}, 0)
    longer = [*lines, Booked(50_000, text=ROSA, day=DAY + dt.timedelta(days=1))]
    with bank.session(1) as session:
        body = camt053(1_000_000, longer, day=DAY, until=DAY + dt.timedelta(days=1))
        load_statement(session, body, file_name="x", actor="staff:ana")
        reconcile(session, today=TODAY)
    assert held(bank, f"member:{rosa}:contributions") == 150_000


def test_a_payment_is_taken_back_once_however_often_the_bank_says_so(bank: Database) -> None:
    rosa = member(bank, "M-00017")
    back = Booked(-50_000, text=f"devolucion {ROSA}", is_reversal=True)
    done = book(bank, Booked(50_000, text=ROSA), back, back)
    # Two debits claim the one payment: a person looks, and nothing is refunded by a machine.
    assert (done.matched, done.suspense_count) == ({"member_reference": 1}, 2)
    assert held(bank, f"member:{rosa}:contributions") == 50_000
    assert len(breaks(bank, "bank_debit_unknown")) == 2


def test_a_payment_that_was_taken_back_is_not_taken_back_again_later(bank: Database) -> None:
    rosa = member(bank, "M-00017")
    back = Booked(-50_000, text=f"devolucion {ROSA}", is_reversal=True)
    assert book(bank, Booked(50_000, text=ROSA), back).matched == {"member_reference": 1, "taken_back": 1}
    again = book(bank, back, day=DAY + dt.timedelta(days=1))
    assert (again.matched, again.suspense_count) == ({}, 1)
    assert held(bank, f"member:{rosa}:contributions") == 0


def test_what_is_booked_after_the_statement_is_no_difference_of_its(bank: Database) -> None:
    book(bank, Booked(77_000, text="nadie"))
    with bank.session(1) as session:
        later = [Line("bank:main", 5_000), Line("reserve:float", -5_000)]
        post(session, Event("later", "bank.correction", DAY + dt.timedelta(days=9), later, "staff:ana"))
        assert money_position(session).unexplained_minor == 0
        earlier = [Line("bank:main", 3_000), Line("reserve:float", -3_000)]
        post(session, Event("earlier", "bank.correction", DAY, earlier, "staff:ana"))
        assert money_position(session).unexplained_minor == 3_000


def test_a_report_within_the_day_given_for_a_statement_is_told(bank: Database) -> None:
    with pytest.raises(IntradayReportError, match="account report within the day"), bank.session(1) as session:
        body = camt053(0, [Booked(1)]).replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt")
        load_statement(session, body, file_name="x", actor="staff:ana")


def test_a_statement_that_comes_when_its_month_is_closed_is_booked_today_with_the_banks_day_kept(
    bank: Database,
) -> None:
    rosa = member(bank, "M-00017")
    with bank.session(1) as session:
        close(session, Period(2026, 3), actor="staff:eva", reason="closed")
    done = book(bank, Booked(50_000, text=ROSA), Booked(-150, text="COMISION"))
    assert (done.matched, done.suspense_count) == ({"member_reference": 1}, 1)
    with bank.session(1) as session:
        (receipt,) = db.rows(session, "SELECT paid_on, note FROM contribution_receipt")
        assert (receipt.paid_on, receipt.note) == (TODAY, f"the bank booked it on {DAY}, in a closed month")
        assert money_position(session).unexplained_minor == 0
        for evening in (DAY, DAY + dt.timedelta(days=1), TODAY):
            assert figures_of(session, evening).unexplained_minor == 0
    assert held(bank, f"member:{rosa}:contributions") == 50_000


def test_money_matched_to_the_wrong_member_goes_to_the_right_one_and_both_stay_to_be_seen(bank: Database) -> None:
    rosa, olga = member(bank, "M-00017"), member(bank, "M-00029")
    book(bank, Booked(50_000, text=ROSA))
    (line,) = line_ids(bank)
    with bank.session(1) as session:
        claim_line(session, line, member_id=olga, reason="wrote her sister's", actor="staff:ana", today=TODAY)
        matches = list_matches(session, line)
    assert [held(bank, f"member:{one}:contributions") for one in (rosa, olga)] == [0, 50_000]
    assert [(one.rule, one.matched_id, one.amount_minor) for one in matches] == [
        ("member_reference", rosa, 50_000), ("person", rosa, -50_000), ("person", olga, 50_000),
    ]  # fmt: skip
    assert matches[1].undoes == matches[0].id


def test_a_deposit_short_of_what_was_sent_is_not_the_deposit(bank: Database) -> None:
    reference = deposit(bank)
    done = book(bank, Booked(199_999, text=reference))
    assert (done.matched, done.suspense_count) == ({}, 1)
    assert held(bank, "bank:main:in-transit") == 200_000


def test_a_number_that_two_members_write_differently_is_nobodys_to_choose(bank: Database) -> None:
    rosa, olga = member(bank, "M-00017"), member(bank, "M00017")
    assert book(bank, Booked(50_000, text=ROSA)).suspense_count == 1
    assert [held(bank, f"member:{one}:contributions") for one in (rosa, olga)] == [0, 0]
