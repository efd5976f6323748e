"""What can be refused about payouts."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, RuleError


class BatchNotFoundError(NotFoundError):
    """No payout batch of this mutual has the identifier."""

    code = "payout_batch_not_found"
    title = "No such payout batch"


class PayoutNotFoundError(NotFoundError):
    """No payout of this mutual has the identifier."""

    code = "payout_not_found"
    title = "No such payout"


class ProviderUnknownError(NotFoundError):
    """The mutual has no account at this provider."""

    code = "provider_unknown"
    title = "No account at this provider"


class DraftOpenError(ConflictError):
    """A batch of this provider waits for its release."""

    code = "payout_draft_open"
    title = "A draft is open"


class NothingOwedError(ConflictError):
    """Nobody is owed anything that could be paid out now."""

    code = "nothing_owed"
    title = "Nothing to pay out"


class SamePersonError(RuleError):
    """Who prepared it may not release it."""

    code = "second_person_needed"
    title = "Another person must release it"


class ReleaseLimitError(RuleError):
    """The batch is larger than this role may release."""

    code = "release_limit"
    title = "Larger than you may release"


class BatchNotSentError(ConflictError):
    """The batch never left the house."""

    code = "payout_batch_not_sent"
    title = "This batch was never sent"


class ReturnRefusedError(ConflictError):
    """A payout that did not arrive cannot come back."""

    code = "payout_not_returnable"
    title = "This payout cannot be returned"


class PayoutsStaleError(ConflictError):
    """Somebody in the draft is to be paid another way by now, or has died; nobody is paid by it."""

    code = "payouts_stale"
    title = "The draft is not as things stand now"


class RequestDamagedError(MalformedError):
    """The frozen request is not what was released."""

    code = "payout_request_damaged"
    title = "The frozen request does not match its digest"


class PayoutFileSentError(ConflictError):
    """The file was carried to the bank before; a second time it would be paid twice."""

    code = "payout_file_sent"
    title = "The file has left the house before"


class PayoutSettledError(ConflictError):
    """The payout has its outcome; it is not paid twice."""

    code = "payout_settled"
    title = "The payout has its outcome already"


class WrongMeansError(ConflictError):
    """That is not how the money of this batch leaves the house."""

    code = "payout_wrong_means"
    title = "Not for money that leaves this way"


class DestinationInvalidError(MalformedError):
    """An account that no bank would take, or none."""

    code = "payout_destination_invalid"
    title = "Nobody can be paid there"


class ReportUnknownError(NotFoundError):
    """The bank's report is about a file that is not ours."""

    code = "payout_report_unknown"
    title = "A report about no file of ours"


class HandOutRefusedError(RuleError):
    """The code, the identity or the person at the counter is not right; nothing was handed out."""

    code = "hand_out_refused"
    title = "Nothing may be handed out"


class CodeWrongError(HandOutRefusedError):
    """The code is not the one that was told to the member; a try is gone."""

    code = "hand_out_code_wrong"
    title = "The code is wrong"


class CodeEndedError(HandOutRefusedError):
    """No code was made, or it is too old or was tried too often."""

    code = "hand_out_code_ended"
    title = "No code holds"


class CardWrongError(HandOutRefusedError):
    """The card is not the member's; a try is gone."""

    code = "hand_out_card_wrong"
    title = "The card is not the member's"


class TillShortError(RuleError):
    """The till does not hold so much."""

    code = "till_short"
    title = "The till does not hold so much"
