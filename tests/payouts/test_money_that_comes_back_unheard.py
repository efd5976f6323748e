"""Money that a provider takes back without being heard: it is asked about for sixty days, and found on the float's statement."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.paying import FLOAT, TODAY, open_bank, owe
from tests.processes import RunningPayer, start_payer
from tests.reconciliation.statements import Booked, camt053

from gateway.bank.connect import payer_channel
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.jobs import Context
from gateway.kit.working import work_off
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.order import prepare
from gateway.payouts.queries import PayoutRow, get_batch, list_payouts
from gateway.payouts.release import release
from gateway.payouts.return_payout import return_payout
from gateway.payouts.rules import day_to_ask_again
from gateway.payouts.tasks import watch
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import match_lines
from gateway.reconciliation.position import money_position
from gateway.reconciliation.queries import list_breaks

OPENING = 10**12


@pytest.fixture
def payer(tmp_path: Any) -> Iterator[RunningPayer]:
    """A payer that tells nobody of anything."""
    with start_payer(tmp_path) as running:
        yield running


class Office:
    """A gateway's worker on days that a test chooses."""

    def __init__(self, database: Database, payer: RunningPayer) -> None:
        self.database, self.payer, self.today = database, payer, TODAY

    def channel(self, _mutual: object, _provider: str, **more: Any) -> Any:
        """Return a way to the payer, over a socket."""
        return payer_channel(self.payer.url, self.payer.token, debit_party={"organisationid": "x"}, **more)

    def context(self) -> Context:
        """Return what a worker has today."""
        return Context(self.database, lambda _zone: self.today, {"payer": self.channel}, "w1")

    def pay(self, amounts: tuple[int, ...]) -> int:
        """Owe so many members benefits, pay them, and return the batch."""
        with self.database.session(1) as session:
            open_bank(session)
            owe(session, amounts)
            draft = prepare(session, provider="orange", actor="staff:ana", today=self.today).batches[0]
            release(session, draft.id, actor="staff:eva", roles={"manager"}, today=self.today)
        for _ in range(20):
            self.work()
            if self.status(draft.id) == "finished":
                return draft.id
            self.payer.settle()
            with self.database.session(1) as session:
                db.run(session, "UPDATE payout_batch SET next_check_at = NULL")
        raise AssertionError(f"the batch is {self.status(draft.id)}")

    def work(self) -> None:
        """Let the timetable have a turn, and do what it queued."""
        watch(self.context(), 1)
        work_off(self.context())

    def on_day(self, number: int) -> None:
        """Let it be so many days after the batch was paid, and work."""
        self.today = TODAY + dt.timedelta(days=number)
        self.work()

    def status(self, batch: int) -> str:
        """Return where a batch stands."""
        with self.database.session(1) as session:
            return get_batch(session, batch).status

    def payouts(self, batch: int) -> list[PayoutRow]:
        """Return the payouts of a batch."""
        with self.database.session(1) as session:
            return list_payouts(session, batch, limit=500)

    def held(self, account: str) -> int:
        """Return what an account holds."""
        with self.database.session(1) as session:
            return current_balance(session, account)


@pytest.fixture
def office(database: Database, payer: RunningPayer) -> Office:
    """An office whose payer never tells it anything."""
    return Office(database, payer)


@pytest.mark.parametrize("heard_nothing_for", [1, 3, 20, 59])
def test_a_success_taken_back_in_silence_is_found_by_asking_and_owed_again(
    office: Office, heard_nothing_for: int
) -> None:
    batch = office.pay((500_00, 300_01))
    first, second = office.payouts(batch)
    for day in range(1, heard_nothing_for):
        office.on_day(day)
    office.payer.control("POST", "returns", {"references": [first.end_to_end_id]})
    for day in range(heard_nothing_for, 61):
        office.on_day(day)
    assert [one.status for one in office.payouts(batch)] == ["returned", "paid"]
    assert office.held(f"member:{first.member_id}:benefits") == 500_00
    assert office.held(f"member:{second.member_id}:benefits") == 0
    with office.database.session(1) as session:
        assert balance_of(session, FLOAT) == OPENING - 300_01
        proof = db.one(session, "SELECT evidence_id FROM state_log WHERE subject_kind = 'payout' AND event = 'return'")
        assert proof.evidence_id is not None, "the provider's own answer is kept"


