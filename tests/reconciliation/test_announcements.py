"""What a bank announces is booked once, and the statement of the day decides; pages in several files count only together."""

import datetime as dt

import pytest
from tests.contributions.people import make_members
from tests.paying import BANK, TODAY, open_bank
from tests.payouts.bank_town import bank_batch
from tests.reconciliation.statements import NUMBER, Booked, camt053, camt054, page

from gateway.contributions.employer_money import get_employer_receipt
from gateway.contributions.reference import employer_reference, member_reference
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.queries import current_balance
from gateway.membership.employers import register_employer
from gateway.payouts.hand_over import hand_over
from gateway.payouts.queries import get_batch, get_payout
from gateway.reconciliation.load_statement import LoadedFile, load_statement
from gateway.reconciliation.position import money_position
from gateway.reconciliation.queries import list_breaks
from gateway.reconciliation.run import reconcile

DAY = dt.date(2026, 3, 3)
ACCOUNT = BankAccountRow(0, NUMBER, "Operativa", "bank", "DOP", "bank:main", "Mutual Amparo", "")


@pytest.fixture
def bank(database: Database) -> Database:
    """Mutual 1 with a bank account that holds 1,000.00."""
    with database.session(1) as session:
        register_bank_account(session, ACCOUNT, opening=Opening(100_000, DAY), actor="staff:ana")
    return database


def load(bank: Database, body: bytes) -> LoadedFile:
    with bank.session(1) as session:
        done = load_statement(session, body, file_name="banco.xml", actor="staff:ana")
        reconcile(session, today=TODAY)
    return done


def state(bank: Database, *codes: str) -> tuple[list[int], int, list[str]]:
    """What the accounts hold, what nobody explains, and the open differences that are about announcements."""
    with bank.session(1) as session:
        found = list_breaks(session, status="open", kind="announcement_unshown", before=10**9, limit=9)
        held = [current_balance(session, code) for code in codes]
        return held, money_position(session).unexplained_minor, [row.kind for row in found]


def test_an_announced_payment_is_the_members_at_once_and_the_statement_does_not_bring_it_again(bank: Database) -> None:
    with bank.session(1) as session:
        [ana, _] = make_members(session, 2)
        number = db.scalar(session, "SELECT number FROM member WHERE id = :id", {"id": ana})
    paid = Booked(50_000, "E1", f"cuota {member_reference(number)}", "ANA")
    whose = ("bank:main", f"member:{ana}:contributions", "suspense:bank")
    (notice,) = load(bank, camt054([paid, Booked(700, text="gracias")])).statements
    assert (notice.status, notice.reason) == ("announced", None)
    assert state(bank, *whose) == ([150_700, 50_000, 700], 0, [])
    # The statement tells of the second one in its own words and has one more; each is there once.
    lines = [paid, Booked(700, "E2", "GRACIAS"), Booked(-300, text="comisión")]
    assert load(bank, camt053(100_000, lines)).new_line_count == 1
    assert state(bank, *whose) == ([150_400, 50_000, 400], 0, [])
    # What is told of days that have their statement is known already.
    assert load(bank, camt054([paid, Booked(50_000, "E9", "otra")], reference="N2")).new_line_count == 0
    assert state(bank, *whose) == ([150_400, 50_000, 400], 0, [])
    assert load(bank, camt053(100_000, lines, reference="again")).new_line_count == 0


def test_what_was_announced_and_is_not_on_the_statement_is_a_persons_until_it_is_taken_back(bank: Database) -> None:
    load(bank, camt054([Booked(50_000, "E1"), Booked(50_000, "E2")]))
    load(bank, camt053(100_000, [Booked(50_000, "E2")]))
    assert state(bank, "bank:main") == ([200_000], 50_000, ["announcement_unshown"])
    with bank.session(1) as session:
        receipt = db.scalar(
            session,
            """SELECT r.id FROM contribution_receipt r JOIN bank_statement_line l
            ON r.source_reference = 'statement_line:' || l.id WHERE l.is_announced""",
        )
        reverse_receipt(session, receipt, reason="the statement has it not", actor="staff:ana", today=DAY)
        reconcile(session, today=TODAY)
    assert state(bank, "bank:main") == ([150_000], 0, [])


