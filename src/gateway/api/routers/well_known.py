"""What others need to check that a message is ours."""

from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.api.errors import problems
from gateway.api.schemas.common import ReadModel
from gateway.kit.own_keys import OwnKeys

router = APIRouter(tags=["operations"])
HOLDS_SECONDS = 300
"""So long a copy may be used: a new key is shown for longer before it signs."""


class JwksRead(ReadModel):
    """A JWK Set (RFC 7517)."""

    keys: list[dict[str, Any]]


@router.get(
    "/.well-known/jwks.json",
    response_model=JwksRead,
    summary="The keys that our messages are signed with",
    responses=problems(503),
)
def get_jwks(request: Request, response: Response) -> JwksRead:
    """Return the public keys of our HTTP message signatures (RFC 9421), none where we sign nothing; to be kept five minutes."""
    own: OwnKeys | None = request.app.state.own_keys
    response.headers["cache-control"] = f"public, max-age={HOLDS_SECONDS}"
    return JwksRead(keys=[] if own is None else own.public()["keys"])
