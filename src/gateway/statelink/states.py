"""What a client of the state may do, how it shows who it is, and how far a search is."""

from enum import StrEnum


class Scope(StrEnum):
    """What a client may do; each route of the state's side needs one."""

    PUSH_ACKNOWLEDGEMENTS = "acknowledgements:write"
    PUSH_LINE_RESULTS = "line-results:write"
    PUSH_BILLS = "bills:write"
    PUSH_PAYMENTS = "payment-confirmations:write"
    PUSH_REMITTANCES = "remittance-advice:write"
    PUSH_COVERAGE = "coverage-changes:write"
    READ_COVERAGE = "coverage:read"
    READ_CONTRIBUTIONS = "contributions:read"
    READ_FILINGS = "filings:read"
    READ_EVIDENCE = "evidence:read"
    READ_TRANSPARENCY = "transparency:read"
    READ_FHIR = "fhir:read"
    SEARCH_REGISTRY = "registry:search"
    MANAGE_WEBHOOKS = "webhooks:manage"
    """Keep its own subscriptions; it is told only of what its other scopes let it read."""


class ClientMethod(StrEnum):
    """How a client shows who it is when it asks for a token."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    """An assertion signed with its key (RFC 7523)."""
    TLS_CLIENT_AUTH = "tls_client_auth"
    """Its certificate, which a trusted proxy has checked (RFC 8705)."""


class CoverStatus(StrEnum):
    """What the state says of a person's cover."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Standing(StrEnum):
    """How far a person's month is with the state."""

    PAID = "paid"
    """Accepted, and the bill it stands in is paid."""
    ACCEPTED = "accepted"
    WAITING = "waiting"
    """Filed; the state has not answered."""
    REJECTED = "rejected"
    NOT_DECLARED = "not_declared"


class SearchState(StrEnum):
    """How far a registry search that is answered later is."""

    WAITING = "waiting"
    ANSWERED = "answered"
    """Its answer can be fetched; nobody is to be called back, or the call is still to be made."""
    DELIVERED = "delivered"
    """The answer was taken at the client's callback address."""
