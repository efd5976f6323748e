"""Subscriptions over the API: the staff's and a state's own, each its own, each secret once."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.api.applications import called
from tests.api.calling import Caller, InProcess
from tests.api.conftest import token_for
from tests.conftest import ROOT
from tests.statelink.state_town import register
from tests.webhooks.hook_town import Hands, RunningReceiver, happen, keys_in, kind_of, rows, take_step

from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.staff.models import Role
from gateway.webhooks.rules import KINDS, Known, body_of

WANTED = {"url": "https://partner.example/hooks", "events": ["day.closed", "filing.sealed"]}


@pytest.fixture
def transport(database: Database, tmp_path: Path) -> Iterator[InProcess]:
    clock = tmp_path / "today"
    clock.write_text("2026-04-02")
    keys = keys_in(tmp_path, "april", "march")
    settings = Settings(
        database_url=database.url, demo=True, clock_file=clock, log_level="error", public_url="http://gateway.test",
        message_keys_file=keys.path, webhooks_private=True,
    )  # fmt: skip
    with called(settings, database) as opened:
        yield opened


@pytest.fixture
def mara(transport: InProcess, database: Database) -> Caller:
    """A manager."""
    return Caller(transport, {"authorization": f"Bearer {token_for(database, Role.MANAGER)}"})


def make(caller: Caller, **more: Any) -> dict[str, Any]:
    answer = caller.post("/v1/webhooks", {**WANTED, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_manager_subscribes_and_sees_the_secret_once(mara: Caller, database: Database) -> None:
    first = mara.post("/v1/webhooks", WANTED, key="one")
    again = mara.post("/v1/webhooks", WANTED, key="one")
    assert (first.status_code, again.text) == (201, first.text)
    made = first.json()
    assert made["secret"].startswith("whsec_")
    number = made["webhook"]["id"]
    for answer in (mara.get("/v1/webhooks"), mara.get(f"/v1/webhooks/{number}")):
        assert made["secret"] not in answer.text
    assert [one["id"] for one in mara.get("/v1/webhooks").json()["items"]] == [number]
    noted = rows(database, "SELECT detail::text AS told FROM audit_log WHERE subject_kind = 'webhook'")
    assert len(noted) == 1
    assert made["secret"] not in noted[0].told


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"events": ["filing.sealed", "no.such"]}, "webhook_event_unknown"),
        ({"events": ["gateway.test"]}, "webhook_event_unknown"),
        ({"url": "gopher://partner.example/"}, "webhook_address"),
        ({"events": []}, "malformed"),
        ({"secret": "mine"}, "malformed"),
    ],
)
def test_what_cannot_be_subscribed_is_refused_by_its_code(mara: Caller, wrong: Any, code: str) -> None:
    answer = mara.post("/v1/webhooks", {**WANTED, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_only_a_manager_may_and_another_mutual_sees_nothing(
    mara: Caller, transport: InProcess, database: Database
) -> None:
    number = make(mara)["webhook"]["id"]
    for role in Role:
        if role is Role.MANAGER:
            continue
        other = Caller(transport, {"authorization": f"Bearer {token_for(database, role)}"})
        assert other.post("/v1/webhooks", WANTED).status_code == 403
        assert other.get("/v1/webhooks").status_code == (200 if role is Role.AUDITOR else 403)
    stranger = Caller(transport, {"authorization": f"Bearer {token_for(database, Role.MANAGER, mutual=2)}"})
    assert stranger.get("/v1/webhooks").json()["items"] == []
    for path in ("", "/deliveries"):
        assert stranger.get(f"/v1/webhooks/{number}{path}").json()["code"] == "webhook_not_found"
    for act in ("test", "secret", "disablement"):
        body = {"secret": {}, "disablement": {"reason": "because"}}.get(act)
        assert stranger.post(f"/v1/webhooks/{number}/{act}", body).status_code == 404


def test_a_subscription_is_changed_by_whoever_read_it_last(mara: Caller) -> None:
    number = make(mara)["webhook"]["id"]
    path = f"/v1/webhooks/{number}"
    tag = mara.get(path).headers["etag"]
    changed = mara.patch(path, {"events": ["payout.paid"]}, etag=tag)
    assert (changed.status_code, changed.json()["events"], changed.json()["url"]) == (
        200,
        ["payout.paid"],
        WANTED["url"],
    )
    assert mara.patch(path, {"description": "x"}, etag=tag).status_code == 412
    assert mara.patch(path, {"description": "x"}).status_code == 428
    assert mara.patch(path, {"url": "ftp://x"}, etag=changed.headers["etag"]).json()["code"] == "webhook_address"


def test_from_a_test_event_to_sending_all_again_over_the_api(
    mara: Caller, database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    made = make(mara, url=f"{receiver.url}/hooks/api", events=["day.closed"])
    path = f"/v1/webhooks/{made['webhook']['id']}"
    receiver.believe(made["secret"])
    tried = mara.post(f"{path}/test").json()["delivery_id"]
    happen(database)
    receiver.script({"on": "webhook", "do": "status", "status": 500})
    hands.work(2)
    listed = mara.get(f"{path}/deliveries").json()["items"]
    assert [(one["type"], one["status"], one["last_http_status"]) for one in listed] == [
        ("day.closed", "delivered", 200),
        ("gateway.test", "delivered", 200),
    ]
    one = mara.get(f"{path}/deliveries/{tried}").json()
    assert [attempt["http_status"] for attempt in one["attempts"]] == [500, 200]
    assert one["body"]["type"] == "gateway.test"
    assert mara.get(f"{path}/deliveries?status=failed").json()["items"] == []
    assert mara.get(f"{path}/deliveries/{2**40}").json()["code"] == "webhook_delivery_not_found"
    sent = mara.post(f"{path}/deliveries/{listed[0]['id']}/redelivery")
    assert (sent.status_code, sent.json()["status"], sent.json()["webhook_id"]) == (
        201,
        "waiting",
        listed[0]["webhook_id"],
    )
    since = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat()
    assert mara.post(f"{path}/redeliveries", {"since": since, "only_failed": False}).json() == {"deliveries": 1}
    assert mara.post(f"{path}/redeliveries", {"since": "2026-04-01T00:00:00"}).status_code == 422
    hands.work()
    assert (receiver.effects()["events"], receiver.effects()["events_repeated"]) == (2, 2)
    fresh = mara.post(f"{path}/secret", {"overlap_hours": 0}).json()
    assert fresh["secret"] != made["secret"]
    off = mara.post(f"{path}/disablement", {"reason": "they move house"}).json()
    assert (off["status"], off["status_reason"]) == ("disabled", "they move house")
    for act, body in (("test", None), ("redeliveries", {"since": since})):
        assert mara.post(f"{path}/{act}", body).json()["code"] == "webhook_disabled"
    assert [one["id"] for one in mara.get("/v1/webhooks?status=disabled").json()["items"]] == [made["webhook"]["id"]]
    assert mara.post(f"{path}/enablement", {"reason": "there again"}).json()["status"] == "active"
    assert mara.post(f"{path}/enablement", {"reason": "there again"}).json()["code"] == "invalid_transition"


def test_one_that_has_ended_is_told_nothing_and_does_not_come_back(
    mara: Caller, database: Database, hands: Hands
) -> None:
    made = make(mara, events=["day.closed"])
    path = f"/v1/webhooks/{made['webhook']['id']}"
    mara.post(f"{path}/disablement", {"reason": "they move house"})
    happen(database, subject=1)
    hands.work()
    ended = mara.post(f"{path}/end", {"reason": "their contract ended"}).json()
    assert (ended["status"], ended["status_reason"], ended["waiting"]) == ("ended", "their contract ended", 0)
    happen(database, subject=2)
    hands.work()
    assert [one["status"] for one in mara.get(f"{path}/deliveries").json()["items"]] == ["abandoned"]
    (kept,) = rows(database, "SELECT secret, old_secret FROM webhook_subscription")
    assert (kept.secret, kept.old_secret) == ("", None)
    for act, body in (
        ("enablement", {"reason": "again"}),
        ("end", {"reason": "again"}),
        ("disablement", {"reason": "again"}),
    ):
        assert mara.post(f"{path}/{act}", body).json()["code"] == "invalid_transition", act
    for act, body in (("secret", {}), ("test", None)):
        assert mara.post(f"{path}/{act}", body).json()["code"] == "webhook_disabled", act
    assert (
        mara.patch(path, {"description": "x"}, etag=mara.get(path).headers["etag"]).json()["code"] == "webhook_disabled"
    )


def test_a_states_system_keeps_its_own_within_its_scopes(
    mara: Caller, transport: InProcess, database: Database, receiver: RunningReceiver, hands: Hands
) -> None:
    scopes = ["webhooks:manage", "filings:read"]
    system, other = (register(database, transport, scopes=scopes).log_in() for _ in range(2))
    bare = register(database, transport, scopes=["webhooks:manage"]).log_in()
    key = {"headers": {"idempotency-key": "one"}}
    told = {one["type"] for one in system.get("/v1/state/webhooks/event-kinds").json()["items"]}
    assert "filing.answered" in told
    assert not told & {"payout.paid", "member.status_changed", "day.closed", "claim.decided"}
    assert bare.get("/v1/state/webhooks/event-kinds").json()["items"] == []
    wanted = {"url": f"{receiver.url}/hooks/state", "events": ["filing.sealed"]}
    assert bare.post("/v1/state/webhooks", wanted, **key).json()["code"] == "webhook_event_unknown"
    assert system.post("/v1/state/webhooks", {**wanted, "events": ["day.closed"]}, **key).status_code == 422
    assert system.post("/v1/state/webhooks", wanted).json()["code"] == "idempotency_key_missing"
    made = system.post("/v1/state/webhooks", wanted, **key)
    assert (made.status_code, system.post("/v1/state/webhooks", wanted, **key).text) == (201, made.text)
    number, secret = made.json()["webhook"]["id"], made.json()["secret"]
    staffs = make(mara)["webhook"]["id"]
    assert [one["id"] for one in system.get("/v1/state/webhooks").json()["items"]] == [number]
    assert other.get("/v1/state/webhooks").json()["items"] == []
    for which, client in ((number, other), (staffs, system)):
        path = f"/v1/state/webhooks/{which}"
        assert client.get(path).json()["code"] == "webhook_not_found"
        assert client.get(f"{path}/deliveries").status_code == 404
        for act, body in (("test", None), ("secret", {}), ("disablement", {"reason": "because"}), ("enablement", {"reason": "because"})):  # fmt: skip
            assert client.post(f"{path}/{act}", body, headers={"idempotency-key": act}).status_code == 404, act
    assert {one["id"] for one in mara.get("/v1/webhooks").json()["items"]} == {number, staffs}, "the staff see all"
    receiver.believe(secret)
    with database.session(1) as session:
        take_step(session, kind_of("filing.sealed"), 1)
    hands.work()
    assert receiver.effects()["events:filing.sealed"] == 1
    mara.post(f"/v1/state-clients/{system.client_id}/disablement", {"reason": "their contract ended"})
    with database.session(1) as session:
        take_step(session, kind_of("filing.sealed"), 2)
    hands.work()
    assert receiver.effects()["events"] == 1, "a client that is let in no longer is told nothing more"


def test_the_keys_are_published_without_what_is_ours_alone(transport: InProcess) -> None:
    answer = transport.request("GET", "/.well-known/jwks.json")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=300")
    assert [(key["kid"], "d" in key) for key in answer.json()["keys"]] == [("april", False), ("march", False)]


@pytest.mark.parametrize("name", ["gateway", "state"])
def test_both_descriptions_tell_of_each_event_as_it_is_sent(name: str) -> None:
    document = json.loads((ROOT / "openapi" / f"{name}.json").read_text(encoding="utf-8"))
    expected = {kind.type for kind in KINDS if name == "gateway" or kind.scope is not None}
    assert set(document["webhooks"]) == expected
    moment = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
    for kind in KINDS:
        if kind.type in expected:
            schema = document["webhooks"][kind.type]["post"]["requestBody"]["content"]["application/json"]["schema"]
            for status in kind.statuses:
                jsonschema.validate(body_of(Known("evt_1_1", kind.type, 1, moment, "1", None, str(status))), schema)
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(body_of(Known("evt_1_1", kind.type, 1, moment, "1", None, "otherwise")), schema)
