"""Routes whose endpoint runs whole in one thread: the transaction, the use case, the answer's bytes, the commit.

The framework would go to a thread and back for each of these, and each way costs as much as a statement. An answer that
is refused by its own shape is refused before the commit.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.datastructures import DefaultPlaceholder
from pydantic import TypeAdapter
from starlette.routing import Match
from starlette.types import Scope

from gateway.api.dependencies import Act, ActDep
from gateway.api.members import MemberAct, MemberDep
from gateway.api.state_access import StateAct, StateDep


class Router(APIRouter):
    """A router that opens the transaction of every endpoint which asks for ``ActDep``, ``MemberDep`` or ``StateDep``.

    It says at once that an address is none of its own, by the address's first two parts: there are hundreds of routes, and
    comparing a request with each took as long as answering it.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for a route of this router."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if _beginning(path) not in self._beginnings and "{" not in self._beginnings:
            return Match.NONE, {}
        return super().matches(scope)

    @functools.cached_property
    def _beginnings(self) -> frozenset[str]:
        found = {_beginning(str(getattr(route, "path", "/{"))) for route in self.routes}
        return frozenset("{" if "{" in one else one for one in found)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route."""
        name = act_of(endpoint)
        if name is not None:
            endpoint = _whole(endpoint, name, options.get("response_model"), options.get("status_code") or 200)
        super().add_api_route(path, endpoint, **options)


def _beginning(path: str) -> str:
    """Return the first two parts of an address."""
    return "/".join(path.split("/", 3)[:3])


def act_of(endpoint: Callable[..., Any]) -> str | None:
    """Return the parameter of an endpoint that is its transaction, if it has one."""
    parameters = inspect.signature(endpoint).parameters.values()
    return next(
        (parameter.name for parameter in parameters if parameter.annotation in (ActDep, MemberDep, StateDep)), None
    )


def _whole(endpoint: Callable[..., Any], name: str, model: Any, status: int) -> Callable[..., Any]:
    has_shape = model is not None and not isinstance(model, DefaultPlaceholder)
    shape: TypeAdapter[Any] | None = TypeAdapter(model) if has_shape else None

    @functools.wraps(endpoint)
    def run(**values: Any) -> Any:
        act: Act | MemberAct | StateAct = values[name]
        with act.transaction():
            result = endpoint(**values)
            return result if isinstance(result, Response) else _answer(act, result, shape, status)

    return run


def _answer(act: Act | MemberAct | StateAct, result: Any, shape: TypeAdapter[Any] | None, status: int) -> Any:
    if shape is None:
        return result
    body = shape.dump_json(shape.validate_python(result, from_attributes=True), by_alias=True)
    response = Response(body, act.response.status_code or status, media_type="application/json")
    response.raw_headers.extend(act.response.raw_headers)
    return response
