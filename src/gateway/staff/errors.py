"""What is refused about staff and their sessions."""

from gateway.kit.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    PreconditionError,
    RuleError,
    UnauthenticatedError,
)


class LoginRefusedError(UnauthenticatedError):
    """The log-in failed; for which reason is not said."""

    code = "login_refused"
    title = "The log-in was refused"


class StaffUnknownError(NotFoundError):
    """No staff user of this mutual has the identifier."""

    code = "staff_user_unknown"
    title = "No such staff user"


class StaffChangedError(PreconditionError):
    """Somebody else changed the staff user since it was read."""


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


class SecondFactorNeededError(UnauthenticatedError):
    """The password is right; the code of the second factor is asked for."""

    code = "second_factor_needed"
    title = "The code of the second factor is needed"


class SecondFactorUnsetError(RuleError):
    """The person's role asks for a second factor and she has not set one up."""

    code = "second_factor_unset"
    title = "Set up the second factor first"


class FactorCodeWrongError(RuleError):
    """The code is not the one of this half minute, or was used before."""

    code = "factor_code_wrong"
    title = "The code is not right, or was used before"


class FactorNeededError(RuleError):
    """The second factor cannot be taken off: her role asks for it."""

    code = "factor_needed"
    title = "The role asks for a second factor"


class FactorSetError(ConflictError):
    """A second factor is set up; another takes its place only after it was taken off."""

    code = "factor_set"
    title = "A second factor is set up already"


class PasswordWrongError(RuleError):
    """Whoever is at the desk does not know the password of the person who is logged in."""

    code = "password_wrong"
    title = "The password up to now is not right"


class PasswordSameError(MalformedError):
    """The new password is the old one."""

    code = "password_same"
    title = "The new password is the old one"


class SessionUnknownError(NotFoundError):
    """A person has no such open session."""

    code = "session_unknown"
    title = "No such session"
