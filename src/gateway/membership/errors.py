"""What enrolling, changing and importing refuse."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, PreconditionError, RuleError


class MemberNotFoundError(NotFoundError):
    """No member of this mutual is meant."""

    code = "member_unknown"
    title = "No such member"


class FundNotFoundError(NotFoundError):
    """No fund of this mutual is meant."""

    code = "fund_unknown"
    title = "No such fund"


class EmployerUnknownError(NotFoundError):
    """No employer that this mutual helps is meant."""

    code = "employer_unknown"
    title = "No such employer"


class EmployerNumberError(MalformedError):
    """A number that the state could not have given an employer."""

    code = "employer_number_invalid"
    title = "The employer's number cannot be right"


class EmployerKnownError(ConflictError):
    """The employer is registered, or it is the mutual itself."""

    code = "employer_known"
    title = "The employer is registered already"


class PayrollNotFoundError(NotFoundError):
    """No payroll of this mutual is meant."""

    code = "payroll_unknown"
    title = "No such payroll"


class DependantNotFoundError(NotFoundError):
    """This member has no such dependant."""

    code = "dependant_unknown"
    title = "No such dependant"


class ImportNotFoundError(NotFoundError):
    """No uploaded file of this mutual is meant."""

    code = "member_import_unknown"
    title = "No such upload"


class IdentityInvalidError(MalformedError):
    """A number that its register could not have given."""

    code = "identity_invalid"
    title = "Not a number of this register"


class PhoneInvalidError(MalformedError):
    """A text that is no telephone number."""

    code = "phone_invalid"
    title = "Not a telephone number"


class NameInvalidError(MalformedError):
    """A name that nobody has."""

    code = "name_invalid"
    title = "Not a name"


class SexInvalidError(MalformedError):
    """Not one of the two letters that the state's register has."""

    code = "sex_invalid"
    title = "Not a sex the register knows"


class BirthDateInvalidError(MalformedError):
    """A birthday that such a person cannot have."""

    code = "birth_date_invalid"
    title = "The birth date cannot be right"


class CodeInvalidError(MalformedError):
    """A code that the state or the mutual does not allow."""

    code = "code_invalid"
    title = "Not an allowed code"


class ChangeInvalidError(MalformedError):
    """A change that names nothing, or something that is not changed this way."""

    code = "change_invalid"
    title = "Nothing to change, or not this way"


class DayTooFarError(RuleError):
    """A day further ahead than anything may be declared."""

    code = "day_in_future"
    title = "The day is too far ahead"


class IdentityTakenError(ConflictError):
    """Somebody has this identity already."""

    code = "identity_taken"
    title = "The identity belongs to somebody"


class CodeTakenError(ConflictError):
    """A fund, payroll or member has this code or number already."""

    code = "code_taken"
    title = "The code is in use"


class DependantElsewhereError(ConflictError):
    """The person is covered through somebody else now."""

    code = "dependant_declared_elsewhere"
    title = "Already covered through another member"


class DependantNotEligibleError(RuleError):
    """No rule covers this person through this member."""

    code = "dependant_not_eligible"
    title = "No rule makes this person a dependant"


class AlreadyEnrolledError(ConflictError):
    """The member stands in the payroll on these days already."""

    code = "already_enrolled"
    title = "Already in this payroll"


class NotEnrolledError(RuleError):
    """The member stands in no payroll on that day."""

    code = "not_enrolled"
    title = "In no payroll on that day"


class DaysOverlapError(ConflictError):
    """The days overlap with what was recorded before."""

    code = "days_overlap"
    title = "The days overlap"


class ChangedMeanwhileError(PreconditionError):
    """Somebody else changed the member since she was read."""


class ImportRefusedError(RuleError):
    """All or nothing was asked for, and there are bad rows."""

    code = "import_has_refused_rows"
    title = "The file has bad rows"


class ImportNotLookedAtError(ConflictError):
    """The file was kept, and nobody has looked at its rows yet."""

    code = "import_not_looked_at"
    title = "The file is not looked at yet"


class DigestError(MalformedError):
    """The file that arrived is not the one that was sent."""

    code = "file_digest"
    title = "The file did not arrive whole"
