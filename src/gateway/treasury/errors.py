"""What closing a day and reading a settlement refuse."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, RuleError


class DayAheadError(RuleError):
    """The day has not come."""

    code = "day_ahead"
    title = "The day has not come"


class DayClosedError(ConflictError):
    """Somebody has signed the day off."""

    code = "day_closed"
    title = "The day is signed off already"


class DayNotClearError(RuleError):
    """A difference of the day is not explained, or a drawer is not counted."""

    code = "day_not_clear"
    title = "The day is not explained yet"


class DayClosingUnknownError(NotFoundError):
    """No day of this mutual that was closed is meant."""

    code = "day_closing_unknown"
    title = "No such closed day"


class SettlementUnknownError(NotFoundError):
    """No settlement report of this mutual is meant."""

    code = "settlement_unknown"
    title = "No such settlement report"


class SettlementRepeatedError(ConflictError):
    """The provider's reference stands on another report."""

    code = "settlement_repeated"
    title = "The reference stands on another settlement report"
    status = 422


class SettlementUnreadableError(MalformedError):
    """A file that is no settlement report."""

    code = "settlement_unreadable"
    title = "The settlement report could not be read"
