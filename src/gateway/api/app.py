"""The application: its routers in one list, and what every request goes through."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import APIRouter, FastAPI

from gateway import __version__
from gateway.api import docs, errors, openapi
from gateway.api.dependencies import Gate
from gateway.api.edge import Edge
from gateway.api.lane import Lane
from gateway.api.proxies import networks
from gateway.api.rate import RateLimit
from gateway.api.routers import (
    administration,
    allotment,
    benefits,
    bills,
    breaks,
    callbacks,
    cash,
    claims,
    complaints,
    contributions,
    drift,
    employers,
    filing,
    handovers,
    health,
    inbox,
    law,
    ledger,
    matching,
    me,
    me_access,
    me_complaints,
    me_proofs,
    member_imports,
    membership,
    month,
    notices,
    payouts,
    portal,
    problems,
    reconciliation,
    reports,
    rounds,
    staff,
    state_clients,
    state_codes,
    transparency,
    treasury,
    ussd,
    webhooks,
    well_known,
)
from gateway.api.routers.state import fhir as state_fhir
from gateway.api.routers.state import filings as state_filings
from gateway.api.routers.state import looks as state_looks
from gateway.api.routers.state import pushes as state_pushes
from gateway.api.routers.state import registry as state_registry
from gateway.api.routers.state import token as state_token
from gateway.api.routers.state import transparency as state_transparency
from gateway.api.routers.state import webhooks as state_webhooks
from gateway.api.state_access import StateSide
from gateway.api.state_openapi import describe_state_side
from gateway.kit.db import Database
from gateway.kit.own_keys import OwnKeys
from gateway.settings import Settings

ROUTERS: tuple[APIRouter, ...] = (
    contributions.router,
    membership.router,
    docs.router,
    health.router,
    problems.router,
    staff.router,
    callbacks.router,
    ledger.router,
    month.router,
    member_imports.router,
    notices.router,
    filing.router,
    portal.router,
    state_codes.router,
    state_clients.router,
    law.router,
    bills.router,
    drift.router,
    employers.router,
    benefits.router,
    claims.router,
    complaints.router,
    payouts.router,
    reconciliation.router,
    breaks.router,
    matching.router,
    reports.router,
    cash.router,
    handovers.router,
    rounds.router,
    treasury.router,
    allotment.router,
    inbox.router,
    administration.router,
    me.router,
    me_complaints.router,
    me_access.router,
    me_proofs.router,
    transparency.router,
    ussd.router,
    webhooks.router,
    well_known.router,
)
"""Every router, the busiest first: a request is compared with one route after the other."""

STATE_ROUTERS: tuple[APIRouter, ...] = (
    state_token.router,
    state_pushes.router,
    state_looks.router,
    state_filings.router,
    state_fhir.router,
    state_registry.router,
    state_webhooks.router,
    state_transparency.router,
)
"""The state's side: described in a document of its own."""


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """Return the application.

    Args:
        settings: What differs between one place and another.
        database: Where it works; without one it opens the settings' own when it starts, and closes it when it ends.
    """
    app = FastAPI(
        title="Mutual gateway",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: "_".join([*map(str, route.tags[:1]), route.name]),
    )
    errors.install(app)
    for router in (*ROUTERS, *STATE_ROUTERS):
        app.include_router(router)
    openapi.install(app, ROUTERS)
    place(app, settings, database)
    return app


def place(app: FastAPI, settings: Settings, database: Database | None) -> None:
    """Give an application, before its first request, what differs between one place and another.

    Args:
        app: The application with its routes.
        settings: As ``create_app`` takes them.
        database: Likewise.
    """
    app.state.settings = settings
    app.state.own_keys = None if settings.message_keys_file is None else OwnKeys(settings.message_keys_file)
    app.state.login_rate = RateLimit(settings.login_rate_per_minute)
    app.state.public_rate = RateLimit(settings.transparency_rate_per_minute)
    if database is not None:
        app.state.gate = Gate(settings, database)
    app.state.state_side = StateSide(settings)
    app.add_middleware(
        Edge,
        lane=Lane(settings.requests_at_once),
        max_body=settings.max_body_bytes,
        max_upload=settings.max_upload_bytes,
        over_tls=settings.public_url.startswith("https://"),
        proxies=networks(settings.trusted_proxies),
    )


def description() -> str:
    """Return the API's description as it is committed: the same bytes for the same code."""
    document = create_app(Settings()).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def state_description() -> str:
    """Return the description of the state's side as it is committed."""
    document = describe_state_side(create_app(Settings()), STATE_ROUTERS)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    if hasattr(app.state, "gate"):
        yield
        return
    settings: Settings = app.state.settings
    database = Database(
        settings.database_address(),
        pool_size=settings.pool_size,
        statement_timeout_ms=settings.statement_timeout_seconds * 1000,
    )
    app.state.gate = Gate(settings, database)
    # A thread for each connection, and some for what needs none.
    to_thread.current_default_thread_limiter().total_tokens = database.capacity + 20
    yield
    database.close()
