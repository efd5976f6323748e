"""The state's clients, their tokens, what may come once, and what they told us of people's cover."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from gateway.kit.columns import (
    TenantTable,
    big,
    check,
    instant,
    json_column,
    one_of,
    refers,
    unique,
    whole,
    word_list,
    words,
)
from gateway.statelink.states import ClientMethod, CoverStatus, SearchState


class StateClient(TenantTable, table=True):
    """A system of the state that may ask and tell us things, within its scopes."""

    __tablename__ = "state_client"
    __table_args__ = (
        unique("client_id"),
        unique("name"),
        one_of("method", ClientMethod),
        check("rate_per_minute > 0", "rate_per_minute"),
        check("num_nonnulls(jwks, jwks_url) > 0 OR method = 'tls_client_auth'", "has_keys"),
        check("cardinality(certificates) > 0 OR method = 'private_key_jwt'", "has_certificates"),
    )
    client_id: str = words()
    """What it calls itself, for example ``sc-1-0123456789abcdef``."""
    name: str = words()
    method: str = words()
    scopes: list[str] = word_list()
    jwks: dict[str, Any] | None = json_column(nullable=True)
    """Its public keys: given, or as last read at ``jwks_url``."""
    jwks_url: str | None = words(nullable=True)
    jwks_read_at: dt.datetime | None = instant(nullable=True)
    certificates: list[str] = word_list()
    """SHA-256 fingerprints in hexadecimal, or ``san:`` and a name; several while one replaces another."""
    needs_signature: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Each of its requests must be signed (RFC 9421)."""
    rate_per_minute: int = whole()
    callback_url: str | None = words(nullable=True)
    """Where answers to its searches are brought; none is brought elsewhere."""
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    version: int = whole(server="1")
    created_by: str = words()
    created_at: dt.datetime = instant(now=True)


class StateClientToken(TenantTable, table=True):
    """An access token; its secret is kept as a digest only. Insert only: it runs out, or its client is disabled."""

    __tablename__ = "state_client_token"
    __table_args__ = (refers("client_row_id", "state_client"), unique("token_sha256"), Index(None, "client_row_id"))
    client_row_id: int = big()
    token_sha256: str = words()
    scopes: list[str] = word_list()
    certificate: str | None = words(nullable=True)
    """The certificate it is bound to; it counts only together with it (RFC 8705)."""
    issued_at: dt.datetime = instant()
    expires_at: dt.datetime = instant()


class StateClientSeen(TenantTable, table=True):
    """What a client may use once: an assertion's ``jti``, a signature's nonce. Forgotten once it would be too old."""

    __tablename__ = "state_client_seen"
    __table_args__ = (
        refers("client_row_id", "state_client"),
        unique("client_row_id", "kind", "value"),
        check("kind IN ('jti', 'nonce')", "kind"),
    )
    client_row_id: int = big()
    kind: str = words()
    value: str = words()
    expires_at: dt.datetime = instant()


class StateCoverageChange(TenantTable, table=True):
    """What the state told us of a member's cover, by the time it says the change was made. Insert only."""

    __tablename__ = "state_coverage_change"
    __table_args__ = (
        refers("member_id", "member"),
        refers("message_id", "inbox_message"),
        unique("message_id"),
        one_of("status", CoverStatus),
        Index(None, "member_id"),
    )
    member_id: int = big()
    message_id: int = big()
    status: str = words()
    effective_on: dt.date
    changed_at: dt.datetime = instant()
    """When the state made the change; the latest counts, whichever came last."""
    reason: str = words()
    evidence_id: int = big()
    recorded_at: dt.datetime = instant(now=True)


class RegistrySearch(TenantTable, table=True):
    """A registry search that is answered later."""

    __tablename__ = "registry_search"
    __table_args__ = (
        refers("client_row_id", "state_client"),
        unique("client_row_id", "transaction_reference"),
        one_of("state", SearchState),
    )
    client_row_id: int = big()
    transaction_reference: str = words()
    request: dict[str, Any] = json_column()
    request_sha256: str = words()
    correlation_reference: str = words()
    state: str = words(server="'waiting'")
    answer: dict[str, Any] | None = json_column(nullable=True)
    created_at: dt.datetime = instant(now=True)
    answered_at: dt.datetime | None = instant(nullable=True)
