"""What the pages about members have in common: who may, and what things are called."""

from collections.abc import Sequence

from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.membership.queries import MemberRow
from gateway.membership.rules import mask
from gateway.staff.models import Role

WORKERS = (Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.MANAGER)
READERS = (*WORKERS, Role.COLLECTOR, Role.ACCOUNTANT)
SEE_MONEY = frozenset({Role.ACCOUNTANT, Role.CASHIER, Role.COLLECTOR, Role.MANAGER, Role.AUDITOR, Role.FILING_OFFICER})

area = Area("members", N_("Members"), "/members", 10, READERS)

STATUSES = {
    "active": (N_("Active"), "good"),
    "on_leave": (N_("On leave"), "wait"),
    "left": (N_("Has left"), "plain"),
    "deceased": (N_("Deceased"), "plain"),
}
"""Status -> what it is called, and its tone."""
IDENTITY_KINDS = {
    "national_id": N_("Identity card"),
    "social_security": N_("Social security number"),
    "passport": N_("Passport"),
    "newborn": N_("Newborn"),
}
RELATIONS = {
    "spouse": N_("Spouse"),
    "partner": N_("Partner"),
    "child": N_("Child"),
    "stepchild": N_("Stepchild"),
    "parent": N_("Parent"),
    "parent_in_law": N_("Parent-in-law"),
    "sibling": N_("Brother or sister"),
    "grandparent": N_("Grandparent"),
    "grandchild": N_("Grandchild"),
    "great_grandparent": N_("Great-grandparent"),
    "great_grandchild": N_("Great-grandchild"),
    "uncle_aunt": N_("Uncle or aunt"),
    "nephew_niece": N_("Nephew or niece"),
}
CATEGORIES = {"direct": N_("Direct"), "additional": N_("Additional")}
LEAVES = {
    "holiday": N_("Holiday"),
    "voluntary": N_("Voluntary leave"),
    "maternity": N_("Maternity"),
    "disability": N_("Disability"),
}
FIELDS = {
    "given_names": N_("Given names"),
    "first_surname": N_("First surname"),
    "second_surname": N_("Second surname"),
    "sex": N_("Sex"),
    "birth_date": N_("Birth date"),
    "phone": N_("Telephone"),
    "occupation": N_("Occupation"),
    "municipality": N_("Municipality"),
    "language": N_("Language"),
    "fund_id": N_("Fund"),
    "wage_minor": N_("Wage"),
    "wage_from": N_("Wage from"),
    "payroll": N_("Payroll"),
    "fund": N_("Fund"),
    "identity": N_("Identity number"),
    "relation": N_("Relation"),
    "document": N_("Identity number"),
    "social_security": N_("Social security number"),
    "enrolled_from": N_("Enrolled from"),
    "valid_from": N_("From"),
    "eligible_until": N_("Covered until"),
    "category": N_("Kind of dependant"),
    "warning": N_("To be looked at"),
}
SEXES = {"F": N_("Woman"), "M": N_("Man")}
SPOKEN = {"es": N_("Spanish"), "fr": N_("French"), "en": N_("English")}


def name_of(row: object) -> str:
    """Return a person's name as it is read: given names, then surnames."""
    parts = (getattr(row, one, "") for one in ("given_names", "first_surname", "second_surname"))
    return " ".join(part for part in parts if part)


def hidden(desk: Desk, value: str | None) -> str:
    """Return a number as somebody may see it."""
    return "" if not value else value if desk.sees_numbers else mask(value)


def said(desk: Desk, names: dict[str, str], code: str | None) -> str:
    """Return what a code is called in her language; the code itself where it is new."""
    return "" if code is None else desk.words.say(names[code]) if code in names else code


def choices(desk: Desk, names: dict[str, str]) -> list[tuple[str, str]]:
    """Return codes and what they are called, as the options of a list."""
    return [(code, desk.words.say(name)) for code, name in names.items()]


def crumbs(desk: Desk, member: MemberRow | None = None, last: str = "") -> Sequence[Crumb]:
    """Return the way back from a page about members."""
    steps = [Crumb(desk.words.say("Members"), "/members")]
    if member is not None:
        steps.append(Crumb(name_of(member), f"/members/{member.id}"))
    return [*steps, Crumb(last, "")] if last else [*steps[:-1], Crumb(steps[-1].text, "")]
