"""What one month of one member costs: pure, exact, on integers.

Amounts are minor units. A component is computed from its own base, rounded once, half up, to its own unit; no
component is computed from a rounded one, except that a difference takes the rounded amount it is less of.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gateway.contributions.errors import ReceiptInvalidError, WageInvalidError
from gateway.kit.money import share_largest_remainder

OLDEST = dt.timedelta(days=3653)
"""A payment from longer ago is a mistyped year."""

PERCENT, PER_HEAD, FLAT = "percent", "per_head", "flat"
MARKS = ("2", "1", "d", "?")
"""How well a value is known, the best first: two independent sources, one, derived by arithmetic or inference, unchecked."""
MOST_HEADS = 99
"""More additional dependants than this is a typing mistake."""


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a month's contribution, with everything resolved for one period."""

    code: str
    insurance: str
    share: str
    """worker, employer, or fee (the mutual's own)."""
    kind: str
    """percent of a base, per_head of the additional dependants, or flat."""
    rate: str
    """The fraction as published ("0.0304"), or the amount as a decimal string."""
    numerator: int
    denominator: int
    """``rate`` as an exact fraction, for kind percent."""
    amount_minor: int
    """Per head or flat; zero for kind percent."""
    ceiling_minor: int | None
    cap_minor: int | None
    less: int | None
    """Index of an earlier component whose amount is taken off this one."""
    unit_minor: int
    """What amounts are rounded to: 1 is the cent, 100 the whole rupee."""
    source: str
    valid_from: str
    read_on: str
    mark: str
    """How well it is known: ``2`` independent sources, ``1``, ``d`` derived or carried forward, ``?`` not checked."""
    verified: bool
    """Whether everything that decides the amount is known from two independent sources, for this month."""
    until_age: int | None = None
    """Who has reached this age before the month begins pays nothing of it."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a month costs, by component in the schedule's order."""

    bases_minor: tuple[int, ...]
    amounts_minor: tuple[int, ...]
    total_minor: int


def weakest(marks: Sequence[str]) -> str:
    """Return the mark of what rests on several values: that of the least certain one.

    Source:
        SRC-MARKS, what is computed is not better known than what it is computed from.
    """
    return max(marks, key=MARKS.index)


def round_to_unit(numerator: int, denominator: int, unit_minor: int) -> int:
    """Return numerator / denominator minor units, rounded half up to whole units.

    Source:
        SRC-006: each component is rounded half up by itself; SRC-020: whole rupees.
    """
    step = denominator * unit_minor
    return (2 * numerator + step) // (2 * step) * unit_minor


def base_of(component: Component, wage_minor: int, heads: int) -> int:
    """Return what a component is computed from: the wage up to its ceiling, or the number of heads.

    Source:
        SRC-005: ceilings on the wage.
    """
    if component.kind == PER_HEAD:
        return heads
    if component.ceiling_minor is None:
        return wage_minor
    return min(wage_minor, component.ceiling_minor)


def amount_of(component: Component, base: int, earlier: Sequence[int]) -> int:
    """Return a component's amount from its base and the amounts before it.

    Source:
        SRC-002, SRC-004, SRC-006, SRC-020.
    """
    if component.kind == PER_HEAD:
        return component.amount_minor * base
    if component.kind == FLAT:
        return component.amount_minor
    amount = round_to_unit(base * component.numerator, component.denominator, component.unit_minor)
    if component.cap_minor is not None:
        amount = min(amount, component.cap_minor)
    return amount - earlier[component.less] if component.less is not None else amount


def has_ended(component: Component, age: int) -> bool:
    """Tell whether a component is no longer paid at an age.

    Source:
        SRC-020: nothing goes to the pension above 58.
    """
    return component.until_age is not None and age >= component.until_age


def assess(wage_minor: int, additional_dependants: int, components: Sequence[Component], *, age: int = 0) -> Assessed:
    """Return what a month costs at a declared wage.

    Args:
        wage_minor: Declared monthly wage; at least zero.
        additional_dependants: How many heads cost something more; at least zero.
        components: The month's schedule.
        age: Full years on the month's first day; only a component that ends at an age asks for it.

    Raises:
        WageInvalidError: A negative wage or number of heads.

    Source:
        SRC-002 to SRC-006. At 23,223.00 the components sum to 4,923.27.
    """
    if wage_minor < 0:
        raise WageInvalidError(f"a wage of {wage_minor} minor units is below zero; write what is earned in a month")
    if not 0 <= additional_dependants <= MOST_HEADS:
        raise WageInvalidError(
            f"{additional_dependants} additional dependants cannot be right; expected a number from 0 to {MOST_HEADS}"
        )
    bases: list[int] = []
    amounts: list[int] = []
    for component in components:
        base = 0 if has_ended(component, age) else base_of(component, wage_minor, additional_dependants)
        bases.append(base)
        amounts.append(amount_of(component, base, amounts))
    return Assessed(tuple(bases), tuple(amounts), sum(amounts))


