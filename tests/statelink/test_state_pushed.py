"""Where what a state pushes is booked, only a client that signs each request may push; its sender learns what became of it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.statelink.conftest import World
from tests.statelink.state_town import register

from gateway.filing import listen

SET = "UPDATE mutual SET settings = settings || %s::jsonb WHERE mutual_id = 1"
ANSWERED = "/v1/state/line-results"


@pytest.fixture
def pushed(world: World) -> Iterator[World]:
    """Mutual 1's state cannot be asked."""
    with psycopg.connect(world.database.url) as owner:
        owner.execute(SET, ['{"state_answers": "pushed"}'])
    yield world
    with psycopg.connect(world.database.url) as owner:
        owner.execute(SET, ['{"state_answers": "asked"}'])


def event(world: World, name: str, **more: Any) -> dict[str, Any]:
    about = {"filing_id": str(world.filed.document), **more}
    return {"id": name, "type": "filing.answered", "timestamp": dt.datetime.now(dt.UTC).isoformat(), "data": about}


def test_a_client_that_does_not_sign_is_refused_and_nothing_is_kept(pushed: World) -> None:
    refused = pushed.system.post(ANSWERED, event(pushed, "unsigned-1"))
    assert (refused.status_code, refused.json()["code"]) == (403, "push_unsigned")
    assert "--signed" in refused.json()["detail"] or "signed" in refused.json()["detail"]
    assert pushed.system.get("/v1/state/pushes/unsigned-1").status_code == 404
    change = {
        "id": "unsigned-2", "type": "coverage.changed", "timestamp": "2026-04-01T09:00:00Z",
        "data": {"document_kind": "national_id", "document": pushed.filed.person, "status": "active", "effective_on": "2026-05-01"},
    }  # fmt: skip
    assert pushed.system.post("/v1/state/coverage-changes", change).status_code == 202


def test_a_client_that_signs_learns_why_what_it_told_was_set_aside(pushed: World) -> None:
    system = register(pushed.database, pushed.transport, needs_signature=True).log_in()
    system.signs = True
    assert system.post(ANSWERED, event(pushed, "thin-1")).status_code == 202
    assert (
        system.post(ANSWERED, event(pushed, "torn-1", filing={"filing_id": str(pushed.filed.document)})).status_code
        == 202
    )
    with pushed.database.session(1) as session:
        listen.read_events(session)
    told = {name: system.get(f"/v1/state/pushes/{name}").json() for name in ("thin-1", "torn-1")}
    assert {one["status"] for one in told.values()} == {"quarantined"}
    assert "send the object itself" in told["thin-1"]["note"]
    assert "not as agreed" in told["torn-1"]["note"]
