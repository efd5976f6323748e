"""What can be refused about benefits."""

from gateway.kit.errors import ConflictError, MalformedError, NotFoundError, RuleError


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


class BenefitLawUnknownError(NotFoundError):
    """The tables of the country do not say it for this day."""

    code = "benefit_law_unknown"
    title = "Not known what the state pays back"


class ClaimNotFoundError(NotFoundError):
    """No claim of this mutual has the identifier."""

    code = "claim_not_found"
    title = "No such claim"


class ClaimInvalidError(MalformedError):
    """What is claimed cannot be so: days, children or places that do not fit."""

    code = "claim_invalid"
    title = "The claim cannot be so"


class ClaimKnownError(ConflictError):
    """The member has a claim of this kind from this day already."""

    code = "claim_known"
    title = "This claim is there already"


class NotEligibleError(RuleError):
    """The member is not entitled: too few paid months, or a wage above the last band."""

    code = "not_eligible"
    title = "Not entitled to this benefit"


class WageUnknownError(RuleError):
    """No paid month says what the wage is."""

    code = "contributory_wage_unknown"
    title = "No paid month to take the wage from"


class BenefitAmountMissingError(RuleError):
    """Nobody has entered what the state pays for this band on this day."""

    code = "benefit_amount_missing"
    title = "The amount has not been entered"


class BenefitAmountInvalidError(MalformedError):
    """An amount below zero, of an unknown band, or without its source."""

    code = "benefit_amount_invalid"
    title = "The amount cannot be so"


class DocumentUnknownError(MalformedError):
    """The document is not on this claim's checklist."""

    code = "claim_document_unknown"
    title = "Not on the checklist"


class AdvanceRefusedError(ConflictError):
    """The instalment cannot be advanced: not yet, not again, or not by the mutual at all."""

    code = "advance_refused"
    title = "This cannot be advanced"


class FloatShortError(RuleError):
    """The mutual's float does not hold so much any more."""

    code = "float_short"
    title = "The float is not enough"


class AdvanceOutstandingError(ConflictError):
    """What the mutual advanced has not come back, and nobody has said who bears it."""

    code = "advance_outstanding"
    title = "An advance is outstanding"


class InstalmentsOpenError(ConflictError):
    """Instalments of the claim are awaited, or differ."""

    code = "instalments_open"
    title = "Instalments are open"


class InstalmentNotFoundError(NotFoundError):
    """The claim has no instalment with this number."""

    code = "instalment_not_found"
    title = "No such instalment"


class NothingOutstandingError(ConflictError):
    """There is no advance that anybody would have to bear."""

    code = "nothing_outstanding"
    title = "Nothing is outstanding"


class SecondPersonError(RuleError):
    """Who proposed it may not approve it."""

    code = "second_person_needed"
    title = "Another person must approve it"


class CreditUnclaimedError(RuleError):
    """No claim awaits this credit, or several do."""

    code = "credit_unclaimed"
    title = "No one claim for this credit"
