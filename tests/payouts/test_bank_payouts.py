"""Payouts by bank: one file that leaves once, a report that only rejects, a booking that makes final, a return that is owed anew."""

import datetime as dt
import hashlib
from importlib import resources

import pytest
from lxml import etree
from tests.bank.test_status_reports import report, transaction
from tests.paying import BANK, TODAY, open_bank, owe
from tests.payouts.bank_town import ANA, EVA, bank_batch, on_account, set_payouts
from tests.reconciliation.statements import Booked, camt053

from gateway.bank.errors import PaymentOrderError
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.bank_file import read_bank_file
from gateway.payouts.bank_results import apply_report
from gateway.payouts.destinations import choose_destination, list_destinations
from gateway.payouts.errors import (
    BatchNotSentError,
    DestinationInvalidError,
    PayoutFileSentError,
    ReportUnknownError,
    RequestDamagedError,
    WrongMeansError,
)
from gateway.payouts.hand_over import hand_over
from gateway.payouts.order import prepare
from gateway.payouts.queries import get_batch, list_due, list_payouts
from gateway.payouts.release import release
from gateway.payouts.rules import correlation_of, message_id_of
from gateway.payouts.states import Means
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import match_lines

OPENING = 10**12
BY = {"actor": "staff:ana", "today": TODAY}


def valid(body: bytes, version: str) -> bool:
    pytest.importorskip("sepaxml")
    text = (resources.files("sepaxml") / "schemas" / f"{version}.xsd").read_bytes()
    return bool(etree.XMLSchema(etree.fromstring(text)).validate(etree.fromstring(body)))


def sent(session, batch_id: int) -> str:
    batch = get_batch(session, batch_id)
    hand_over(session, batch_id, sha256=batch.request_sha256 or "", actor="staff:eva")
    return message_id_of(batch.correlation_id)


