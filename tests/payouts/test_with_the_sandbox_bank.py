"""A payout file at a bank that shares no code with us: taken once, booked, sent back, owed again and paid under a new id."""

import datetime as dt

import pytest
from tests.paying import TODAY, owe
from tests.payouts.bank_town import ANA, EVA, on_account
from tests.processes import MUTUAL_ACCOUNT, start_payer

from gateway.kit.db import Database
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.bank_file import read_bank_file
from gateway.payouts.hand_over import hand_over
from gateway.payouts.order import prepare
from gateway.payouts.queries import get_batch, list_payouts
from gateway.payouts.release import release
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import match_lines

BANK = "bank:main"


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    with start_payer(tmp_path_factory.mktemp("bank"), date=str(TODAY), opening="20000.00") as running:
        yield running


def statement(bank, day: dt.date) -> bytes:
    bank.settle()
    asked = {"account": MUTUAL_ACCOUNT, "from": str(day), "to": str(day)}
    return bank.client.get("/bank/statements", params=asked).content


def order(bank, body: bytes) -> int:
    headers = {"Content-Type": "application/xml"}
    return int(bank.client.post("/bank/payment-orders", content=body, headers=headers).status_code)


def test_what_the_bank_books_is_paid_and_what_it_sends_back_is_paid_under_a_new_id(bank, database: Database) -> None:
    with database.session(1) as session:
        account = BankAccountRow(0, MUTUAL_ACCOUNT, "Banco", "bank", "DOP", BANK, "Mutual Amparo", "")
        register_bank_account(session, account, opening=Opening(20_000_00, dt.date(2026, 1, 1)), actor="staff:ana")
        for number, member in enumerate(owe(session, [500_00, 300_01]), 1):
            on_account(session, member, number)
        draft = prepare(session, provider=BANK, today=TODAY, **ANA).batches[0]
        batch = release(session, draft.id, **EVA)
        body = read_bank_file(session, draft.id)
        first, second = list_payouts(session, draft.id)
    assert order(bank, body) == 202
    assert order(bank, body) == 409, "the bank knows the file, too"
    with database.session(1) as session:
        hand_over(session, draft.id, sha256=batch.request_sha256 or "", actor="staff:eva")
        load_statement(session, statement(bank, TODAY), file_name="1.xml", actor="staff:ana")
        assert match_lines(session, today=TODAY).by_rule == {"payout_booked": 2}
        assert get_batch(session, draft.id).status == "finished"
        assert balance_of(session, f"payout:{draft.id}") == 0
    assert bank.effects()["payments_executed"] == 2
    tomorrow = TODAY + dt.timedelta(days=3)
    bank.set_date(tomorrow)
    bank.control("POST", "payment-returns", {"end_to_end_id": second.end_to_end_id, "reason": "AC04"})
    with database.session(1) as session:
        for day in (TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=2), tomorrow):
            load_statement(session, statement(bank, day), file_name=f"{day}.xml", actor="staff:ana")
        assert match_lines(session, today=tomorrow).by_rule == {"payout_returned": 1}
        assert current_balance(session, f"member:{second.member_id}:benefits") == 300_01
        assert current_balance(session, f"member:{first.member_id}:benefits") == 0
        again = prepare(session, provider=BANK, today=tomorrow, **ANA).batches[0]
        release(session, again.id, **{**EVA, "today": tomorrow})
        (anew,) = list_payouts(session, again.id)
        assert (anew.retry_of_id, anew.end_to_end_id == second.end_to_end_id) == (second.id, False)
        body = read_bank_file(session, again.id)
    assert order(bank, body) == 202
    bank.settle()
    assert bank.effects()["payments_executed"] == 3
