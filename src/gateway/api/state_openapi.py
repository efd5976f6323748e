"""The description of the state's side (OpenAPI 3.1): a document of its own, for a state's engineers."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gateway.api.errors import problems
from gateway.api.openapi import complete, headers, own, say_headers, with_problems
from gateway.api.webhook_openapi import webhooks_of
from gateway.statelink.fhir import MEDIA_TYPE as FHIR
from gateway.statelink.states import Scope
from gateway.webhooks.rules import kinds_for

ABOUT = """
How a state's systems connect to a mutual: what they push to us, what they may look at, and how they show who they are.

- **A token** comes from `POST /v1/state/oauth/token` (OAuth 2 client credentials) for an assertion signed with the
  client's key (RFC 7523), or for its certificate behind our proxy (RFC 8705). It holds ten minutes; each route names the
  scope it needs.
- **Signatures**: where a client is registered so, each request is signed as RFC 9421 has it, over `@method`,
  `@target-uri`, `content-type` and `idempotency-key` where they are there, and `content-digest` (RFC 9530) with a body;
  `created` within five minutes, a new `nonce` each time.
- **What is pushed** has an `id` of yours, the same on every retry. It is kept first and answered with 202; it proves
  nothing: we ask your API for the truth. Order does not matter, repeats change nothing.
- **A look at a person** says what it is for. Who looked, when and why is written down where auditors read it.
- **What we push** to you is yours to choose: subscribe at `/v1/state/webhooks`, within your scopes. Events are signed as
  Standard Webhooks 1.0 has it and, where you ask for it, as RFC 9421 has it, by a key of `/.well-known/jwks.json`.
- **Refusals** are problem documents (RFC 9457) with a stable `code`; under `/fhir` they are OperationOutcome resources.
- **FHIR and the registry** are there where they are switched on; else their addresses answer 404.
"""

SCHEME = "state"
TOKEN = "/v1/state/oauth/token"  # noqa: S105 — an address


def describe_state_side(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    """Return the description of every route under ``/v1/state``."""
    document = get_openapi(
        title="Mutual gateway: the state's side",
        version=app.version,
        description=ABOUT.strip(),
        routes=own(app, routers),
    )
    schemas = with_problems(document)
    flow = {"tokenUrl": TOKEN, "scopes": {scope.value: _in_words(scope) for scope in Scope}}
    document["components"]["securitySchemes"] = {
        SCHEME: {
            "type": "oauth2",
            "description": "The access token from the token endpoint, as a bearer token.",
            "flows": {"clientCredentials": flow},
        }
    }
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["headers"] = headers()
    scopes = scopes_by_route(routers)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            said = dict(operation["responses"])
            complete(operation, path, method, None, None)
            _say_who_may(operation, said, scopes.get((path, method.upper())))
        say_headers(operations)
    document["webhooks"] = webhooks_of(kinds_for(frozenset(Scope)))
    return document


def scopes_by_route(routers: Sequence[APIRouter]) -> dict[tuple[str, str], frozenset[Scope]]:
    """Return the scopes that open each route; those that are not named are open to whoever shows who it is."""
    found = {}
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            for named in (getattr(one.call, "scopes", None) for one in route.dependant.dependencies):
                if named:
                    found.update({(route.path, method): named for method in route.methods or ()})
    return found


def _say_who_may(operation: dict[str, Any], said: dict[str, Any], scopes: frozenset[Scope] | None) -> None:
    statuses = {413} if "requestBody" in operation else set()
    if scopes:
        operation["security"] = [{SCHEME: [scope]} for scope in sorted(scope.value for scope in scopes)]
        statuses |= {401, 403, 429}
    responses = operation["responses"]
    for status, response in problems(*sorted(statuses)).items():
        responses.setdefault(str(status), response)
    # The refusals of FHIR routes are resources of FHIR, not problem documents.
    responses.update(
        {status: told for status, told in said.items() if status >= "400" and FHIR in told.get("content", {})}
    )
    operation["responses"] = dict(sorted(responses.items()))


def _in_words(scope: Scope) -> str:
    what, _, act = scope.value.partition(":")
    said = {"write": f"Push {what.replace('-', ' ')}", "read": f"Read {what}", "search": f"Search the {what}"}
    return {**said, "manage": f"Keep its own {what}"}[act]
