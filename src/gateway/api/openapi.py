"""The API's description (OpenAPI 3.1): what FastAPI derives, completed by what every route of ours has in common."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from gateway.api.errors import Problem, ProblemField, problems
from gateway.api.webhook_openapi import webhooks_of
from gateway.webhooks.rules import kinds_for

ABOUT = """
JSON over HTTP for a mutual that acts as virtual employer: members and their money, the monthly filing with the state,
its bill, benefits and payouts, and the books that prove it.

- **Log in** with `POST /v1/sessions` and send `Authorization: Bearer <token>`.
- **Amounts** are decimal strings with exactly the currency's decimals, beside their `currency`.
- **Money moves once**: a `POST` that touches money needs an `Idempotency-Key`; a repeat gets the first answer with
  `Idempotency-Replayed: true`.
- **Refusals** are problem documents (RFC 9457) with a stable `code`, the `outcome` (`not_done`, `done`, `unknown`) and
  pointers to what was wrong. Titles follow `Accept-Language` (es, en, fr).
- **Lists** come in pages: give `next_cursor` back as `cursor`.
- **Webhooks** tell an address what happens, signed as Standard Webhooks 1.0 has it: subscribe at `/v1/webhooks`.
- **Who may** call a route stands in its `x-roles`; an auditor may read everything.
- **Members** have routes of their own under `/v1/me`, with tokens of their own (`x-member`): each shows the caller's own
  data and nothing else.
"""

SCHEME = "session"
MEMBER_SCHEME = "member"


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Let the application describe itself in full."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app, routers)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _describe(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=ABOUT.strip(), routes=own(app, routers))
    schemas = with_problems(document)
    document["components"]["securitySchemes"] = {
        SCHEME: {"type": "http", "scheme": "bearer", "description": "The token from POST /v1/sessions."},
        MEMBER_SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "A member's token from POST /v1/me/sessions.",
        },
    }
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    members = dict(members_by_route(routers))
    roles = {(route.path, method): found for route, found in roles_by_route(routers) for method in route.methods or ()}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            complete(operation, path, method, roles.get((path, method.upper())), members.get((path, method.upper())))
    document["webhooks"] = webhooks_of(kinds_for(None))
    return document


def own(app: FastAPI, routers: Sequence[APIRouter]) -> list[BaseRoute]:
    """Return the application's routes that came with these routers; the state's side has a description of its own."""
    wanted = {id(router) for router in routers}
    return [route for route in app.routes if id(getattr(route, "original_router", None)) in wanted]


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Put our refusals' shape in the place of the framework's, and return the document's shapes."""
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (ProblemField, Problem):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    return schemas


def members_by_route(routers: Sequence[APIRouter]) -> Iterator[tuple[tuple[str, str], str]]:
    """Return path and method of each route that is members' own, with who may call it."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            named = [getattr(one.call, "member", None) for one in route.dependant.dependencies]
            for who in filter(None, named):
                yield from (((route.path, method), who) for method in route.methods or ())


def roles_by_route(routers: Sequence[APIRouter]) -> Iterator[tuple[APIRoute, frozenset[str] | None]]:
    """Return each route with the roles it lets in; None where nobody needs to be logged in."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            named = [roles for roles in map(_roles_of, route.dependant.dependencies) if roles is not None]
            yield route, named[0] if named else None


def _roles_of(dependant: Any) -> frozenset[str] | None:
    return getattr(dependant.call, "roles", None)


def complete(
    operation: dict[str, Any], path: str, method: str, roles: frozenset[str] | None, member: str | None
) -> None:
    """Say of a route what follows from what it asks for: who may, how it refuses, which headers it needs."""
    parameters = {(one["in"], one["name"].lower()): one for one in operation.get("parameters", [])}
    statuses = {503}
    if roles is not None:
        operation["security"] = [{SCHEME: []}]
        operation["x-roles"] = sorted(roles | {"auditor"} if method == "get" else roles)
        statuses |= {401, 403}
    if member is not None:
        operation["security"] = [{MEMBER_SCHEME: []}]
        operation["x-member"] = member.split(", ")
        statuses |= {401, 403}
    if ("header", "idempotency-key") in parameters:
        _require_header(parameters["header", "idempotency-key"])
        statuses |= {400, 409, 422}
    if ("header", "if-match") in parameters:
        _require_header(parameters["header", "if-match"])
        statuses |= {412, 428}
    if "requestBody" in operation:
        statuses |= {413, 422}
    if parameters:
        statuses.add(422)
    if any(where == "path" for where, _ in parameters):
        statuses.add(404)
    responses = operation["responses"]
    if not path.startswith("/v1"):
        statuses -= {503}
    for status, response in problems(*sorted(statuses)).items():
        if str(status) not in responses or status == 422:
            responses[str(status)] = response
    operation["responses"] = dict(sorted(responses.items()))
    operation.setdefault("summary", f"{method} {path}")


def _require_header(parameter: dict[str, Any]) -> None:
    parameter["required"] = True
    parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 255}
