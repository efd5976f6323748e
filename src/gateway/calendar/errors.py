"""What the calendar refuses."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, RuleError


class CalendarMissingError(RuleError):
    """No list of holidays covers the day."""

    code = "calendar_missing"
    title = "No calendar for this day"


class HolidayKnownError(ConflictError):
    """The day is a holiday already."""

    code = "holiday_known"
    title = "It is a holiday already"


class HolidayUnknownError(NotFoundError):
    """The day is no holiday, so it cannot be taken from the list."""

    code = "holiday_unknown"
    title = "No such holiday"


class HolidayInvalidError(MalformedError):
    """A holiday that cannot be written down."""

    code = "holiday_invalid"
    title = "The holiday cannot be written down"
