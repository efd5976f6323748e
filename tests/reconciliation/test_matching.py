"""Each statement line finds its place by the strictest rule that knows it; what no rule knows waits in suspense."""

import datetime as dt

import pytest
from tests.reconciliation.statements import NUMBER, Booked, camt053

from gateway.contributions.reference import make_reference
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.errors import PeriodClosedError
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.close_month import blockers, close_month, reopen_month
from gateway.reconciliation.errors import (
    MonthNotClearError,
    ProposalInvalidError,
    SamePersonError,
    TransferInvalidError,
    TransferRepeatedError,
)
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import match_lines
from gateway.reconciliation.position import money_position
from gateway.reconciliation.queries import BreakRow, list_breaks, list_lines, list_transfers
from gateway.reconciliation.resolve import NO_ENTRY, POST_ENTRY, note, propose, reject, resolve
from gateway.reconciliation.run import Reconciled, reconcile
from gateway.reconciliation.suggest import suggest
from gateway.reconciliation.tolerance import decide_tolerance
from gateway.reconciliation.transfer import NewTransfer, order_transfer, withdraw_transfer

DAY = dt.date(2026, 3, 3)
TODAY = dt.date(2026, 4, 6)
MARCH = Period(2026, 3)
ACCOUNT = BankAccountRow(0, NUMBER, "Operativa", "bank", "DOP", "bank:main", "Mutual Amparo", "")
MEMBER = """
INSERT INTO member (number, given_names, first_surname, second_surname, sex, birth_date, search_name)
VALUES (:number, 'Rosa', 'Peña', '', 'F', '1980-01-01', 'rosa pena') RETURNING id
"""


@pytest.fixture
def bank(database: Database) -> Database:
    """Mutual 1 with a bank account that holds 10,000.00 and a till that holds 2,000.00."""
    with database.session(1) as session:
        register_bank_account(session, ACCOUNT, opening=Opening(1_000_000, DAY), actor="staff:ana")
        open_accounts(session, [NewAccount("cash:office")], "DOP")
        till = [Line("cash:office", 200_000), Line("reserve:float", -200_000)]
        post(session, Event("till", "till.opening", DAY, till, "staff:ana"))
    return database


def member(bank: Database, number: str) -> int:
    with bank.session(1) as session:
        found = int(db.scalar(session, MEMBER, {"number": number}))
        open_for_owners(session, "member:{}:contributions", "member", [found], "DOP")
    return found


def book(bank: Database, *lines: Booked, opening: int = 1_000_000, day: dt.date = DAY) -> Reconciled:
    with bank.session(1) as session:
        load_statement(session, camt053(opening, list(lines), day=day), file_name="x.xml", actor="staff:ana")
        return reconcile(session, today=TODAY)


def held(bank: Database, code: str) -> int:
    with bank.session(1) as session:
        return current_balance(session, code)


def breaks(bank: Database, kind: str) -> list[BreakRow]:
    with bank.session(1) as session:
        return list_breaks(session, status="unresolved", kind=kind, before=2**62, limit=50)


def deposit(bank: Database, amount: int = 200_000, *, reference: str | None = None) -> str:
    with bank.session(1) as session:
        new = NewTransfer("cash:office", "bank:main", amount, "DOP", DAY, reference)
        return order_transfer(session, new, actor="staff:ana", today=TODAY).reference


def test_a_deposit_of_cash_is_on_its_way_until_the_bank_has_booked_it(bank: Database) -> None:
    reference = deposit(bank)
    assert (held(bank, "cash:office"), held(bank, "bank:main:in-transit")) == (0, 200_000)
    done = book(bank, Booked(200_000, text=f"DEPOSITO {reference}"))
    assert done.matched == {"transfer_reference": 1}
    assert (held(bank, "bank:main"), held(bank, "bank:main:in-transit")) == (1_200_000, 0)


def tolerate(bank: Database, most_minor: int) -> None:
    with bank.session(1) as session:
        decide_tolerance(
            session,
            place="momo:orange:clearing",
            reason="provider_fee",
            most_minor=most_minor,
            difference_code="expense:provider-fees",
            currency="DOP",
            actor="staff:berta",
        )


