"""Which rule makes a person a dependant of a member, and until when: pure, by country, each rule with its source.

Degrees of kinship are counted in steps through the common forebear; by marriage they count like the spouse's own.
"""

import datetime as dt
from dataclasses import dataclass

from gateway.membership.errors import DependantNotEligibleError
from gateway.membership.rules import age_on, birthday
from gateway.membership.states import DependantCategory

SPOUSE, PARTNER, CHILD, STEPCHILD = "spouse", "partner", "child", "stepchild"

DEGREES = {
    "parent": 1,
    "parent_in_law": 1,
    "child": 1,
    "stepchild": 1,
    "grandparent": 2,
    "grandchild": 2,
    "sibling": 2,
    "sibling_in_law": 2,
    "great_grandparent": 3,
    "great_grandchild": 3,
    "uncle_aunt": 3,
    "nephew_niece": 3,
}
RELATIONS = (SPOUSE, PARTNER, *DEGREES)

CHILD_UNTIL, STUDENT_UNTIL, PARTNER_YEARS = 18, 21, 3


@dataclass(frozen=True, slots=True)
class Kin:
    """What is known of a person who is to be covered."""

    relation: str
    """One of ``RELATIONS``."""
    birth_date: dt.date | None = None
    is_student: bool = False
    is_disabled: bool = False
    together_since: dt.date | None = None
    """Since when a partner has lived with the member."""
    has_common_children: bool = False


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Why somebody is covered, as what, and until when."""

    category: DependantCategory
    rule: str
    eligible_until: dt.date | None
    """The last day under this rule, where it ends by itself."""
    source: str


SOURCES = {
    "do.spouse": "SRC-056",
    "do.partner_three_years": "SRC-056",
    "do.partner_common_children": "SRC-056",
    "do.child_minor": "SRC-056",
    "do.child_student": "SRC-056",
    "do.child_disabled": "SRC-056",
    "do.additional_relative": "SRC-057",
    "declared": "SRC-058",
}
"""Rule -> where it is written."""


def eligibility(
    country: str, kin: Kin, *, on: dt.date, category: DependantCategory | None = None, holder_is_foreign: bool = False
) -> Eligibility:
    """Return the rule that covers a person from a day on.

    Args:
        country: Whose rules; a country without rules here takes what the holder declares.
        kin: The person.
        on: The first day of cover.
        category: As what the holder declares her. Without one it follows from the relation; a grown child, who would
            cost something, is additional only where the holder says so.
        holder_is_foreign: The holder is known by a passport.

    Raises:
        DependantNotEligibleError: No rule covers her; says what she lacks.

    Source:
        SRC-056 (direct), SRC-057 (additional), SRC-058 (other countries).
    """
    if kin.relation not in RELATIONS:
        raise DependantNotEligibleError(
            f"{kin.relation!r} is no relation to the third degree; expected one of {', '.join(RELATIONS)}"
        )
    if country != "do":
        return Eligibility(category or DependantCategory.DIRECT, "declared", None, SOURCES["declared"])
    direct = _direct(kin, on)
    if isinstance(direct, str):
        return _additional(kin, on, direct, category, holder_is_foreign)
    if category is DependantCategory.ADDITIONAL:
        raise DependantNotEligibleError(
            f"a {kin.relation} covered by {direct.rule} is a direct dependant, not an additional one"
        )
    return direct


def _direct(kin: Kin, on: dt.date) -> Eligibility | str:
    """Return the rule of direct cover, or why there is none."""
    if kin.relation == SPOUSE:
        return _covered("do.spouse")
    if kin.relation == PARTNER:
        return _partner(kin, on)
    if kin.relation in {CHILD, STEPCHILD}:
        return _child(kin, on)
    return f"a {kin.relation} is never a direct dependant"


def _partner(kin: Kin, on: dt.date) -> Eligibility | str:
    if kin.has_common_children:
        return _covered("do.partner_common_children")
    if kin.together_since is not None and birthday(kin.together_since, PARTNER_YEARS) <= on:
        return _covered("do.partner_three_years")
    return f"a partner is covered after {PARTNER_YEARS} years together (say since when) or with common children"


def _child(kin: Kin, on: dt.date) -> Eligibility | str:
    if kin.is_disabled:
        return _covered("do.child_disabled")
    if kin.birth_date is None:
        return f"a {kin.relation} needs a birth date"
    age = age_on(kin.birth_date, on)
    if age < CHILD_UNTIL:
        return _covered("do.child_minor", kin.birth_date, CHILD_UNTIL)
    if age < STUDENT_UNTIL and kin.is_student:
        return _covered("do.child_student", kin.birth_date, STUDENT_UNTIL)
    return f"a {kin.relation} of {age} is a direct dependant only under {CHILD_UNTIL}, under {STUDENT_UNTIL} if studying, or if disabled"


def _additional(
    kin: Kin, on: dt.date, not_direct: str, category: DependantCategory | None, holder_is_foreign: bool
) -> Eligibility:
    is_child = kin.relation in {CHILD, STEPCHILD}
    is_grown = kin.birth_date is not None and age_on(kin.birth_date, on) >= CHILD_UNTIL
    if kin.relation not in DEGREES or category is DependantCategory.DIRECT or (is_child and not is_grown):
        raise DependantNotEligibleError(not_direct)
    if is_child and category is None:
        raise DependantNotEligibleError(f"{not_direct}; declare the category additional if the holder pays for her")
    if holder_is_foreign:
        raise DependantNotEligibleError(f"a holder known by a passport has direct dependants only; {not_direct}")
    return Eligibility(DependantCategory.ADDITIONAL, "do.additional_relative", None, SOURCES["do.additional_relative"])


def _covered(rule: str, birth_date: dt.date | None = None, until_age: int | None = None) -> Eligibility:
    until = None
    if birth_date is not None and until_age is not None:
        until = birthday(birth_date, until_age) - dt.timedelta(days=1)
    return Eligibility(DependantCategory.DIRECT, rule, until, SOURCES[rule])
