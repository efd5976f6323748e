"""Clients of the state, as a manager registers and reads them."""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

from gateway.api.schemas.common import Line, ReadModel, WriteModel, example
from gateway.statelink.register import DEFAULT_RATE
from gateway.statelink.states import ClientMethod, CoverStatus, Scope

KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "2026-04", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
Address = Annotated[str, Field(min_length=1, max_length=500, examples=["https://state.example/jwks.json"])]
Certificates = Annotated[list[Annotated[str, Field(min_length=1, max_length=300)]], Field(max_length=10)]


class StateClientCreate(WriteModel):
    """A system of the state to let in."""

    model_config = example({"name": "Treasury", "scopes": ["filings:read"], "jwks": {"keys": [KEY]}})

    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    method: ClientMethod = ClientMethod.PRIVATE_KEY_JWT
    jwks: dict[str, Any] | None = None
    """Its public keys (JWK Set); or where they are read, never both."""
    jwks_url: Address | None = None
    certificates: Certificates = []
    """SHA-256 fingerprints in hexadecimal, or ``san:`` and a name."""
    needs_signature: bool = False
    """Each of its requests must be signed (RFC 9421)."""
    rate_per_minute: Annotated[int, Field(ge=1, le=100_000)] = DEFAULT_RATE
    callback_url: Address | None = None
    """Where answers to its registry searches are brought."""


class StateClientKeys(WriteModel):
    """Other keys for a client."""

    model_config = example({"jwks": {"keys": [KEY]}})

    jwks: dict[str, Any] | None = None
    jwks_url: Address | None = None
    certificates: Certificates = []


class StateClientRead(ReadModel):
    """A system of the state that may ask and tell us things."""

    client_id: str
    name: str
    method: ClientMethod
    scopes: list[Scope]
    jwks: dict[str, Any] | None
    jwks_url: str | None
    certificates: list[str]
    needs_signature: bool
    rate_per_minute: int
    callback_url: str | None
    is_active: bool
    version: int
    created_by: str
    created_at: dt.datetime


class CoverageChangeRead(ReadModel):
    """What the state told us of a member's cover."""

    id: int
    member_id: int
    status: CoverStatus
    effective_on: dt.date
    changed_at: dt.datetime
    reason: str
    evidence_id: int
    recorded_at: dt.datetime
