"""What assessing and receiving refuse."""

from gateway.kit.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError, RuleError


class RatesMissingError(RuleError):
    """No dated value covers the month."""

    code = "rates_missing"
    title = "No rates for this month"


class LatenessUnknownError(RuleError):
    """No rule says what a late payment costs."""

    code = "lateness_unknown"
    title = "What lateness costs is not known"


class RateInvalidError(MalformedError):
    """A proposed rate or a return that cannot be used."""

    code = "rate_invalid"
    title = "The value cannot be used"


class RateUnknownError(NotFoundError):
    """No proposed rate of this mutual is meant."""

    code = "rate_proposal_unknown"
    title = "No such proposed rate"


class RateTakenError(ConflictError):
    """A value was approved for the same day."""

    code = "rate_taken"
    title = "A value is approved for that day"


class RateNotAheadError(RuleError):
    """A rate counts from a day to come, so that no month changes after it was assessed."""

    code = "rate_not_ahead"
    title = "The day has come already"


class ApproverError(ForbiddenError):
    """What one person proposed, another approves."""

    code = "same_person"
    title = "Another person must do this"


class CountryUnknownError(NotFoundError):
    """There is no rate table for the country."""

    code = "country_unknown"
    title = "No rates for this country"


class WageInvalidError(MalformedError):
    """A declared wage that cannot be assessed."""

    code = "wage_invalid"
    title = "The wage cannot be assessed"


class ReceiptUnknownError(NotFoundError):
    """No receipt of this mutual is meant."""

    code = "receipt_unknown"
    title = "No such receipt"


class ReceiptInvalidError(MalformedError):
    """A receipt whose parts do not agree."""

    code = "receipt_invalid"
    title = "The receipt's parts do not agree"


class PaidInFutureError(RuleError):
    """Money cannot have been received on a day that has not come."""

    code = "paid_in_future"
    title = "The day has not come"


class PaidLongAgoError(RuleError):
    """A payment from so long ago is a mistyped year."""

    code = "paid_long_ago"
    title = "The day is too long ago"


class ReceiptRepeatedError(ConflictError):
    """The source's reference was used for another payment."""

    code = "receipt_repeated"
    title = "The reference was used for another payment"
    status = 422


class ReceiptUsedError(RuleError):
    """The money of a receipt has been used, so it cannot be taken back."""

    code = "receipt_used"
    title = "The money has been used"


class ReceiptRunningError(ConflictError):
    """The same payment is being written at this moment."""

    code = "in_progress"
    title = "The same is being done at this moment"
    retryable = True


class ReceiptReversedError(ConflictError):
    """The receipt has been taken back; nothing more can be done with it."""

    code = "receipt_reversed"
    title = "The receipt has been reversed"


class ReceiptLineUnknownError(NotFoundError):
    """No receipt's line of this mutual is meant."""

    code = "receipt_line_unknown"
    title = "No such line of a receipt"


class AlreadyPlacedError(ConflictError):
    """The line's money is where it is asked to go."""

    code = "already_placed"
    title = "The money is there already"


class PeriodFutureError(RuleError):
    """A month that has not begun cannot be assessed: its rates may still change."""

    code = "period_in_future"
    title = "The month has not begun"


class FeeInvalidError(MalformedError):
    """A fee that is not an amount of the mutual with a decision behind it."""

    code = "fee_invalid"
    title = "The fee cannot be kept"


class ReceiptImportUnknownError(NotFoundError):
    """No uploaded file of receipts is meant."""

    code = "receipt_import_unknown"
    title = "No such import"


class ReceiptImportAppliedError(ConflictError):
    """The same file was applied under another import."""

    code = "receipt_import_applied"
    title = "The file has been applied"


class ReceiptImportRefusedError(RuleError):
    """All rows or none were asked for, and some are refused."""

    code = "receipt_import_refused"
    title = "The file has refused rows"


class BlockInvalidError(MalformedError):
    """A block of receipt numbers that cannot be given out."""

    code = "receipt_block_invalid"
    title = "The block of receipt numbers cannot be given out"


class AllotmentInvalidError(MalformedError):
    """A standing rule that cannot be used."""

    code = "allotment_rule_invalid"
    title = "The rule for allotting money cannot be used"


class RefundRefusedError(RuleError):
    """Nothing is refunded to this member now."""

    code = "refund_refused"
    title = "Nothing can be refunded now"


class RefundUnknownError(NotFoundError):
    """No refund of this mutual is meant."""

    code = "refund_unknown"
    title = "No such refund"


class SamePersonError(ForbiddenError):
    """Two people are needed."""

    code = "same_person"
    title = "A second person is needed"
