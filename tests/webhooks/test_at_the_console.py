"""Webhooks and keys from the console: nothing without --apply, secrets once, events sent again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import gateway  # noqa: F401 — the fixture
from tests.webhooks.hook_town import Hands, RunningReceiver, deliveries, happen, rows

from gateway.kit.db import Database

Gateway = Callable[..., Any]
ADD = ["webhooks", "add", "--url", "https://partner.example/hooks", "--event", "day.closed", "--mutual", "amparo"]


def test_an_address_is_subscribed_tried_and_sent_to_again(
    gateway: Gateway,  # noqa: F811
    database: Database,
    receiver: RunningReceiver,
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = ["--mutual", "amparo"]
    assert gateway(*ADD[:3], "http://127.0.0.1/x", *ADD[4:], "--apply").status == 1, "http is for sandboxes alone"
    shown = gateway(*ADD, "--json")
    assert json.loads(shown.out)["secret"] is None
    assert rows(database, "SELECT 1 FROM webhook_subscription") == []
    monkeypatch.setenv("GATEWAY_WEBHOOKS_PRIVATE", "1")
    made = json.loads(gateway(*ADD[:3], f"{receiver.url}/hooks/console", *ADD[4:], "--apply", "--json").out)
    receiver.believe(made["secret"])
    number = made["id"]
    assert "would go out" in gateway("webhooks", "test", number, *of).err
    assert "goes out" in gateway("webhooks", "test", number, *of, "--apply").err
    happen(database)
    receiver.script({"on": "webhook", "do": "status", "status": 500})
    hands.work(2)
    assert receiver.effects()["events"] == 2
    told = json.loads(gateway("webhooks", "deliveries", number, *of, "--json").out)["deliveries"]
    assert [(one["type"], one["status"]) for one in told] == [
        ("day.closed", "delivered"),
        ("gateway.test", "delivered"),
    ]
    one = json.loads(gateway("webhooks", "deliveries", number, "--delivery", told[1]["id"], *of, "--json").out)
    assert one["webhook_id"] == told[1]["webhook_id"]
    assert [attempt["http_status"] for attempt in one["attempts"]][-1] == 200
    assert "attempts" in gateway("webhooks", "deliveries", number, *of).out
    assert "day.closed" in gateway("webhooks", "deliveries", number, "--delivery", told[0]["id"], *of).out
    again = ["webhooks", "redeliver", number, *of]
    assert gateway(*again).status == 1
    assert "no time with its zone" in gateway(*again, "--since", "2026-04-01").err
    assert "2 would go out again" in gateway(*again, "--since", "2026-01-01T00:00:00Z", "--everything").err
    assert "0 go out" in gateway(*again, "--since", "2026-01-01T00:00:00Z", "--apply").err
    assert "1 go out" in gateway(*again, "--delivery", told[0]["id"], "--apply").err
    hands.work()
    assert receiver.effects()["events_repeated"] == 1
    assert gateway("webhooks", "disable", number, "--reason", "they move house", *of, "--apply").status == 0
    assert "they move house" in gateway("webhooks", "list", *of).out
    assert json.loads(gateway("webhooks", "list", "--attention", *of, "--json").out)["webhooks"] == []
    assert "is disabled" in gateway("webhooks", "test", number, *of, "--apply").err
    assert gateway("webhooks", "enable", number, "--reason", "they are there", *of, "--apply").status == 0
    fresh = json.loads(gateway("webhooks", "rotate", number, "--overlap-hours", 0, *of, "--apply", "--json").out)
    assert fresh["secret"] != made["secret"]
    happen(database, subject=2)
    hands.work()
    assert receiver.effects()["refused_unsigned"] == 1
    assert deliveries(database)[-1][1] == "waiting"


def test_keys_are_made_shown_used_and_dropped(
    gateway: Gateway,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "GATEWAY_MESSAGE_KEYS_FILE" in gateway("state", "key", "add").err
    path = tmp_path / "keys.json"
    monkeypatch.setenv("GATEWAY_MESSAGE_KEYS_FILE", str(path))
    assert gateway("state", "key", "add", "--kid", "one").status == 0
    assert not path.exists()
    for kid in ("one", "two"):
        assert gateway("state", "key", "add", "--kid", kid, "--apply").status == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert gateway("state", "key", "add", "--kid", "two", "--apply").status == 1
    shown = json.loads(gateway("state", "key", "list", "--json").out)["keys"]
    assert [key["kid"] for key in shown] == ["one", "two"]
    assert all("d" not in key for key in shown)
    assert "signs" in gateway("state", "key", "list").out
    assert "let another one sign" in gateway("state", "key", "drop", "one", "--apply").err
    assert gateway("state", "key", "use", "two", "--apply").status == 0
    assert gateway("state", "key", "drop", "one", "--apply").status == 0
    assert gateway("state", "key", "use", "one", "--apply").status == 1
    assert [key["kid"] for key in json.loads(path.read_text())["keys"]] == ["two"]
    path.write_text('{"keys": [{"kty": "oct", "kid": "x", "k": "AAAA"}]}')
    assert "must be private" in gateway("state", "key", "list").err
