"""Log-ins, roles, refusals and repeated requests, over HTTP."""

from collections.abc import Callable

from tests.api.calling import Caller
from tests.api.conftest import PASSWORD, token_for

from gateway.kit.db import Database

NEW = {"username": "berta", "full_name": "Berta Díaz", "password": "cuatro gatos en el techo", "roles": ["cashier"]}

Client = Callable[..., Caller]


def test_a_log_in_gives_a_token_that_opens_the_api(anonymous: Caller, database: Database) -> None:
    token_for(database, "cashier", name="ana")
    asked = {"mutual": "amparo", "username": "Ana", "password": PASSWORD}
    answer = anonymous.post("/v1/sessions", asked)
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    me = anonymous.get("/v1/me/staff", headers={"authorization": f"Bearer {token}"})
    assert me.status_code == 200
    assert (me.json()["username"], me.json()["mutual"], me.json()["today"]) == ("ana", "amparo", "2026-04-02")


def test_a_new_staff_user_is_made_once_for_one_key(client: Client) -> None:
    manager = client("manager")
    first = manager.post("/v1/staff-users", NEW, key="k-1")
    again = manager.post("/v1/staff-users", NEW, key='"k-1"')
    assert first.status_code == 201, first.text
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
