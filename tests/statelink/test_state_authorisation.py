"""Every route of the state's side against every scope, and against what is another client's or another mutual's."""

import json
import re
import uuid
from typing import Any

import pytest
from tests.statelink.conftest import World
from tests.statelink.state_town import EVERYTHING, System, described, looks, register

from gateway.kit import db
from gateway.staff import queries as staff_queries
from gateway.staff.login import start_session

DOCUMENT: dict[str, Any] = json.loads(described())
OPERATIONS = [(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations]
PUBLIC = {"/v1/state/oauth/token"}
"""What may be called by somebody who has no token; a new path here is a decision."""
GUARDED = [one for one in OPERATIONS if one[1] not in PUBLIC]
FORM = {"content-type": "application/x-www-form-urlencoded"}


def scopes_of(method: str, path: str) -> set[str]:
    return {scope for one in DOCUMENT["paths"][path][method]["security"] for scope in one["state"]}


def body_of(method: str, path: str) -> tuple[Any, dict[str, str]]:
    """What is sent to a route, and as what."""
    if path.endswith("/_search"):
        return b"beneficiary%3Aidentifier=urn%3Agateway%3Aidentity%3Anational_id%7C00100000001", FORM
    for content in DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        examples = DOCUMENT["components"]["schemas"].get(name, {}).get("examples") or [content.get("example")]
        return examples[0], {}
    return None, {}


def call(system: System, method: str, path: str, names: dict[str, str] | None = None, body: Any = None) -> Any:
    known = {
        "reference": str(uuid.uuid4()),
        "line_no": "1",
        "event_id": "nothing",
        "coverage_id": "1-2026-03",
        "subscription_id": "4711",
        "delivery_id": "1",
    }
    filled = re.sub(r"\{(\w+)\}", lambda found: {**known, **(names or {})}[found.group(1)], path)
    sent, headers = body_of(method, path)
    if body is not None:
        sent = body(sent)
    return system.call(method.upper(), filled, sent, headers={"purpose-of-use": "an audit", **headers})


@pytest.mark.parametrize("scope", EVERYTHING)
def test_each_route_lets_in_the_scopes_it_names_and_no_other(world: World, scope: str) -> None:
    system = register(world.database, world.transport, scopes=[scope]).log_in()
    wrong = []
    for method, path in GUARDED:
        answer = call(system, method, path)
        told = answer.json() if answer.status_code == 403 else {}
        code = told.get("code") or told.get("issue", [{}])[0].get("details", {}).get("text")
        is_barred = code == "insufficient_scope"
        if is_barred == (scope in scopes_of(method, path)) or answer.status_code >= 500:
            wrong.append(f"{method.upper()} {path}: {answer.status_code} {code}")
    assert wrong == []


def test_every_scope_opens_a_route_and_every_route_but_the_token_s_asks_for_one() -> None:
    opened = set().union(*(scopes_of(*one) for one in GUARDED))
    assert opened == set(EVERYTHING)
    assert {path for _, path in OPERATIONS if path in PUBLIC} == PUBLIC


def test_nobody_gets_in_without_a_token_with_a_made_up_one_or_with_one_of_the_staff(world: World) -> None:
    values = {"username": "mara", "full_name": "Mara", "roles": ["manager"], "language": "es", "password_hash": "x"}
    with world.database.session(1) as session:
        staff = start_session(session, db.one(session, staff_queries.INSERT_USER, values), hours=1).token
    wrong = []
    for token in (None, "nonsense", f"gs_1_{'A' * 43}", f"gs_2_{(world.system.token or '')[5:]}", staff):
        system = System(world.transport, "sc-1-0", {}, token=token)
        for method, path in GUARDED:
            answer = call(system, method, path)
            if answer.status_code != 401 or "www-authenticate" not in answer.headers:
                wrong.append(f"{token} {method.upper()} {path}: {answer.status_code}")
    assert wrong == []


def test_a_token_of_a_state_opens_nothing_of_the_staff_s_or_the_members(world: World) -> None:
    for path in ("/v1/state-clients", "/v1/members", "/v1/filings", "/v1/me"):
        assert world.system.get(path).status_code in (401, 404), path


def test_another_mutual_s_filings_people_and_cover_are_not_there(world: World) -> None:
    theirs = world.theirs
    wrong = []
    for method, path in GUARDED:
        if "{reference}" in path:
            for reference in (theirs.reference, theirs.document):
                answer = call(world.system, method, path, {"reference": str(reference)})
                if answer.status_code != 404:
                    wrong.append(f"{path}: {answer.status_code}")
        if "{coverage_id}" in path:
            answer = call(world.system, method, path, {"coverage_id": f"{theirs.member_id}-2026-03"})
            if answer.status_code != 404:
                wrong.append(f"{path}: {answer.status_code}")
    assert wrong == []
    asked = {"document_kind": "national_id", "document": theirs.person, "purpose": "a look"}
    assert not world.system.post("/v1/state/coverage-lookups", {**asked, "period": "2026-03"}).json()["is_known"]
    months = {"first_period": "2026-03", "last_period": "2026-03"}
    assert world.system.post("/v1/state/contribution-lookups", {**asked, **months}).json()["months"] == []
    form = f"beneficiary%3Aidentifier=urn%3Agateway%3Aidentity%3Anational_id%7C{theirs.person}&period=2026-03"
    headers = {**FORM, "purpose-of-use": "a look"}
    found = world.system.post("/v1/state/fhir/R4/Coverage/_search", form.encode(), headers=headers)
    assert (found.status_code, found.json()["total"]) == (200, 0)
    search, _ = body_of("post", "/v1/state/registry/sync/search")
    search["message"]["search_request"][0]["search_criteria"]["query"]["value"] = theirs.person
    told = world.system.post("/v1/state/registry/sync/search", search).json()
    assert told["message"]["search_response"][0]["data"]["reg_records"] == []
    assert looks(world.database, 2) == []


def test_their_own_client_sees_what_ours_does_not(world: World) -> None:
    their = register(world.database, world.transport, mutual=2).log_in()
    assert their.get(f"/v1/state/filings/{world.theirs.reference}").status_code == 200
    assert their.get(f"/v1/state/filings/{world.filed.reference}").status_code == 404


def test_what_one_client_pushed_or_asked_is_not_another_s(world: World) -> None:
    other = register(world.database, world.transport).log_in()
    event, _ = body_of("post", "/v1/state/bills")
    search, _ = body_of("post", "/v1/state/registry/async/search")
    search["message"]["transaction_id"] = event["id"] = "mine-alone"
    assert world.system.post("/v1/state/bills", event).status_code == 202
    assert world.system.post("/v1/state/registry/async/search", search).status_code == 202
    assert other.get("/v1/state/pushes/mine-alone").json()["code"] == "push_unknown"
    asked = {"message": {"transaction_id": "mine-alone"}}
    assert other.post("/v1/state/registry/sync/txn/status", asked).json()["code"] == "registry_search_unknown"
    changed = {**event, "data": {"reference": "another"}}
    assert other.post("/v1/state/bills", changed).status_code == 202, "the same id of another client is another event"
    assert world.system.get("/v1/state/pushes/mine-alone").status_code == 200
