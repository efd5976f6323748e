"""Who is entitled to a benefit on a day: from the months whose bill is paid, explained in words."""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import MonthRow
from gateway.benefits.errors import NotEligibleError, WageUnknownError
from gateway.benefits.law import Law, Value
from gateway.benefits.queries import require_member
from gateway.benefits.rules import PaidMonths, months_towards
from gateway.benefits.states import BenefitKind
from gateway.benefits.words import standing_in_words
from gateway.kit import tenant
from gateway.kit.period import Period


class Eligibility(NamedTuple):
    """How a member stands towards a benefit on a day."""

    member_id: int
    kind: BenefitKind
    on: dt.date
    standing: PaidMonths
    paid: tuple[Period, ...]
    """The paid months among those looked at."""
    pending: tuple[Period, ...]
    """Months that the state accepted and whose bill is not paid yet."""
    words: Mapping[str, str]
    """The same by language."""
    values: tuple[Value, ...]
    """The figures of the law that were used, each with source and mark."""
    months: tuple[MonthRow, ...]


def eligibility_of(session: Session, member_id: int, *, kind: BenefitKind, on: dt.date) -> Eligibility:
    """Say how a member stands towards a benefit whose event is on a day.

    Raises:
        BeneficiaryUnknownError: No such member.
        BenefitLawUnknownError: The country's tables do not say it for this day.
    """
    require_member(session, member_id)
    law = Law(tenant.current(session).country, on)
    needed = law.needed(kind)
    months = queries.paid_months(session, member_id, before=Period.of(on).start)
    paid = {month.period for month in months if month.is_paid}
    pending = {month.period for month in months if not month.is_paid}
    standing = months_towards(paid, pending, on, needed)
    return Eligibility(
        member_id=member_id,
        kind=kind,
        on=on,
        standing=standing,
        paid=tuple(sorted(month for month in paid if standing.first <= month <= standing.last)),
        pending=tuple(sorted(month for month in pending if standing.first <= month <= standing.last)),
        words=standing_in_words(standing),
        values=tuple(law.used.values()),
        months=tuple(months),
    )


def require_eligible(found: Eligibility) -> None:
    """Check that the months suffice.

    Raises:
        NotEligibleError: With the words that say what is missing.
    """
    if not found.standing.is_eligible:
        raise NotEligibleError(f"member {found.member_id} on {found.on}: {found.words['en']}")


def wages_before(found: Eligibility, count: int) -> list[MonthRow]:
    """Return the newest paid months before the event, at most so many.

    Raises:
        WageUnknownError: None is paid.
    """
    paid = [month for month in found.months if month.is_paid][-count:]
    if not paid:
        raise WageUnknownError(
            f"no month before {found.on} is paid for member {found.member_id}; only paid months say what the wage is"
        )
    return paid
