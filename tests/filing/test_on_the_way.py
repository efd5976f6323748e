"""Whatever happens on the way, the state has a filing once: timeouts, refusals, two workers, a worker that came late."""

from collections.abc import Callable

import pytest
from filing_town import COST, OFFICER, add_head, assess, enrol, open_payroll, pay, payroll_of, sealed, with_check_digit
from sqlmodel import Session
from state_process import IMPATIENT, PATIENT, StateProcess, courier_to, pursue_until

from gateway.filing.listen import KIND, read_events
from gateway.filing.pursue import due, pursue
from gateway.filing.queries import get_filing, list_attempts, list_documents, list_lines
from gateway.filing.submit import request_submission
from gateway.kit import db, inbox
from gateway.kit.db import Database
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.queries import current_balance


def _ready(session: Session, size: int = 2) -> int:
    payroll_id, _ = payroll_of(session, size)
    filing = sealed(session, payroll_id)
    request_submission(session, filing.id, actor=OFFICER)
    return filing.id


def _trail(session: Session, filing_id: int) -> list[tuple[int, str, str | None]]:
    return [(row.attempt, row.step, row.outcome) for row in list_attempts(session, filing_id)]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"on": "submit", "do": "delay", "seconds": 2.5, "after": True}, id="F3 answered after our limit"),
        pytest.param({"on": "submit", "do": "drop_after"}, id="the answer is lost"),
        pytest.param({"on": "submit", "do": "status", "status": 500, "after": True}, id="F4 applied, then 500"),
        pytest.param({"on": "submit", "do": "no_content_204"}, id="204 instead of an answer"),
        pytest.param({"on": "submit", "do": "non_utf8"}, id="an answer nobody can read"),
        pytest.param({"on": "submit", "do": "ack_without_id"}, id="an answer without an id"),
    ],
)  # fmt: skip
def test_an_unclear_outcome_is_asked_about_and_nothing_is_sent_twice(
    database: Database, state: StateProcess, rule: dict[str, object]
) -> None:
    state.script(rule)
    with database.session(1) as session:
        filing_id = _ready(session)
    with courier_to(database, state, timeouts=IMPATIENT if rule["do"] == "delay" else PATIENT) as courier:
        pursue(courier, filing_id)
    with database.session(1) as session:
        assert get_filing(session, filing_id).status == "unknown"
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        assert _trail(session, filing_id) == [(1, "submit:AM:1", "unknown"), (1, "query:AM:1", "received")]
    effects = state.effects()
    assert (effects["filings_received"], effects["filings_repeated"], effects["filings_applied"]) == (1, 0, 1)


def test_what_surely_never_arrived_goes_out_again_with_the_same_id(database: Database, state: StateProcess) -> None:
    state.script({"on": "submit", "do": "drop_before"})
    with database.session(1) as session:
        filing_id = _ready(session)
        [before] = list_documents(session, filing_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        [after] = list_documents(session, filing_id)
        assert (after.reference, after.sha256) == (before.reference, before.sha256)
        assert _trail(session, filing_id) == [
            (1, "submit:AM:1", "unknown"),
            (1, "query:AM:1", "absent"),
            (2, "submit:AM:1", "received"),
        ]
    assert state.effects()["filings_applied"] == 1


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"on": "submit", "do": "maintenance"}, id="closed for maintenance"),
        pytest.param({"on": "submit", "do": "rate_limit"}, id="too many requests"),
    ],
)
def test_a_state_that_is_closed_is_tried_again_later(
    database: Database, state: StateProcess, rule: dict[str, object]
) -> None:
    state.script(rule)
    with database.session(1) as session:
        filing_id = _ready(session)
    with courier_to(database, state) as courier:
        pursue(courier, filing_id)
        with database.session(1) as session:
            filing = get_filing(session, filing_id)
            assert (filing.status, filing.lease_until) == ("sealed", None)
            assert filing.next_check_at is not None
            assert due(session) == []
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        assert [outcome for _, _, outcome in _trail(session, filing_id)] == ["unavailable", "received"]


