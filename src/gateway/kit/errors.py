"""What can be refused, and how a refusal is told.

Every refusal carries a stable ``code`` (never translated, never renumbered), a sentence for a person, and
``outcome``: whether the thing asked for was done. The API turns one into a problem document (RFC 9457), the
command line into a sentence and an exit status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Outcome = Literal["not_done", "done", "unknown"]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One place in the input that was wrong."""

    pointer: str
    """JSON Pointer, or ``line 3, column 17`` in a file."""
    code: str
    """Stable word for the kind of mistake."""
    detail: str
    """What was found, what was expected, what to do."""


class GatewayError(Exception):
    """Something the gateway refuses to do; subclasses say what kind of refusal it is."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"
    status: ClassVar[int] = 400
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, errors: Sequence[FieldProblem] = (), outcome: Outcome = "not_done") -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.outcome: Outcome = outcome


class NotFoundError(GatewayError):
    """Nothing with this identifier exists, or it is not the caller's to see."""

    code = "not_found"
    title = "Not found"
    status = 404


class ConflictError(GatewayError):
    """The thing exists in a state that does not allow this."""

    code = "conflict"
    title = "Conflicts with what is already there"
    status = 409


class RuleError(GatewayError):
    """A rule of the mutual, the state or the books forbids this."""

    code = "rule_broken"
    title = "Not allowed by a rule"
    status = 409


class MalformedError(GatewayError):
    """The input is not of the shape or type that was asked for."""

    code = "malformed"
    title = "The input could not be read"
    status = 422


class UnauthenticatedError(GatewayError):
    """Nobody is logged in, or the session has run out."""

    code = "unauthenticated"
    title = "Log in first"
    status = 401


class ForbiddenError(GatewayError):
    """The caller's role does not allow this."""

    code = "forbidden"
    title = "Your role does not allow this"
    status = 403


class PreconditionError(GatewayError):
    """What is being changed has been changed by somebody else since it was read."""

    code = "changed_meanwhile"
    title = "Changed by somebody else meanwhile"
    status = 412


class UnavailableError(GatewayError):
    """The gateway cannot do this now; nothing was done and it may be asked again."""

    code = "unavailable"
    title = "Not available now"
    status = 503
    retryable = True
