"""An address is looked for among the routes that begin as it does, and found as before."""

from typing import Any

import pytest
from starlette.routing import Match

from gateway.api.app import ROUTERS, STATE_ROUTERS
from gateway.api.routing import Router


def scope_of(path: str, method: str = "GET", root_path: str = "") -> dict[str, Any]:
    return {"type": "http", "path": root_path + path, "method": method, "root_path": root_path, "headers": []}


def test_each_router_knows_its_own_addresses_and_few_have_to_look() -> None:
    routers = [one for one in (*ROUTERS, *STATE_ROUTERS) if isinstance(one, Router)]
    assert len(routers) > 20
    for router in routers:
        for route in router.routes:
            path = route.path.replace("{", "").replace("}", "")  # type: ignore[attr-defined]
            for root_path in ("", "/behind"):
                looking = [one for one in routers if _looks(one, scope_of(path, root_path=root_path))]
                assert router in looking, path
                assert len(looking) < len(routers) / 3, path


def test_a_router_whose_addresses_begin_with_anything_is_always_asked() -> None:
    router = Router()

    @router.get("/{anything}/here")
    def here() -> None: ...

    assert _looks(router, scope_of("/whatever/here"))


@pytest.mark.parametrize(("method", "match"), [("GET", Match.FULL), ("DELETE", Match.PARTIAL)])
def test_another_method_is_told_from_another_address(method: str, match: Match) -> None:
    router = Router(prefix="/v1/things")

    @router.get("")
    def things() -> None: ...

    (route,) = router.routes
    assert route.matches(scope_of("/v1/things", method))[0] is match
    assert router.matches(scope_of("/v1/others", method))[0] is Match.NONE


def _looks(router: Router, scope: dict[str, Any]) -> bool:
    path = scope["path"].removeprefix(scope["root_path"])
    begins = "/".join(path.split("/", 3)[:3])
    return "{" in router._beginnings or begins in router._beginnings
