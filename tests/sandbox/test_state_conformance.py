"""The sandbox state under whatever the contract allows to be asked, and more: never a 5xx, never an answer it hides."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error, response_schema_conformance, status_code_conformance
from tests.processes import RunningState
from tests.sandbox.contract import CONTRACT

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
schema = schemathesis.openapi.from_dict(CONTRACT)


@schema.parametrize()
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_documented(case: schemathesis.Case, state: RunningState) -> None:
    response = case.call(base_url=state.url, headers={"Authorization": f"Bearer {state.token}"})
    case.validate_response(response, checks=CHECKS)


def test_every_path_of_the_contract_is_served(state: RunningState) -> None:
    for path, operations in CONTRACT["paths"].items():
        for method in operations:
            if method != "parameters":
                answer = state.client.request(method, path.replace("{", "").replace("}", ""))
                assert answer.json().get("code") != "path_not_found", f"{method} {path}"


@pytest.mark.parametrize("path", ["/filings", "/limits/x", "/notices/1/2/3"])
def test_nothing_else_is(state: RunningState, path: str) -> None:
    assert state.client.get(path).json()["code"] == "path_not_found"
