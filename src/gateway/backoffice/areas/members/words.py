"""Why a month is covered or not, and what money did, as the office says it."""

from gateway.backoffice.frame.texts import COVERAGE, N_

STANDINGS = {"covered": ("✓", N_("Covered")), "waiting": ("◐", N_("Waiting")), "not_covered": ("✕", N_("Not covered"))}
"""Standing of a month -> its sign and its name."""
REASONS = COVERAGE
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
WAGE_REASONS = {"enrolment": N_("at the enrolment"), "import": N_("by a list")}
"""Why a wage was written, where the house itself says so; people's own words stand as they typed them."""
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
