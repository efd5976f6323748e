"""The whole site as a server loads it: the API, and the pages of the people who work with it, in one application.

Each set of pages is an application of its own under its own path: its refusals are pages, not problem documents, its
session is a cookie, and the API's description does not know it.
"""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from gateway.api.app import create_app as create_api
from gateway.api.dependencies import Gate
from gateway.backoffice.app import create_pages as create_office_pages
from gateway.kit.db import Database
from gateway.portal.app import create_pages as create_member_pages
from gateway.settings import Settings
from gateway.settings import from_environment as settings_from_environment

Pages = Callable[[Settings, Callable[[], Gate]], ASGIApp]
"""Makes a set of pages; what the process shares is asked for when a request comes, as it is there only after the start."""

PAGES: dict[str, Pages] = {"/m": create_member_pages, "/o": create_office_pages}
"""Path and maker of each set of pages."""


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """Return the application with everything that is served.

    Args:
        settings: What differs between one place and another.
        database: Where it works; without one it opens the settings' own when it starts.
    """
    app = create_api(settings, database)

    def gate() -> Gate:
        shared = app.state.gate
        assert isinstance(shared, Gate)
        return shared

    for path, make in PAGES.items():
        app.add_route(path, _to_the_first_page)
        app.mount(path, make(settings, gate))
    return app


def _to_the_first_page(request: Request) -> Response:
    # People write the address without its last stroke; under it nothing is mounted.
    asked = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{request.url.path}/{asked}", 308)


def from_environment() -> FastAPI:
    """Return the site as the environment's settings want it; what a server is told to load."""
    return create_app(settings_from_environment())
