"""What the state and the payers push: kept once if it is theirs, refused if it is not."""

import base64
import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.api.calling import Caller, InProcess

from gateway.api.app import create_app
from gateway.kit import db, signing
from gateway.kit.db import Database
from gateway.settings import Settings

STATE_SECRETS = ["whsec_" + base64.b64encode(word * 4).decode() for word in (b"new-state", b"old-state")]
PAYER_SECRET = "a secret of the payer"
PAYER_KEY = "whsec_" + base64.b64encode(b"payer's" * 4).decode()
ANSWERED = json.dumps(
    {"type": "filing.answered", "timestamp": "2026-04-01T09:12:45-04:00", "data": {"filing_id": "0b7e"}}
).encode()
REMITTED = json.dumps({"type": "remittance.advised", "data": {"remittance_id": "R-1"}}).encode()
BATCH = json.dumps({"batchId": "9f1c", "batchStatus": "completed"}).encode()
TRANSACTION = json.dumps({"transactionReference": "T-1", "transactionStatus": "completed"}).encode()


@pytest.fixture
def caller(settings: Settings, database: Database) -> Iterator[Caller]:
    secrets = {"state_callback_secret": STATE_SECRETS, "payer_callback_secret": [PAYER_SECRET, PAYER_KEY]}
    with InProcess(create_app(Settings(**{**settings.model_dump(), **secrets}), database)) as transport:
        yield Caller(transport, {"content-type": "application/json"})


def kept(database: Database, mutual: int = 1) -> list[tuple[str, str]]:
    with database.session(mutual) as session:
        return [
            (row.kind, row.source) for row in db.rows(session, "SELECT kind, source FROM inbox_message ORDER BY id")
        ]


def queued(database: Database) -> list[tuple[str, int]]:
    statement = "SELECT task_name, (args ->> 'mutual_id')::int AS mutual_id FROM procrastinate_jobs ORDER BY id"
    with database.session(1) as session:
        return [(row.task_name, row.mutual_id) for row in db.rows(session, statement)]


def send(
    caller: Caller, body: bytes, *, event: str = "evt-1", secrets: list[str] = STATE_SECRETS[:1], age: int = 0, **more
) -> int:
    now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    headers = signing.sign(secrets, event, body, now=now)
    url = more.get("url", "/v1/callbacks/state/amparo")
    return caller.request("POST", url, content=more.get("sent", body), headers=headers).status_code


@pytest.mark.parametrize("secret", STATE_SECRETS)
def test_an_event_signed_with_either_secret_in_force_is_kept_and_queued(
    caller: Caller, database: Database, secret: str
) -> None:
    assert send(caller, ANSWERED, secrets=[secret]) == 204
    assert kept(database) == [("state.event", "state")]
    assert queued(database) == [("filing.inbox", 1)]


def test_a_remittance_event_also_wakes_the_collector_of_advices(caller: Caller, database: Database) -> None:
    assert send(caller, REMITTED) == 204
    assert kept(database) == [("state.event", "state")]
    assert queued(database) == [("filing.inbox", 1), ("benefits.collect", 1)]


def test_the_same_event_fifty_times_at_once_is_one_event(caller: Caller, database: Database) -> None:
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: send(caller, ANSWERED), range(50)))
    assert set(statuses) == {204}
    assert len(kept(database)) == 1
    assert len(queued(database)) == 1


@pytest.mark.parametrize(
    "forgery",
    [
        {"secrets": ["whsec_" + base64.b64encode(b"of somebody else").decode()]},
        {"age": 301},
        {"age": -360},
        {"sent": ANSWERED.replace(b"0b7e", b"0b7f")},
    ],
    ids=["foreign secret", "stale", "from the future", "changed on its way"],
)
def test_a_forged_or_stale_event_is_refused_and_not_kept(caller: Caller, database: Database, forgery: dict) -> None:
    assert send(caller, ANSWERED, **forgery) == 401
    assert kept(database) == []
    assert queued(database) == []


def test_an_unsigned_event_is_refused(caller: Caller) -> None:
    answer = caller.request("POST", "/v1/callbacks/state/amparo", content=ANSWERED)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


def test_an_event_for_a_mutual_that_is_not_here_is_not_found(caller: Caller) -> None:
    assert send(caller, ANSWERED, url="/v1/callbacks/state/nowhere") == 404


def test_an_event_goes_into_the_inbox_of_its_own_mutual(caller: Caller, database: Database) -> None:
    assert send(caller, ANSWERED, url="/v1/callbacks/state/kosove") == 204
    assert (kept(database, 1), len(kept(database, 2))) == ([], 1)


def test_a_signed_body_that_nobody_can_read_is_kept_for_a_person(caller: Caller, database: Database) -> None:
    assert send(caller, b"\xff not JSON") == 204
    assert kept(database) == [("state.event", "state")]


@pytest.mark.parametrize(("body", "kind"), [(BATCH, "payer.batch"), (TRANSACTION, "payer.transaction")])
def test_a_payer_s_result_is_kept_once_however_often_it_comes(
    caller: Caller, database: Database, body: bytes, kind: str
) -> None:
    for _ in range(3):
        answer = caller.put(
            "/v1/callbacks/payer/amparo/momo:orange", content=body, headers={"x-callback-secret": PAYER_SECRET}
        )
        assert answer.status_code == 204
    assert kept(database) == [(kind, "payer:momo:orange")]
    assert queued(database) == [("payouts.inbox", 1)]


def test_a_payer_may_sign_instead_and_then_only_the_signature_counts(caller: Caller, database: Database) -> None:
    url, now = "/v1/callbacks/payer/amparo/momo:orange", dt.datetime.now(dt.UTC)
    old, key, other = now - dt.timedelta(seconds=301), PAYER_KEY, STATE_SECRETS[0]
    good = signing.sign([key], "msg-1", BATCH, now=now)
    with_secret = {"x-callback-secret": PAYER_SECRET}
    forged = [
        signing.sign([other], "msg-2", BATCH, now=now) | with_secret,
        signing.sign([key], "msg-2", TRANSACTION, now=now) | with_secret,
        signing.sign([key], "msg-2", BATCH, now=old),
    ]
    for headers, status in [*((one, 401) for one in forged), (good, 204), (good, 204)]:
        assert caller.put(url, content=BATCH, headers=headers).status_code == status
    assert kept(database) == [("payer.batch", "payer:momo:orange")]


@pytest.mark.parametrize("secret", ["", "not-the-secret", "ñ"])
def test_a_payer_s_result_without_the_secret_is_refused(caller: Caller, database: Database, secret: str) -> None:
    headers = {"x-callback-secret": secret.encode()}
    answer = caller.put("/v1/callbacks/payer/amparo/momo:orange", content=BATCH, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    assert kept(database) == []


def test_without_a_configured_secret_every_callback_is_refused(anonymous: Caller) -> None:
    assert send(anonymous, ANSWERED) == 401
    headers = {"x-callback-secret": ""}
    assert anonymous.put("/v1/callbacks/payer/amparo/momo:orange", content=BATCH, headers=headers).status_code == 401
