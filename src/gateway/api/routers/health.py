"""Is it alive, can it work, and its figures."""

import hmac
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.api.dependencies import GateDep
from gateway.api.errors import problems
from gateway.api.schemas.common import ReadModel
from gateway.kit.errors import UnauthenticatedError
from gateway.migrate import require_current

router = APIRouter(tags=["operations"])


class HealthRead(ReadModel):
    """The process answers."""

    status: Literal["ok"]


@router.get("/health", response_model=HealthRead, summary="The process is alive")
async def get_health() -> HealthRead:
    """Answer without asking anything else."""
    return HealthRead(status="ok")


@router.get("/ready", response_model=HealthRead, summary="The gateway can work", responses=problems(503))
def get_ready(gate: GateDep) -> HealthRead:
    """Answer once the database is reachable and has the form this version needs."""
    with gate.database.session() as session:
        require_current(session)
    return HealthRead(status="ok")


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Figures in Prometheus' text form", "content": {"text/plain": {}}},
        **problems(401),
    },
)
def get_metrics(request: Request, gate: GateDep) -> Response:
    """Return counters and times of this process; with a token where one is set."""
    token = gate.settings.metrics_token
    given = request.headers.get("authorization", "").encode("latin-1")
    if token is not None and not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
        raise UnauthenticatedError("send the metrics token as Authorization: Bearer …")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
