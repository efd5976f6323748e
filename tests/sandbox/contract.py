"""Holds every answer of the sandbox state against openapi/authority.yaml."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parent.parent.parent
CONTRACT: dict[str, Any] = yaml.safe_load((ROOT / "openapi" / "authority.yaml").read_text("utf-8"))
_REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:authority", Resource.from_contents(CONTRACT, default_specification=DRAFT202012)
)
_PATHS = {path: re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(path)) + "$") for path in CONTRACT["paths"]}


def _follow(node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = CONTRACT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/")]
        node = target
    return node


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: ("urn:authority" + value if key == "$ref" else _absolute(value)) for key, value in node.items()}
    return [_absolute(one) for one in node] if isinstance(node, list) else node


def problems_of(schema: Any, value: Any) -> list[str]:
    """Return where a value is not what a schema of the contract says."""
    validator = Draft202012Validator(_absolute(schema), registry=_REGISTRY, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def check(response: httpx.Response) -> None:
    """Assert that an answer is one the contract documents, body and all; other paths are not its business."""
    response.read()
    path = response.request.url.path
    template = next((name for name, pattern in _PATHS.items() if pattern.match(path)), None)
    operation = CONTRACT["paths"].get(template, {}).get(response.request.method.lower()) if template else None
    if operation is None:
        return
    documented = operation["responses"]
    answer = _follow(documented.get(str(response.status_code), documented.get("default")))
    assert answer, f"{response.request.method} {path}: {response.status_code} is not documented"
    media = response.headers["content-type"].partition(";")[0]
    assert media in answer["content"], f"{path}: {media} instead of {list(answer['content'])}"
    found = problems_of(answer["content"][media]["schema"], json.loads(response.content))
    assert not found, f"{response.request.method} {path} {response.status_code}: {found}"


def check_webhook(body: dict[str, Any]) -> None:
    """Assert that an event is one the contract documents."""
    operation = CONTRACT["webhooks"][body["type"]]["post"]
    found = problems_of(operation["requestBody"]["content"]["application/json"]["schema"], body)
    assert not found, found
