"""What is written down of every change, every message and every step, and that none is taken twice."""

import datetime as dt
import random
import threading

import pytest

from gateway.kit import audit, db, evidence, inbox, once, tenant
from gateway.kit.db import Database
from gateway.kit.evidence import EvidenceNotFoundError
from gateway.kit.tenant import MutualNotFoundError, NewMutual


def test_a_change_is_told_with_actor_reason_and_detail(database: Database) -> None:
    with database.session(1) as session:
        audit.record(
            session,
            actor="staff:ana",
            action="receipt.reverse",
            subject_kind="receipt",
            subject_id=7,
            reason="typed twice",
            detail={"on": dt.date(2026, 3, 3)},
        )
    with database.session(1) as session:
        (change,) = audit.list_changes(session, "receipt", 7)
    assert (change.actor, change.action, change.reason) == ("staff:ana", "receipt.reverse", "typed twice")
    assert change.detail == {"on": "2026-03-03"}


def test_the_steps_of_a_subject_are_told_in_order(database: Database) -> None:
    step = {"subject_kind": "filing", "subject_id": 4, "actor": "staff:ana"}
    with database.session(1) as session:
        audit.log_transition(session, **step, event="seal", from_state="draft", to_state="sealed")
        audit.log_selected_transitions(
            session,
            "SELECT 'filing', g, 'submit', 'sealed', 'submitting', %(actor)s, NULL, NULL::bigint FROM generate_series(4, 6) g",
            {"actor": "worker"},
        )
        audit.log_transitions(session, [])
        assert [row.event for row in audit.list_transitions(session, "filing", 4)] == ["seal", "submit"]
        assert [row.event for row in audit.list_transitions(session, "filing", 6)] == ["submit"]


def test_evidence_comes_back_byte_for_byte_and_is_found_by_its_digest(database: Database) -> None:
    body = bytes(range(256))
    with database.session(1) as session:
        kept = evidence.keep(
            session, kind="bank.statement", source="bank", media_type="text/xml", body=body, about={"name": "a.xml"}
        )
        assert evidence.find(session, "bank.statement", evidence.digest(body)) == kept
        assert evidence.find(session, "state.answer", evidence.digest(body)) is None
        found = evidence.read(session, kept)
    assert (found.body, found.sha256, found.about) == (body, evidence.digest(body), {"name": "a.xml"})
    with database.session(2) as session, pytest.raises(EvidenceNotFoundError):
        evidence.read(session, kept)


@pytest.mark.parametrize(
    ("body", "packing"), [(b'{"line": 1}' * 1000, "zlib"), (random.Random(1).randbytes(5000), "none"), (b"", "none")]
)
def test_large_evidence_is_kept_packed_where_that_saves_room_and_comes_back_byte_for_byte(
    database: Database, body: bytes, packing: str
) -> None:
    with database.session(1) as session:
        kept = evidence.keep(session, kind="state.answer", source="state", media_type="application/json", body=body)
        found = evidence.read(session, kept)
        stored = db.one(
            session, "SELECT packing, octet_length(body) AS size FROM evidence WHERE id = :id", {"id": kept}
        )
    assert (found.body, found.sha256) == (body, evidence.digest(body))
    assert stored.packing == packing
    assert stored.size <= len(body)


def message(session, event_id: str = "e1", source: str = "state") -> bool:
    return inbox.receive(session, source=source, event_id=event_id, kind="state.event", headers={"a": "b"}, body=b"{}")


def test_a_message_that_comes_again_is_kept_once(database: Database) -> None:
    with database.session(1) as session:
        assert [message(session), message(session), message(session, source="payer")] == [True, False, True]
    with database.session(2) as session:
        assert message(session)


def test_a_message_that_comes_fifty_times_at_once_is_kept_once(database: Database) -> None:
    kept: list[bool] = []

    def receive() -> None:
        with database.session(1) as session:
            kept.append(message(session))

    threads = [threading.Thread(target=receive) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [False] * 49 + [True]


def test_a_message_is_handled_by_one_worker_and_stays_new_if_that_one_fails(database: Database) -> None:
    with database.session(1) as session:
        message(session, "e1")
        message(session, "e2")
    with database.session(1) as ours:
        (mine,) = inbox.take(ours, "state.event", 1)
        assert (mine.event_id, mine.headers, mine.body) == ("e1", {"a": "b"}, b"{}")
        with database.session(1) as theirs:
            assert [found.event_id for found in inbox.take(theirs, "state.event", 5)] == ["e2"]
        ours.rollback()
    with database.session(1) as session:
        first, second = inbox.take(session, "state.event", 5)
        inbox.done(session, first.id)
        inbox.quarantine(session, second.id, "no such filing")
        assert inbox.take(session, "state.event", 5) == []


def test_of_two_that_start_the_same_month_one_may(database: Database) -> None:
    won: list[bool] = []
    ready = threading.Barrier(2)

    def start() -> None:
        with database.session(1) as session:
            ready.wait()
            won.append(once.claim(session, "month.open", "2026-03", "timetable"))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, True]


def test_a_claim_that_is_rolled_back_is_free_again(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session(1) as session:
        assert once.claim(session, "month.open", "2026-03", "timetable")
        raise RuntimeError
    with database.session(1) as session:
        assert once.claim(session, "month.open", "2026-03", "timetable")


def test_a_transaction_knows_its_mutual(database: Database) -> None:
    with database.session(2) as session:
        assert (tenant.current(session).code, tenant.current(session).language) == ("kosove", "fr")
    with database.session() as session:
        assert tenant.by_code(session, "Amparo").id == 1
        assert [row.id for row in tenant.list_mutuals(session)] == [1, 2]
        with pytest.raises(MutualNotFoundError, match="acts for no mutual"):
            tenant.current(session)
        with pytest.raises(MutualNotFoundError, match="'nobody'"):
            tenant.by_code(session, "nobody")


def test_a_mutual_is_founded_once(database: Database) -> None:
    new = NewMutual("nueva", "Mutual Nueva", "do", "DOP", "America/Santo_Domingo", "es", "401777777")
    assert [tenant.found(database.url, new), tenant.found(database.url, new)] == [3, 3]
