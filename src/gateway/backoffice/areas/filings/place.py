"""What the pages about filing have in common."""

import datetime as dt
from typing import Any

from gateway.backoffice.frame.area import GREATEST, Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.filing.states import BillStatus, DocumentStatus, FilingKind, FilingStatus, LineStatus, NoticeStatus
from gateway.kit.period import Period
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.staff.models import Role

FILES = (Role.FILING_OFFICER,)
PAYS = (Role.ACCOUNTANT,)
RELEASES = (Role.MANAGER, Role.ACCOUNTANT)
READS = (Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER)

area = Area("filings", N_("Filings"), "/filings", 30, READS)

STATUSES = {
    FilingStatus.DRAFT: (N_("draft"), "wait"),
    FilingStatus.DISCARDED: (N_("discarded"), "plain"),
    FilingStatus.SEALED: (N_("sealed, not sent"), "wait"),
    FilingStatus.SENDING: (N_("on its way to the state"), "wait"),
    FilingStatus.UNKNOWN: (N_("not known whether it arrived; we ask"), "bad"),
    FilingStatus.SUBMITTED: (N_("with the state, not answered"), "wait"),
    FilingStatus.ACCEPTED: (N_("accepted"), "good"),
    FilingStatus.PARTIAL: (N_("accepted in part"), "bad"),
    FilingStatus.REJECTED: (N_("rejected"), "bad"),
    FilingStatus.SETTLED: (N_("paid and settled"), "good"),
}
KINDS = {FilingKind.MONTHLY: N_("monthly"), FilingKind.SUPPLEMENTARY: N_("supplementary")}
LINES = {
    LineStatus.WAITING: (N_("waits for the state"), "wait"),
    LineStatus.ACCEPTED: (N_("accepted"), "good"),
    LineStatus.CHANGED: (N_("accepted with another amount"), "wait"),
    LineStatus.REJECTED: (N_("rejected"), "bad"),
}
DOCUMENTS = {
    DocumentStatus.SEALED: (N_("not sent"), "wait"),
    DocumentStatus.RECEIVED: (N_("with the state"), "wait"),
    DocumentStatus.ACCEPTED: (N_("accepted"), "good"),
    DocumentStatus.PARTIAL: (N_("accepted in part"), "bad"),
    DocumentStatus.REJECTED: (N_("rejected"), "bad"),
}
BILLS = {
    BillStatus.RECEIVED: (N_("not ordered"), "wait"),
    BillStatus.ORDERED: (N_("waits for release"), "wait"),
    BillStatus.RELEASED: (N_("released to the bank"), "wait"),
    BillStatus.BOOKED: (N_("paid by the bank"), "good"),
    BillStatus.CONFIRMED: (N_("confirmed by the state"), "good"),
    BillStatus.RETURNED: (N_("not paid, asked with the newer bill"), "wait"),
    BillStatus.SUPERSEDED: (N_("replaced"), "plain"),
}
NOTICES = {
    NoticeStatus.CURRENT: (N_("in time"), "good"),
    NoticeStatus.OVERDUE: (N_("overdue"), "bad"),
    NoticeStatus.PAID: (N_("paid"), "good"),
    NoticeStatus.RECALCULATED: (N_("recalculated"), "wait"),
    NoticeStatus.CANCELLED: (N_("cancelled"), "plain"),
}
"""What each status is called, and how it is shown."""
REASONS = {
    "own_money": N_("the member's own money"),
    "credit": N_("the member's own money, in part from before"),
    "fund": N_("completed by the fund"),
    "reserve": N_("completed by the reserve"),
    "employer": N_("the employer's money"),
    "employer_short": N_("the employer's money does not reach"),
    "no_money": N_("nothing was paid"),
    "short": N_("not enough was paid"),
    "identity_incomplete": N_("the state would refuse the particulars"),
    "dependant_incomplete": N_("a dependant's particulars are not complete"),
    "wage_missing": N_("no wage is declared"),
    "not_assessed": N_("the month is not assessed for the member"),
    "assessment_outdated": N_("changed after the assessment"),
    "declared_elsewhere": N_("declared in another payroll already"),
    "earlier_payroll": N_("an earlier payroll has to be accepted first"),
    "on_leave": N_("on leave"),
    "left": N_("has left"),
    "deceased": N_("has died"),
    "not_enrolled": N_("no longer in this payroll"),
}
CHANGES = {
    "same": N_("as last month"),
    "new": N_("new"),
    "wage_changed": N_("another wage"),
    "back": N_("came back"),
    "gone": N_("gone"),
}
CATEGORIES = {
    "accepted": N_("nothing to do"),
    "mend_data": N_("mend the data"),
    "ask_member": N_("ask the member"),
    "ask_state": N_("ask the state"),
    "try_again": N_("send it again"),
}
COMPONENTS = {
    "health_worker": N_("Health, worker's share"),
    "health_employer": N_("Health, employer's share"),
    "pension_worker": N_("Pension, worker's share"),
    "pension_employer": N_("Pension, employer's share"),
    "work_risk": N_("Work risk"),
    "additional_dependants": N_("Additional dependants"),
    "voluntary": N_("Voluntary"),
    "surcharges": N_("Surcharges"),
    "interest": N_("Interest"),
    "adjustments": N_("Adjustments"),
    "credits": N_("Credits"),
    "epf_worker": N_("Provident fund, worker's share"),
    "eps_employer": N_("Pension, employer's share"),
    "epf_employer_difference": N_("Provident fund, employer's share"),
}


