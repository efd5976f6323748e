"""The application of the office's pages, mounted by the site. Areas are found, not listed."""

import importlib
import pkgutil
from collections.abc import Callable

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.routing import Route as Address

from gateway.api.dependencies import Gate
from gateway.api.errors import refusal_of
from gateway.api.rate import RateLimit
from gateway.backoffice import areas
from gateway.backoffice.access import entrance
from gateway.backoffice.access import routes as access_routes
from gateway.backoffice.frame import area as frame
from gateway.backoffice.frame.area import Area, Route
from gateway.backoffice.frame.desk import HEADERS, Desk
from gateway.backoffice.frame.faults import FormFaultyError, PageUnknownError, UploadRefusedError
from gateway.backoffice.frame.forms import LONGEST, MOST_FIELDS, Form, Upload
from gateway.backoffice.frame.pages import STATIC
from gateway.kit.errors import GatewayError
from gateway.settings import Settings

KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".png": "image/png",
}
FILES = {str(path.relative_to(STATIC)): path for path in STATIC.rglob("*") if path.is_file()}


def find_areas() -> list[Area]:
    """Return every area: each module of ``areas`` that has one."""
    modules = [
        importlib.import_module(f"{areas.__name__}.{found.name}") for found in pkgutil.iter_modules(areas.__path__)
    ]
    return [module.area for module in modules if hasattr(module, "area")]


def create_pages(settings: Settings, gate: Callable[[], Gate]) -> Starlette:
    """Return the office's pages.

    Args:
        settings: What differs between one place and another.
        gate: Gives what the process shares, once it is there.
    """
    found = [route for area in find_areas() for route in area.routes]
    addresses = [Address("/static/{name:path}", _static, methods=["GET"])]
    addresses += [
        _address(route, gate, outside=entrance)
        for route in [*access_routes(RateLimit(settings.login_rate_per_minute)), *found]
    ]

    async def unknown(request: Request, error: Exception) -> Response:
        refusal = _refusal(error) if isinstance(error, HTTPException) else refusal_of(error)
        desk = Desk(gate(), request)
        return await run_in_threadpool(lambda: desk.leave(frame.refused(desk, refusal)))

    return Starlette(routes=addresses, exception_handlers={HTTPException: unknown})


def _refusal(error: HTTPException) -> GatewayError:
    """Return what the framework refused, as a page says it."""
    if error.status_code in {404, 405}:
        return PageUnknownError("nothing is at this address")
    if error.status_code == 413:
        return UploadRefusedError(str(error.detail))
    return FormFaultyError(str(error.detail))


def _address(route: Route, gate: Callable[[], Gate], *, outside: Callable[..., Response]) -> Address:
    async def endpoint(request: Request) -> Response:
        # What the figures and the log call this request by.
        request.scope["route"] = _Named(f"{request.scope.get('root_path', '')}{route.path}")
        posted = await _posted(request) if request.method == "POST" else None
        return await run_in_threadpool(frame.serve, gate(), request, route, posted, outside)

    return Address(route.path, endpoint, methods=list(route.methods))


class _Named:
    def __init__(self, path: str) -> None:
        self.path = path


async def _posted(request: Request) -> Callable[[Desk], Form]:
    values: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    async with request.form(max_files=4, max_fields=MOST_FIELDS) as posted:
        for name, given in posted.multi_items():
            if isinstance(given, UploadFile):
                files[name] = Upload((given.filename or "file")[:200].replace("\0", ""), await given.read())
            else:
                values.setdefault(name, []).append(given[:LONGEST])
    return lambda desk: Form(desk.words, values, files)


async def _static(request: Request) -> Response:
    path = FILES.get(request.path_params["name"])
    if path is None:
        raise HTTPException(404)
    age = "public, max-age=31536000, immutable" if request.url.query else "public, max-age=3600"
    return FileResponse(path, media_type=KINDS[path.suffix], headers={**HEADERS, "cache-control": age})
