"""The contract, as it is packaged: ``authority.json`` is ``openapi/authority.yaml``, and a test holds that it is."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_URN = "urn:authority"
_CHECKED_APART = frozenset({"date-time"})
"""Instants have a case of their own, so that one mistake of an offset is told once."""


class Operation(NamedTuple):
    """One path and method of the contract."""

    name: str
    """Its ``operationId``."""
    responses: Mapping[str, Any]

    def documented(self, status: int) -> Any:
        """Return what the contract says of a status; None where it has no such answer."""
        found = self.responses.get(str(status))
        if found is None and status >= 400:
            found = self.responses.get("default")
        return None if found is None else follow(found)


@cache
def contract() -> dict[str, Any]:
    """Return the contract whole."""
    text = resources.files("gateway.conformance").joinpath("authority.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def follow(node: Any) -> Any:
    """Return what a reference stands for."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = contract()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


@cache
def operations() -> tuple[tuple[str, "re.Pattern[str]", Operation], ...]:
    """Return method, pattern of the path, and operation; paths without a parameter first."""
    found = []
    for path, item in sorted(contract()["paths"].items(), key=lambda one: "{" in one[0]):
        pattern = re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(path)) + "$")
        for method, operation in item.items():
            if method != "parameters":
                found.append((method.upper(), pattern, Operation(operation["operationId"], operation["responses"])))
    return tuple(found)


def find_operation(method: str, path: str) -> Operation | None:
    """Return which operation of the contract a call is; None where it is none."""
    return next((known for verb, pattern, known in operations() if verb == method and pattern.match(path)), None)


def media_types(answer: Any) -> list[str]:
    """Return the media types that an answer may have."""
    return list(answer.get("content", {}))


def schema_of(answer: Any, media_type: str) -> Any:
    """Return the schema of an answer's body."""
    return answer["content"][media_type]["schema"]


def problem_schema() -> Any:
    """Return what every refusal looks like."""
    return contract()["components"]["schemas"]["Problem"]


def event_schema(kind: str) -> Any:
    """Return what an event of a kind looks like; None where the contract has no such kind."""
    known = contract()["webhooks"].get(kind)
    return None if known is None else known["post"]["requestBody"]["content"]["application/json"]["schema"]


@cache
def _registry() -> Registry[Any]:
    whole = Resource.from_contents(contract(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_URN, whole)
    return registry


@cache
def _formats() -> FormatChecker:
    return FormatChecker(sorted(set(FormatChecker.checkers) - _CHECKED_APART))


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(_absolute(json.loads(schema)), registry=_registry(), format_checker=_formats())


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _URN + value if name == "$ref" else _absolute(value) for name, value in node.items()}
    return [_absolute(one) for one in node] if isinstance(node, list) else node


def departures(schema: Any, value: Any) -> list[str]:
    """Return where a value is not what a schema says, each with its place; at most five."""
    found = []
    for error in _validator(json.dumps(schema, sort_keys=True)).iter_errors(value):
        found.append(f"{error.json_path}: {error.message[:300]}")
        if len(found) == 5:
            break
    return found


def is_instant(text: str) -> bool:
    """Tell whether a text is RFC 3339 with an offset."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", text, re.ASCII):
        return False
    try:
        dt.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def says(place: str) -> str:
    """Return the text at a place of the contract, its white space made even: names joined by `` › ``."""
    node: Any = contract()
    for name in place.split(" › "):
        # What stands beside a reference counts before what it refers to.
        node = node if isinstance(node, dict) and name in node else follow(node)
        node = node[int(name)] if isinstance(node, list) else node[name]
    return " ".join(str(follow(node)).split())
