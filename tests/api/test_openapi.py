"""The API's description: committed as it is served, whole, and kept by every answer."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import hypothesis
import psycopg
import pytest
import schemathesis
import uvicorn
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.conftest import token_for
from tests.conftest import MUTUALS, ROOT
from tests.contributions.people import make_members
from tests.databases import Shelf

from gateway.api.app import create_app, description
from gateway.kit import db
from gateway.kit.db import Database
from gateway.selfcheck import sessions
from gateway.settings import Settings
from gateway.staff.models import Role

DOCUMENT: dict[str, Any] = json.loads(description())
OPERATIONS = [(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6

PUBLIC = {
    "/health",
    "/ready",
    "/metrics",
    "/problems/{code}",
    "/v1/sessions",
    "/v1/callbacks/state/{mutual_code}",
    "/v1/callbacks/payer/{mutual_code}/{provider}",
    "/v1/receipt-verifications/{number}",
    "/v1/me/codes",
    "/v1/me/sessions",
    "/v1/me/tokens",
    "/v1/ussd/{mutual_code}",
    "/.well-known/jwks.json",
    "/v1/transparency/verify_proof.py",
    "/v1/transparency/{mutual_code}",
    "/v1/transparency/{mutual_code}/checkpoint",
    "/v1/transparency/{mutual_code}/entries",
    "/v1/transparency/{mutual_code}/consistency",
    "/v1/transparency/{mutual_code}/inclusion",
    "/v1/transparency/{mutual_code}/keys",
    "/v1/transparency/{mutual_code}/history",
}
"""What may be called by somebody who is not logged in; a new path here is a decision."""


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]
    return found


def test_the_committed_description_is_what_the_code_serves() -> None:
    committed = (ROOT / "openapi" / "gateway.json").read_text(encoding="utf-8")
    assert committed == description(), "run: gateway openapi --write, and look at what changed"


def test_the_description_is_valid() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation(*one)["operationId"] for one in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_each_operation_says_what_it_does_who_may_and_how_it_refuses(method: str, path: str) -> None:
    described = operation(method, path)
    assert described.get("summary")
    assert described.get("description")
    assert described.get("tags")
    if path in PUBLIC:
        assert not {"x-roles", "x-member"} & set(described)
    elif "x-member" in described:
        assert "x-roles" not in described
        assert described["x-member"] in (["member"], ["member", "helper"])
        assert {"401", "403"} <= set(described["responses"])
        assert described["security"] == [{"member": []}]
    else:
        assert described["x-roles"]
        assert {"401", "403"} <= set(described["responses"])
        assert described["security"]
    for status, answer in described["responses"].items():
        if status >= "400":
            assert list(answer["content"]) == ["application/problem+json"], status


REPEATED = {
    ("post", "/v1/sessions"): "a log-in is a new session each time",
    ("post", "/v1/me/sessions"): "a code is taken once",
    ("post", "/v1/me/codes"): "the newest code counts; limited",
    ("post", "/v1/me/tokens"): "a repeat gives the same pair again",
    ("post", "/v1/callbacks/state/{mutual_code}"): "the event's own id",
    ("put", "/v1/callbacks/payer/{mutual_code}/{provider}"): "the same bytes count once",
    ("post", "/v1/ussd/{mutual_code}"): "the aggregator sends what was typed so far",
    ("post", "/v1/ledger-verifications"): "only looks",
    ("post", "/v1/reconciliation-runs"): "a run finds what it found before",
    ("post", "/v1/message-templates/{kind}/{language}/preview"): "only looks",
    ("post", "/v1/statement-mappings/preview"): "only looks",
    ("post", "/v1/payouts/{payout_id}/code"): "a new code ends the one before; it is shown and kept nowhere",
}
"""What may be sent again without a key, and why that does no harm."""


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_each_operation_keeps_the_conventions(method: str, path: str) -> None:
    described = operation(method, path)
    asked = {one["name"].lower(): one for one in described.get("parameters", [])}
    if method == "post" and (method, path) not in REPEATED:
        assert asked["idempotency-key"]["required"]
    if method in {"patch", "put"} and (method, path) not in REPEATED:
        assert asked["if-match"]["required"]
        assert "ETag" in operation("get", path)["responses"]["200"]["headers"]
    for status, answer in described["responses"].items():
        headers = set(answer.get("headers", {}))
        if status < "300":
            assert ("Link" in headers) == ("cursor" in asked)
            assert ("Idempotency-Replayed" in headers) == ("idempotency-key" in asked)
            shapes = [content.get("schema", {}) for content in answer.get("content", {}).values()]
            assert all(shape.get("type") != "array" for shape in shapes), "a list may grow: give it as items"
        assert ("Retry-After" in headers) == (status in {"429", "503"})
        assert ("WWW-Authenticate" in headers) == (status == "401")


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if "requestBody" in operation(*one)])
def test_each_request_has_an_example_that_is_of_its_shape(method: str, path: str) -> None:
    import jsonschema

    for media_type, content in operation(method, path)["requestBody"]["content"].items():
        if media_type != "application/json":
            continue
        shapes = content["schema"].get("anyOf", [content["schema"]])
        name = shapes[0].get("$ref", "").rpartition("/")[2]
        schema = DOCUMENT["components"]["schemas"].get(name, content["schema"])
        examples = schema.get("examples") or [content.get("example")]
        assert examples[0] is not None, name
        shape = {**schema, "components": DOCUMENT["components"]}
        for example in examples:
            jsonschema.validate(example, shape)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_no_amount_is_a_number(name: str) -> None:
    for field, shape in DOCUMENT["components"]["schemas"][name].get("properties", {}).items():
        assert not field.endswith("_minor"), f"{name}.{field}"
        if field == "amount" or field.endswith("_amount"):
            kinds = {one.get("type") for one in shape.get("anyOf", [shape])}
            assert kinds <= {"string", "null"}, f"{name}.{field}"


# Every answer is one that is described


class Served(NamedTuple):
    """The application on a socket."""

    url: str
    database: Database
    schema: Any
    member_token: str


@pytest.fixture(scope="module")
def served(shelf: Shelf) -> Iterator[Served]:
    with shelf.lend() as address:
        with psycopg.connect(address) as owner:
            owner.cursor().executemany(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                MUTUALS,
            )
        database = Database(address)
        token_for(database, "manager", name="first")
        with database.session(1) as session:
            (member,) = make_members(session, 1)
            db.run(session, "UPDATE member SET phone = '+18095550117'")
            member_token = sessions.start(session, member_id=member, helper_id=None, phone="+18095550117").access_token
        settings = Settings(database_url=address, login_rate_per_minute=100_000, access_per_address=100_000)
        config = uvicorn.Config(create_app(settings, database), port=0, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        schema = schemathesis.openapi.from_dict(DOCUMENT)
        yield Served(f"http://127.0.0.1:{port}", database, schema, member_token)
        server.should_exit = True
        thread.join(10)
        database.close()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_each_answer_is_one_that_is_described(method: str, path: str, served: Served) -> None:
    name = f"{operation(method, path)['operationId']}".replace("_", ".")[:40]
    token = token_for(served.database, *Role, name=name)
    if "x-member" in operation(method, path) and method == "get":
        token = served.member_token
    headers = {"authorization": f"Bearer {token}"}
    both = served.schema[path][method.upper()]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    for mode in (
        modes if "parameters" in operation(method, path) or "requestBody" in operation(method, path) else modes[:1]
    ):
        _try(both, mode, served.url, headers)


def _try(described: Any, mode: Any, url: str, headers: dict[str, str]) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=described.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        answer = case.call(base_url=url, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    try:
        check()
    except hypothesis.errors.Unsatisfiable:
        # There is nothing wrong to send where every text is right.
        assert mode is schemathesis.GenerationMode.NEGATIVE
