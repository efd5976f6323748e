"""Give the state's systems their tokens: which way a client shows itself, its keys as they stand now, one transaction."""

import datetime as dt
from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session

from gateway.api.dependencies import Gate, commit
from gateway.api.state_access import StateSide, presented, read_keys
from gateway.statelink import admit, assertion
from gateway.statelink.admit import Issued
from gateway.statelink.errors import ClientRefusedError, GrantUnknownError

PATH = "/v1/state/oauth/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class TokenAsked:
    """What a client sent to the token endpoint."""

    grant_type: str
    client_assertion_type: str
    client_assertion: str
    client_id: str
    scope: str


def issue_token(asked: TokenAsked, request: Request, gate: Gate, side: StateSide) -> Issued:
    """Check who a client is and give it a token; its keys are read at its address first, where they have to be.

    Raises:
        GrantUnknownError: Another grant than client credentials.
        ClientRefusedError: The client did not show who it is.
        ReplayedError: Its assertion was used before.
        ScopeUnknownError: It asks for what it does not have.
    """
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
