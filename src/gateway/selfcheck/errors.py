"""What is refused about members' own access."""

from gateway.kit.errors import GatewayError, MalformedError, NotFoundError, RuleError, UnauthenticatedError


class AccessRefusedError(UnauthenticatedError):
    """Telephone, identity number and code do not belong together; which is wrong is not said."""

    code = "access_refused"
    title = "The code was refused"


class AccessEndedError(UnauthenticatedError):
    """The token is of no live session."""

    code = "access_ended"
    title = "Your access has ended"


class TooManyTriesError(GatewayError):
    """Too many codes or tries from one number, one address, or from everybody together."""

    code = "too_many_tries"
    title = "Too many tries"
    status = 429
    retryable = True

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class HelperUnknownError(NotFoundError):
    """The member has no such helper."""

    code = "helper_unknown"
    title = "No such helper"


class HelperLimitError(RuleError):
    """The member has as many helpers as she may."""

    code = "helper_limit"
    title = "There are enough helpers"


class HelperInvalidError(MalformedError):
    """A helper without a usable name, or with the member's own telephone."""

    code = "helper_invalid"
    title = "Not a helper"


class MemberOnlyError(GatewayError):
    """A helper may look; this is the member's own act."""

    code = "member_only"
    title = "Only the member may do this"
    status = 403


class ReceiptNotYoursError(NotFoundError):
    """None of the member's receipts has this identifier."""

    code = "receipt_not_yours"
    title = "You have no such receipt"


class RowNotYoursError(NotFoundError):
    """Nothing that the member sees has this number."""

    code = "row_not_yours"
    title = "You have nothing with this number"
