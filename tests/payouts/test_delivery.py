"""A batch reaches its provider once with effect, whatever happens to calls, answers, callbacks and workers."""

import datetime as dt
import json
from collections.abc import Callable

import httpx
import psycopg
import pytest
from tests.paying import FLOAT, TODAY, open_bank, owe
from tests.payouts.provider import Provider

from gateway.kit import db, inbox
from gateway.kit.db import Database
from gateway.kit.jobs import Context
from gateway.kit.working import work_off
from gateway.ledger.queries import balance_of
from gateway.payouts.errors import RequestDamagedError
from gateway.payouts.order import prepare
from gateway.payouts.queries import get_batch, list_due, list_payouts
from gateway.payouts.release import release
from gateway.payouts.tasks import deliver_batch, read_inbox, watch


def ready(database: Database, amounts: tuple[int, ...] = (500_00, 300_01, 70_00)) -> int:
    with database.session(1) as session:
        open_bank(session)
        owe(session, amounts)
        draft = prepare(session, provider="orange", actor="staff:ana", today=TODAY).batches[0]
        return release(session, draft.id, actor="staff:eva", roles={"manager"}, today=TODAY).id


def context(database: Database, provider: Provider, worker: str = "w1") -> Context:
    return Context(database, lambda _zone: TODAY, {"payer": provider.channel}, worker)


def set_lease(database: Database, seconds: int) -> None:
    with psycopg.connect(database.url) as owner:
        owner.execute(
            "UPDATE mutual SET settings = %s WHERE mutual_id = 1", [json.dumps({"payout_lease_seconds": seconds})]
        )


def status(database: Database, batch: int) -> str:
    with database.session(1) as session:
        return get_batch(session, batch).status


def make_due(database: Database, batch: int) -> None:
    with database.session(1) as session:
        db.run(session, "UPDATE payout_batch SET next_check_at = NULL WHERE id = :id", {"id": batch})


def money(database: Database, batch: int) -> tuple[int, int]:
    """What left the float, and what is on its way."""
    with database.session(1) as session:
        return 10**12 - balance_of(session, FLOAT), balance_of(session, f"payout:{batch}")


def steps(database: Database, batch: int) -> list[str]:
    with database.session(1) as session:
        found = "SELECT event FROM state_log WHERE subject_kind = 'payout_batch' AND subject_id = :id ORDER BY id"
        return [row.event for row in db.rows(session, found, {"id": batch})]


def test_a_clean_batch_is_sent_approved_paid_and_finished(database: Database) -> None:
    provider = Provider()
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "finished"
    assert money(database, batch) == (870_01, 0)
    assert (provider.posts, len(provider.paid)) == (1, 3)
    assert steps(database, batch) == ["release", "start_sending", "receive", "finish"]
    with database.session(1) as session:
        kept = db.rows(session, "SELECT DISTINCT source FROM evidence WHERE kind = 'payer.answer'")
        assert [row.source for row in kept] == [FLOAT]
        items = provider.batches[next(iter(provider.batches))]["items"]
        assert [item["amount"] for item in items] == ["500", "300.01", "70"]
        assert list_payouts(session, batch)[0].settled_on == dt.date(2026, 4, 20)


def test_the_worker_delivers_what_a_release_queued(database: Database) -> None:
    provider = Provider()
    batch = ready(database)
    work_off(context(database, provider))
    assert status(database, batch) == "finished"


def test_refused_payouts_are_owed_again_with_the_providers_reason(database: Database) -> None:
    provider = Provider()
    provider.rejected["+18090000002"] = "AccountClosed: the wallet is closed"
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "finished"
    assert money(database, batch) == (570_00, 0)
    with database.session(1) as session:
        failed = list_payouts(session, batch, status="failed")
        assert [(p.amount_minor, p.reason_code, p.reason_text) for p in failed] == [
            (300_01, "AccountClosed", "the wallet is closed")
        ]
        again = prepare(session, provider="orange", actor="staff:ana", today=TODAY).batches[0]
        assert [p.retry_of_id for p in list_payouts(session, again.id)] == [failed[0].id]


@pytest.mark.parametrize(
    "answer",
    [
        lambda request, _answer: (_ for _ in ()).throw(httpx.ReadTimeout("slow", request=request)),
        lambda _request, _answer: httpx.Response(500),
        lambda _request, _answer: httpx.Response(200, content=b'{"serverCorr'),
    ],
    ids=["timeout", "error", "cut"],
)
def test_an_answer_that_is_lost_leads_to_a_question_and_not_to_a_second_batch(
    database: Database, answer: Callable[[httpx.Request, httpx.Response], httpx.Response]
) -> None:
    provider = Provider()
    provider.after = lambda request, told: answer(request, told) if request.method == "POST" else told
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "unknown"
    assert money(database, batch) == (0, 870_01)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "finished"
    assert (provider.posts, len(provider.batches), len(provider.paid)) == (1, 1, 3)


