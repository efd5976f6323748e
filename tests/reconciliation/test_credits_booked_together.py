"""Ordinary credits of a statement are received together, and get what single payments get; the others still go one by one."""

import datetime as dt

from tests.reconciliation.statements import NUMBER, Booked, camt053

from gateway.contributions.queries import ReceiptFilter, list_receipts
from gateway.contributions.reference import check_reference, make_reference, mutual_of
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import open_for_owners
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.queries import current_balance
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import Matched, match_lines

DAY = dt.date(2026, 3, 3)
ACCOUNT = BankAccountRow(0, NUMBER, "Operativa", "bank", "DOP", "bank:main", "Mutual Amparo", "")
MEMBERS = """
INSERT INTO member (number, given_names, first_surname, second_surname, sex, birth_date, search_name)
SELECT 'M' || n, 'Rosa', 'Peña', '', 'F', '1980-01-01', 'rosa pena' FROM generate_series(1, CAST(:count AS int)) n
ORDER BY n RETURNING id
"""


def matched(database: Database, lines: list[Booked], *, today: dt.date = DAY, without_account: int = 0) -> Matched:
    with database.session(1) as session:
        register_bank_account(session, ACCOUNT, opening=Opening(0, DAY), actor="staff:ana")
        ids = [row.id for row in db.rows(session, MEMBERS, {"count": 5})]
        open_for_owners(session, "member:{}:contributions", "member", ids[: len(ids) - without_account], "DOP")
        load_statement(session, camt053(0, lines, day=DAY), file_name="x.xml", actor="staff:ana")
        return match_lines(session, today=today)


def test_each_payment_has_a_receipt_with_a_number_of_the_mutual_and_is_booked_to_its_payer(database: Database) -> None:
    lines = [Booked(1_000 * n, text=make_reference(f"M{n}"), counterparty=f"Rosa {n}") for n in range(1, 6)]
    done = matched(database, [*lines, Booked(77, text="nadie sabe", counterparty="Zoe")])
    assert done == Matched({"member_reference": 5}, 1)
    with database.session(1) as session:
        receipts = list_receipts(session, ReceiptFilter(), limit=10)
        assert sorted(receipt.amount_minor for receipt in receipts) == [77, 1_000, 2_000, 3_000, 4_000, 5_000]
        assert all(check_reference(receipt.number) and mutual_of(receipt.number) == 1 for receipt in receipts)
        assert len({receipt.number for receipt in receipts}) == 6
        for receipt in receipts:
            (part,) = receipt.lines
            if part.member_id is None:
                assert part.claimed_identity == "Zoe · nadie sabe"
            else:
                assert current_balance(session, f"member:{part.member_id}:contributions") == receipt.amount_minor
        assert current_balance(session, "suspense:bank") == 77
        assert current_balance(session, "bank:main") == 15_077


def test_one_member_without_an_account_does_not_hold_up_the_others(database: Database) -> None:
    lines = [Booked(1_000 * n, text=make_reference(f"M{n}")) for n in range(1, 6)]
    done = matched(database, lines, without_account=1)
    assert done == Matched({"member_reference": 4}, 1)
    with database.session(1) as session:
        kept = db.rows(session, "SELECT status, rule FROM bank_statement_line WHERE amount_minor = 5000")
        assert kept[0].rule.startswith("member_reference: refused, ")
        assert current_balance(session, "suspense:bank") == 5_000
        assert match_lines(session, today=DAY) == Matched({}, 0)
        assert len(list_receipts(session, ReceiptFilter(), limit=10)) == 5