def test_a_state_that_is_not_there_is_tried_again_later(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        filing_id = _ready(session)
    state.process.terminate()
    state.process.wait(60)
    with courier_to(database, state) as courier:
        pursue(courier, filing_id)
    with database.session(1) as session:
        assert get_filing(session, filing_id).status in ("sealed", "unknown")
        assert current_balance(session, f"filing:{filing_id}:reserved") == 2 * COST


def test_two_workers_at_once_send_it_once(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        filing_id = _ready(session)
    with courier_to(database, state, worker="w2") as second:

        def meanwhile(point: str) -> None:
            if point == "filing.before_call":
                pursue(second, filing_id)

        with courier_to(database, state, worker="w1", mark=meanwhile) as first:
            pursue_until(first, filing_id, "accepted")
    with database.session(1) as session:
        assert _trail(session, filing_id) == [(1, "submit:AM:1", "received")]
    assert state.effects()["filings_repeated"] == 0


def _once(do: Callable[[], None]) -> Callable[[str], None]:
    done: list[str] = []

    def mark(point: str) -> None:
        if point == "filing.after_state_accepted" and not done:
            done.append(point)
            do()

    return mark


def test_a_worker_that_comes_back_after_its_lease_is_refused(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        filing_id = _ready(session)

    def lease_runs_out_and_another_takes_over() -> None:
        with database.session(1) as session:
            db.run(session, "UPDATE filing SET lease_until = now() - interval '1 second'")
            assert due(session) == [filing_id]
        with courier_to(database, state, worker="w2") as second:
            pursue_until(second, filing_id, "accepted")

    with courier_to(database, state, worker="w1", mark=_once(lease_runs_out_and_another_takes_over)) as late:
        pursue(late, filing_id)
    with database.session(1) as session:
        assert get_filing(session, filing_id).status == "accepted"
        assert _trail(session, filing_id) == [(1, "submit:AM:1", "superseded"), (1, "query:AM:1", "received")]
        assert [line.status for line in list_lines(session, filing_id, limit=9)] == ["accepted", "accepted"]
    assert state.effects()["filings_received"] == 1


def test_the_delivery_goes_on_with_the_file_where_it_stopped(database: Database, state: StateProcess) -> None:
    state.script({"on": "submit", "do": "drop_before", "match": {"kind": "AM"}})
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        ids = enrol(session, payroll_id, 2)
        add_head(session, ids[0], with_check_digit(9_000_001))
        assess(session, payroll_id)
        pay(session, dict.fromkeys(ids, 2 * COST))
        filing = sealed(session, payroll_id)
        request_submission(session, filing.id, actor=OFFICER)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing.id, "accepted")
    with database.session(1) as session:
        assert _trail(session, filing.id) == [
            (1, "submit:RD:1", "received"),
            (1, "submit:AM:1", "unknown"),
            (1, "query:AM:1", "absent"),
            (2, "submit:AM:1", "received"),
        ]
    assert state.effects()["filings_received"] == 2


def test_a_draft_is_not_submitted_and_a_filing_under_way_not_twice(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        filing_id = _ready(session)
        request_submission(session, filing_id, actor=OFFICER)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session, pytest.raises(InvalidTransitionError):
        request_submission(session, filing_id, actor=OFFICER)
    assert state.effects()["filings_received"] == 1


def test_a_sealed_filing_nobody_asked_to_submit_stays_in_the_house(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        filing = sealed(session, payroll_id)
        assert due(session) == []
    with courier_to(database, state) as courier:
        pursue(courier, filing.id)
    assert state.effects()["filings_received"] == 0


def _event(session: Session, body: bytes, event_id: str) -> None:
    inbox.receive(session, source="state", event_id=event_id, kind=KIND, headers={}, body=body)


def test_an_event_of_the_state_queues_the_question_once(database: Database) -> None:
    with database.session(1) as session:
        filing_id = _ready(session)
        [document] = list_documents(session, filing_id)
        body = f'{{"type": "filing.answered", "data": {{"filing_id": "{document.reference}"}}}}'.encode()
        for _ in range(3):
            _event(session, body, "e1")
        _event(
            session, b'{"type": "filing.answered", "data": {"filing_id": "5f0c9c0a-1a52-4a0e-9a57-0d6f6a8a2f61"}}', "e2"
        )
        _event(session, b"no json", "e3")
        _event(session, b'{"type": "weather", "data": {}}', "e4")
        assert read_events(session) == 4
        assert read_events(session) == 0
        queued = db.rows(session, "SELECT args FROM procrastinate_jobs WHERE task_name = 'filing.look'")
        assert [row.args["document_id"] for row in queued] == [document.id]
        notes = db.rows(session, "SELECT event_id, state FROM inbox_message ORDER BY event_id")
        assert [tuple(row) for row in notes] == [
            ("e1", "done"), ("e2", "quarantined"), ("e3", "quarantined"), ("e4", "quarantined"),
        ]  # fmt: skip
