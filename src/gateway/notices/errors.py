"""What notices refuse."""

from gateway.kit.errors import GatewayError, MalformedError, NotFoundError


class NoticeTextError(GatewayError):
    """A kind of notice that the catalogue does not have, or one whose words lack a value: a mistake of ours."""

    code = "notice_text"
    title = "The notice has no words"
    status = 500


class TemplateUnknownError(NotFoundError):
    """No kind of notice, or no language, has this name."""

    code = "template_unknown"
    title = "No such message"


class TemplateInvalidError(MalformedError):
    """A mutual's own words that could not be filled, or that leave out what the message is for."""

    code = "template_invalid"
    title = "The message cannot be worded so"
