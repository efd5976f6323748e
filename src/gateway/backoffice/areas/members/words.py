"""Why a month is covered or not, and what money did, as the office says it."""

from gateway.backoffice.frame.texts import N_

STANDINGS = {"covered": ("✓", N_("Covered")), "waiting": ("◐", N_("Waiting")), "not_covered": ("✕", N_("Not covered"))}
"""Standing of a month -> its sign and its name."""
TONES = {"covered": "good", "waiting": "wait", "not_covered": "bad"}
REASONS = {
    "accepted": N_("The state accepted her."),
    "changed": N_("The state accepted her, with another amount."),
    "state_has_not_answered": N_("The state has not answered yet."),
    "filing_not_sealed": N_("The filing is a draft."),
    "not_prepared": N_("The month has not been prepared yet."),
    "rejected_by_state": N_("The state rejected her line."),
    "no_money": N_("She paid nothing for it."),
    "short": N_("What she paid was not enough."),
    "employer_short": N_("Her employer's money was not enough."),
    "identity_incomplete": N_("Her identity number is missing."),
    "dependant_incomplete": N_("Papers of a dependant are missing."),
    "wage_missing": N_("No wage is declared."),
    "not_assessed": N_("The month was not assessed for her."),
    "assessment_outdated": N_("Her data changed after the assessment."),
    "earlier_payroll": N_("Another payroll of hers comes first."),
    "declared_elsewhere": N_("Somebody else declared her."),
    "on_leave": N_("She was on leave."),
    "left": N_("She had left."),
    "deceased": N_("She had died."),
    "not_enrolled": N_("She was not enrolled."),
}
MOVES = {
    "receipt": N_("Payment received"),
    "reversal": N_("Payment taken back"),
    "placement": N_("Money placed"),
    "refund": N_("Money given back"),
    "filing.seal": N_("Reserved for the filing"),
    "filing.release": N_("Given back after a rejection"),
    "bill.cover": N_("Used for the state's bill"),
}
"""Kind of a booking -> what it is called; others are shown by their code."""
CHANNELS = {
    "cash": N_("Cash"),
    "collector": N_("Collector"),
    "bank": N_("Bank"),
    "mobile_money": N_("Mobile money"),
}
LINES = {
    "waiting": (N_("Waiting"), "wait"),
    "accepted": (N_("Accepted"), "good"),
    "changed": (N_("Accepted with another amount"), "wait"),
    "rejected": (N_("Rejected"), "bad"),
}
BENEFIT_KINDS = {
    "maternity": N_("Maternity"),
    "breastfeeding": N_("Breastfeeding"),
    "common_illness": N_("Common illness"),
}
PAYOUT_STATUSES = {
    "ordered": (N_("Ordered"), "wait"),
    "paid": (N_("Paid"), "good"),
    "failed": (N_("Failed"), "bad"),
    "returned": (N_("Returned"), "bad"),
    "cancelled": (N_("Given up"), "plain"),
}
HISTORY = {
    "member": N_("Taken into the register"),
    "change": N_("Data changed"),
    "identity": N_("Identity recorded"),
    "wage": N_("Wage declared"),
    "enrolment": N_("Enrolled"),
    "enrolment_end": N_("Place in the payroll ended"),
    "leave": N_("Leave"),
    "dependant": N_("Dependant covered"),
    "dependant_end": N_("Dependant's cover ended"),
    "step": N_("Status"),
}
