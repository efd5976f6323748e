"""Each step is told once to whoever wants it, over a socket, whatever the receiver does meanwhile."""

import dataclasses
import datetime as dt
import threading
from pathlib import Path

import jsonschema
import psycopg
import pytest
from tests.conftest import ROOT
from tests.filing.filing_town import OFFICER, TODAY, draft, payroll_of
from tests.webhooks.hook_town import (
    STAFF,
    Hands,
    RunningReceiver,
    deliveries,
    happen,
    hurry,
    keys_in,
    kind_of,
    passed,
    rows,
    start_receiver,
    take_step,
    want,
)

from gateway.filing.seal import seal
from gateway.kit import db
from gateway.kit.db import Database
from gateway.webhooks import collect, queries
from gateway.webhooks.again import send_again, send_all_again
from gateway.webhooks.forget import forget
from gateway.webhooks.rules import KINDS, Kind, schema_of
from gateway.webhooks.subscribe import disable, enable, rotate, send_test


def test_every_kind_is_told_once_as_its_schema_says_and_with_no_word_of_a_person(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/all")
    receiver.believe(made.secret)
    steps = [(kind, on) for kind in KINDS for on in kind.on]
    with database.session(1) as session:
        for number, (kind, on) in enumerate(steps, 1):
            take_step(session, kind, number, on=str(on))
    hands.work(2)
    told = receiver.told()
    assert {(one["type"], one["body"]["data"]["id"]) for one in told} == {
        (kind.type, str(number)) for number, (kind, _) in enumerate(steps, 1)
    }
    effects = receiver.effects()
    assert (effects["events"], effects["requests"], effects["events_repeated"]) == (len(steps), len(steps), 0)
    for one in told:
        jsonschema.validate(one["body"], schema_of(kind_of(one["type"])))
        assert set(one["body"]) == {"type", "timestamp", "version", "data"}
        assert set(one["body"]["data"]) == {"id", "reference", "status"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_every_kind_is_of_a_step_that_a_slice_takes(kind: Kind) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "gateway").glob("*/*.py"))
    if kind.source == "audit_log":
        assert all(f'action="{action}"' in source for action in kind.on)
    else:
        written = (
            f'subject_kind="{kind.subject}"',
            f"SELECT '{kind.subject}',",
            f'"{kind.subject}", filing.id',
            f'"{kind.subject}", bill.id',
        )
        assert any(one in source for one in written)


