"""What is refused about staff and their sessions."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, RuleError, UnauthenticatedError


class LoginRefusedError(UnauthenticatedError):
    """The log-in failed; for which reason is not said."""

    code = "login_refused"
    title = "The log-in was refused"


class StaffUnknownError(NotFoundError):
    """No staff user of this mutual has the identifier."""

    code = "staff_user_unknown"
    title = "No such staff user"


class UsernameTakenError(ConflictError):
    """Somebody of the mutual has this username."""

    code = "username_taken"
    title = "The username is taken"


class PasswordWeakError(MalformedError):
    """The password is too easy to guess."""

    code = "password_weak"
    title = "The password is too weak"


class UsernameInvalidError(MalformedError):
    """Not a username."""

    code = "username_invalid"
    title = "Not a username"


class LastManagerError(RuleError):
    """The mutual would be left without an active manager."""

    code = "last_manager"
    title = "A manager must remain"
