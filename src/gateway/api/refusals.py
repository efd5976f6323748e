"""What the edge itself refuses, before any slice is asked."""

from gateway.kit.errors import ConflictError, GatewayError, MalformedError, PreconditionError, UnavailableError


class KeyMissingError(GatewayError):
    """A request that may move money came without an idempotency key."""

    code = "idempotency_key_missing"
    title = "The Idempotency-Key is missing"


class KeyUsedError(MalformedError):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"
    title = "The key was used for another request"


class KeyRunningError(ConflictError):
    """A request with this key is running at this moment."""

    code = "in_progress"
    title = "The same request is running at this moment"
    retryable = True


class VersionMissingError(PreconditionError):
    """A change came without saying which version it changes."""

    code = "if_match_missing"
    title = "The If-Match header is missing"
    status = 428


class TooLargeError(MalformedError):
    """The request's body is larger than this route reads."""

    code = "too_large"
    title = "The request is too large"
    status = 413


class TooManyError(GatewayError):
    """Too many requests of this kind from one place."""

    code = "too_many_requests"
    title = "Too many requests"
    status = 429
    retryable = True

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds
        """Until it may be asked again."""


class BusyError(UnavailableError):
    """The database cannot take the request now."""

    code = "database_unavailable"
    title = "The database is not available now"


class UnexpectedError(GatewayError):
    """A mistake of ours."""

    code = "unexpected"
    title = "Something went wrong on our side"
    status = 500


class RouteUnknownError(GatewayError):
    """There is nothing at this address."""

    code = "route_unknown"
    title = "Nothing is at this address"
    status = 404


class MethodNotAllowedError(GatewayError):
    """The address does not take this method."""

    code = "method_not_allowed"
    title = "This address does not take this method"
    status = 405
