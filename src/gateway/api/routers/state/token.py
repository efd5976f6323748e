"""Access tokens for the state's systems: OAuth 2 client credentials."""

import datetime as dt
import json
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import JSONResponse
from sqlmodel import Session

from gateway.api.dependencies import Gate, GateDep, commit
from gateway.api.errors import problem_response, problems
from gateway.api.routing import Router
from gateway.api.schemas.state import TokenRead, TokenRequest
from gateway.api.state_access import StateSide, presented, read_keys, side_of, too_many
from gateway.kit.errors import GatewayError
from gateway.statelink import admit, assertion
from gateway.statelink.admit import Issued
from gateway.statelink.errors import ClientRefusedError, GrantUnknownError

router = Router(prefix="/v1/state/oauth", tags=["oauth"])
PATH = "/v1/state/oauth/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


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
    try:
        if standing.left < 0:
            raise too_many(standing.limit, standing.seconds)
        issued = _issue(asked, request, gate, side)
    except GatewayError as refusal:
        told = problem_response(request, refusal)
        content = {**json.loads(bytes(told.body)), "error": _word(refusal)}
        kept = {name: told.headers[name] for name in ("www-authenticate", "retry-after") if name in told.headers}
        return JSONResponse(content, told.status_code, kept, "application/problem+json")
    return TokenRead(access_token=issued.access_token, expires_in=issued.expires_in, scope=" ".join(issued.scopes))


def _issue(asked: TokenRequest, request: Request, gate: Gate, side: StateSide) -> Issued:
    now, scopes = dt.datetime.now(dt.UTC), asked.scope.split()
    if asked.grant_type != "client_credentials":
        raise GrantUnknownError("grant_type must be client_credentials")
    if not asked.client_assertion:
        names = sorted(presented(request, gate.settings))
        if not names:
            raise ClientRefusedError("send client_assertion (RFC 7523), or a certificate through the trusted proxy")
        with Session(gate.database.engine) as session:
            issued = admit.token_for_certificate(session, asked.client_id, names, asked=scopes, now=now)
            commit(session)
        return issued
    if asked.client_assertion_type != ASSERTION:
        raise ClientRefusedError(f"client_assertion_type must be {ASSERTION}")
    said = assertion.claimed(asked.client_assertion)
    if asked.client_id not in ("", said.client_id):
        raise ClientRefusedError("client_id is another than the assertion's")
    with Session(gate.database.engine) as session:
        client = admit.find_client(session, said.client_id)
    if admit.must_read_keys(client, said.key_id, now=now):
        read_keys(gate, side, client.client_id, client.jwks_url, now=now)
    ours = gate.settings.public_url.rstrip("/")
    with Session(gate.database.engine) as session:
        issued = admit.token_for_assertion(
            session, asked.client_assertion, asked=scopes, audiences={ours, ours + PATH}, now=now
        )
        commit(session)
    return issued


def _word(refusal: GatewayError) -> str:
    known = {"invalid_scope", "unsupported_grant_type", "invalid_client"}
    if refusal.code in known:
        return refusal.code
    return "temporarily_unavailable" if refusal.retryable else "invalid_client"
