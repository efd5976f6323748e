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
- **Lists** come in pages: give `next_cursor` back as `cursor`, or follow `Link`. Short lists come whole.
- **What people edit** has a version: `ETag` on the answer, `If-Match` on the change (428 without it, 412 where somebody
  else was faster).
- **Too much at once** is answered with 429 and `Retry-After`; where it is counted by the minute, `RateLimit` and
  `RateLimit-Policy` say what is left.
- **Within `/v1`** routes, fields and codes are added, and none is taken away or given another meaning: pass over what you
  do not know. What will end with a later version is marked `deprecated` here first.
- **Webhooks** tell an address what happens, signed as Standard Webhooks 1.0 has it: subscribe at `/v1/webhooks`.
- **Who may** call a route stands in its `x-roles`; an auditor may read everything.
- **Members** have routes of their own under `/v1/me`, with tokens of their own (`x-member`): each shows the caller's own
  data and nothing else.
"""

SCHEME = "session"
MEMBER_SCHEME = "member"

HEADERS = {
    "ETag": "The version of what is shown; send it back as If-Match to change it, or as If-None-Match to ask whether it changed.",
    "Idempotency-Replayed": "`true` where this is the answer of the first time under the same Idempotency-Key.",
    "Link": 'The address of the next page, with `rel="next"`; not on the last.',
    "RateLimit": "What is left of the caller's allowance, and the seconds until it begins anew; where it is counted by the minute.",
    "RateLimit-Policy": "The caller's allowance, how many in how many seconds; where it is counted by the minute.",
    "Retry-After": "Seconds to wait before asking again.",
    "WWW-Authenticate": "How to log in: `Bearer`.",
}
"""Headers of answers, and what each says."""

OF_REFUSALS = {
    "401": ["WWW-Authenticate"],
    "429": ["Retry-After", "RateLimit", "RateLimit-Policy"],
    "503": ["Retry-After"],
}


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Let the application describe itself in full."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app, routers)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # as the framework tells to


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
    document["components"]["headers"] = headers()
    members = dict(members_by_route(routers))
    roles = {(route.path, method): found for route, found in roles_by_route(routers) for method in route.methods or ()}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            complete(operation, path, method, roles.get((path, method.upper())), members.get((path, method.upper())))
        say_headers(operations)
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


def headers() -> dict[str, Any]:
    """Return the shapes of the headers that answers bear."""
    return {name: {"description": said, "schema": {"type": "string"}} for name, said in HEADERS.items()}


def say_headers(operations: dict[str, Any]) -> None:
    """Say of each answer at an address which headers it bears, as follows from what its requests may send.

    Args:
        operations: Every operation at one address, complete but for this.
    """
    asked = {method: {one["name"].lower() for one in told.get("parameters", [])} for method, told in operations.items()}
    is_versioned = any("if-match" in names for names in asked.values())
    for method, operation in operations.items():
        good = {
            "Link": "cursor" in asked[method],
            "Idempotency-Replayed": "idempotency-key" in asked[method],
            "ETag": "304" in operation["responses"] or (is_versioned and method in {"get", "patch", "put"}),
        }
        of_good = [name for name, is_borne in good.items() if is_borne]
        for status, response in operation["responses"].items():
            borne = of_good if status < "300" else ["ETag"] if status == "304" else OF_REFUSALS.get(status, [])
            if borne:
                response["headers"] = {
                    **{name: {"$ref": f"#/components/headers/{name}"} for name in borne},
                    **response.get("headers", {}),
                }


def _require_header(parameter: dict[str, Any]) -> None:
    parameter["required"] = True
    parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 255}
