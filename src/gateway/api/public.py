"""Answers for anybody: kept by whoever carries them, not sent again while they are the same, and not asked for too often."""

import hashlib
from typing import Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from gateway.api.rate import RateLimit, refusal

FRESH_SECONDS = 60
FOR_EVER = 31_536_000
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as it was under the ETag that was sent"}}


async def _rated(request: Request) -> None:
    limit: RateLimit = request.app.state.public_rate
    standing = limit.take(request.client.host if request.client else "")
    if standing.left < 0:
        # Of a refusal alone: what may be kept on the way to others must not tell them of this address.
        standing.tell(request, "log")
        raise refusal(standing)


RATED = Depends(_rated)
"""For a route's ``dependencies``: so many questions a minute from one address."""


def answer(request: Request, found: BaseModel | str, *, seconds: int = FRESH_SECONDS) -> Response:
    """Return what was found, or 304 where the asker has it; anybody on the way may keep it for so many seconds."""
    is_text = isinstance(found, str)
    body = found.encode() if isinstance(found, str) else found.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "etag": tag,
        "cache-control": f"public, max-age={seconds}" + (", immutable" if seconds == FOR_EVER else ""),
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/plain" if is_text else "application/json", headers=headers)
