"""Holds the sandbox provider's answers against the GSMA's published OpenAPI document, where that is at hand.

It is not part of the repository: a folder ``samples/gsma`` beside it, or a file named by ``GATEWAY_GSMA_SPECIFICATION``.
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

ROOT = Path(__file__).resolve().parent.parent.parent
_NAMED = os.environ.get("GATEWAY_GSMA_SPECIFICATION")
SPECIFICATION = Path(_NAMED) if _NAMED else next(iter(sorted(ROOT.parent.glob("*/samples/gsma/*.yaml"))), None)
_NOT_YET = {"approvalDate", "completionDate"}
"""Asked of every batch by the document, though they can only be told once they have happened."""


@cache
def document() -> dict[str, Any]:
    """Return the specification."""
    assert SPECIFICATION is not None
    found: dict[str, Any] = yaml.safe_load(SPECIFICATION.read_text("utf-8"))
    batch = found["components"]["schemas"]["responseBatchTransaction"]
    batch["required"] = sorted(set(batch["required"]) - _NOT_YET)
    return found


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: ("urn:gsma" + value if key == "$ref" else _absolute(value)) for key, value in node.items()}
    return [_absolute(one) for one in node] if isinstance(node, list) else node


def check(response: httpx.Response) -> None:
    """Assert that an answer is one the specification documents; the bank's paths are not its business."""
    if SPECIFICATION is None:
        return
    response.read()
    path, method = response.request.url.path, response.request.method.lower()
    for template, operations in document()["paths"].items():
        pattern = re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(template))
        if method in operations and re.fullmatch(pattern, path):
            documented = operations[method]["responses"]
            assert str(response.status_code) in {str(code) for code in documented}, f"{method} {path}: {response.text}"
            answer = documented.get(str(response.status_code)) or documented[response.status_code]
            _check_body(answer, response)
            return


def _check_body(answer: Any, response: httpx.Response) -> None:
    content = answer.get("content")
    if not content:
        assert not response.content
        return
    registry: Registry[Any] = Registry().with_resource(
        "urn:gsma", Resource.from_contents(document(), default_specification=DRAFT4)
    )
    schema = _absolute(content["application/json"]["schema"])
    found = [error.message for error in OAS30Validator(schema, registry=registry).iter_errors(response.json())]
    assert not found, f"{response.request.method} {response.request.url.path}: {found}"
