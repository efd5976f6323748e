"""Small employers the mutual files for: each with his number, money, bill and payment, never mixed."""

import datetime as dt

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from tests.filing.filing_town import (
    COST,
    TODAY,
    assess,
    draft,
    endow,
    enrol,
    open_payroll,
    pay,
    sealed,
    tell_state_account,
)
from tests.filing.notices import accepted, notice, open_bank

from gateway.contributions.employer_money import (
    EmployerReceiptRow,
    NewEmployerReceipt,
    receive_from_employer,
    reverse_employer_receipt,
)
from gateway.contributions.errors import ReceiptInvalidError, ReceiptRepeatedError, ReceiptUsedError
from gateway.filing import funding
from gateway.filing.bills import receive_notice
from gateway.filing.errors import AccountOfAnotherError, EmployerShortError, NothingToFileError, PolicyInvalidError
from gateway.filing.models import Bill
from gateway.filing.pay import order_payment, read_order_file, release_payment, withdraw_payment
from gateway.filing.queries import list_decisions, list_documents, list_lines, read_content
from gateway.filing.seal import seal
from gateway.filing.sql import answer as answer_sql
from gateway.kit import bulk, db
from gateway.kit.db import Database
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.queries import current_balance
from gateway.membership.employers import EmployerRow, register_employer
from gateway.membership.errors import EmployerKnownError, EmployerNumberError, EmployerUnknownError
from gateway.membership.payrolls import open_payroll as open_for

FIRST, SECOND = "1-30-00001-8", "130000026"


def employer(session: Session, number: str = FIRST, account_code: str | None = None) -> EmployerRow:
    return register_employer(session, number=number, name="Colmado", account_code=account_code, actor="staff:olga")


def money(
    session: Session, owner: EmployerRow, minor: int, reference: str = "r1", account: str = "bank:main"
) -> EmployerReceiptRow:
    new = NewEmployerReceipt(owner.id, "api:test", reference, "bank", account, minor, "DOP", TODAY)
    return receive_from_employer(session, new, actor="staff:carla", today=TODAY)


def staffed(session: Session, owner: EmployerRow, count: int = 2, code: str = "001") -> tuple[int, list[int]]:
    payroll = open_for(session, code=code, name="Nómina", employer_number=owner.number, actor="staff:olga").id
    ids = enrol(session, payroll, count)
    assess(session, payroll)
    return payroll, ids


def held(session: Session, *owners: EmployerRow) -> list[int]:
    return [current_balance(session, owner.money) for owner in owners]


def take(session: Session, told, today: dt.date = TODAY) -> Bill:  # type: ignore[no-untyped-def]
    bill = receive_notice(session, told, actor="worker:1", today=today)
    assert bill is not None
    return bill


def test_an_employer_is_registered_once_by_a_number_whose_check_digit_fits(database: Database) -> None:
    with database.session(1) as session:
        assert employer(session).number == "130000018"
        for number in ("130000019", "13000001", "not a number", "4019999990000"):
            with pytest.raises(EmployerNumberError):
                employer(session, number)
        with pytest.raises(EmployerKnownError, match="registered already"):
            employer(session, "130000018")
        with pytest.raises(EmployerKnownError, match="mutual's own"):
            of_the_mutual_itself(session)
        with pytest.raises(EmployerUnknownError):
            open_for(session, code="001", name="x", employer_number=SECOND, actor="staff:olga")
    with pytest.raises(DBAPIError, match="no employer has the number"), database.session(1) as session:
        db.run(session, "INSERT INTO payroll (code, name, employer_number) VALUES ('007', 'x', '130000026')")


def of_the_mutual_itself(session: Session) -> EmployerRow:
    # The town's mutual has a number that no check digit fits, so the check is left out here.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.membership.employers.check_employer_number", lambda *_: "401999999")
        return employer(session, "401999999")


