"""What can go wrong with a state: surely not done, refused, or nobody knows."""

from collections.abc import Sequence

from gateway.authority.protocol import Finding, RawAnswer
from gateway.kit.errors import FieldProblem, GatewayError, MalformedError, UnavailableError


class AuthorityUnavailableError(UnavailableError):
    """The state could not be reached or would not take it now. Surely not done: the same may be sent again."""

    code = "authority_unavailable"
    title = "The state cannot be reached now"

    def __init__(
        self,
        detail: str,
        *,
        their_code: str | None = None,
        retry_after_seconds: float | None = None,
        raw: RawAnswer | None = None,
    ) -> None:
        super().__init__(detail)
        self.their_code = their_code
        self.retry_after_seconds = retry_after_seconds
        """How long the state asks us to wait, if it says so."""
        self.raw = raw


class AuthorityRefusedError(GatewayError):
    """The state refused; the same request would be refused again."""

    code = "authority_refused"
    title = "The state refused"
    status = 502

    def __init__(
        self,
        detail: str,
        *,
        their_code: str,
        http_status: int | None = None,
        duplicate_of: str | None = None,
        reception_number: str | None = None,
        errors: Sequence[FieldProblem] = (),
        raw: RawAnswer | None = None,
    ) -> None:
        super().__init__(detail, errors=errors)
        self.their_code = their_code
        """The state's own code, as it came."""
        self.http_status = http_status
        self.duplicate_of = duplicate_of
        """With ``duplicate_content``: under which id the state holds these bytes."""
        self.reception_number = reception_number
        self.raw = raw


class OutcomeUnknownError(GatewayError):
    """Whether the state did it is not known. Ask by our id; never send again blindly, never call it failed."""

    code = "authority_outcome_unknown"
    title = "What the state did is not known yet"
    status = 502

    def __init__(self, detail: str, *, raw: RawAnswer | None = None) -> None:
        super().__init__(detail, outcome="unknown")
        self.raw = raw


class UnsupportedCountryError(MalformedError):
    """The gateway has no adapter for this country's state."""

    code = "country_unsupported"
    title = "No adapter for this country"


class UnrenderableError(MalformedError):
    """Somebody cannot be written into the state's file as she is; check her first."""

    code = "unrenderable"
    title = "Cannot be written into the state's file"

    def __init__(self, detail: str, *, findings: Sequence[Finding] = ()) -> None:
        super().__init__(
            detail, errors=[FieldProblem(f.field or f"line {f.line}", f.code, f.message) for f in findings]
        )
        self.findings = tuple(findings)
