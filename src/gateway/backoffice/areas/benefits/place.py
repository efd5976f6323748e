"""What the pages about benefits have in common."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.backoffice.frame.area import GREATEST, Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.benefits.states import BenefitKind, ClaimStatus, InstalmentStatus, RemittanceStatus
from gateway.kit.money import currency_of, parse_amount
from gateway.staff.models import Role

OFFICERS = (Role.BENEFITS_OFFICER,)
READERS = (Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
COUNTER = (Role.BENEFITS_OFFICER, Role.CASHIER, Role.FILING_OFFICER, Role.MANAGER)
SEE_HEALTH = (Role.BENEFITS_OFFICER, Role.AUDITOR)

area = Area("benefits", N_("Benefits"), "/benefits", 40, READERS)

KINDS = {
    BenefitKind.MATERNITY: N_("Maternity"),
    BenefitKind.BREASTFEEDING: N_("Breastfeeding"),
    BenefitKind.COMMON_ILLNESS: N_("Common illness"),
}
CLAIMS = {
    ClaimStatus.OPENED: (N_("papers are missing"), "wait"),
    ClaimStatus.DOCUMENTED: (N_("ready for the state"), "wait"),
    ClaimStatus.SUBMITTED: (N_("with the state"), "wait"),
    ClaimStatus.ACCEPTED: (N_("the state pays"), "good"),
    ClaimStatus.REFUSED: (N_("the state does not pay"), "bad"),
    ClaimStatus.CLOSED: (N_("closed"), "plain"),
    ClaimStatus.WITHDRAWN: (N_("given up"), "plain"),
}
INSTALMENTS = {
    InstalmentStatus.EXPECTED: (N_("expected"), "wait"),
    InstalmentStatus.RECEIVED: (N_("received"), "good"),
    InstalmentStatus.DIFFERS: (N_("another amount came"), "bad"),
    InstalmentStatus.ACCEPTED_AS_IS: (N_("accepted as it came"), "good"),
    InstalmentStatus.CANCELLED: (N_("cancelled"), "plain"),
}
REMITTANCES = {
    RemittanceStatus.QUARANTINED: (N_("does not add up"), "bad"),
    RemittanceStatus.ADVISED: (N_("told; the money has not come"), "wait"),
    RemittanceStatus.DIFFERS: (N_("other money came"), "bad"),
    RemittanceStatus.FUNDED: (N_("the money is here"), "wait"),
    RemittanceStatus.ALLOTTED: (N_("on the members' accounts"), "good"),
}
LINES = {
    "waiting": (N_("waits for the money"), "wait"),
    "allotted": (N_("on the member's account"), "good"),
    "suspense": (N_("nobody knows whose it is"), "bad"),
}


HEALTH = {"diagnosis": N_("Diagnosis"), "children": N_("Children born")}
"""What is known about somebody's health, and what it is called; days at home and in hospital stand apart."""


def crumbs(desk: Desk, *steps: tuple[str, str]) -> list[Crumb]:
    """Return the way back from a page about benefits."""
    return [
        Crumb(desk.words.say("Benefits"), "/benefits"),
        *(Crumb(desk.words.say(text), path) for text, path in steps),
    ]


def kind_of(desk: Desk, code: str) -> str:
    """Return what a kind of benefit is called; one that we do not know is shown as the state wrote it."""
    return desk.words.say(KINDS[BenefitKind(code)]) if code in {str(one) for one in KINDS} else code


def before(key: tuple[Any, ...] | None) -> int:
    """Return before which identifier a list that begins with the newest goes on."""
    return GREATEST if key is None else int(key[0])


LAW = {
    "minimum_wage": N_("Average minimum wage"),
    "wage_ceiling_in_minimum_wages": N_("Most that a wage counts, in minimum wages"),
    "months_needed": N_("Paid months needed"),
    "months_looked_at": N_("Months looked at before"),
    "wage_months": N_("Months whose wages count"),
    "weeks": N_("Weeks of leave"),
    "weeks_in_a_year": N_("Weeks in a year"),
    "monthly_instalments": N_("Monthly instalments"),
    "bands": N_("Bands of wages"),
    "child_under_months": N_("Months of age of the child at most"),
    "share_at_home": N_("Share of the wage at home"),
    "share_in_hospital": N_("Share of the wage in hospital"),
    "days_in_a_month": N_("Days in a month"),
    "waiting_days": N_("Days before the first that is paid"),
    "longest_weeks": N_("Weeks at most"),
    "submit_within_days": N_("Days to hand it in"),
}
"""What a figure of the law is called; that of one benefit stands in the tables under the benefit's name."""


def law_in_words(desk: Desk, one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure of the law as people read it: its name in words, an amount as an amount, a share in per cent."""
    name = str(one["name"]).rpartition(".")[2]
    value, shown = str(one["value"]), desk.words.number
    if name == "minimum_wage":
        text = desk.words.amount(parse_amount(value, currency_of(desk.mutual.currency)), desk.mutual.currency)
    elif name.startswith("share_"):
        text = desk.words.exact_share(Decimal(value))
    else:
        text = shown(int(value)) if value.isdecimal() else value
    return {**one, "name": desk.words.say(LAW.get(name, name)), "value": text}
