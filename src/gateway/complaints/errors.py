"""What is refused about complaints."""

from gateway.kit.errors import ConflictError, GatewayError, NotFoundError, RuleError


class ComplaintUnknownError(NotFoundError):
    """There is no such case, or it is not the caller's to see."""

    code = "complaint_unknown"
    title = "No such complaint"


class ComplaintLimitError(GatewayError):
    """The member has opened or written as much as a day allows."""

    code = "complaint_limit"
    title = "That is as much as one day takes"
    status = 429
    retryable = True

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class ComplaintClosedError(ConflictError):
    """The case is over; a new one may be opened for the same row."""

    code = "complaint_closed"
    title = "The complaint is closed"


class ComplaintNotTakenError(ConflictError):
    """Somebody else has the case in hand, or nobody yet."""

    code = "complaint_not_taken"
    title = "Take the complaint first"


class ComplaintRoleError(RuleError):
    """The case is another role's, or about what the person did herself."""

    code = "complaint_role"
    title = "This complaint is somebody else's to look into"


class ComplaintUnansweredError(RuleError):
    """A case is not closed before the member was told anything."""

    code = "complaint_unanswered"
    title = "The member has not been answered"


class ComplaintPostingError(RuleError):
    """The posting that is named moved no money of the member's, or none is named where money moved."""

    code = "complaint_posting"
    title = "The posting does not fit"


class ComplaintOpenError(ConflictError):
    """Another case of the same row is open."""

    code = "complaint_open"
    title = "Another complaint about this is open"
