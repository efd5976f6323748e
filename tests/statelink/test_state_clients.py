"""A manager keeps the state's clients, over the API and by command; nothing is changed without --apply."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.api.calling import Caller
from tests.api.conftest import token_for
from tests.statelink.conftest import World
from tests.statelink.state_town import System, new_key, public
from typer.testing import CliRunner

from gateway.cli.root import app as commands
from gateway.kit import db
from gateway.staff.models import Role


@pytest.fixture(scope="module")
def manager(world: World) -> Caller:
    token = token_for(world.database, Role.MANAGER)
    return Caller(world.transport, {"authorization": f"Bearer {token}"})


def test_a_manager_lets_a_system_in_gives_it_other_keys_and_puts_it_out_and_each_act_is_in_the_log(
    world: World, manager: Caller
) -> None:
    key = new_key()
    asked = {"name": "Treasury", "scopes": ["filings:read"], "jwks": public(key)}
    made = manager.post("/v1/state-clients", asked, key="k-1")
    assert made.status_code == 201, made.text
    again = manager.post("/v1/state-clients", asked, key="k-1")
    assert again.json() == made.json()
    assert manager.post("/v1/state-clients", asked).json()["code"] == "state_client_taken"
    client_id = made.json()["client_id"]
    system = System(world.transport, client_id, key).log_in()
    path = f"/v1/state/filings/{world.filed.reference}"
    assert system.get(path).status_code == 200
    system.key = new_key("two")
    keys = {"jwks": public(key, system.key)}
    assert manager.post(f"/v1/state-clients/{client_id}/keys", keys).json()["version"] == 2
    assert system.ask().status_code == 200
    out = manager.post(f"/v1/state-clients/{client_id}/disablement", {"reason": "contract ended"})
    assert out.json()["is_active"] is False
    assert system.get(path).status_code == 401
    assert manager.post("/v1/state-clients/sc-1-nothing/keys", keys).json()["code"] == "state_client_unknown"
    listed = {one["client_id"] for one in manager.get("/v1/state-clients?limit=500").json()["items"]}
    assert {client_id, world.system.client_id} <= listed
    with world.database.session(1) as session:
        statement = (
            "SELECT action, actor FROM audit_log WHERE subject_kind = 'state_client' AND subject_id = :id ORDER BY id"
        )
        told = [row.action for row in db.rows(session, statement, {"id": client_id}) if row.actor == "staff:manager"]
    assert told == ["state_client.register", "state_client.rotate", "state_client.disable"]


def test_commands_show_what_they_would_do_and_do_it_with_apply(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", world.database.url)
    key, file = new_key(), tmp_path / "keys.json"
    file.write_text(json.dumps(public(key)))

    def run(*words: str) -> Any:
        result = CliRunner().invoke(commands, ["state", "client", *words, "--mutual", "amparo", "--json"])
        assert result.exit_code == 0, result.output + str(result.exception)
        return json.loads(result.stdout)

    def known() -> dict[str, Any]:
        return {one["name"]: one for one in run("list")["clients"]}

    add = ("add", "--name", "Auditors", "--scope", "filings:read", "--scope", "evidence:read", "--jwks", str(file))
    assert run(*add)["kids"] == ["one"]
    assert "Auditors" not in known()
    made = run(*add, "--signed", "--rate", "60", "--apply")
    assert (made["scopes"], made["needs_signature"], made["rate_per_minute"]) == (
        ["evidence:read", "filings:read"],
        True,
        60,
    )
    client_id = made["client_id"]
    assert System(world.transport, client_id, key).ask().status_code == 200
    rotate = ("rotate", client_id, "--jwks-url", "https://state.example/jwks.json")
    run(*rotate)
    assert known()["Auditors"]["kids"] == ["one"]
    run(*rotate, "--apply")
    assert (known()["Auditors"]["kids"], known()["Auditors"]["jwks_url"]) == ([], "https://state.example/jwks.json")
    run("disable", client_id, "--reason", "left")
    assert known()["Auditors"]["is_active"] is True
    run("disable", client_id, "--reason", "left", "--apply")
    assert known()["Auditors"]["is_active"] is False
