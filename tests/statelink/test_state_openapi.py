"""The description of the state's side: committed as it is served, whole, and kept by every answer."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import hypothesis
import jsonschema
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
from tests.conftest import ROOT
from tests.statelink.conftest import World
from tests.statelink.state_town import described

DOCUMENT: dict[str, Any] = json.loads(described())
OPERATIONS = [(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3


def test_the_committed_description_is_what_the_code_serves_and_is_valid() -> None:
    committed = (ROOT / "openapi" / "state.json").read_text(encoding="utf-8")
    assert committed == described(), "run: gateway openapi --write, and look at what changed"
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)
    names = [DOCUMENT["paths"][path][method]["operationId"] for method, path in OPERATIONS]
    assert len(names) == len(set(names))


def test_neither_description_holds_a_route_of_the_other() -> None:
    paths = json.loads((ROOT / "openapi" / "gateway.json").read_text(encoding="utf-8"))["paths"]
    assert not [path for path in paths if path.startswith("/v1/state/")]
    assert all(path.startswith("/v1/state/") for path in DOCUMENT["paths"])


def test_each_operation_says_what_it_does_who_may_and_how_it_refuses() -> None:
    for method, path in OPERATIONS:
        described = DOCUMENT["paths"][path][method]
        assert described["summary"]
        assert described["description"]
        if path != "/v1/state/oauth/token":
            assert described["security"]
            assert {"401", "403", "429"} <= set(described["responses"])
        kind = "application/fhir+json" if "/fhir/" in path else "application/problem+json"
        for status, answer in described["responses"].items():
            if status >= "400" and status not in ("413", "503"):
                assert list(answer["content"]) == [kind], (path, status)


def test_each_request_has_an_example_that_is_of_its_shape() -> None:
    for method, path in OPERATIONS:
        for media_type, content in DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {}).items():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            schema = DOCUMENT["components"]["schemas"].get(name, content["schema"])
            for example in schema.get("examples") or [content.get("example")]:
                if media_type == "application/json" or example is not None:
                    jsonschema.validate(example, {**schema, "components": DOCUMENT["components"]})


class Served(NamedTuple):
    """The application on a socket."""

    url: str
    schema: Any


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[Served]:
    server = uvicorn.Server(uvicorn.Config(world.transport.app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}", schemathesis.openapi.from_dict(DOCUMENT))
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_each_answer_is_one_that_is_described(method: str, path: str, world: World, served: Served) -> None:
    operation = served.schema[path][method.upper()]
    headers = {"authorization": f"Bearer {world.system.token}", "purpose-of-use": "an audit"}
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
        if mode is schemathesis.GenerationMode.NEGATIVE and not {"parameters", "requestBody"} & set(
            DOCUMENT["paths"][path][method]
        ):
            continue
        _try(operation, mode, headers, served.url)


def _try(operation: Any, mode: Any, headers: dict[str, str], url: str) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        answer = case.call(base_url=url, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    try:
        check()
    except hypothesis.errors.Unsatisfiable:
        # There is nothing wrong to send where every text is right.
        assert mode is schemathesis.GenerationMode.NEGATIVE
