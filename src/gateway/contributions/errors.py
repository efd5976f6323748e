"""What assessing and receiving refuse."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, RuleError


class RatesMissingError(RuleError):
    """No dated value covers the month."""

    code = "rates_missing"
    title = "No rates for this month"


class CountryUnknownError(NotFoundError):
    """There is no rate table for the country."""

    code = "country_unknown"
    title = "No rates for this country"


class WageInvalidError(MalformedError):
    """A declared wage that cannot be assessed."""

    code = "wage_invalid"
    title = "The wage cannot be assessed"


class MemberUnknownError(NotFoundError):
    """No member of this mutual is meant."""

    code = "member_unknown"
    title = "No such member"


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


class ReceiptRepeatedError(ConflictError):
    """The source's reference was used for another payment."""

    code = "receipt_repeated"
    title = "The reference was used for another payment"
    status = 422


class ReceiptUsedError(RuleError):
    """The money of a receipt has been used, so it cannot be taken back."""

    code = "receipt_used"
    title = "The money has been used"