def test_a_filing_that_is_sealed_is_told_with_the_id_the_state_knows_it_by(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/state", "filing.sealed").secret)
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing = seal(session, draft(session, payroll_id).id, actor=OFFICER, today=TODAY)
        reference = filing.reference
    hands.work()
    (told,) = receiver.told()
    assert told["body"]["data"] == {"id": str(filing.id), "reference": str(reference), "status": "sealed"}


def test_what_was_rolled_back_is_told_to_nobody_and_what_happened_before_is_not_either(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    with database.session(1) as slow:
        take_step(slow, kind_of("day.closed"), 5)
        happen(database, subject=1)
        receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    with pytest.raises(ZeroDivisionError), database.session(1) as session:
        take_step(session, kind_of("day.closed"), 2)
        raise ZeroDivisionError
    happen(database, subject=3)
    happen(database, "payout.paid", subject=4)
    hands.work(2)
    # The fifth was begun before and committed after somebody subscribed.
    assert sorted(one["body"]["data"]["id"] for one in receiver.told()) == ["3", "5"]


def test_a_step_that_is_committed_after_later_ones_is_neither_missed_nor_told_twice(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    with database.session(1) as slow:
        take_step(slow, kind_of("day.closed"), 1)
        db.run(slow, "SELECT 1")
        happen(database, subject=2)
        hands.work(patient=False)
        early = [one["body"]["data"]["id"] for one in receiver.told()]
    happen(database, subject=3)
    hands.work(3)
    assert early == [], "nothing is told from behind what may still be committed before it"
    assert sorted(one["body"]["data"]["id"] for one in receiver.told()) == ["1", "2", "3"]
    assert receiver.effects()["requests"] == 3


def test_two_who_collect_at_once_make_one_event(database: Database) -> None:
    want(database, "http://127.0.0.1:9/hooks/a", "day.closed")
    for subject in range(40):
        happen(database, subject=subject)
    passed(database)
    gate = threading.Barrier(4)

    def turn() -> None:
        gate.wait()
        with database.session(1) as session:
            collect.collect(session)

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(deliveries(database)) == 40


def test_what_belongs_to_another_mutual_is_told_there_alone(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    ours = want(database, f"{receiver.url}/hooks/1", "day.closed")
    theirs = want(database, f"{receiver.url}/hooks/2", "day.closed", mutual=2)
    receiver.believe(ours.secret, theirs.secret)
    happen(database, subject=11, mutual=1)
    happen(database, subject=22, mutual=2)
    hands.work(mutual=1)
    hands.work(mutual=2)
    told = {(one["webhook_id"].split("_")[1], one["body"]["data"]["id"], one["secret"]) for one in receiver.told()}
    assert told == {("1", "11", 0), ("2", "22", 1)}


@pytest.mark.parametrize(
    "rule",
    [
        {"do": "status", "status": 500},
        {"do": "status", "status": 404},
        {"do": "drop_before"},
        {"do": "drop_after"},
        {"do": "redirect"},
    ],
    ids=str,
)
def test_what_fails_comes_again_under_the_same_id(
    database: Database, receiver: RunningReceiver, hands: Hands, rule: dict[str, object]
) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    receiver.script({"on": "webhook", "times": 2, **rule})
    happen(database)
    hands.work(3)
    assert deliveries(database) == [("day.closed", "delivered", 3)]
    effects = receiver.effects()
    assert (effects["events"], effects["misbehaved"]) == (1, 2)
    # Who hangs up after he took it has it three times, and knows it by its id.
    assert effects["events_repeated"] == (2 if rule["do"] == "drop_after" else 0)


def test_each_attempt_is_in_the_log_with_what_came_of_it(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    receiver.believe(made.secret)
    receiver.script({"on": "webhook", "do": "status", "status": 503})
    happen(database)
    hands.work(2)
    with database.session(1) as session:
        (row,) = queries.list_deliveries(session, made.subscription.id)
        found = queries.get_delivery(session, made.subscription.id, row.id)
    assert [(one.number, one.http_status, one.answer) for one in found.attempts] == [
        (1, 503, "told to refuse"),
        (2, 200, "taken"),
    ]
    assert (row.status, row.last_http_status, row.next_at) == ("delivered", 200, None)
    assert found.event.id == receiver.told()[0]["webhook_id"]


def test_the_schedule_grows_and_ends_and_a_person_starts_it_anew(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    receiver.script({"on": "webhook", "do": "status", "status": 500, "times": 10})
    happen(database)
    waits = []
    for _ in range(10):
        hands.work()
        (left,) = rows(database, "SELECT extract(epoch FROM next_at - now())::float AS s FROM webhook_delivery")
        waits.append(left.s)
        hurry(database)
    assert deliveries(database) == [("day.closed", "failed", 10)]
    assert waits[0] == pytest.approx(5.5, abs=1.5)
    assert waits[1] == pytest.approx(330, abs=40)
    assert waits[8] == pytest.approx(95_000, abs=10_000)
    receiver.believe(made.secret)
    with database.session(1) as session:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        assert send_all_again(session, made.subscription.id, since, owner=STAFF, only_failed=True) == 1
    hands.work()
    assert deliveries(database) == [("day.closed", "delivered", 11)]
    assert receiver.effects()["events"] == 1


def test_who_asks_for_a_pause_gets_it_for_everything(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    receiver.script({"on": "webhook", "do": "rate_limit", "retry_after": 600})
    for subject in (1, 2):
        happen(database, subject=subject)
    hands.work()
    assert [attempts for _, _, attempts in deliveries(database)] == [1, 0]
    hurry(database, 540)
    hands.work()
    assert receiver.effects()["requests"] == 0, "nothing before the ten minutes are over"
    hurry(database, 100)
    hands.work()
    assert receiver.effects()["events"] == 2


def test_410_ends_it_with_word_for_the_staff_and_nothing_is_lost(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    receiver.believe(made.secret)
    receiver.script({"on": "webhook", "do": "status", "status": 410})
    happen(database, subject=1)
    hands.work()
    happen(database, subject=2)
    hands.work(2)
    with database.session(1) as session:
        (found,) = queries.list_subscriptions(session, needs_attention=True)
        assert (found.status, found.status_reason) == ("disabled", "the receiver answered 410 Gone")
        assert queries.standing(session).needing_attention == 1
        noted = db.rows(session, "SELECT actor, reason FROM audit_log WHERE action = 'webhook.disable'")
        assert [(row.actor, row.reason) for row in noted] == [("worker:w1", "the receiver answered 410 Gone")]
    assert receiver.effects()["requests"] == 0
    with database.session(1) as session:
        enable(session, made.subscription.id, owner=STAFF)
    hands.work()
    assert sorted(one["body"]["data"]["id"] for one in receiver.told()) == ["1", "2"]


def test_days_without_one_success_end_it_and_a_success_in_between_does_not(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    receiver.believe(made.secret)
    receiver.script({"on": "webhook", "do": "status", "status": 500, "times": None})
    for subject in (1, 2):
        happen(database, subject=subject)
    hands.work()
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE webhook_subscription SET failing_since = failing_since - interval '4 days 23 hours'")
    hands.work(2)
    with database.session(1) as session:
        assert queries.get_subscription(session, made.subscription.id).status == "active"
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE webhook_subscription SET failing_since = failing_since - interval '2 hours'")
    hands.work(2)
    with database.session(1) as session:
        found = queries.get_subscription(session, made.subscription.id)
        assert (found.status, found.needs_attention) == ("disabled", True)
        assert found.status_reason.startswith("nothing was taken since ")
        known = disable(session, made.subscription.id, owner=STAFF, reason="the partner knows")
        assert (known.needs_attention, known.status_reason) == (False, "the partner knows")


def test_another_secret_signs_beside_the_old_one_for_a_while_and_then_alone(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    with database.session(1) as session:
        fresh = rotate(session, made.subscription.id, owner=STAFF, overlap=dt.timedelta(hours=1)).secret
    for subject, secret in ((1, made.secret), (2, fresh)):
        receiver.believe(secret)
        happen(database, subject=subject)
        hands.work()
    assert receiver.effects()["events"] == 2
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE webhook_subscription SET old_secret_until = now() - interval '1 second'")
    receiver.believe(made.secret)
    happen(database, subject=3)
    hands.work()
    assert receiver.effects()["refused_unsigned"] == 1
    assert deliveries(database)[-1] == ("day.closed", "waiting", 1)


def test_one_that_does_not_answer_holds_nobody_up_and_is_asked_seldom(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    want(database, "http://127.0.0.1:9/hooks/dead", "day.closed")
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    for subject in range(10):
        happen(database, subject=subject)
    hands.work()
    assert receiver.effects()["events"] == 10
    tried = [attempts for _, status, attempts in deliveries(database) if status == "waiting"]
    assert (len(tried), sum(tried)) == (10, 1), "after one that found nobody there the others are not tried"
    (row,) = rows(database, "SELECT rests_until IS NOT NULL AS rests FROM webhook_subscription WHERE failures > 0")
    assert row.rests


def test_one_that_drips_its_answer_is_left_after_the_time_of_an_attempt(
    database: Database, receiver: RunningReceiver, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.webhooks.send.TIMEOUT", 0.6)
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    receiver.script({"on": "webhook", "do": "drip"})
    happen(database)
    hands.work()
    assert deliveries(database) == [("day.closed", "waiting", 1)], (
        "what drips has no end: whoever stays never comes here"
    )


def test_a_worker_that_stood_still_writes_over_nothing_when_it_wakes_up(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    happen(database)
    stands, wakes = threading.Event(), threading.Event()

    def stand_still(point: str) -> None:
        if point == "webhooks.after_call" and not stands.is_set():
            stands.set()
            assert wakes.wait(60)

    late = Hands(database)
    late.context = dataclasses.replace(late.context, mark=stand_still)
    receiver.script({"on": "webhook", "do": "status", "status": 500, "times": 2})
    thread = threading.Thread(target=late.work)
    thread.start()
    assert stands.wait(60)
    hurry(database)
    hands.work()
    due = rows(database, "SELECT next_at FROM webhook_delivery")
    wakes.set()
    thread.join()
    assert rows(database, "SELECT next_at FROM webhook_delivery") == due, (
        "the late one does not say when it is tried next"
    )
    hands.work(2)
    assert deliveries(database) == [("day.closed", "delivered", 3)]
    kept = rows(database, "SELECT number, http_status FROM webhook_attempt ORDER BY number")
    assert [(row.number, row.http_status) for row in kept] == [(1, 500), (2, 500), (3, 200)]


def test_sent_again_on_request_it_is_the_same_event(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    receiver.believe(made.secret)
    for subject in (1, 2):
        happen(database, subject=subject)
    hands.work()
    with database.session(1) as session:
        newest = queries.list_deliveries(session, made.subscription.id)[0]
        send_again(session, made.subscription.id, newest.id, owner=STAFF)
    hands.work()
    effects = receiver.effects()
    assert (effects["events"], effects["events_repeated"]) == (2, 1)
    with database.session(1) as session:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        assert send_all_again(session, made.subscription.id, since, owner=STAFF, only_failed=True) == 0
        assert send_all_again(session, made.subscription.id, since, owner=STAFF, only_failed=False) == 2
    hands.work()
    assert receiver.effects()["events_repeated"] == 3


def test_a_test_event_is_brought_to_whoever_asked_for_it(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = want(database, f"{receiver.url}/hooks/a", "day.closed")
    want(database, f"{receiver.url}/hooks/b", "day.closed")
    receiver.believe(made.secret)
    with database.session(1) as session:
        send_test(session, made.subscription.id, owner=STAFF)
    hands.work()
    (told,) = receiver.told()
    assert (told["type"], told["body"]["data"]["id"]) == ("gateway.test", str(made.subscription.id))
    assert receiver.effects()["requests"] == 1


def test_a_message_bears_a_signature_of_ours_where_that_is_wanted_and_keys_rotate(
    database: Database, tmp_path: Path
) -> None:
    keys = keys_in(tmp_path, "one")
    with start_receiver(tmp_path, verify_jwks=str(keys.path)) as strict:
        plain = want(database, f"{strict.url}/hooks/plain", "day.closed")
        signed = want(database, f"{strict.url}/hooks/signed?as=partner", "payout.paid", signs=True)
        strict.believe(plain.secret, signed.secret)
        happen(database, "day.closed")
        happen(database, "payout.paid", subject=1)
        Hands(database, keys=keys).work()
        assert strict.effects()["refused_message_signature"] == 1
        keys_in(tmp_path, "two", "one")
        happen(database, "payout.paid", subject=2)
        Hands(database, keys=keys).work()
        assert [one["message_key"] for one in strict.told()] == ["one", "two"]
    happen(database, "payout.paid", subject=3)
    Hands(database, keys=None).work()
    with database.session(1) as session:
        newest = queries.list_deliveries(session, signed.subscription.id)[0]
        assert newest.last_answer.startswith("not sent: there is no key")


def test_what_is_old_is_forgotten_by_the_mutuals_own_rule_and_not_told_again(
    database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    for subject in (1, 2):
        happen(database, subject=subject)
    hands.work()
    rule = '{"webhooks": {"keep": [{"from": "2026-01-01", "days": 400}, {"from": "2026-04-01", "days": 10}]}}'
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE mutual SET settings = settings || %s::jsonb WHERE mutual_id = 1", [rule])
        owner.execute("UPDATE webhook_event SET created_at = created_at - interval '11 days' WHERE subject_id = '1'")
    with database.session(1) as session:
        assert forget(session, today=dt.date(2026, 3, 31)) == 0
        assert forget(session, today=dt.date(2026, 4, 1)) == 1
    hands.work(2)
    assert (len(deliveries(database)), receiver.effects()["requests"]) == (1, 2)
