"""Payments that a provider or bank tells of and that we never ordered: a person sees each, with amount, reference and age."""

import datetime as dt
import json
from typing import Any

import pytest
from tests.bank.test_status_reports import report, transaction
from tests.paying import FLOAT, TODAY, open_bank
from tests.payouts.bank_town import bank_batch
from tests.payouts.test_bank_payouts import BY, sent
from tests.payouts.test_money_that_comes_back_unheard import Office, office, payer

from gateway.kit import db, inbox
from gateway.kit.db import Database
from gateway.ledger.queries import balance_of
from gateway.payouts.bank_results import apply_report
from gateway.payouts.tasks import read_inbox
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.queries import list_breaks
from gateway.reconciliation.suggest import suggest

__all__ = ["office", "payer"]


def differences(database: Database, kind: str, today: dt.date = TODAY) -> list[Any]:
    with database.session(1) as session:
        refresh_breaks(session, today=today)
        return list_breaks(session, status=None, kind=kind, before=10**9, limit=100)


def tell(office: Office, kind: str, event: str, **body: Any) -> None:
    """Let the provider push a message, and read it."""
    with office.database.session(1) as session:
        inbox.receive(
            session, source="payer:orange", event_id=event, kind=kind, headers={}, body=json.dumps(body).encode()
        )
    read_inbox(office.context(), 1)


def test_a_payment_among_ours_that_nobody_ordered_is_a_difference_with_amount_reference_and_age(office: Office) -> None:
    office.payer.script({"on": "batch", "do": "pay_stranger", "amount": "123.45", "reference": "NOT-OURS"})
    batch = office.pay((500_00, 300_01))
    assert [one.status for one in office.payouts(batch)] == ["paid", "paid"]
    left = 1_000_000_00 - office.payer.effects()["wallet_float_minor"]
    (found,) = differences(office.database, "payout_stranger", TODAY + dt.timedelta(days=3))
    assert left - 800_01 == -found.amount_minor == 123_45, "what is gone at the provider and in no book"
    assert (found.theirs["end_to_end_id"], found.theirs["paid_minor"]) == ("NOT-OURS", 123_45)
    assert found.theirs["reference"].startswith("MB")
    assert (found.ours, found.since_on, found.currency) == ({"batch_id": batch}, TODAY, "DOP")
    assert [line.account for line in suggest(found)[0].lines] == ["suspense:mobile_money", FLOAT]
    assert len(differences(office.database, "payout_stranger")) == 1, "told again it is the same"


def test_a_stranger_whose_amount_the_provider_does_not_say_is_seen_all_the_same(office: Office) -> None:
    office.payer.script({"on": "completions", "do": "extra_line", "times": None})
    office.pay((500_00,))
    (found,) = differences(office.database, "payout_stranger")
    assert (found.amount_minor, found.theirs["end_to_end_id"]) == (0, "NOT-OURS")
    assert "paid_minor" not in found.theirs


def test_a_payment_of_another_batch_is_named_as_what_it_is(office: Office) -> None:
    first = office.pay((500_00,))
    (ours,) = office.payouts(first)
    with office.database.session(1) as session:
        db.run(
            session,
            "INSERT INTO payout_stranger (provider, batch_id, end_to_end_id, outcome, currency, told_on)"
            " VALUES ('momo:orange', :batch, :id, 'failed', 'DOP', :day)",
            {"batch": first, "id": ours.end_to_end_id, "day": TODAY},
        )
    (found,) = differences(office.database, "payout_stranger")
    assert found.ours == {"batch_id": first, "payout_id": ours.id, "status": "paid"}


def test_a_payment_out_of_our_account_that_we_never_ordered_is_nobodys_contribution(office: Office) -> None:
    office.pay((500_00,))
    with office.database.session(1) as session:
        before = balance_of(session, FLOAT)
    told = {
        "transactionReference": "MM77", "transactionStatus": "completed", "type": "disbursement", "amount": "75.5",
        "currency": "DOP", "creditParty": [{"key": "msisdn", "value": "+18090001111"}],
    }  # fmt: skip
    for event in ("e1", "e2"):
        tell(office, "payer.transaction", event, **told)
    with office.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM contribution_receipt") == 0, "money went out, none came in"
        assert balance_of(session, FLOAT) == before
    (found,) = differences(office.database, "payout_stranger")
    assert (found.amount_minor, found.theirs["reference"], found.ours) == (-75_50, "MM77", {})


def test_a_message_of_the_provider_that_could_not_be_used_is_a_difference(office: Office) -> None:
    with office.database.session(1) as session:
        open_bank(session)
    tell(office, "payer.batch", "e1", batchId="nobody-knows", batchStatus="completed")
    tell(office, "payer.transaction", "e2", transactionReference="M1", transactionStatus="completed", type="merchantpay",
         amount="10", currency="XXX")  # fmt: skip
    tell(office, "payer.transaction", "e3", transactionReference="R1", originalTransactionReference="M9", type="reversal",
         transactionStatus="completed", amount="10", currency="DOP")  # fmt: skip
    found = differences(office.database, "payer_message_aside")
    assert sorted(one.theirs["event"] for one in found) == ["e1", "e2", "e3"]
    paid = {"transactionStatus": "completed", "type": "merchantpay", "amount": "10", "currency": "DOP"}
    tell(office, "payer.transaction", "e4", transactionReference="M9", **paid)
    still = [one for one in differences(office.database, "payer_message_aside") if one.status == "open"]
    assert sorted(one.theirs["event"] for one in still) == ["e1", "e2"], (
        "what was taken back has come, and is explained"
    )


@pytest.mark.parametrize(("status", "says"), [("RJCT", "failed"), ("ACSC", "told")])
def test_a_payment_in_a_banks_report_that_is_not_in_the_file_is_a_difference(
    database: Database, status: str, says: str
) -> None:
    with database.session(1) as session:
        open_bank(session)
        batch_id, _ = bank_batch(session, [500_00])
        body = report("PART", transaction("STRANGE", status), message=sent(session, batch_id))
        assert apply_report(session, body, **BY).unknown == ["STRANGE"]
    (found,) = differences(database, "payout_stranger")
    assert (found.theirs["end_to_end_id"], found.theirs["says"], found.ours) == (
        "STRANGE",
        says,
        {"batch_id": batch_id},
    )