def settle(bank: Database, amount: int) -> Reconciled:
    with bank.session(1) as session:
        open_accounts(session, [NewAccount("momo:orange:clearing")], "DOP")
        lines = [Line("momo:orange:clearing", 50_000), Line("reserve:float", -50_000)]
        post(session, Event("momo", "momo.opening", DAY, lines, "staff:ana"))
        new = NewTransfer("momo:orange:clearing", "bank:main", 50_000, "DOP", DAY, "SETTLE-1")
        order_transfer(session, new, actor="staff:ana", today=TODAY)
    return book(bank, Booked(amount, "SETTLE-1"))


def test_what_a_provider_keeps_of_its_settlement_is_a_fee_as_far_as_was_decided(bank: Database) -> None:
    with bank.session(1) as session:
        open_accounts(session, [NewAccount("momo:orange:clearing")], "DOP")
    tolerate(bank, 500)
    settle(bank, 49_500)
    assert held(bank, "momo:orange:clearing") == held(bank, "bank:main:in-transit") == 0
    assert held(bank, "expense:provider-fees") == 500


@pytest.mark.parametrize("most", [None, 499], ids=["by default nothing", "less than the difference"])
def test_a_difference_nobody_allowed_is_left_to_a_person(bank: Database, most: int | None) -> None:
    if most is not None:
        with bank.session(1) as session:
            open_accounts(session, [NewAccount("momo:orange:clearing")], "DOP")
        tolerate(bank, most)
    done = settle(bank, 49_500)
    assert (done.matched, done.suspense_count) == ({}, 1)
    assert held(bank, "bank:main:in-transit") == 50_000
    with bank.session(1) as session:
        (told,) = [row.rule for row in db.rows(session, "SELECT rule FROM bank_statement_line")]
    assert told.startswith("transfer_reference: refused, transfer SETTLE-1 expects 50000")


def test_a_float_leaves_the_bank_when_its_statement_says_so(bank: Database) -> None:
    with bank.session(1) as session:
        open_accounts(session, [NewAccount("momo:orange")], "DOP")
        new = NewTransfer("bank:main", "momo:orange", 30_000, "DOP", DAY, "FLOAT-1")
        order_transfer(session, new, actor="staff:ana", today=TODAY)
    assert (held(bank, "momo:orange"), held(bank, "bank:main")) == (30_000, 1_000_000)
    book(bank, Booked(-30_000, "FLOAT-1"))
    assert (held(bank, "bank:main"), held(bank, "bank:main:in-transit")) == (970_000, 0)


def test_more_than_was_sent_is_not_taken_for_the_transfer(bank: Database) -> None:
    reference = deposit(bank)
    done = book(bank, Booked(200_001, text=reference))
    assert (done.matched, done.suspense_count) == ({}, 1)
    assert held(bank, "bank:main:in-transit") == 200_000
    assert held(bank, "suspense:bank") == 200_001


def test_two_lines_that_claim_one_transfer_are_left_to_a_person(bank: Database) -> None:
    reference = deposit(bank)
    done = book(bank, Booked(100_000, text=reference), Booked(200_000, text=reference))
    assert (done.matched, done.suspense_count) == ({}, 2)


def test_a_member_is_known_by_her_reference_even_in_groups_and_twice_on_one_day(bank: Database) -> None:
    rosa = member(bank, "M-00017")
    reference = make_reference("M00017")
    spaced = f"{reference[:4]} {reference[4:8]} {reference[8:]}"
    done = book(bank, Booked(50_000, text=f"aporte {spaced}"), Booked(50_000, text=f"aporte {spaced}"))
    assert done.matched == {"member_reference": 2}
    assert held(bank, f"member:{rosa}:contributions") == 100_000


def test_a_reference_with_a_wrong_check_digit_is_nobodys(bank: Database) -> None:
    member(bank, "M-00017")
    wrong = make_reference("M00017").replace("00017", "00018")
    done = book(bank, Booked(50_000, text=wrong, counterparty="ROSA PENA"))
    assert done.suspense_count == 1
    (waiting,) = breaks(bank, "receipt_suspense")
    # The bank booked it 34 days ago, so it is a supervisor's by now.
    assert (waiting.amount_minor, waiting.owner_role) == (50_000, "manager")


