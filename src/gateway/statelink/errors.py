"""What the state's side refuses."""

from gateway.kit.errors import (
    ConflictError,
    ForbiddenError,
    GatewayError,
    MalformedError,
    NotFoundError,
    UnauthenticatedError,
)


class ClientUnknownError(NotFoundError):
    """This mutual has no such client."""

    code = "state_client_unknown"
    title = "No such client of the state"


class ClientTakenError(ConflictError):
    """A client of this name is there."""

    code = "state_client_taken"
    title = "A client of this name is there already"


class ClientInvalidError(MalformedError):
    """What is asked of a client does not fit together."""

    code = "state_client_invalid"
    title = "The client cannot be registered like this"


class ClientRefusedError(UnauthenticatedError):
    """A client did not show who it is."""

    code = "invalid_client"
    title = "The client did not show who it is"


class GrantUnknownError(GatewayError):
    """A kind of grant that is not given."""

    code = "unsupported_grant_type"
    title = "This kind of grant is not given"


class ScopeUnknownError(GatewayError):
    """A scope that the client does not have."""

    code = "invalid_scope"
    title = "The client does not have this scope"


class TokenInvalidError(UnauthenticatedError):
    """The access token is of no live client."""

    code = "invalid_token"
    title = "The access token does not hold"


class ScopeMissingError(ForbiddenError):
    """The access token does not reach this far."""

    code = "insufficient_scope"
    title = "The access token does not have the scope for this"


class ReplayedError(UnauthenticatedError):
    """What may come once came again."""

    code = "replayed"
    title = "This was used before"


class PushDiffersError(ConflictError):
    """The same id came with another content."""

    code = "push_differs"
    title = "This id came before with another content"


class PushUnsignedError(ForbiddenError):
    """What this client pushes would be booked, and it does not sign its requests."""

    code = "push_unsigned"
    title = "What is booked must be signed"


class PushUnknownError(NotFoundError):
    """The client pushed nothing under this id."""

    code = "push_unknown"
    title = "Nothing was pushed under this id"


class SearchUnknownError(NotFoundError):
    """The client has no such search."""

    code = "registry_search_unknown"
    title = "No such search"


class SearchDiffersError(ConflictError):
    """The same transaction came with another search."""

    code = "registry_search_differs"
    title = "This transaction is of another search"


class PurposeMissingError(GatewayError):
    """Somebody looks at a person without saying why."""

    code = "purpose_missing"
    title = "Say what the look at a person is for"


class FhirUnreadableError(MalformedError):
    """A FHIR resource that cannot be answered."""

    code = "fhir_unreadable"
    title = "The resource cannot be answered"


class CoverNotFoundError(NotFoundError):
    """No cover of this mutual is meant."""

    code = "coverage_not_found"
    title = "No such coverage"
