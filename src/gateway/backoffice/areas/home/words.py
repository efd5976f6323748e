"""The month's steps, who does them and what comes next, as the office says it."""

from gateway.backoffice.frame.texts import N_

STEPS = {
    "members": N_("Enrol"),
    "assess": N_("Assess"),
    "receive": N_("Collect"),
    "prepare": N_("Prepare"),
    "submit": N_("File"),
    "bill": N_("Bill of the state"),
    "pay": N_("Pay"),
    "benefits": N_("Benefits"),
    "payout": N_("Pay out"),
    "close": N_("Close"),
}
STATES = {
    "waiting": ("·", N_("Not yet")),
    "ready": ("▶", N_("To be done")),
    "running": ("…", N_("Under way")),
    "done": ("✓", N_("Done")),
}
"""State of a step -> its sign and its name."""
WHO = {"worker": N_("The program"), "state": N_("The state"), "bank": N_("The bank")}
"""Who is next where no person is."""
WHERE = {
    "members": "/members",
    "assess": "/filings",
    "receive": "/cash",
    "prepare": "/filings",
    "submit": "/filings",
    "bill": "/filings",
    "pay": "/filings",
    "benefits": "/benefits",
    "payout": "/payouts",
    "close": "/reconciliation",
}
"""Step -> area that it is done in."""
SAID = (
    N_("Allot the remittance to its members."),
    N_("Assess the month."),
    N_("Bring the order to the bank and load its statement."),
    N_("Enrol or import the members of the month."),
    N_("Look the draft through, then seal it."),
    N_("Order the payment of the bill."),
    N_("Prepare the filing."),
    N_("Prepare the payouts of what members are owed."),
    N_("Receive the members' money, then prepare the filing."),
    N_("Reconcile, explain what is left, close the month."),
    N_("Release the payment; not by the person who ordered it."),
    N_("Release the payouts; not by the person who prepared them."),
    N_("Submit the sealed filing."),
    N_("The money of an advised remittance is not here."),
    N_("The provider is paying, or is asked about it."),
    N_("The state has not confirmed the payment yet."),
    N_("The state has not sent its bill yet."),
    N_("The state has the filing, or is asked about it."),
    N_("Wait for the state, or upload the files on its portal and give the reception numbers."),
    N_("{n} enrolled members have no assessment: no declared wage, or on leave"),
    N_("money is in suspense: place it or refuse it"),
    N_("the state could not be reached for {n} sealed filings; they are tried again"),
    N_("{n} lines were rejected; mend them and file a supplementary one"),
    N_("{n} advices contradict themselves; ask the state"),
    N_("{n} differences of the month are open"),
)
"""What ``month.rules`` says; a test sees that nothing is missing."""
