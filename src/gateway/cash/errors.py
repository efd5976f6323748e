"""What tills, sessions and rounds refuse."""

from gateway.kit.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError, RuleError


class TillUnknownError(NotFoundError):
    """No till of this mutual is meant."""

    code = "till_unknown"
    title = "No such till"


class TillKnownError(ConflictError):
    """The code belongs to a till already."""

    code = "till_known"
    title = "The till is registered already"


class TillInvalidError(MalformedError):
    """A till that cannot be kept, or not be used so."""

    code = "till_invalid"
    title = "The till cannot be used like this"


class SessionUnknownError(NotFoundError):
    """No cash session of this mutual is meant."""

    code = "cash_session_unknown"
    title = "No such cash session"


class SessionOpenError(ConflictError):
    """The till or the person has a session that is not closed."""

    code = "cash_session_open"
    title = "A cash session is open already"


class SessionNeededError(RuleError):
    """Cash is taken in an open session of one's own."""

    code = "cash_session_needed"
    title = "Open a cash session first"


class NotYoursError(ForbiddenError):
    """The session is another person's."""

    code = "cash_session_not_yours"
    title = "The cash session is somebody else's"


class FloatDiffersError(RuleError):
    """What is in the drawer is not what the books say is there."""

    code = "float_differs"
    title = "The float is not what the books say"


class CountInvalidError(MalformedError):
    """A count that cannot be added up."""

    code = "count_invalid"
    title = "The count cannot be added up"


class CountReasonError(RuleError):
    """The count is not what the books say, and nobody said why."""

    code = "count_differs"
    title = "The count is not what the books say"


class SamePersonError(ForbiddenError):
    """Two people are needed."""

    code = "same_person"
    title = "A second person is needed"


class HandoverUnknownError(NotFoundError):
    """No handover of this mutual is meant."""

    code = "handover_unknown"
    title = "No such handover of cash"


class HandoverInvalidError(MalformedError):
    """Cash that cannot be handed over like this."""

    code = "handover_invalid"
    title = "The cash cannot be handed over like this"


class HandoverWaitsError(RuleError):
    """Cash handed over differs from what was given, and a third person has not looked at it."""

    code = "handover_waits"
    title = "A handover of cash waits for a third person"


class RoundUnknownError(NotFoundError):
    """No round of this mutual is meant."""

    code = "round_unknown"
    title = "No such round"


class CollectorInvalidError(MalformedError):
    """A round is given to an active collector."""

    code = "collector_invalid"
    title = "Not a collector"


class DepositInvalidError(MalformedError):
    """Sessions whose money cannot be brought to the bank together."""

    code = "deposit_invalid"
    title = "These sessions cannot be deposited together"


class DepositUnknownError(NotFoundError):
    """No deposit of this mutual is meant."""

    code = "deposit_unknown"
    title = "No such deposit"


class UndepositedError(RuleError):
    """The till's money is counted and set aside; it goes to the bank as a deposit of sessions."""

    code = "deposit_by_sessions"
    title = "This cash is deposited by its sessions"


class ReminderTooLateError(RuleError):
    """The last day to pay for the month has passed."""

    code = "reminder_too_late"
    title = "It is too late to remind"
