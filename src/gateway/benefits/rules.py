"""Pure rules of benefits: whether an advice and its pages belong together; who is entitled to a benefit, to how much.

Amounts are minor units. Each is rounded once, half up, from exact integers.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from gateway.benefits.errors import ClaimInvalidError
from gateway.benefits.states import Place
from gateway.kit.period import Period


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What an advice, or a page of it, says about the whole."""

    reference: str
    employer: str
    currency: str
    line_count: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What the lines themselves add up to."""

    line_count: int
    distinct_lines: int
    total_minor: int
    smallest_minor: int
    """The smallest amount; 0 where there is no line."""


def advice_problem(advice: ControlTotals, *, employers: Collection[str], currency: str) -> str | None:
    """Say why an advice is not for us, or None.

    Source:
        SRC-AUTHORITY, remittance advices: each names the employer it is owed to and its currency.
    """
    if advice.employer not in employers:
        return f"it is for the employer {advice.employer}, not for {', '.join(sorted(employers))}"
    if advice.currency != currency:
        return f"it is in {advice.currency}; this mutual's money is {currency}"
    if advice.total_minor <= 0 or advice.line_count <= 0:
        return f"it advises {advice.line_count} lines and a total of {advice.total_minor} minor units"
    return None


def page_problem(advice: ControlTotals, page: ControlTotals) -> str | None:
    """Say in what a page contradicts the advice it should belong to, or None.

    Source:
        SRC-AUTHORITY, every page repeats the remittance's id, count and total, so that a mixed-up answer shows.
    """
    for name in ControlTotals.__slots__:
        ours, theirs = getattr(advice, name), getattr(page, name)
        if ours != theirs:
            return f"a page of its lines says {name} {theirs}, the advice says {ours}"
    return None


def lines_problem(advice: ControlTotals, lines: Counted) -> str | None:
    """Say in what the lines contradict the advice, or None.

    Source:
        SRC-AUTHORITY, the amounts of all lines sum to the total.
    """
    if lines.line_count != advice.line_count:
        return f"{lines.line_count} lines came, {advice.line_count} were advised"
    if lines.distinct_lines != lines.line_count:
        return f"{lines.line_count - lines.distinct_lines} line numbers came twice"
    if lines.total_minor != advice.total_minor:
        return f"the lines add up to {lines.total_minor} minor units, {advice.total_minor} were advised"
    if lines.smallest_minor <= 0:
        return f"a line has the amount {lines.smallest_minor}; every benefit is above zero"
    return None


def bare_document(text: str) -> str:
    """Return a document number as identities are kept: no dashes, dots or spaces, upper case.

    Source:
        SRC-AUTHORITY, documents stand as in the files; members' identities are kept bare.
    """
    # As a state writes them, nearly all are bare already.
    return (text if text.isalnum() else "".join(filter(str.isalnum, text))).upper()


class PaidMonthsNeeded(NamedTuple):
    """How many months must have been paid, of how many before the month of the event."""

    needed: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class PaidMonths:
    """How somebody stands towards a benefit on a day."""

    first: Period
    last: Period
    """The months that are looked at, both included."""
    paid_count: int
    needed: int
    is_eligible: bool
    eligible_from: Period | None
    """The first month in which the event is covered, if ``if_paid`` are paid; None where that is not in sight."""
    if_paid: tuple[Period, ...]
    """Months that are not paid yet and have to be."""


@dataclass(frozen=True, slots=True)
class MaternityLaw:
    """The figures of maternity on a day."""

    weeks: int
    weeks_in_a_year: int
    monthly_instalments: int


@dataclass(frozen=True, slots=True)
class IllnessLaw:
    """The figures of common illness on a day."""

    share_at_home: Decimal
    share_in_hospital: Decimal
    days_in_a_month: int
    waiting_days: int
    longest_weeks: int


class Stretch(NamedTuple):
    """Days of an illness in one place, both included."""

    first: dt.date
    last: dt.date
    place: Place


class PaidDays(NamedTuple):
    """For how many days of an illness something is paid, by place."""

    at_home: int
    in_hospital: int


def months_towards(
    paid: Collection[Period], pending: Collection[Period], day: dt.date, needed: PaidMonthsNeeded
) -> PaidMonths:
    """Say how many months count on a day, and from when a benefit is in reach if what is still open is paid.

    The months looked at end with the one before the day's. Months that the state accepted and whose bill is not paid
    (``pending``), and every month from the one before the day's on, can still be paid.

    Source:
        SRC-070, SRC-073: only paid notices count, 8 or 12 of the last 12 months.
    """
    month = Period.of(day)
    last = month.previous()
    first = month.plus(-needed.looked_at)
    counted = sum(first <= one <= last for one in set(paid))
    if counted >= needed.needed:
        return PaidMonths(first, last, counted, needed.needed, True, month, ())
    for ahead in range(needed.looked_at + 1):
        target = month.plus(ahead)
        window = [target.plus(-back) for back in range(needed.looked_at, 0, -1)]
        there = [one for one in window if one in paid]
        open_months = [one for one in window if one not in paid and (one in pending or one >= last)]
        missing = needed.needed - len(there)
        if missing <= len(open_months):
            return PaidMonths(first, last, counted, needed.needed, False, target, tuple(open_months[:missing]))
    return PaidMonths(first, last, counted, needed.needed, False, None, ())


def mean_wage(wages_minor: Sequence[int], ceiling_minor: int) -> int:
    """Return the mean of monthly wages, at most the ceiling, rounded once, half up.

    Source:
        SRC-071, SRC-072, SRC-073: the wage that contributions were paid on; at most ten minimum wages a month.
    """
    return min(_half_up(sum(wages_minor), len(wages_minor)), ceiling_minor)


def maternity_instalments(wage_minor: int, law: MaternityLaw) -> list[int]:
    """Return the instalments of maternity: monthly ones of a month's wage and a closing one; they sum to the whole.

    Source:
        SRC-071: fourteen weeks' contributory wage, in three monthly instalments and a closing one. At 23,223.00 the
        whole is 75,028.15.
    """
    whole = _half_up(wage_minor * law.weeks * 12, law.weeks_in_a_year)
    return split_whole(whole, wage_minor, law.monthly_instalments)


def split_whole(whole_minor: int, monthly_minor: int, months: int) -> list[int]:
    """Return monthly instalments while the whole lasts, and a closing one with the rest; none of them is zero.

    Source:
        SRC-071, the instalments of maternity.
    """
    parts, left = [], whole_minor
    for _ in range(months):
        parts.append(min(monthly_minor, left))
        left -= parts[-1]
    return [part for part in [*parts, left] if part > 0]


def replanned(planned_minor: Sequence[int], decided_minor: int) -> list[int]:
    """Lay another whole over planned instalments in their order: the last takes what is more, or the rest; zeros may follow.

    Source:
        SRC-071, the closing instalment brings what is left of the whole.
    """
    parts, left = [], decided_minor
    for amount in planned_minor:
        parts.append(min(amount, left))
        left -= parts[-1]
    parts[-1] += left
    return parts


def illness_days(starts_on: dt.date, stretches: Sequence[Stretch], law: IllnessLaw) -> PaidDays:
    """Return how many days are paid, by place: from the day after the waiting days up to the last week.

    Raises:
        ClaimInvalidError: A stretch before the illness began, that ends before it begins, or that overlaps another.

    Source:
        SRC-073: three waiting days, paid from day 4 to week 26.
    """
    days = {Place.HOME: 0, Place.HOSPITAL: 0}
    before = starts_on - dt.timedelta(days=1)
    for stretch in sorted(stretches):
        if stretch.last < stretch.first or stretch.first <= before:
            raise ClaimInvalidError(
                f"{stretch.first} to {stretch.last}: expected days from {starts_on} on, each stretch after the one before"
            )
        before = stretch.last
        first = max((stretch.first - starts_on).days + 1, law.waiting_days + 1)
        last = min((stretch.last - starts_on).days + 1, law.longest_weeks * 7)
        days[stretch.place] += max(0, last - first + 1)
    return PaidDays(days[Place.HOME], days[Place.HOSPITAL])


def illness_amount(wages_minor: Sequence[int], ceiling_minor: int, days: PaidDays, law: IllnessLaw) -> int:
    """Return the benefit of an illness: a share of the mean wage by day and place, each place rounded once, half up.

    Source:
        SRC-073: 60 % at home, 40 % in hospital, of the mean wage of the last six months, at most ten minimum wages a
        month. At 23,223.00, ten days at home are 4,644.60.
    """
    months = len(wages_minor)
    summed = min(sum(wages_minor), months * ceiling_minor)
    amount = 0
    for share, count in ((law.share_at_home, days.at_home), (law.share_in_hospital, days.in_hospital)):
        numerator, denominator = share.as_integer_ratio()
        amount += _half_up(summed * numerator * count, months * denominator * law.days_in_a_month)
    return amount


def breastfeeding_band(wage_minor: int, minimum_wage_minor: int, bands: int) -> int | None:
    """Return which band a wage is in, 1 up to one minimum wage, 2 up to two, …; None above the last.

    Source:
        SRC-072: up to one, two, three minimum wages; none above.
    """
    return next((band for band in range(1, bands + 1) if wage_minor <= band * minimum_wage_minor), None)


def expected_days(starts_on: dt.date, count: int, ends_on: dt.date) -> list[dt.date]:
    """Return when each instalment is looked for: a month after the other, the last not before the benefit's end.

    Source:
        SRC-071, the state's own days are not known: three monthly instalments and a closing one.
    """
    days = [_months_after(starts_on, number) for number in range(1, count + 1)]
    return [*days[:-1], max(days[-1], ends_on)]


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _months_after(day: dt.date, months: int) -> dt.date:
    month = Period.of(day).plus(months)
    return min(month.start + dt.timedelta(days=day.day - 1), month.end)
