"""What notices refuse."""

from gateway.kit.errors import GatewayError


class NoticeTextError(GatewayError):
    """A kind of notice that the catalogue does not have, or one whose words lack a value: a mistake of ours."""

    code = "notice_text"
    title = "The notice has no words"
    status = 500