def assess_part(
    earlier_wage_minor: int,
    wage_minor: int,
    additional_dependants: int,
    components: Sequence[Component],
    *,
    age: int = 0,
) -> tuple[int, ...]:
    """Return what one payroll costs a person who stands in several, by component.

    Her wages are summed and capped together: the payrolls stand in the order of their keys, and each costs what the sum
    up to it costs more than the sum before it. So the parts add up exactly to what the sum costs, whatever is rounded,
    and the mutual's fee is charged once.

    Args:
        earlier_wage_minor: Her wages in the payrolls that come before; 0 for the first, or the only one.
        wage_minor: Her wage in this payroll.
        additional_dependants: Heads charged in this payroll: those of the first one, 0 in the others.
        components: The month's schedule.
        age: As in ``assess``.

    Raises:
        WageInvalidError: A negative wage or number of heads.

    Source:
        SRC-001: one person may stand in two payrolls, wages are summed and capped together. Which payroll uses the
        ceiling first is not published: the order of the keys is our reading, unverified.
    """
    if earlier_wage_minor < 0:
        raise WageInvalidError(f"earlier wages of {earlier_wage_minor} minor units are below zero")
    whole = assess(earlier_wage_minor + wage_minor, additional_dependants, components, age=age).amounts_minor
    if not earlier_wage_minor:
        return whole
    before = assess(earlier_wage_minor, additional_dependants, components, age=age).amounts_minor
    per_head = [component.kind == PER_HEAD for component in components]
    return tuple(a if heads else a - b for a, b, heads in zip(whole, before, per_head, strict=True))


def assessor(components: Sequence[Component]) -> Callable[[int, int, int, int], list[int]]:
    """Return a function (wage, heads, age, earlier wage) -> amounts that remembers what it computed.

    Declared wages are round numbers that many members share, so a month of a million members computes a few thousand
    assessments.

    Source:
        SRC-002 to SRC-006, the same rule as ``assess``; this only remembers.
    """
    known: dict[tuple[int, int, int, int], list[int]] = {}

    def amounts(wage_minor: int, heads: int, age: int = 0, earlier_wage_minor: int = 0) -> list[int]:
        found = known.get((wage_minor, heads, age, earlier_wage_minor))
        if found is None:
            found = list(assess_part(earlier_wage_minor, wage_minor, heads, components, age=age))
            if len(known) < 200_000:
                known[wage_minor, heads, age, earlier_wage_minor] = found
        return found

    return amounts


def months_late(due_on: dt.date, pay_on: dt.date) -> int:
    """Return how many months are charged for a payment: each one begun after the due day counts whole.

    Source:
        SRC-009: so much a month. That a month begun counts whole is our reading, unverified.
    """
    if pay_on <= due_on:
        return 0
    between = (pay_on.year - due_on.year) * 12 + pay_on.month - due_on.month
    return max(1, between + (pay_on.day > due_on.day))


def lateness_charge(unpaid_minor: int, months: int, rate: Fraction, unit_minor: int = 1) -> int:
    """Return what lateness adds to unpaid contributions: so much a month, added up, never on what was added before.

    Rounded once, half up.

    Source:
        SRC-009: 5 % a month, cumulative, before 2020-02-07; since then the return of the pension system + 0.3 % a month on
        unpaid contributions only, not compounded.
    """
    return round_to_unit(unpaid_minor * rate.numerator * months, rate.denominator, unit_minor)


def split_receipt(total_minor: int, amounts_minor: Sequence[int | None]) -> list[int]:
    """Return each line's part of a receipt; the parts always sum to the whole.

    A line without an amount takes an equal part of what the others leave; units that do not divide go one each to the
    first of these lines (largest remainder).

    Raises:
        ReceiptInvalidError: No line, a part that is not above zero, or parts that do not sum to the whole.

    Source:
        SRC-LEDGER, splitting: the parts sum to the whole in any currency, in any order.
    """
    open_count = sum(amount is None for amount in amounts_minor)
    left = total_minor - sum(amount for amount in amounts_minor if amount is not None)
    if not amounts_minor or total_minor <= 0 or any(amount is not None and amount <= 0 for amount in amounts_minor):
        raise ReceiptInvalidError("a receipt has at least one line, and its amount and each part are above zero")
    if open_count == 0 and left != 0:
        word = "less" if left > 0 else "more"
        raise ReceiptInvalidError(f"the lines sum to {abs(left)} minor units {word} than the receipt's amount")
    if left < open_count:
        raise ReceiptInvalidError(f"{left} minor units are left for {open_count} lines without an amount")
    shares = iter(share_largest_remainder(left, [1] * open_count))
    return [next(shares) if amount is None else amount for amount in amounts_minor]
