"""What the pages themselves refuse."""

from gateway.kit.errors import ForbiddenError, GatewayError, MalformedError, NotFoundError


class PageUnknownError(NotFoundError):
    """Nothing is at this address."""

    code = "page_unknown"
    title = "There is no such page"


class FormForeignError(ForbiddenError):
    """A form that did not come from a page of ours, or from one of a log-in that has ended."""

    code = "form_foreign"
    title = "Please send the form again"


class FormSentError(GatewayError):
    """The same form was sent before, with other content."""

    code = "form_sent"
    title = "This form was sent before"
    status = 409


class FormFaultyError(MalformedError):
    """Some fields of a form are not filled in as they must be."""

    code = "form_faulty"
    title = "Something is missing or not right; look beside the fields"


class UploadRefusedError(MalformedError):
    """An uploaded file is too large, or its content is not of a kind that is read."""

    code = "upload_refused"
    title = "This file cannot be read here"