def test_a_notification_pays_a_payout_and_brings_it_back_by_its_end_to_end_id(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        batch_id, (payout, _) = bank_batch(session, [500_00, 300_01])
        hand_over(session, batch_id, sha256=get_batch(session, batch_id).request_sha256 or "", actor="staff:eva")
    out, back = Booked(-500_00, payout.end_to_end_id), Booked(500_00, payout.end_to_end_id, "cuenta cerrada")
    for day, line, wanted in ((TODAY, out, "paid"), (TODAY, back, "returned")):
        load(database, camt054([line], day=day, reference=f"N{line.minor}", number="DO01"))
        with database.session(1) as session:
            assert get_payout(session, payout.id).status == wanted
    opened = 10**12 + 800_01
    owed = f"member:{payout.member_id}:benefits"
    assert state(database, BANK, owed)[0] == [opened, 500_00]
    load(database, camt053(opened, [out, back], day=TODAY, number="DO01"))
    assert state(database, BANK, owed) == ([opened, 500_00], 0, [])


def whole(first: int, second: int) -> tuple[bytes, bytes]:
    """A statement of two lines in two pages, each with the balances of the whole."""
    until = 100_000 + first + second
    one = camt053(100_000, [Booked(first, "E1")], reference="S", closing=until)
    two = camt053(100_000, [Booked(second, "E2")], reference="S", closing=until)
    return one, two


@pytest.mark.parametrize("print_all", [True, False])
@pytest.mark.parametrize("last_first", [True, False])
def test_pages_in_several_files_wait_for_each_other_and_are_booked_together(
    bank: Database, print_all: bool, last_first: bool
) -> None:
    one, two = whole(7_000, -2_000)
    files = [
        page(one, 1, is_last=False, without="" if print_all else "CLBD"),
        page(two, 2, is_last=True, without="" if print_all else "OPBD"),
    ]
    early, late = reversed(files) if last_first else files
    (held,) = load(bank, early).statements
    assert held.status == "quarantined"
    missing = "page 1 is" if last_first else "the last"
    assert missing in (held.reason or "")
    assert state(bank, "bank:main") == ([100_000], 0, [])
    done = load(bank, late)
    assert ([row.status for row in done.statements], done.new_line_count) == (["loaded"], 2)
    assert state(bank, "bank:main") == ([105_000], 0, [])
    with bank.session(1) as session:
        pages = db.rows(session, "SELECT status, closing_minor, reason FROM bank_statement ORDER BY id")
        assert [tuple(row) for row in pages] == [("loaded", 105_000, None)] * 2
    following = camt053(105_000, [Booked(1)], day=DAY + dt.timedelta(days=1))
    assert load(bank, following).statements[0].status == "loaded"


def test_pages_that_are_all_here_and_do_not_add_up_say_so_and_nothing_of_them_is_booked(bank: Database) -> None:
    one, _ = whole(7_000, -2_000)
    _, two = whole(7_000, -2_500)
    two = two.replace(b"1045.00", b"1050.00")
    load(bank, page(one, 1, is_last=False))
    (held,) = load(bank, page(two, 2, is_last=True)).statements
    assert held.status == "quarantined"
    assert "all 2 pages" in (held.reason or "")
    assert "closing balance says 1050.00" in (held.reason or "")
    assert state(bank, "bank:main") == ([100_000], 0, [])


def test_an_employers_transfer_is_known_by_his_reference_and_goes_to_his_account_alone(bank: Database) -> None:
    with bank.session(1) as session:
        his = register_employer(session, number="130000018", name="Colmado", account_code=None, actor="staff:ana")
        other = register_employer(session, number="130000026", name="Taller", account_code=None, actor="staff:ana")
    reference = employer_reference(his.number)
    both = f"{reference} {employer_reference(other.number)}"
    load(bank, camt053(100_000, [Booked(70_000, text=f"aporte {reference}"), Booked(900, text=both)]))
    held, unexplained, _ = state(bank, his.money, other.money, "suspense:bank")
    assert (held, unexplained) == ([70_000, 0, 900], 0)
    with bank.session(1) as session:
        found = db.rows(session, "SELECT rule, matched_kind, matched_id FROM bank_statement_line ORDER BY id")
        assert tuple(found[0]) == ("employer_reference", "employer", his.id)
        assert found[1].rule == "employer_reference: names several, a person decides"


def test_a_later_page_of_an_account_without_any_statement_waits_for_page_one_though_it_proves_itself(
    database: Database,
) -> None:
    with database.session(1) as session:
        register_bank_account(session, ACCOUNT, opening=None, actor="staff:ana")
    one = page(camt053(0, [Booked(7_000, "E1")], reference="S"), 1, is_last=False)
    two = page(camt053(7_000, [Booked(-2_000, "E2")], reference="S"), 2, is_last=True)
    (held,) = load(database, two).statements
    assert (held.status, "page 1 is not here" in (held.reason or "")) == ("quarantined", True)
    assert load(database, one).new_line_count == 2
    assert state(database, "bank:main") == ([5_000], 0, [])
    with database.session(1) as session:
        found = db.rows(session, "SELECT status, reason, closing_minor FROM bank_statement ORDER BY id")
        assert [tuple(row) for row in found] == [("loaded", None, 5_000), ("loaded", None, 7_000)]


def test_an_employers_transfer_that_the_bank_takes_back_is_taken_from_him_again(bank: Database) -> None:
    with bank.session(1) as session:
        his = register_employer(session, number="130000018", name="Colmado", account_code=None, actor="staff:ana")
    paid = Booked(70_000, "E7", f"aporte {employer_reference(his.number)}")
    load(bank, camt053(100_000, [paid, paid._replace(minor=30_000, end_to_end_id="E8")]))
    assert state(bank, "bank:main", his.money) == ([200_000, 100_000], 0, [])
    back = paid._replace(minor=-70_000, is_reversal=True)
    load(bank, camt053(200_000, [back, back._replace(minor=-30_000)], day=DAY + dt.timedelta(days=1)))
    # The second names the first one's id with another amount: nobody's, so a person looks at it.
    assert state(bank, "bank:main", his.money, "suspense:bank") == ([100_000, 30_000, -30_000], 0, [])
    with bank.session(1) as session:
        found = db.rows(
            session, "SELECT rule, matched_kind FROM bank_statement_line WHERE amount_minor < 0 ORDER BY id"
        )
        assert tuple(found[0]) == ("employer_taken_back", "employer_receipt")
        told = get_employer_receipt(
            session, db.scalar(session, "SELECT matched_id FROM reconciliation_match WHERE kind = 'employer_receipt'")
        )
        assert (told.amount_minor, told.reversal_reason) == (70_000, "the bank took it back")
