"""What the state should pay on a claim, and when: by rule, with the figures and their sources beside it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.benefits import rules
from gateway.benefits.amounts import amount_of
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.eligibility import Eligibility, wages_before
from gateway.benefits.errors import ClaimInvalidError, NotEligibleError
from gateway.benefits.law import Law
from gateway.benefits.rules import Stretch
from gateway.benefits.states import BenefitKind, Place
from gateway.kit import tenant


class Estimate(NamedTuple):
    """What a claim should bring."""

    wage_minor: int
    """A month's wage that counts."""
    amounts_minor: tuple[int, ...]
    """By instalment; they sum to the whole."""
    days: tuple[dt.date, ...]
    """When each is looked for."""
    ends_on: dt.date
    basis: Mapping[str, Any]
    """Months, wages and values of the law with source and mark; nothing about health."""


def estimate(session: Session, claim: ClaimRow, found: Eligibility) -> Estimate:
    """Compute what the state should pay.

    Raises:
        WageUnknownError: No paid month says what the wage is.
        NotEligibleError: The wage is above the last band.
        BenefitAmountMissingError: Nobody has entered what the state pays for the band.
        ClaimInvalidError: Days that do not fit, or none of them paid.
    """
    law, kind = Law(tenant.current(session).country, claim.starts_on), BenefitKind(claim.kind)
    law.needed(kind)
    months = wages_before(found, law.wage_months(kind))
    wages = [month.wage_minor for month in months]
    wage = rules.mean_wage(wages, law.wage_ceiling_minor)
    more: dict[str, Any] = {}
    if kind is BenefitKind.MATERNITY:
        ends_on = claim.starts_on + dt.timedelta(days=7 * law.maternity.weeks - 1)
        amounts = rules.maternity_instalments(wage, law.maternity)
    elif kind is BenefitKind.BREASTFEEDING:
        amounts, more, ends_on = _breastfeeding(session, claim, law, wage)
    else:
        amounts, ends_on = _illness(claim, law, wages)
    if not amounts or sum(amounts) <= 0:
        raise ClaimInvalidError(f"claim {claim.id} comes to nothing: no day of it, or no wage, is one that is paid for")
    basis = {
        "months": [{"period": str(month.period), "wage_minor": month.wage_minor} for month in months],
        "paid_months": found.standing.paid_count,
        "needed_months": found.standing.needed,
        "values": [value.as_json() for value in law.used.values()],
        **more,
    }
    days = rules.expected_days(claim.starts_on, len(amounts), ends_on)
    return Estimate(wage, tuple(amounts), tuple(days), ends_on, basis)


def stretches_of(health: Mapping[str, Any]) -> list[Stretch]:
    """Return the stretches of an illness as they were told."""
    return [
        Stretch(dt.date.fromisoformat(one["from"]), dt.date.fromisoformat(one["to"]), Place(one["place"]))
        for one in health.get("stretches", ())
    ]


def _breastfeeding(session: Session, claim: ClaimRow, law: Law, wage: int) -> tuple[list[int], dict[str, Any], dt.date]:
    bands = int(law.value(BenefitKind.BREASTFEEDING, "bands"))
    band = rules.breastfeeding_band(wage, law.minimum_wage_minor, bands)
    if band is None:
        raise NotEligibleError(f"the wage is above {bands} minimum wages; nothing is paid for breastfeeding above that")
    entered = amount_of(session, band, claim.starts_on)
    children = int(claim.health.get("children", 1))
    amounts = [entered.amount_minor * children] * entered.instalments
    told = {"band": band, "entered_source": entered.source, "entered_from": entered.valid_from.isoformat()}
    return amounts, told, rules.expected_days(claim.starts_on, entered.instalments, claim.starts_on)[-1]


def _illness(claim: ClaimRow, law: Law, wages: list[int]) -> tuple[list[int], dt.date]:
    figures, stretches = law.illness, stretches_of(claim.health)
    days = rules.illness_days(claim.starts_on, stretches, figures)
    amount = rules.illness_amount(wages, law.wage_ceiling_minor, days, figures)
    ends_on = max((stretch.last for stretch in stretches), default=claim.starts_on)
    return ([amount] if amount else []), ends_on