def test_only_the_employers_own_money_files_his_workers_and_his_number_stands_on_the_file(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        first, second = employer(session), employer(session, SECOND)
        payroll, ids = staffed(session, first)
        other, others = staffed(session, second)
        own = open_payroll(session)
        mine = enrol(session, own, 1)
        assess(session, own)
        # Everybody else is rich; the second employer has paid nothing.
        pay(session, dict.fromkeys([*ids, *others], 3 * COST))
        endow(session, "reserve:solidarity", 9 * COST)
        rules = {"order": ["own_money", "credit", "reserve"]}
        funding.lay_down(session, valid_from=dt.date(2026, 1, 1), rules=rules, reason="assembly", actor="staff:mara")
        money(session, first, 2 * COST + 100)

        poor = draft(session, other)
        told = {(row.reason, row.available_minor, row.short_minor) for row in list_decisions(session, poor.id, limit=9)}
        assert told == {("employer_short", 0, COST)}
        with pytest.raises(NothingToFileError):
            seal(session, poor.id, actor="staff:olga", today=TODAY)
        filing = sealed(session, payroll)
        assert {(line.reason, line.from_employer_minor) for line in list_lines(session, filing.id, limit=9)} == {
            ("employer", COST)
        }
        assert held(session, first, second) == [100, 0]
        assert [current_balance(session, f"member:{member}:contributions") for member in ids] == [3 * COST] * 2
        [document] = list_documents(session, filing.id)
        assert document.file_name.startswith("AM_130000018_")
        assert b"".join(read_content(session, document.id)).startswith(b"EAM  130000018")
        # The mutual's own member is paid by the reserve, never by an employer.
        line = list_lines(session, sealed(session, own).id, limit=9)[0]
        assert (line.member_id, line.from_reserve_minor, line.from_employer_minor) == (mine[0], COST, 0)
        with pytest.raises(PolicyInvalidError):
            funding.lay_down(
                session, valid_from=TODAY, rules={"order": ["own_money", "employer"]}, reason="no", actor="staff:mara"
            )


def test_an_employer_who_cannot_pay_for_all_pays_for_as_many_as_he_can_and_a_refused_line_is_his_again(
    database: Database,
) -> None:
    with database.session(1) as session:
        open_bank(session)
        first, second = employer(session), employer(session, SECOND)
        payroll, _ = staffed(session, first, 3)
        receipt = money(session, first, 3 * COST)
        money(session, second, 9 * COST, "r2")
        prepared = draft(session, payroll)
        assert prepared.line_count == 3
        # Part of the money goes before it is sealed: one line stays behind, and no other employer's money steps in.
        endow(session, f"employer:{first.id}:contributions", -COST)
        filing = seal(session, prepared.id, actor="staff:olga", today=TODAY)
        assert (filing.line_count, held(session, first, second)) == (2, [0, 9 * COST])
        reasons = [row.reason for row in list_decisions(session, filing.id, is_funded=False, limit=9)]
        assert reasons == ["employer_short"]
        with pytest.raises(ReceiptUsedError), session.begin_nested():
            reverse_employer_receipt(session, receipt.id, reason="bounced", actor="staff:abel", today=TODAY)
        refused = db.scalar(session, "UPDATE filing_line SET status = 'rejected' WHERE line_no = 1 RETURNING id")
        bulk.stage(session, "filing_apart", answer_sql.APART, [(refused, "rejected")])
        head = Head(key="release", kind="filing.release", valid_on=TODAY, actor="worker:1", evidence=None)
        post_lines(session, head, answer_sql.RELEASE, {"reserved": f"filing:{filing.id}:reserved"})
        assert held(session, first, second) == [COST, 9 * COST]


def test_a_payment_of_an_employer_counts_once_into_his_own_account(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        open_bank(session, "bank:colmado", "100200301")
        first, second = employer(session, account_code="bank:colmado"), employer(session, SECOND)
        with pytest.raises(EmployerKnownError, match="another employer's own"):
            employer(session, "101000007", "bank:colmado")
        once = money(session, first, 500, account="bank:colmado")
        assert money(session, first, 500, account="bank:colmado").id == once.id
        with pytest.raises(ReceiptRepeatedError):
            money(session, first, 501, account="bank:colmado")
        with pytest.raises(ReceiptInvalidError, match="own bank account of employer 130000018"):
            money(session, second, 500, "r2", "bank:colmado")
        with pytest.raises(ReceiptInvalidError, match="pays into his own"):
            money(session, first, 500, "r3")
        assert held(session, first, second) == [500, 0]
        back = reverse_employer_receipt(session, once.id, reason="bounced", actor="staff:abel", today=TODAY)
        assert (back.reversal_reason, held(session, first)) == ("bounced", [0])


def test_the_money_of_one_employer_never_pays_the_bill_of_another(database: Database) -> None:
    tell_state_account(database)
    with database.session(1) as session:
        open_bank(session)
        first, second = employer(session), employer(session, SECOND)
        payroll, _ = staffed(session, first)
        money(session, first, 2 * COST)
        money(session, second, 9 * COST, "r2")
        _, reference = accepted(session, payroll)
        told = notice([reference], lines=2, employer=first.number, surcharges=700)
        bill = take(session, told)
        # What he owes more waits on an account of his own, not with the mutual's differences.
        assert current_balance(session, first.difference) == -700
        assert current_balance(session, "suspense:state") == 0
        with pytest.raises(EmployerShortError, match=r"7\.00 DOP more"):
            order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        assert held(session, first, second) == [0, 9 * COST]
        money(session, first, 1_000, "r3")
        payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        assert (held(session, first), current_balance(session, first.difference)) == ([300], 0)
        # Withdrawn and ordered again, he pays the difference once; replaced, he has it back.
        withdraw_payment(session, payment.id, actor="staff:mara", reason="tomorrow")
        payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        assert held(session, first) == [300]
        newer = take(session, notice([reference], lines=2, employer=first.number, version=2))
        assert (held(session, first), current_balance(session, first.difference)) == ([1_000], 0)
        payment = order_payment(session, newer.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        release_payment(session, payment.id, actor="staff:mara")
        assert b"NP 0320260000000014 130000018" in read_order_file(session, payment.id)
        assert held(session, first, second) == [1_000, 9 * COST]


def test_a_bill_is_paid_from_its_employers_own_account_and_that_account_pays_no_other(database: Database) -> None:
    tell_state_account(database)
    with database.session(1) as session:
        open_bank(session)
        open_bank(session, "bank:colmado", "100200301")
        first, second = employer(session, account_code="bank:colmado"), employer(session, SECOND)
        bills = []
        for owner, account, number in ((first, "bank:colmado", "21"), (second, "bank:main", "22")):
            payroll, _ = staffed(session, owner)
            money(session, owner, 2 * COST, number, account)
            _, reference = accepted(session, payroll)
            told = notice([reference], lines=2, employer=owner.number, reference=f"03202600000000{number}")
            bills.append(take(session, told))
        for bill, account in ((bills[0], "bank:main"), (bills[1], "bank:colmado")):
            with pytest.raises(AccountOfAnotherError):
                order_payment(session, bill.id, account_code=account, actor="staff:abel", today=TODAY)
            with pytest.raises(DBAPIError, match="is not paid from"), session.begin_nested():
                values = {"bill": bill.id, "account": account, "key": f"K{bill.id}"}
                db.run(session, FORGED_PAYMENT, values)
        assert order_payment(session, bills[0].id, account_code="bank:colmado", actor="staff:abel", today=TODAY).id


FORGED_PAYMENT = """
INSERT INTO filing_payment (bill_id, amount_minor, currency, account_code, message_id, end_to_end_id, ordered_by)
VALUES (:bill, 1, 'DOP', :account, :key, :key, 'staff:eva')
"""
FORGED_LINE = """
INSERT INTO filing_line (filing_id, line_no, member_id, assessment_id, document_kind, document, given_names, first_surname,
    second_surname, sex, birth_date, wage_minor, additional_dependants, amounts_minor, state_minor, fee_minor, total_minor,
    from_member_minor, from_employer_minor, reason, change_since_last)
SELECT filing_id, 99, member_id + :other, assessment_id, document_kind, document, given_names, first_surname, second_surname, sex,
    birth_date, wage_minor, additional_dependants, amounts_minor, state_minor, fee_minor, total_minor, :member, :employer, reason,
    change_since_last FROM filing_line WHERE filing_id = :filing
"""


def test_the_database_itself_refuses_a_line_paid_with_money_that_is_not_for_its_employer(
    database: Database, database_url: str
) -> None:
    with database.session(1) as session:
        open_bank(session)
        first = employer(session)
        payroll, _ = staffed(session, first, 1)
        money(session, first, COST)
        his = draft(session, payroll).id
        own = open_payroll(session)
        member = enrol(session, own, 1)[0]
        assess(session, own)
        pay(session, {member: COST})
        mine = draft(session, own).id
    with psycopg.connect(database_url) as owner:
        # Only the guard of the money is in question here: the same member may stand twice.
        owner.execute("ALTER TABLE filing_line DROP CONSTRAINT uq_filing_line_mutual_id_member_id_filing_id")
    for filing, sources in ((his, {"member": COST, "employer": 0}), (mine, {"member": 0, "employer": COST})):
        with pytest.raises(DBAPIError, match="not for its employer"), database.session(1) as session:
            db.run(session, FORGED_LINE, {"filing": filing, "other": 0, **sources})
    with pytest.raises(DBAPIError, match="written once"), database.session(1) as session:
        db.run(session, "UPDATE filing_line SET from_employer_minor = 0, from_member_minor = total_minor")