def test_reconciling_again_changes_nothing(bank: Database) -> None:
    reference = deposit(bank)
    book(bank, Booked(200_000, text=reference), Booked(-1_500, text="COMISION"))
    before = held(bank, "bank:main")
    with bank.session(1) as session:
        again = reconcile(session, today=TODAY)
    assert (again.matched, again.suspense_count, again.changed_breaks) == ({}, 0, {})
    assert held(bank, "bank:main") == before


def test_the_books_agree_with_the_bank_whatever_the_statement_brought(bank: Database) -> None:
    book(bank, Booked(77_000, text="nadie sabe"), Booked(-1_500, text="COMISION"))
    with bank.session(1) as session:
        position = money_position(session)
    (account,) = position.accounts
    assert (account.statement_minor, account.books_minor, account.unexplained_minor) == (1_075_500, 1_075_500, 0)
    assert {code: minor for code, _, minor in position.suspense} == {"suspense:bank": 75_500}


def test_an_unknown_debit_is_explained_by_one_person_and_approved_by_another(bank: Database) -> None:
    book(bank, Booked(-1_500, text="COMISION"))
    (found,) = breaks(bank, "bank_debit_unknown")
    (usual,) = suggest(found)
    with bank.session(1) as session:
        propose(session, found.id, resolution=POST_ENTRY, lines=usual.lines, reason="comisión", actor="staff:ana")
    with pytest.raises(SamePersonError), bank.session(1) as session:
        resolve(session, found.id, valid_on=DAY, actor="staff:ana", today=TODAY, is_supervisor=True)
    with bank.session(1) as session:
        resolved = resolve(session, found.id, valid_on=DAY, actor="staff:berta", today=TODAY, is_supervisor=True)
    assert (resolved.status, resolved.resolved_by) == ("posted", "staff:berta")
    assert (held(bank, "expense:bank-charges"), held(bank, "suspense:bank")) == (1_500, 0)
    with bank.session(1) as session:
        assert refresh_breaks(session, today=TODAY) == {}


def test_a_rejected_proposal_waits_for_another_one(bank: Database) -> None:
    book(bank, Booked(-1_500, text="COMISION"))
    (found,) = breaks(bank, "bank_debit_unknown")
    with bank.session(1) as session:
        propose(session, found.id, resolution=NO_ENTRY, lines=(), reason="no sé", actor="staff:ana")
        again = reject(session, found.id, reason="ask the bank", actor="staff:berta")
    assert (again.status, again.proposed_by) == ("rejected", None)


@pytest.mark.parametrize(
    ("resolution", "lines"),
    [
        (POST_ENTRY, (Line("expense:bank-charges", 1_500), Line("suspense:bank", -1_499))),
        (POST_ENTRY, (Line("expense:bank-charges", 1_500),)),
        (POST_ENTRY, ()),
        (NO_ENTRY, (Line("expense:bank-charges", 1_500), Line("suspense:bank", -1_500))),
        ("forget", ()),
    ],
    ids=["does not balance", "one line", "no line", "lines where none are needed", "unknown"],
)
def test_an_entry_that_cannot_be_posted_is_not_proposed(
    bank: Database, resolution: str, lines: tuple[Line, ...]
) -> None:
    book(bank, Booked(-1_500, text="COMISION"))
    (found,) = breaks(bank, "bank_debit_unknown")
    with pytest.raises(ProposalInvalidError), bank.session(1) as session:
        propose(session, found.id, resolution=resolution, lines=lines, reason="x", actor="staff:ana")


def test_a_transfer_that_does_not_arrive_is_a_break_until_it_does(bank: Database) -> None:
    reference = deposit(bank)
    with bank.session(1) as session:
        refresh_breaks(session, today=TODAY)
    assert [row.kind for row in breaks(bank, "transfer_overdue")] == ["transfer_overdue"]
    book(bank, Booked(200_000, text=reference))
    assert breaks(bank, "transfer_overdue") == []


def test_a_transfer_ordered_twice_under_one_reference_is_one(bank: Database) -> None:
    deposit(bank, reference="DEP-1")
    deposit(bank, reference="DEP-1")
    with bank.session(1) as session:
        assert len(list_transfers(session, status=None, before=2**62, limit=10)) == 1
    with pytest.raises(TransferRepeatedError):
        deposit(bank, 100, reference="DEP-1")


