"""The application of the member's pages, mounted by the site."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from gateway.api.dependencies import Gate
from gateway.portal import complaints, entrance, own, proof
from gateway.portal.texts import language_of, render
from gateway.portal.visit import HEADERS, MUTUAL, NotInsideError, arrive
from gateway.selfcheck.words import text_of
from gateway.settings import Settings

STATIC = Path(__file__).parent / "static"
FILES = {
    "style.css": "text/css",
    "start.js": "text/javascript",
    "sw.js": "text/javascript",
    "proof.js": "text/javascript",
    "ed25519.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
}


def create_pages(_settings: Settings, gate: Callable[[], Gate]) -> FastAPI:
    """Return the member's pages.

    Args:
        _settings: What differs between one place and another; each request reads the gate's.
        gate: Gives what the process shares, once it is there.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    router = APIRouter()
    entrance.add_routes(router, gate)
    own.add_routes(router, gate)
    complaints.add_routes(router, gate)
    proof.add_routes(router, gate)
    _add_files(router)
    app.include_router(router)

    def outside(request: Request, _error: Exception) -> Response:
        visit = arrive(request, gate)
        if "mutual" in request.query_params:
            visit.chosen[MUTUAL] = request.query_params["mutual"][:40]
        return visit.go("/enter")

    def wrong(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 422
        return entrance.entrance(arrive(request, gate), fault=entrance.FAULT, status=status)

    app.add_exception_handler(NotInsideError, outside)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(HTTPException, wrong)
    return app


def _add_files(router: APIRouter) -> None:
    @router.get("/manifest.webmanifest")
    def manifest(request: Request) -> Response:
        base = str(request.scope.get("root_path", "")).rstrip("/")
        name = text_of(language_of(request), "My mutual")
        icons = [
            {"src": f"{base}/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
        ]
        content = {
            "name": name,
            "short_name": name,
            "start_url": f"{base}/",
            "scope": f"{base}/",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0b5d3b",
            "icons": icons,
        }
        kept = {"cache-control": "public, max-age=3600", "vary": "Cookie, Accept-Language"}
        return JSONResponse(content, headers=kept, media_type="application/manifest+json")

    @router.get("/offline")
    def offline(request: Request) -> Response:
        base = str(request.scope.get("root_path", "")).rstrip("/")
        text = render("offline.html", language_of(request), base=base, path="", as_of=None, form_token="")
        return Response(text, headers=dict(HEADERS), media_type="text/html")

    @router.get("/{name}")
    def file(name: str) -> Response:
        if name not in FILES:
            raise HTTPException(404)
        # The worker and what it keeps are asked for anew, so that a new version arrives; the rest may rest for a day.
        age = "no-cache" if name == "sw.js" else "public, max-age=86400"
        return FileResponse(STATIC / name, media_type=FILES[name], headers={**HEADERS, "cache-control": age})
