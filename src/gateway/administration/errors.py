"""What is refused about a mutual's settings and its log."""

from gateway.kit.errors import ForbiddenError, MalformedError, RuleError


class SettingInvalidError(MalformedError):
    """A setting that there is not, or a value that it cannot have."""

    code = "setting_invalid"
    title = "A setting cannot be so"


class SettingOfOperatorError(ForbiddenError):
    """Where the mutual's secrets are sent to is set by whoever runs the gateway, by command."""

    code = "setting_of_operator"
    title = "The operator sets this"


class OwnLimitError(RuleError):
    """Nobody raises the limit up to which she herself may release money."""

    code = "own_limit"
    title = "Nobody raises their own limit"


class LogQuestionError(MalformedError):
    """The log cannot be searched like this."""

    code = "log_question"
    title = "The log cannot be searched like this"
