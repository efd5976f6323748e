"""Which rule makes a person a dependant of a member, and until when: pure, by country, each rule with its source.

Degrees of kinship are counted in steps through the common forebear; by marriage they count like the spouse's own.
"""

import datetime as dt
from dataclasses import dataclass

from gateway.authority.country import FamilyLaw, find_country
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


DECLARED = "SRC-058"
"""Where no law is known, what the holder declares is kept."""


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
    known = find_country(country)
    in_force = None if known is None else known.family_on(on)
    if known is None or in_force is None:
        return Eligibility(category or DependantCategory.DIRECT, "declared", None, DECLARED)
    law = _Law(known.code, in_force)
    direct = law.direct(kin, on)
    if isinstance(direct, str):
        return law.additional(kin, on, direct, category, holder_is_foreign)
    if category is DependantCategory.ADDITIONAL:
        raise DependantNotEligibleError(
            f"a {kin.relation} covered by {direct.rule} is a direct dependant, not an additional one"
        )
    return direct


@dataclass(frozen=True, slots=True)
class _Law:
    """A country's law of family cover, applied to one person."""

    country: str
    law: FamilyLaw

    def direct(self, kin: Kin, on: dt.date) -> Eligibility | str:
        """Return the rule of direct cover, or why there is none."""
        if kin.relation == SPOUSE:
            return self._covered("spouse")
        if kin.relation == PARTNER:
            return self._partner(kin, on)
        if kin.relation in {CHILD, STEPCHILD}:
            return self._child(kin, on)
        return f"a {kin.relation} is never a direct dependant"

    def additional(
        self, kin: Kin, on: dt.date, not_direct: str, category: DependantCategory | None, holder_is_foreign: bool
    ) -> Eligibility:
        """Return the rule of cover that costs something, for whom there is no direct one."""
        is_child = kin.relation in {CHILD, STEPCHILD}
        is_grown = kin.birth_date is not None and age_on(kin.birth_date, on) >= self.law.child_until
        if kin.relation not in DEGREES or category is DependantCategory.DIRECT or (is_child and not is_grown):
            raise DependantNotEligibleError(not_direct)
        if is_child and category is None:
            raise DependantNotEligibleError(
                f"{not_direct}; declare the category additional if the holder pays for them"
            )
        if holder_is_foreign:
            raise DependantNotEligibleError(f"a holder known by a passport has direct dependants only; {not_direct}")
        rule = f"{self.country}.additional_relative"
        return Eligibility(DependantCategory.ADDITIONAL, rule, None, self.law.additional_source)

    def _partner(self, kin: Kin, on: dt.date) -> Eligibility | str:
        years = self.law.partner_years
        if kin.has_common_children:
            return self._covered("partner_common_children")
        if kin.together_since is not None and birthday(kin.together_since, years) <= on:
            return self._covered("partner_three_years" if years == 3 else "partner_years")
        return f"a partner is covered after {years} years together (say since when) or with common children"

    def _child(self, kin: Kin, on: dt.date) -> Eligibility | str:
        minor, student = self.law.child_until, self.law.student_until
        if kin.is_disabled:
            return self._covered("child_disabled")
        if kin.birth_date is None:
            return f"a {kin.relation} needs a birth date"
        age = age_on(kin.birth_date, on)
        if age < minor:
            return self._covered("child_minor", kin.birth_date, minor)
        if age < student and kin.is_student:
            return self._covered("child_student", kin.birth_date, student)
        return f"a {kin.relation} of {age} is a direct dependant only under {minor}, under {student} if studying, or if disabled"

    def _covered(self, rule: str, birth_date: dt.date | None = None, until_age: int | None = None) -> Eligibility:
        until = None
        if birth_date is not None and until_age is not None:
            until = birthday(birth_date, until_age) - dt.timedelta(days=1)
        return Eligibility(DependantCategory.DIRECT, f"{self.country}.{rule}", until, self.law.direct_source)