def test_paid_payouts_are_asked_about_less_and_less_often_and_then_no_more(office: Office) -> None:
    batch = office.pay((500_00, 300_01, 70_00))
    asked: list[int] = []
    channel = office.channel

    def counting(*told: Any, **more: Any) -> Any:
        way = channel(*told, **more)
        ask = way.payment

        def payment(reference: str) -> Any:
            asked.append((office.today - TODAY).days)
            return ask(reference)

        way.payment = payment
        return way

    office.channel = counting  # type: ignore[method-assign]
    for day in range(1, 100):
        office.on_day(day)
    assert sorted(set(asked)) == [1, 2, 4, 8, 16, 32, 60]
    assert len(asked) == 3 * 7, "each payout once on each of these days"
    with office.database.session(1) as session:
        assert get_batch(session, batch).recheck_on is None
        kept = db.scalar(session, "SELECT count(*) FROM evidence WHERE about->>'url' LIKE '%/transactions/%'")
        assert kept == 0, "that all is well proves nothing that has to be kept"


def test_the_mutual_says_for_how_many_days_it_asks(office: Office) -> None:
    with psycopg.connect(office.database.url) as owner:
        owner.execute("""UPDATE mutual SET settings = settings || '{"payouts": {"recheck_days": 10}}'::jsonb""")
    batch = office.pay((500_00,))
    days = []
    for day in range(1, 30):
        office.on_day(day)
        with office.database.session(1) as session:
            days.append(get_batch(session, batch).recheck_on)
    assert {day and (day - TODAY).days for day in days} == {2, 4, 8, 10, None}


def test_a_provider_that_is_down_is_asked_later_about_the_rest(office: Office) -> None:
    batch = office.pay((500_00, 300_01, 70_00))
    last = office.payouts(batch)[2]
    office.payer.control("POST", "returns", {"references": [last.end_to_end_id]})
    office.payer.script({"on": "transaction", "do": "maintenance", "retry_after": 1, "times": None})
    office.on_day(1)
    office.payer.script()
    assert [one.status for one in office.payouts(batch)] == ["paid", "paid", "paid"]
    with office.database.session(1) as session:
        assert get_batch(session, batch).recheck_on == TODAY + dt.timedelta(days=1), "the day's question is not done"
        db.run(session, "UPDATE payout_batch SET next_check_at = NULL")
    office.on_day(1)
    assert [one.status for one in office.payouts(batch)] == ["paid", "paid", "returned"]


def test_an_answer_that_nobody_can_read_is_asked_for_once_more_the_same_day(office: Office) -> None:
    batch = office.pay((500_00, 300_01, 70_00))
    second = office.payouts(batch)[1]
    office.payer.control("POST", "returns", {"references": [second.end_to_end_id]})
    office.payer.script({"on": "transaction", "do": "truncate", "nth": 2})
    office.on_day(1)
    assert [one.status for one in office.payouts(batch)] == ["paid", "returned", "paid"]


def test_a_payment_that_the_provider_knows_no_more_keeps_none_of_the_others_from_being_found(office: Office) -> None:
    batch = office.pay((500_00, 300_01))
    first, second = office.payouts(batch)
    with office.database.session(1) as session:
        db.run(session, "UPDATE payout SET provider_reference = 'GONE' WHERE id = :id", {"id": first.id})
    office.payer.control("POST", "returns", {"references": [second.end_to_end_id]})
    office.on_day(1)
    assert [one.status for one in office.payouts(batch)] == ["paid", "returned"]
    with office.database.session(1) as session:
        last = "SELECT detail FROM payout_submission WHERE step LIKE 'recheck%' ORDER BY id DESC LIMIT 1"
        assert "1 not known to the provider" in db.scalar(session, last)


@pytest.mark.parametrize(
    ("age", "ours", "expected"),
    [(0, 60, 1), (1, 60, 2), (2, 60, 4), (32, 60, 60), (33, 60, 60), (60, 60, None), (61, 60, None), (0, 0, None)],
)
def test_the_next_question_is_as_far_off_as_the_payment_is_old(age: int, ours: int, expected: int | None) -> None:
    day = day_to_ask_again(TODAY, TODAY + dt.timedelta(days=age), ours)
    assert (day and (day - TODAY).days) == expected


FLOAT_NUMBER = "829000001"


