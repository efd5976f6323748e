"""A state that tells by itself and cannot be asked: its pushes are booked, in any order, with every check of the whole."""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from filing_town import COST, OFFICER, TODAY, payroll_of, sealed, tell_state_account
from sqlmodel import Session
from state_process import PATIENT, TOKEN, StateProcess
from tests.processes import wait_for

from gateway.authority.connect import state_channel
from gateway.authority.protocol import StateChannel
from gateway.benefits.collect import Round
from gateway.benefits.collect import collect as collect_benefits
from gateway.filing import listen
from gateway.filing.collect_bills import collect
from gateway.filing.courier import Courier
from gateway.filing.pay import order_payment, release_payment
from gateway.filing.pursue import pursue
from gateway.filing.pushed_channel import PushedChannel
from gateway.filing.queries import get_filing, list_answers, list_attempts, list_bills, list_documents, list_lines
from gateway.filing.submit import request_submission
from gateway.kit import db, inbox, tenant
from gateway.kit.db import Database
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.queries import current_balance
from gateway.reconciliation.breaks import refresh_breaks

NEW_YEAR = dt.date(2026, 1, 1)


class Mute:
    """A state's line on which nothing can be asked: files can be sent, all else fails the test."""

    def __init__(self, channel: StateChannel) -> None:
        self.submit, self.close = channel.submit, channel.close

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AssertionError(f"a state that only tells was asked: {name}")


class Teller:
    """The state's own system that tells us: what it would answer to a question, as an event."""

    def __init__(self, database: Database, state: StateProcess) -> None:
        self.database, self.state = database, state
        self.clock = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)

    def ask(self, path: str, **query: Any) -> dict[str, Any]:
        """What the state holds."""
        told: dict[str, Any] = self.state.http.get(path, params=query).raise_for_status().json()
        return told

    def tell(self, kind: str, event_id: str | None = None, **data: Any) -> str:
        """Push an event as the edge keeps it, and let it be read; return what became of it."""
        name = event_id or uuid.uuid4().hex
        self.clock += dt.timedelta(seconds=1)
        event = {"id": name, "type": kind, "timestamp": self.clock.isoformat(), "data": data}
        with self.database.session(1) as session:
            inbox.receive(
                session, source="state:system", event_id=name, kind=listen.KIND, headers={}, body=json.dumps(event).encode()
            )  # fmt: skip
        return self.read(name)

    def read(self, name: str) -> str:
        """Let the reader work; return the state and note of an event."""
        with self.database.session(1) as session:
            listen.read_events(session)
            row = db.one(session, "SELECT state, note FROM inbox_message WHERE event_id = :id", {"id": name})
        return f"{row.state}: {row.note}" if row.note else str(row.state)

    def answered(self, filing_id: str) -> dict[str, Any]:
        """The answer, once the state has it."""
        return wait_for(lambda: found if (found := self.ask(f"/filings/{filing_id}"))["answered_at"] else None)

    def pages(self, filing_id: str, limit: int) -> list[dict[str, Any]]:
        """The pages of the answer."""
        found = [self.ask(f"/filings/{filing_id}/lines", limit=limit)]
        while cursor := found[-1]["next_cursor"]:
            found.append(self.ask(f"/filings/{filing_id}/lines", limit=limit, cursor=cursor))
        return found


