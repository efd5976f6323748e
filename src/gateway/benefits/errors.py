"""What can be refused about benefits."""

from gateway.kit.errors import ConflictError, NotFoundError, RuleError


class RemittanceNotFoundError(NotFoundError):
    """No remittance of this mutual has the identifier or the reference."""

    code = "remittance_not_found"
    title = "No such remittance"


class RemittanceLineNotFoundError(NotFoundError):
    """No line of a remittance has the identifier."""

    code = "remittance_line_not_found"
    title = "No such line of a remittance"


class MoneyMissingError(ConflictError):
    """A remittance is allotted when its money is here and is as much as was advised."""

    code = "remittance_not_funded"
    title = "The money is not here, or not all of it"


class NotInSuspenseError(ConflictError):
    """The line is not in suspense, so it cannot be placed."""

    code = "not_in_suspense"
    title = "Not in suspense"


class BeneficiaryUnknownError(NotFoundError):
    """No member of this mutual has the identifier."""

    code = "member_not_found"
    title = "No such member"


class CurrencyDiffersError(RuleError):
    """Money and account are not in one currency."""

    code = "currency_mismatch"
    title = "Not the currency of this account"