def float_statement(office: Office, opening: int, *lines: Booked) -> None:
    """Load the provider's statement of the float, and match it."""
    day = office.today + dt.timedelta(days=1)
    with office.database.session(1) as session:
        body = camt053(opening, lines, day=day, number=FLOAT_NUMBER)
        load_statement(session, body, file_name="f.xml", actor="staff:ana")
        match_lines(session, today=day)
        refresh_breaks(session, today=day)


@pytest.mark.parametrize("named_by", ["our id", "the provider's number"])
def test_a_credit_on_the_floats_statement_takes_a_payout_back_that_nobody_told_of(
    office: Office, named_by: str
) -> None:
    batch = office.pay((500_00, 300_01))
    first, _ = office.payouts(batch)
    name = first.end_to_end_id if named_by == "our id" else first.provider_reference or ""
    float_statement(office, OPENING - 800_01, Booked(500_00, name, "REVERSO"))
    assert [one.status for one in office.payouts(batch)] == ["returned", "paid"]
    assert office.held(f"member:{first.member_id}:benefits") == 500_00
    assert office.held("suspense:bank") == 0


def test_money_that_names_a_payout_and_is_another_amount_is_a_difference_that_says_which(office: Office) -> None:
    batch = office.pay((500_00,))
    (only,) = office.payouts(batch)
    float_statement(office, OPENING - 500_00, Booked(490_00, "", f"REVERSO {only.end_to_end_id} MENOS COMISION"))
    with office.database.session(1) as session:
        (found,) = list_breaks(session, status=None, kind="payout_came_back", before=10**9, limit=9)
    assert (found.amount_minor, found.ours["payout_id"], found.ours["status"]) == (490_00, only.id, "paid")
    assert found.ours["member_id"] == only.member_id
    assert office.held("suspense:mobile_money") == 490_00, "it waits apart, and matching goes on"


def test_money_that_comes_for_a_payout_that_was_taken_back_before_is_shown_once_and_a_difference_again(
    office: Office,
) -> None:
    batch = office.pay((500_00,))
    (only,) = office.payouts(batch)
    with office.database.session(1) as session:
        return_payout(session, end_to_end_id=only.end_to_end_id, reason="told", actor="staff:eva", today=office.today)
    float_statement(
        office,
        OPENING - 500_00,
        Booked(500_00, only.end_to_end_id, "REVERSO"),
        Booked(500_00, only.end_to_end_id, "REVERSO OTRA VEZ"),
    )
    assert office.held(f"member:{only.member_id}:benefits") == 500_00, "owed once"
    assert rules_of(office) == [("payout_return_shown", "matched"), (None, "suspense")]
    assert office.held("suspense:mobile_money") == 500_00, "what came a second time"
    with office.database.session(1) as session:
        (found,) = list_breaks(session, status=None, kind="payout_came_back", before=10**9, limit=9)
    assert (found.ours["payout_id"], found.ours["status"]) == (only.id, "returned")


def rules_of(office: Office) -> list[tuple[str | None, str]]:
    """Return by which rule each line of the statements is known, and where it stands."""
    asked = "SELECT CASE WHEN status = 'matched' THEN rule END AS rule, status FROM bank_statement_line ORDER BY id"
    with office.database.session(1) as session:
        return [(row.rule, row.status) for row in db.rows(session, asked)]


def differences(office: Office) -> list[tuple[str, int]]:
    """Return the kind and amount of each open difference."""
    with office.database.session(1) as session:
        found = list_breaks(session, status="open", kind=None, before=10**9, limit=99)
    return sorted((one.kind, one.amount_minor) for one in found)


def unexplained(office: Office) -> int:
    """Return by how much the floats' statements differ from the books."""
    with office.database.session(1) as session:
        return money_position(session).unexplained_minor


@pytest.mark.parametrize("named_by", ["our id", "the provider's number"])
def test_payouts_told_before_are_only_shown_by_the_floats_statement(office: Office, named_by: str) -> None:
    batch = office.pay((500_00, 300_01))
    named = [
        Booked(-one.amount_minor, one.end_to_end_id if named_by == "our id" else one.provider_reference or "", "PAGO")
        for one in office.payouts(batch)
    ]
    float_statement(office, OPENING, *named)
    assert rules_of(office) == [("payout_shown", "matched")] * 2
    with office.database.session(1) as session:
        assert balance_of(session, FLOAT) == OPENING - 800_01, "each payment is in the books once"
        booked = "SELECT count(*) FROM ledger_tx WHERE kind LIKE 'bank.debit_unknown%'"
        assert db.scalar(session, booked) == 0, "nothing had to be taken back for it"
    assert (differences(office), unexplained(office)) == ([], 0)


