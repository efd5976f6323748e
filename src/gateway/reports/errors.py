"""Why a report is not given."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError


class ReportQuestionError(MalformedError):
    """The question cannot be answered as it is put."""

    code = "report_question"
    title = "The report's question is not complete"


class ReportSubjectError(NotFoundError):
    """Nobody and nothing has the name that the report is asked about."""

    code = "report_subject"
    title = "Nothing to report on"


class StillBeingWrittenError(ConflictError):
    """Up to the instant that was asked for, something is still being booked: a later answer would differ."""

    code = "still_being_written"
    title = "The books are still being written up to that instant"
    retryable = True


class ReportTooLongError(MalformedError):
    """More rows than the form can carry."""

    code = "report_too_long"
    title = "The report is too long for this form"
