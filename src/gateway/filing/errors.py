"""What filing refuses."""

from gateway.authority.errors import OutcomeUnknownError
from gateway.kit.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError, RuleError


class PolicyInvalidError(MalformedError):
    """A funding policy that cannot be used."""

    code = "policy_invalid"
    title = "The funding policy cannot be used"


class FilingUnknownError(NotFoundError):
    """No filing of this mutual is meant."""

    code = "filing_unknown"
    title = "No such filing"


class LineUnknownError(NotFoundError):
    """The filing has no such line."""

    code = "line_unknown"
    title = "No such line in this filing"


class DocumentUnknownError(NotFoundError):
    """The filing has no such file."""

    code = "document_unknown"
    title = "No such file in this filing"


class BillUnknownError(NotFoundError):
    """No bill of this mutual is meant."""

    code = "bill_unknown"
    title = "No such bill"


class PaymentUnknownError(NotFoundError):
    """No payment of a bill is meant."""

    code = "payment_unknown"
    title = "No such payment of a bill"


class FilingOpenError(ConflictError):
    """The payroll has a filing for the month that is not finished."""

    code = "filing_open"
    title = "This payroll has a filing open for the month"


class FilingMadeError(ConflictError):
    """The payroll was filed for the month; what is late goes into a supplementary filing."""

    code = "filing_made"
    title = "This payroll was filed for the month"


class NothingToSupplementError(RuleError):
    """A supplementary filing follows a monthly one."""

    code = "nothing_to_supplement"
    title = "There is no filing to supplement"


class PeriodAheadError(RuleError):
    """The month has not begun."""

    code = "period_ahead"
    title = "The month has not begun"


class MonthClosedError(RuleError):
    """The month is closed in the books."""

    code = "period_closed"
    title = "The month is closed"


class NotAssessedError(RuleError):
    """Nobody of the payroll has been assessed for the month."""

    code = "not_assessed"
    title = "The month is not assessed yet"


class NothingToFileError(RuleError):
    """No line of the filing is funded."""

    code = "nothing_to_file"
    title = "There is nobody to declare"


class NotReadyError(RuleError):
    """A question asked too early."""

    code = "not_ready"
    title = "Not there yet"


class SamePersonError(ForbiddenError):
    """What one person ordered, another must release."""

    code = "same_person"
    title = "Another person must do this"


class PaymentDiffersError(RuleError):
    """The bank booked another amount than was ordered."""

    code = "payment_differs"
    title = "Not the amount that was ordered"


class NothingToPayError(RuleError):
    """The bill asks for nothing more."""

    code = "nothing_to_pay"
    title = "Nothing is left to pay"


class AccountOfAnotherError(RuleError):
    """The bank account is for another employer's bills."""

    code = "account_of_another"
    title = "The account is for another employer"


class EmployerShortError(RuleError):
    """An employer's money does not reach for his bill, and nobody else's pays it."""

    code = "employer_short"
    title = "The employer's money does not reach"


class ForecastDayError(MalformedError):
    """A day of payment that nothing can be said of."""

    code = "forecast_day_invalid"
    title = "Nothing can be said of that day"


class HeldByCourierError(ConflictError):
    """A filing that a worker is carrying to the state at this moment, or that may be there already."""

    code = "filing_on_its_way"
    title = "The filing is on its way to the state"


class PortalOnlyError(RuleError):
    """The mutual's state is reached by hand only."""

    code = "portal_only"
    title = "This state is reached by its portal"


class ReceptionTakenError(ConflictError):
    """A file has another reception number already, or the number is another file's."""

    code = "reception_taken"
    title = "The reception number does not fit"


class PortalAnswerError(MalformedError):
    """A portal's answer file that cannot be used; every mistake is named by line and column."""

    code = "portal_answer_invalid"
    title = "The portal's answer cannot be used"


class NoticeInvalidError(MalformedError):
    """A bill typed in by hand that does not add up, or covers nothing of ours."""

    code = "notice_invalid"
    title = "The notice does not add up"


class SettingMissingError(RuleError):
    """The mutual's settings lack something that is needed here."""

    code = "setting_missing"
    title = "A setting of the mutual is missing"


class NothingToldError(OutcomeUnknownError):
    """A state that cannot be asked has told nothing of a file yet."""

    code = "nothing_told"
    title = "The state has said nothing yet"