def test_a_withdrawn_transfer_leaves_the_money_where_it_was(bank: Database) -> None:
    deposit(bank)
    with bank.session(1) as session:
        (ordered,) = list_transfers(session, status="ordered", before=2**62, limit=10)
        withdraw_transfer(session, ordered.id, actor="staff:ana", reason="never made", today=TODAY)
    assert (held(bank, "cash:office"), held(bank, "bank:main:in-transit")) == (200_000, 0)


@pytest.mark.parametrize(
    "new",
    [
        NewTransfer("cash:office", "bank:main", 0, "DOP", DAY),
        NewTransfer("cash:office", "bank:main", -5, "DOP", DAY),
        NewTransfer("cash:office", "bank:main", 5, "USD", DAY),
        NewTransfer("cash:office", "cash:office", 5, "DOP", DAY),
    ],
    ids=["nothing", "negative", "a currency that is not the account's", "no bank"],
)
def test_a_transfer_that_cannot_be_made_is_refused(bank: Database, new: NewTransfer) -> None:
    with pytest.raises(TransferInvalidError), bank.session(1) as session:
        order_transfer(session, new, actor="staff:ana", today=TODAY)


def test_what_a_refused_closing_finds_is_not_told_by_a_number_that_goes_with_it(bank: Database) -> None:
    """The difference is written in the transaction that is refused: nobody could look it up afterwards."""
    with bank.session(1) as session:
        load_statement(
            session, camt053(1_000_000, [Booked(77_000, text="nadie sabe")]), file_name="x", actor="staff:ana"
        )
        match_lines(session, today=TODAY)
    for _ in range(2):
        with pytest.raises(MonthNotClearError) as refused, bank.session(1) as session:
            close_month(session, MARCH, actor="staff:mara", reason="fin de mes", today=TODAY)
        (told,) = refused.value.errors
        assert told.pointer == "/breaks"
        assert told.detail.startswith("receipt_suspense of 770.00 DOP was found just now; run the reconciliation")
    assert breaks(bank, "receipt_suspense") == []


def test_a_month_is_closed_only_when_nothing_is_unexplained_or_unnoted(bank: Database) -> None:
    book(bank, Booked(77_000, text="nadie sabe"))
    with pytest.raises(MonthNotClearError) as refused, bank.session(1) as session:
        close_month(session, MARCH, actor="staff:mara", reason="fin de mes", today=TODAY)
    assert [problem.code for problem in refused.value.errors] == ["receipt_suspense"]
    (found,) = breaks(bank, "receipt_suspense")
    (told,) = refused.value.errors
    assert (told.pointer, told.detail.partition(";")[0]) == (
        f"/breaks/{found.id}",
        "receipt_suspense of 770.00 DOP is open",
    )
    with bank.session(1) as session:
        note(session, found.id, text="asked the bank who paid", actor="staff:ana")
        close_month(session, MARCH, actor="staff:mara", reason="fin de mes", today=TODAY)
    late = [Line("cash:office", 5), Line("reserve:float", -5)]
    with pytest.raises(PeriodClosedError), bank.session(1) as session:
        post(session, Event("late", "late", DAY, late, "staff:ana"))
    with bank.session(1) as session:
        reopen_month(session, MARCH, actor="staff:mara", reason="a receipt was forgotten")
        post(session, Event("late", "late", DAY, late, "staff:ana"))


def test_a_month_that_is_not_over_is_not_closed(bank: Database) -> None:
    with bank.session(1) as session:
        assert [found.code for found in blockers(session, MARCH, today=DAY)] == ["month_not_over"]


def test_a_month_with_a_statement_line_nobody_booked_is_not_closed(bank: Database) -> None:
    with bank.session(1) as session:
        load_statement(session, camt053(1_000_000, [Booked(5_000)]), file_name="x.xml", actor="staff:ana")
        assert [found.code for found in blockers(session, MARCH, today=TODAY)] == ["unexplained_difference"]
        (statement_lines,) = [list_lines(session, 1, after=0, limit=5)]
        assert len(statement_lines) == 1