@pytest.mark.parametrize("version", ["pain.001.001.03", "pain.001.001.09"])
def test_the_file_is_valid_frozen_and_leaves_once(database: Database, version: str) -> None:
    set_payouts(database.url, {BANK: {"pain_version": version}})
    with database.session(1) as session:
        open_bank(session)
        batch_id, payouts = bank_batch(session, [500_00, 300_01])
        body = read_bank_file(session, batch_id)
        assert valid(body, version)
        batch = get_batch(session, batch_id)
        assert hashlib.sha256(body).hexdigest() == batch.request_sha256
        assert correlation_of(message_id_of(batch.correlation_id)) == batch.correlation_id
        read = etree.fromstring(body)
        assert [node.text for node in read.iter("{*}EndToEndId")] == [one.end_to_end_id for one in payouts]
        assert [node.text for node in read.iter("{*}CtrlSum")] == ["800.01", "800.01"]
        assert "Ana Perez Pena" in body.decode()
        assert batch.status == "released"
        assert list_due(session) == [], "no worker carries a file to a bank"
        assert db.scalar(session, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'payouts.deliver'") == 0
        with pytest.raises(RequestDamagedError, match="not what was released"):
            hand_over(session, batch_id, sha256="0" * 64, actor="staff:eva")
        sent(session, batch_id)
        with pytest.raises(PayoutFileSentError, match="do not give it again"):
            sent(session, batch_id)
        assert read_bank_file(session, batch_id) == body, "the same bytes for ever"


def test_each_member_is_paid_the_way_she_chose(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = owe(session, [100_00, 200_00, 300_00])
        on_account(session, members[0], 1)
        choose_destination(session, members[1], means=Means.CASH, reason="no bank", **ANA)
        by_bank = prepare(session, provider=BANK, today=TODAY, **ANA)
        assert [one.member_id for one in list_payouts(session, by_bank.batches[0].id)] == [members[0]]
        assert [(one.obstacle, one.member_count) for one in by_bank.left_out] == [("paid_otherwise", 2)]
        by_phone = prepare(session, provider="orange", today=TODAY, **ANA).batches[0]
        assert [one.member_id for one in list_payouts(session, by_phone.id)] == [members[2]]
        with pytest.raises(WrongMeansError):
            read_bank_file(session, by_phone.id)
        again = list_destinations(session, members[0])
        on_account(session, members[0], 1)
        assert list_destinations(session, members[0]) == again, "the same again writes nothing"


@pytest.mark.parametrize(
    "changes",
    [
        {"account": ""},
        {"holder": "  "},
        {"account": "DO28BAGR00000001212453611325"},
        {"account": "9" * 35},
        {"account": "97-é"},
        {"bank_identifier": "BPDO"},
    ],
)
def test_an_account_that_no_bank_would_take_is_refused_at_once(database: Database, changes: dict[str, str]) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [100_00])
        with pytest.raises((DestinationInvalidError, PaymentOrderError)):
            on_account(session, member, 1, **changes)


def test_a_report_that_lists_only_what_it_rejects_moves_only_that(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        batch_id, (first, second, third) = bank_batch(session, [500_00, 300_01, 70_00])
        message = sent(session, batch_id)
        before = balance_of(session, BANK)
        with pytest.raises(ReportUnknownError):
            apply_report(session, report("ACCP", message="PBSTRANGER"), **BY)
        taken = apply_report(session, report("ACSC", message=message), **BY)
        assert (taken.applied.failed_count, taken.applied.open_count) == (0, 3), "settled is not booked"
        refused = transaction(second.end_to_end_id, "RJCT", "AC04", "the account is closed")
        body = report("PART", refused, transaction("STRANGE", "RJCT"), message=message)
        told = apply_report(session, body, **BY)
        assert (told.status, told.applied.failed_minor, told.applied.open_count, told.unknown) == (
            "PART",
            300_01,
            2,
            ["STRANGE"],
        )
        assert apply_report(session, body, **BY).applied.failed_count == 0, "again: no effect"
        assert current_balance(session, f"member:{second.member_id}:benefits") == 300_01
        assert (current_balance(session, f"payout:{batch_id}"), balance_of(session, BANK)) == (570_00, before)
        kept = {one.id: one for one in list_payouts(session, batch_id)}
        assert (kept[second.id].status, kept[second.id].reason_code) == ("failed", "AC04")
        assert {kept[first.id].status, kept[third.id].status} == {"ordered"}


def test_a_booking_makes_final_and_a_return_is_owed_told_and_paid_under_a_new_id(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        batch_id, (first, second) = bank_batch(session, [500_00, 300_01])
        message = sent(session, batch_id)
        lines = [
            Booked(-500_00, first.end_to_end_id),
            Booked(-300_01, second.end_to_end_id),
            Booked(-5_00, "", "CARGO"),
        ]
        day = dt.date(2026, 4, 21)
        load_statement(session, camt053(OPENING, lines, day=day, number="DO01"), file_name="a", actor="staff:ana")
        done = match_lines(session, today=day)
        assert (done.by_rule, done.suspense_count) == ({"payout_booked": 2}, 1)
        assert get_batch(session, batch_id).status == "finished"
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'payout.settle'") == 1, "one for the day"
        assert (balance_of(session, f"payout:{batch_id}"), balance_of(session, BANK)) == (
            0,
            OPENING + 800_01 - 800_01 - 5_00,
        )
        assert {one.status for one in list_payouts(session, batch_id)} == {"paid"}
        with pytest.raises(InvalidTransitionError):
            release(session, batch_id, **EVA)

        late = report("PART", transaction(first.end_to_end_id, "RJCT", "AC04"), message=message)
        assert apply_report(session, late, **BY).applied.contradictions == 1, "booked and now rejected: a person looks"
        assert refresh_breaks(session, today=day)["payout_contradicted"] == 1

        later = dt.date(2026, 4, 24)
        came = [Booked(300_01, second.end_to_end_id, "DEVOLUCION AC04")]
        opening = OPENING - 805_01
        load_statement(
            session,
            camt053(opening, came, day=dt.date(2026, 4, 22), until=later, number="DO01"),
            file_name="b",
            actor="x",
        )
        back = match_lines(session, today=later)
        assert (back.by_rule, back.suspense_count) == ({"payout_returned": 1}, 0)
        owed = f"member:{second.member_id}:benefits"
        assert (current_balance(session, owed), balance_of(session, BANK)) == (300_01, OPENING - 5_00 + 300_01)
        told = db.rows(session, "SELECT member_id, kind, text FROM notice")
        assert [(row.member_id, row.kind) for row in told] == [(second.member_id, "payout_returned")]
        assert "300" not in told[0].text, "a telephone shows no amounts"
        again = prepare(session, provider=BANK, today=later, **ANA).batches[0]
        (anew,) = list_payouts(session, again.id)
        assert (anew.retry_of_id, anew.amount_minor) == (second.id, 300_01)
        assert anew.end_to_end_id != second.end_to_end_id


def test_a_payout_that_is_booked_and_returned_on_one_statement_ends_owed(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        batch_id, (only,) = bank_batch(session, [500_00])
        day = dt.date(2026, 4, 21)
        lines = [Booked(-500_00, only.end_to_end_id), Booked(500_00, only.end_to_end_id, "DEVOLUCION")]
        load_statement(session, camt053(OPENING, lines, day=day, number="DO01"), file_name="a", actor="staff:ana")
        assert match_lines(session, today=day).by_rule == {"payout_booked": 1, "payout_returned": 1}
        assert get_batch(session, batch_id).status == "finished", "booked, though nobody said that it was carried"
        assert [one.status for one in list_payouts(session, batch_id)] == ["returned"]
        assert current_balance(session, f"member:{only.member_id}:benefits") == 500_00
        assert balance_of(session, BANK) == OPENING + 500_00, "what the state had sent for it"


def test_a_report_about_a_batch_that_never_left_is_refused(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        on_account(session, member, 1)
        draft = prepare(session, provider=BANK, today=TODAY, **ANA).batches[0]
        with pytest.raises(BatchNotSentError):
            apply_report(session, report("RJCT", message=message_id_of(draft.correlation_id)), **BY)
        release(session, draft.id, **EVA)
        done = apply_report(session, report("RJCT", message=message_id_of(draft.correlation_id)), **BY)
        assert (done.batch.status, done.applied.failed_minor) == ("finished", 500_00)
        assert current_balance(session, f"member:{member}:benefits") == 500_00


def test_a_batch_of_which_nothing_is_known_for_days_is_a_break(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        batch_id, _ = bank_batch(session, [500_00])
        db.run(session, "UPDATE payout_batch SET released_at = '2026-04-20 10:00+00'")
        assert "payout_batch_open" not in refresh_breaks(session, today=dt.date(2026, 4, 25))
        assert refresh_breaks(session, today=dt.date(2026, 4, 26))["payout_batch_open"] == 1
        sent(session, batch_id)
        db.run(session, "UPDATE payout_batch SET status = 'finished' WHERE id = :id", {"id": batch_id})
        assert refresh_breaks(session, today=dt.date(2026, 4, 26))["payout_batch_open"] == 1, "it vanishes"