class Town:
    """A mutual whose state only tells, with a filing that was sent to it."""

    def __init__(self, database: Database, state: StateProcess, courier: Courier, filing_id: int) -> None:
        self.database, self.state, self.courier, self.filing_id = database, state, courier, filing_id
        self.teller = Teller(database, state)

    @property
    def reference(self) -> str:
        """The id that the file was sent under."""
        with self.database.session(1) as session:
            return str(list_documents(session, self.filing_id)[0].reference)

    def status(self) -> str:
        """What is known of the filing after looking once more."""
        pursue(self.courier, self.filing_id)
        with self.database.session(1) as session:
            return get_filing(session, self.filing_id).status

    def accepted(self) -> "Town":
        """Have the whole answer told."""
        answer = self.teller.answered(self.reference)
        (page,) = self.teller.pages(self.reference, 1000)
        assert self.teller.tell("filing.answered", filing_id=self.reference, filing=answer, page=page) == "done"
        assert self.status() in ("accepted", "partial")
        return self

    def breaks(self) -> int:
        """How many events were set aside and wait for a person."""
        with self.database.session(1) as session:
            refresh_breaks(session, today=TODAY)
            kind = "SELECT count(*) FROM reconciliation_break WHERE kind = 'told_otherwise' AND status = 'open'"
            return int(db.scalar(session, kind))


@contextmanager
def town_of(database: Database, state: StateProcess, members: int = 4) -> Iterator[Town]:
    """Set the mutual up, seal a filing, and send it."""
    with psycopg.connect(database.url) as owner:
        owner.execute("""UPDATE mutual SET settings = settings || '{"state_answers": "pushed"}' WHERE mutual_id = 1""")
    with database.session(1) as session:
        mutual = tenant.current(session)
        payroll_id, _ = payroll_of(session, members)
        filing_id = sealed(session, payroll_id).id
        request_submission(session, filing_id, actor=OFFICER)
    sending = state_channel("do", state.url, TOKEN, timeouts=PATIENT)
    channel = PushedChannel(database, mutual, Mute(sending))
    try:
        courier = Courier(database, mutual, channel, "w1", TODAY)
        pursue(courier, filing_id)
        yield Town(database, state, courier, filing_id)
    finally:
        channel.close()


@pytest.fixture
def town(database: Database, state: StateProcess) -> Iterator[Town]:
    """A filing of four on its way."""
    with town_of(database, state) as made:
        yield made


def _event_of(session: Session, name: str) -> int:
    return int(db.scalar(session, "SELECT id FROM inbox_message WHERE event_id = :id", {"id": name}))


# A filing -------------------------------------------------------------------------------------------------------


def test_a_filing_completes_by_pushes_alone_in_any_order_repeated_and_in_pages_that_overlap(town: Town) -> None:
    teller, reference = town.teller, town.reference
    answer = teller.answered(reference)
    first, second = teller.pages(reference, 2)
    overlapping = teller.pages(reference, 3)[0]
    assert teller.tell("filing.answered", filing_id=reference, page=second) == "done"
    assert town.status() == "submitted"
    received = {**answer, "status": "received", "answered_at": None, "code": None}
    assert teller.tell("filing.received", filing_id=reference, filing=received) == "done"
    assert teller.tell("filing.answered", filing_id=reference, filing=answer) == "done"
    assert town.status() == "submitted"
    for page in (overlapping, first, second, first):
        assert teller.tell("filing.answered", filing_id=reference, page=page) == "done"
    assert town.status() == "accepted"
    with town.database.session(1) as session:
        lines = list_lines(session, town.filing_id, limit=10)
        assert {(line.status, line.state_accepted_minor) for line in lines} == {("accepted", COST)}
        assert [one.status for one in list_answers(session, town.filing_id)] == ["applied"]
        kept = db.rows(
            session, "SELECT DISTINCT about ->> 'method' AS method FROM evidence WHERE kind = 'state.answer'"
        )
        assert [row.method for row in kept] == ["PUSH"]
    assert teller.tell("filing.answered", filing_id=reference, filing=answer) == "done"
    assert town.breaks() == 0


def test_a_rejected_line_is_told_like_any_other_and_a_file_refused_whole_needs_no_lines(
    database: Database, state: StateProcess
) -> None:
    state.script({"on": "submit", "do": "reject_lines", "lines": [3], "code": "24"})
    with town_of(database, state) as town:
        assert town.accepted().status() == "partial"
        with database.session(1) as session:
            assert [one.status for one in list_lines(session, town.filing_id, limit=9)].count("rejected") == 1


