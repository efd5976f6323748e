"""What reconciling refuses."""

from gateway.kit.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError, RuleError


class StatementUnknownError(NotFoundError):
    """No statement of this mutual is meant."""

    code = "statement_unknown"
    title = "No such statement"


class MappingUnknownError(NotFoundError):
    """No saved mapping of this mutual is meant."""

    code = "mapping_unknown"
    title = "No such mapping"


class BreakUnknownError(NotFoundError):
    """No break of this mutual is meant."""

    code = "break_unknown"
    title = "No such break"


class LineUnknownError(NotFoundError):
    """No statement line of this mutual is meant."""

    code = "statement_line_unknown"
    title = "No such statement line"


class NotAReceiptError(ConflictError):
    """The line is no payment of a member's, so it has no owner among them."""

    code = "not_a_receipt"
    title = "The line is not a member's payment"


class SupervisorNeededError(ForbiddenError):
    """So old a difference is explained by a supervisor."""

    code = "supervisor_needed"
    title = "A supervisor has to approve this"


class CasesDifferError(MalformedError):
    """What is done to several breaks at once is done to equal ones."""

    code = "cases_differ"
    title = "These cases are not equal"


class TransferUnknownError(NotFoundError):
    """No transfer of this mutual is meant."""

    code = "transfer_unknown"
    title = "No such transfer"


class TransferInvalidError(MalformedError):
    """A transfer between two places that cannot be made."""

    code = "transfer_invalid"
    title = "The transfer cannot be made"


class ToleranceInvalidError(MalformedError):
    """A tolerance that cannot be decided so."""

    code = "tolerance_invalid"
    title = "The tolerance cannot be decided so"


class TransferRepeatedError(ConflictError):
    """The reference stands on another transfer."""

    code = "transfer_repeated"
    title = "The reference was used for another transfer"
    status = 422


class ProposalInvalidError(MalformedError):
    """The proposed entry is not one that can be posted."""

    code = "proposal_invalid"
    title = "The proposed entry cannot be posted"


class SamePersonError(ForbiddenError):
    """Two people are needed."""

    code = "same_person"
    title = "A second person is needed"


class MonthNotClearError(RuleError):
    """Something in the month is not explained yet."""

    code = "month_not_clear"
    title = "The month is not explained yet"