def test_a_payment_that_the_float_shows_twice_is_a_difference_of_one(office: Office) -> None:
    batch = office.pay((500_00,))
    (only,) = office.payouts(batch)
    line = Booked(-500_00, only.end_to_end_id, "PAGO")
    float_statement(office, OPENING, line, line._replace(text="PAGO REPETIDO"))
    assert rules_of(office) == [("payout_shown", "matched"), (None, "suspense")]
    assert (differences(office), unexplained(office)) == ([("bank_debit_unknown", -500_00)], 0)


def test_a_payment_that_the_float_shows_as_another_amount_is_a_difference(office: Office) -> None:
    batch = office.pay((500_00,))
    (only,) = office.payouts(batch)
    float_statement(office, OPENING, Booked(-510_00, only.end_to_end_id, "PAGO"))
    assert rules_of(office) == [(None, "suspense")]
    assert ("bank_debit_unknown", -510_00) in differences(office)


def test_a_payment_and_its_return_on_one_statement_of_the_float_leave_the_member_what_is_owed(office: Office) -> None:
    batch = office.pay((500_00,))
    (only,) = office.payouts(batch)
    paid = Booked(-500_00, only.end_to_end_id, "PAGO")
    float_statement(office, OPENING, paid, Booked(500_00, only.end_to_end_id, "REVERSO"))
    assert rules_of(office) == [("payout_shown", "matched"), ("payout_returned", "matched")]
    assert office.held(f"member:{only.member_id}:benefits") == 500_00
    assert (differences(office), unexplained(office)) == ([], 0)


def test_a_payment_on_the_statement_before_its_provider_told_its_number_leaves_suspense_when_he_does(
    office: Office,
) -> None:
    batch = office.pay((500_00,))
    (only,) = office.payouts(batch)
    with office.database.session(1) as session:
        db.run(session, "UPDATE payout SET provider_reference = NULL WHERE id = :id", {"id": only.id})
    float_statement(office, OPENING, Booked(-500_00, only.provider_reference or "", "PAGO"))
    assert rules_of(office) == [(None, "suspense")]
    assert differences(office) == [("bank_debit_unknown", -500_00)]
    day = office.today + dt.timedelta(days=2)
    with office.database.session(1) as session:
        told = {"id": only.id, "reference": only.provider_reference}
        db.run(session, "UPDATE payout SET provider_reference = :reference WHERE id = :id", told)
        assert match_lines(session, today=day).by_rule == {"payout_shown": 1}
        assert match_lines(session, today=day).by_rule == {}
        refresh_breaks(session, today=day)
        assert balance_of(session, FLOAT) == OPENING - 500_00
    assert rules_of(office) == [("payout_shown", "matched")]
    assert (differences(office), unexplained(office), office.held("suspense:bank")) == ([], 0, 0)


def test_one_debit_that_two_payouts_could_be_shows_one_of_them_when_their_provider_tells_it(office: Office) -> None:
    """A provider that gives two payments one number: the other payment is shown by a debit of its own, or by none."""
    batch = office.pay((500_00, 500_00))
    number = office.payouts(batch)[0].provider_reference
    with office.database.session(1) as session:
        db.run(session, "UPDATE payout SET provider_reference = NULL WHERE batch_id = :id", {"id": batch})
    float_statement(office, OPENING, Booked(-500_00, number or "", "PAGO"))
    assert rules_of(office) == [(None, "suspense")]
    day = office.today + dt.timedelta(days=2)
    with office.database.session(1) as session:
        told = {"id": batch, "number": number}
        db.run(session, "UPDATE payout SET provider_reference = :number WHERE batch_id = :id", told)
        assert match_lines(session, today=day).by_rule == {"payout_shown": 1}
        assert match_lines(session, today=day).by_rule == {}
        assert db.scalar(session, "SELECT count(*) FROM reconciliation_match WHERE kind = 'payout_shown'") == 1
        assert balance_of(session, FLOAT) == OPENING - 1_000_00