def test_an_answer_that_does_not_add_up_is_put_aside_and_counts_once_it_does(town: Town) -> None:
    answer = town.teller.answered(town.reference)
    (page,) = town.teller.pages(town.reference, 1000)
    short = {**page, "lines": [{**line, "amount": "1.00", "components": []} for line in page["lines"]]}
    name = "wrong-amounts"
    assert town.teller.tell("filing.answered", name, filing_id=town.reference, filing=answer, page=short) == "done"
    assert town.status() == "submitted"
    with town.database.session(1) as session:
        assert [one.status for one in list_answers(session, town.filing_id)] == ["quarantined"]
    told = town.teller.tell("filing.answered", "right", filing_id=town.reference, page=page)
    assert told.startswith("quarantined: another answer to line 2"), told
    with town.database.session(1) as session:
        inbox.try_again(session, _event_of(session, "right"), reason="the first had test amounts", actor=OFFICER)
    assert town.teller.read("right") == "done"
    assert town.status() == "accepted"


@pytest.mark.parametrize("what", ["answer", "line", "bytes"])
def test_what_is_told_otherwise_than_before_is_set_aside_as_a_break_and_the_first_stands(town: Town, what: str) -> None:
    town.accepted()
    answer = town.teller.ask(f"/filings/{town.reference}")
    (page,) = town.teller.pages(town.reference, 1000)
    changed: dict[str, Any] = {
        "answer": {"filing": {**answer, "counts": {"lines": 4, "accepted": 3, "rejected": 1}}},
        "line": {
            "page": {**page, "lines": [{**page["lines"][0], "status": "rejected", "code": "24"}, *page["lines"][1:]]}
        },
        "bytes": {"filing": {**answer, "content_sha256": "0" * 64}},
    }[what]
    told = town.teller.tell("filing.answered", "otherwise", filing_id=town.reference, **changed)
    assert told.startswith("quarantined: "), told
    assert "said otherwise before and counts" in told
    assert town.breaks() == 1
    with town.database.session(1) as session:
        inbox.try_again(session, _event_of(session, "otherwise"), reason="the state insists", actor=OFFICER)
    assert "is booked" in town.teller.read("otherwise")
    assert town.status() == "accepted"
    with town.database.session(1) as session:
        assert current_balance(session, f"filing:{town.filing_id}:reserved") == 4 * COST
        inbox.dismiss(session, _event_of(session, "otherwise"), reason="they agreed by telephone", actor=OFFICER)
    assert town.breaks() == 0


def test_an_event_that_says_nothing_to_book_or_cannot_be_read_is_set_aside_with_what_to_send(town: Town) -> None:
    reference, teller = town.reference, town.teller
    answer = teller.answered(reference)
    assert "send the object itself" in teller.tell("filing.answered", filing_id=reference)
    assert "counts" in teller.tell("filing.answered", filing_id=reference, filing={**answer, "counts": None})
    other = {**answer, "filing_id": str(uuid.uuid4())}
    assert "data is about" in teller.tell("filing.answered", filing_id=reference, filing=other)
    (page,) = teller.pages(reference, 1000)
    gap = {**page, "lines": [page["lines"][0], page["lines"][2]]}
    assert "without a gap" in teller.tell("filing.answered", filing_id=reference, page=gap)
    assert town.status() == "submitted"
    assert town.breaks() == 4


def test_a_lost_answer_is_not_asked_about_the_same_bytes_go_again_under_the_same_id(
    database: Database, state: StateProcess
) -> None:
    state.script({"on": "submit", "do": "drop_after"})
    with town_of(database, state) as town:
        assert town.status() == "sealed"
        wait_for(lambda: town.status() == "submitted")
        with database.session(1) as session:
            steps = [(row.step, row.outcome) for row in list_attempts(session, town.filing_id)]
        assert steps == [("submit:AM:1", "unknown"), ("query:AM:1", "unknown"), ("submit:AM:1", "received")]
        town.accepted()
    effects = state.effects()
    assert (effects["filings_received"], effects["filings_repeated"], effects["filings_applied"]) == (1, 1, 1)


