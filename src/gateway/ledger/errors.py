"""What the books refuse."""

from gateway.kit.errors import ConflictError, NotFoundError, RuleError


class UnknownAccountError(NotFoundError):
    """No account of this mutual has the code."""

    code = "account_unknown"
    title = "No such account"


class UnknownTransactionError(NotFoundError):
    """No transaction of this mutual has the identifier."""

    code = "transaction_unknown"
    title = "No such transaction"


class KeyReusedError(ConflictError):
    """The idempotency key was used before for something else."""

    code = "key_reused"
    title = "The key was used for something else"
    status = 422


class PostingRaceError(ConflictError):
    """The same event is being booked at this moment; asking again gives its result."""

    code = "in_progress"
    title = "The same is being done at this moment"
    retryable = True


class AlreadyReversedError(ConflictError):
    """A transaction is reversed once."""

    code = "already_reversed"
    title = "Already reversed"


class FloorBrokenError(RuleError):
    """An account would hold less than it may."""

    code = "not_enough_held"
    title = "Not enough money held"


class PeriodClosedError(RuleError):
    """The month is closed in the books."""

    code = "period_closed"
    title = "The month is closed"


class UnbalancedError(RuleError):
    """The entries do not make a whole transaction."""

    code = "unbalanced"
    title = "The entries do not balance"


class UnknownBankAccountError(NotFoundError):
    """The mutual has no such account at a bank or provider."""

    code = "bank_account_unknown"
    title = "No such bank account"


class BankAccountKnownError(ConflictError):
    """The number or the ledger code is taken."""

    code = "bank_account_known"
    title = "The bank account is registered already"
