"""The API's documentation as a page: made from the description it serves, without scripts and without the network."""

import json
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@router.get("/docs", response_class=HTMLResponse)
def get_docs(request: Request) -> HTMLResponse:
    """Show every operation and shape."""
    document = request.app.openapi()
    page = _template().render(document=document, groups=_groups(document))
    return HTMLResponse(page, headers={"content-security-policy": PAGE_POLICY})


@router.get("/docs/style.css")
def get_style() -> Response:
    """Return the page's style."""
    return Response(_read("docs.css"), media_type="text/css", headers={"cache-control": "max-age=3600"})


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.ChainableUndefined)
    return environment.from_string(_read("docs.html"))


def _read(name: str) -> str:
    return (resources.files("gateway.api") / "templates" / name).read_text(encoding="utf-8")


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for tag in operation.get("tags", ["other"])[:1]:
                groups.setdefault(tag, []).append(_shown(document, path, method, operation))
    return groups


def _shown(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body, example = _body(document, operation)
    return {
        "path": path,
        "method": method.upper(),
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "roles": operation.get("x-roles"),
        "parameters": operation.get("parameters", []),
        "body": body,
        "example": example,
        "answers": [
            (status, answer.get("description", ""), _shape(answer)) for status, answer in operation["responses"].items()
        ],
    }


def _body(document: dict[str, Any], operation: dict[str, Any]) -> tuple[str, str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        schema = document["components"]["schemas"].get(name, {})
        examples = [content.get("example"), *schema.get("examples", [])]
        found = next((one for one in examples if one is not None), None)
        shown = "" if found is None else json.dumps(found, ensure_ascii=False, indent=2)
        return f"{media_type} {name}".strip(), shown
    return "", ""


def _shape(answer: dict[str, Any]) -> str:
    for content in answer.get("content", {}).values():
        return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""
