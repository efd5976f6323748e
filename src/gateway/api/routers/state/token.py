"""Access tokens for the state's systems: OAuth 2 client credentials."""

import json
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import JSONResponse

from gateway.api import rate
from gateway.api.dependencies import GateDep
from gateway.api.errors import problem_response, problems
from gateway.api.routing import Router
from gateway.api.schemas.state import TokenRead, TokenRequest
from gateway.api.state_access import side_of
from gateway.api.state_tokens import TokenAsked, issue_token
from gateway.kit.errors import GatewayError

router = Router(prefix="/v1/state/oauth", tags=["oauth"])


@router.post(
    "/token",
    response_model=TokenRead,
    summary="Ask for an access token",
    responses=problems(400, 401, 404, 422, 429),
)
def create_token(asked: Annotated[TokenRequest, Form()], request: Request, gate: GateDep) -> object:
    """Show who the client is, with an assertion signed by its key (RFC 7523) or its certificate, and get a token.

    A refusal is a problem document with OAuth's word for it in `error` besides.
    """
    side = side_of(request)
    standing = side.token_rate.take(request.client.host if request.client else "")
    standing.tell(request, "token")
    try:
        if standing.left < 0:
            raise rate.refusal(standing)
        issued = issue_token(TokenAsked(**asked.model_dump()), request, gate, side)
    except GatewayError as refusal:
        told = problem_response(request, refusal)
        content = {**json.loads(bytes(told.body)), "error": _word(refusal)}
        kept = {name: told.headers[name] for name in ("www-authenticate", "retry-after") if name in told.headers}
        return JSONResponse(content, told.status_code, kept, "application/problem+json")
    return TokenRead(access_token=issued.access_token, expires_in=issued.expires_in, scope=" ".join(issued.scopes))


def _word(refusal: GatewayError) -> str:
    known = {"invalid_scope", "unsupported_grant_type", "invalid_client"}
    if refusal.code in known:
        return refusal.code
    return "temporarily_unavailable" if refusal.retryable else "invalid_client"
