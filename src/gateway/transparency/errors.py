"""What is refused about the log."""

from gateway.kit.errors import MalformedError, NotFoundError


class LogUnsignedError(NotFoundError):
    """The log has no signed head: no key was given, or nothing was sealed yet."""

    code = "log_unsigned"
    title = "The log has no signed head yet"


class LogRangeError(MalformedError):
    """The log never had this size, or has no such entry."""

    code = "log_range"
    title = "The log is not that long"


class NotInLogError(NotFoundError):
    """What is asked for is not in the log yet."""

    code = "not_in_log"
    title = "It is not in the log yet"