# The bill, its payment, benefits --------------------------------------------------------------------------------


def test_the_bill_and_its_confirmation_are_told_and_change_nothing_twice(town: Town) -> None:
    town.accepted()
    with town.database.session(1) as session:
        account = BankAccountRow(0, "DO01", "Banco", "bank", "DOP", "bank:main", "Mutual Amparo", "BCBHDOSD")
        register_bank_account(session, account, opening=Opening(10**9, NEW_YEAR), actor="staff:abel")
    tell_state_account(town.database)
    (notice,) = town.teller.ask("/notices", employer="401999999", period="2026-03")["notices"]
    reference = notice["reference"]
    for _ in range(2):
        assert town.teller.tell("notice.issued", reference=reference, notice=notice) == "done"
        collect(town.courier)
    dearer = {**notice, "total": "1.00", "components": [{"code": "work_risk", "amount": "1.00"}]}
    assert "with other amounts" in town.teller.tell("notice.issued", reference=reference, notice=dearer)
    with town.database.session(1) as session:
        (bill,) = list_bills(session, limit=10)
        assert (bill.status, bill.total_minor, bill.ours_minor) == ("received", 4 * COST, 4 * COST)
        order = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        release_payment(session, order.id, actor="staff:mara")
    collect(town.courier)
    town.state.pay(reference, notice["total"], "A-1")
    paid = wait_for(lambda: p if (p := town.teller.ask(f"/notices/{reference}/payments"))["status"] == "paid" else None)
    assert town.teller.tell("notice.paid", reference=reference, payments=paid) == "done"
    less = {**paid, "payments": [{**paid["payments"][0], "amount": "1.00"}]}
    assert "another amount of the payment" in town.teller.tell("notice.paid", reference=reference, payments=less)
    collect(town.courier)
    with town.database.session(1) as session:
        assert [bill.status for bill in list_bills(session, limit=10)] == ["confirmed"]
        assert get_filing(session, town.filing_id).status == "settled"


def test_an_advice_of_benefits_is_taken_in_once_all_its_lines_were_told(town: Town) -> None:
    town.accepted()
    lines = [
        {"document": "99900000011", "benefit": "maternity", "amount": "100.00"},
        {"document": "99900000029", "benefit": "maternity", "amount": "50.00"},
    ]
    asked = {"employer": "401999999", "period": "2026-03", "lines": lines, "transfer": False}
    advice = town.state.http.post("/sandbox/remittances", json=asked).raise_for_status().json()
    name = advice["remittance_id"]
    one, two = (
        town.teller.ask(f"/remittances/{name}/lines", limit=1),
        town.teller.ask(f"/remittances/{name}/lines", limit=1, cursor=_second(town, name)),
    )
    asking = Round(lambda: town.database.session(1), town.courier.channel, town.courier.mutual, "worker:w1")
    assert town.teller.tell("remittance.advised", remittance_id=name, page=two) == "done"
    assert town.teller.tell("remittance.advised", remittance_id=name, remittance=advice) == "done"
    early = collect_benefits(asking)
    assert (early.recorded, early.quarantined, early.known) == (0, 0, 0)
    assert town.teller.tell("remittance.advised", remittance_id=name, page=one) == "done"
    assert collect_benefits(asking).recorded == 1
    assert collect_benefits(asking).known == 1
    with town.database.session(1) as session:
        total = db.scalar(session, "SELECT sum(amount_minor) FROM benefit_remittance_line")
    assert total == 15_000


def _second(town: Town, name: str) -> str:
    return str(town.teller.ask(f"/remittances/{name}/lines", limit=1)["next_cursor"])