FIELDS = {
    "type": N_("Kind of line"),
    "payroll": N_("Payroll key"),
    "document_type": N_("Kind of number"),
    "document": N_("Identity number"),
    "given_names": N_("Given names"),
    "first_surname": N_("First surname"),
    "second_surname": N_("Second surname"),
    "sex": N_("Sex"),
    "birth_date": N_("Birth"),
    "wage": N_("Wage"),
    "voluntary": N_("Voluntary"),
    "tax_wage": N_("Wage for income tax"),
    "other_pay": N_("Other pay"),
    "withholding_agent": N_("Withholding agent"),
    "other_employers": N_("From other employers"),
    "exempt": N_("Exempt"),
    "balance": N_("Balance in favour"),
    "training_wage": N_("Wage for INFOTEP"),
    "income_type": N_("Kind of income"),
    "uan": N_("UAN"),
    "name": N_("Name"),
    "gross_wages": N_("Gross wages"),
    "epf_wages": N_("EPF wages"),
    "eps_wages": N_("EPS wages"),
    "edli_wages": N_("EDLI wages"),
    "epf_contribution": N_("EPF contribution"),
    "eps_contribution": N_("EPS contribution"),
    "epf_eps_difference": N_("EPF less EPS"),
    "ncp_days": N_("Days without pay"),
    "refund_of_advances": N_("Refund of advances"),
}
"""What the fields of the states' lines are called; others are shown under their own name."""


def crumbs(desk: Desk, *steps: tuple[str, str]) -> list[Crumb]:
    """Return the way back from a page about filings."""
    return [Crumb(desk.words.say("Filings"), "/filings"), *(Crumb(desk.words.say(text), path) for text, path in steps)]


def account_name(desk: Desk, code: str) -> str:
    """Return what a bank account is called."""
    return desk.words.account(code, {one.ledger_code: one.name for one in list_bank_accounts(desk.session)})


def name_of(desk: Desk, filing: Any) -> str:
    """Return what a filing is called: its month, and which one of the month it is."""
    month = desk.words.month(Period.of(filing.period_start))
    if filing.kind == FilingKind.MONTHLY:
        return month
    return desk.words.say("{month}, supplementary {number}", month=month, number=filing.sequence)


def component(desk: Desk, code: str) -> str:
    """Return what a component of the bill is called; one that we do not know is shown as it came."""
    return desk.words.say(COMPONENTS[code]) if code in COMPONENTS else code


MARKS = {
    "2": N_("two sources agree"),
    "1": N_("one source"),
    "d": N_("worked out, not published"),
    "?": N_("nobody checked it"),
}
"""How sure a rate is."""


STEPS = {
    "portal": N_("Carried to the state's portal"),
    "query": N_("Asked the state"),
    "submit": N_("Sent to the state"),
}
OUTCOMES = {
    "received": N_("received"),
    "refused": N_("refused"),
    "absent": N_("the state does not have it"),
    "unavailable": N_("the state could not be reached; it is sent again"),
    "unknown": N_("not known; we ask"),
    "superseded": N_("another attempt counted"),
}
"""What each attempt to bring a file to the state, and its outcome, is called."""


def attempt_in_words(desk: Desk, one: dict[str, Any]) -> str:
    """Return an attempt to bring a file to the state, with when and how it ended."""
    words, step, outcome = desk.words, str(one["step"]).partition(":")[0], one["outcome"]
    ended = words.say(OUTCOMES.get(outcome, outcome)) if outcome else words.say("not ended yet")
    at = words.instant(dt.datetime.fromisoformat(str(one["started_at"])))
    return f"{words.say(STEPS.get(step, STEPS['submit']))} · {at} · {ended}"


def before(key: tuple[Any, ...] | None) -> int:
    """Return before which identifier a list that begins with the newest goes on."""
    return GREATEST if key is None else int(key[0])


def choices(desk: Desk, words: dict[Any, Any]) -> list[tuple[str, str]]:
    """Return the options of a list to choose from."""
    return [(str(one), desk.words.say(said if isinstance(said, str) else said[0])) for one, said in words.items()]