def test_a_batch_that_provably_never_arrived_is_sent_again_under_the_same_id(database: Database) -> None:
    provider = Provider()
    lost: list[str] = []

    def swallow(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and not lost:
            lost.append(request.headers["x-correlationid"])
            raise httpx.ReadTimeout("nobody knows", request=request)
        return None

    provider.before = swallow
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "unknown"
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "finished"
    assert list(provider.of_correlation) == lost
    assert len(provider.paid) == 3


def test_nothing_is_sent_again_while_the_question_has_no_answer(database: Database) -> None:
    provider = Provider()

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    provider.before = down
    batch = ready(database)
    for _ in range(3):
        deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "unknown"
    assert provider.posts == 0
    with database.session(1) as session:
        asked = db.rows(session, "SELECT step, outcome FROM payout_submission ORDER BY id")
        assert [(row.step, row.outcome) for row in asked] == [
            ("send", "unknown"),
            ("ask:1", "unknown"),
            ("ask:2", "unknown"),
        ]


def test_a_404_that_is_no_proof_does_not_send_again(database: Database) -> None:
    provider = Provider()
    provider.after = lambda request, told: httpx.Response(500) if request.method == "POST" else told
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    provider.before = lambda _request: httpx.Response(404, text="not here")
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "unknown"
    assert provider.posts == 1


def test_an_unreachable_provider_gets_the_batch_later(database: Database) -> None:
    provider = Provider()

    def closed(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    provider.before = closed
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "released"
    with database.session(1) as session:
        assert list_due(session) == [], "not at once"
    make_due(database, batch)
    provider.before = lambda _request: None
    watch(context(database, provider), 1)
    work_off(context(database, provider))
    assert status(database, batch) == "finished"


def test_a_batch_that_the_provider_refuses_and_does_not_have_is_owed_again(database: Database) -> None:
    provider = Provider()

    def refuse(request: httpx.Request) -> httpx.Response | None:
        error = {"errorCategory": "validation", "errorCode": "FormatError", "errorDescription": "bad batch"}
        return httpx.Response(400, json=error) if request.method == "POST" else None

    provider.before = refuse
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    with database.session(1) as session:
        ended = get_batch(session, batch)
        assert ended.status == "refused"
        assert "bad batch" in (ended.reason or "")
        assert {p.status for p in list_payouts(session, batch)} == {"failed"}
    assert money(database, batch) == (0, 0)


def test_a_refusal_of_a_copy_of_what_the_provider_has_is_not_believed(database: Database) -> None:
    provider = Provider()

    def duplicate(request: httpx.Request, told: httpx.Response) -> httpx.Response:
        error = {"errorCategory": "businessRule", "errorCode": "DuplicateRequest"}
        return httpx.Response(400, json=error) if request.method == "POST" else told

    provider.after = duplicate
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "finished"
    assert len(provider.paid) == 3


def test_a_worker_that_did_not_come_back_leaves_a_batch_in_doubt_that_another_asks_about(database: Database) -> None:
    provider = Provider()
    batch = ready(database)

    class EndedError(BaseException):
        """The process is gone."""

    def end(_point: str) -> None:
        raise EndedError

    set_lease(database, 0)
    first = Context(database, lambda _zone: TODAY, {"payer": provider.channel}, "w1", mark=end)
    with pytest.raises(EndedError):
        deliver_batch(first, 1, batch)
    assert status(database, batch) == "sending"
    with database.session(1) as session:
        assert list_due(session) == [(batch, "sending")]
    deliver_batch(context(database, provider, "w2"), 1, batch)
    assert status(database, batch) == "finished"
    assert steps(database, batch) == [
        "release",
        "start_sending",
        "lose_sight",
        "prove_absent",
        "start_sending",
        "receive",
        "finish",
    ]


def test_a_worker_within_its_lease_is_left_alone(database: Database) -> None:
    provider = Provider()
    batch = ready(database)
    seen: list[str] = []

    def meanwhile(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and not seen:
            seen.append("first")
            deliver_batch(context(database, provider, "w2"), 1, batch)
            seen.append(status(database, batch))
        return None

    provider.before = meanwhile
    deliver_batch(context(database, provider), 1, batch)
    assert seen == ["first", "sending"]
    assert (provider.posts, status(database, batch)) == (1, "finished")


def test_a_worker_that_wakes_after_its_lease_is_refused_its_outcome(database: Database) -> None:
    provider = Provider()
    batch = ready(database)
    woken: list[str] = []

    def asleep(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and not woken:
            woken.append("late")
            set_lease(database, 300)
            deliver_batch(context(database, provider, "w2"), 1, batch)
            assert status(database, batch) == "finished"
            raise httpx.ReadTimeout("I slept", request=request)
        return None

    provider.before = asleep
    set_lease(database, 0)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "finished"
    assert len(provider.paid) == 3
    with database.session(1) as session:
        told = db.rows(session, "SELECT worker, outcome FROM payout_submission WHERE step = 'send' ORDER BY id")
        assert [(row.worker, row.outcome) for row in told] == [("w1", "superseded"), ("w2", "received")]


def test_a_callback_that_never_comes_is_replaced_by_questions(database: Database) -> None:
    provider = Provider()
    provider.hold = {"+18090000001", "+18090000002", "+18090000003"}
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    assert (status(database, batch), provider.paid) == ("submitted", [])
    with database.session(1) as session:
        assert list_due(session) == [], "asked again after a while, not at once"
    provider.settle()
    make_due(database, batch)
    watch(context(database, provider), 1)
    work_off(context(database, provider))
    assert status(database, batch) == "finished"


def test_some_outcomes_are_settled_before_the_batch_has_ended(database: Database) -> None:
    provider = Provider()
    provider.hold = {"+18090000003"}
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    make_due(database, batch)
    deliver_batch(context(database, provider), 1, batch)
    assert status(database, batch) == "submitted"
    assert money(database, batch) == (800_01, 70_00)
    with database.session(1) as session:
        assert list_due(session) == [], "the rest is asked about after a while, not at once"
    provider.settle()
    deliver_batch(context(database, provider), 1, batch)
    assert (status(database, batch), money(database, batch)) == ("finished", (870_01, 0))


def tell(database: Database, body: dict[str, object], event: str, correlation: str = "") -> bool:
    with database.session(1) as session:
        return inbox.receive(
            session,
            source="payer:orange",
            event_id=event,
            kind="payer.batch",
            headers={"x-correlationid": correlation},
            body=json.dumps(body).encode(),
        )


def test_a_callback_repeated_fifty_times_settles_once_and_leads_to_the_providers_own_books(database: Database) -> None:
    provider = Provider()
    provider.hold = {"+18090000001", "+18090000002", "+18090000003"}
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    reference = next(iter(provider.batches))
    lie = {"batchId": reference, "batchStatus": "completed", "completedCount": 3}
    assert [tell(database, lie, "e1") for _ in range(50)].count(True) == 1
    read_inbox(context(database, provider), 1)
    work_off(context(database, provider))
    assert (status(database, batch), money(database, batch)) == ("submitted", (0, 870_01)), "a lie moves nothing"
    provider.settle()
    for number in range(5):
        tell(database, {**lie, "n": number}, f"e{number + 2}")
    read_inbox(context(database, provider), 1)
    work_off(context(database, provider))
    assert (status(database, batch), money(database, batch)) == ("finished", (870_01, 0))


def test_a_callback_before_our_calls_own_answer_is_known_by_our_id(database: Database) -> None:
    provider = Provider()
    batch = ready(database)

    def early(request: httpx.Request, told: httpx.Response) -> httpx.Response:
        if request.method == "POST":
            tell(database, {"batchId": "theirs", "batchStatus": "created"}, "e1", request.headers["x-correlationid"])
            read_inbox(context(database, provider), 1)
        return told

    provider.after = early
    deliver_batch(context(database, provider), 1, batch)
    work_off(context(database, provider))
    assert (status(database, batch), provider.posts) == ("finished", 1)
    with database.session(1) as session:
        (note,) = db.rows(session, "SELECT state, note FROM inbox_message")
        assert (note.state, note.note) == ("done", f"batch {batch} was sending; the provider is asked")


def test_a_callback_about_nothing_of_ours_is_set_aside(database: Database) -> None:
    tell(database, {"batchId": "elsewhere"}, "e1", "not-a-uuid")
    read_inbox(context(database, Provider()), 1)
    with database.session(1) as session:
        assert db.scalar(session, "SELECT state FROM inbox_message") == "quarantined"


def test_a_frozen_request_that_was_tampered_with_does_not_leave(database: Database) -> None:
    provider = Provider()
    batch = ready(database)
    with database.session(1) as session:
        db.run(session, "UPDATE payout_batch SET request_sha256 = repeat('0', 64) WHERE id = :id", {"id": batch})
    with pytest.raises(RequestDamagedError):
        deliver_batch(context(database, provider), 1, batch)
    assert provider.posts == 0


def test_a_success_that_the_provider_takes_back_is_owed_again_once(database: Database) -> None:
    provider = Provider()
    batch = ready(database)
    deliver_batch(context(database, provider), 1, batch)
    with database.session(1) as session:
        first = list_payouts(session, batch)[0]
    told = {"transactionReference": first.provider_reference, "transactionStatus": "reversed", "type": "disbursement"}

    def tell_reversal(event: str) -> None:
        with database.session(1) as session:
            inbox.receive(
                session,
                source="payer:orange",
                event_id=event,
                kind="payer.transaction",
                headers={},
                body=json.dumps(told).encode(),
            )
        read_inbox(context(database, provider), 1)
        work_off(context(database, provider))

    tell_reversal("lie")
    assert money(database, batch) == (870_01, 0), "the provider's own books still say that it was made"
    provider.taken_back.add(first.end_to_end_id)
    tell_reversal("r1")
    tell_reversal("r2")
    assert money(database, batch) == (370_01, 0)
    with database.session(1) as session:
        back = list_payouts(session, batch)[0]
        assert (back.status, back.reason_code) == ("returned", "reversed")
        assert balance_of(session, f"member:{first.member_id}:benefits") == first.amount_minor
