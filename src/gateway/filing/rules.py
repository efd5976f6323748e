"""Who is declared this month and with whose money: pure, exact, on integers.

Amounts are minor units. A line is funded whole or not at all: the state takes no part of a month.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.filing.policy import FundingPolicy, Help, Source

Row = tuple[Any, ...]
"""A row as the database gives it."""


class Reason(StrEnum):
    """How a line is funded, or why there is none."""

    OWN_MONEY = "own_money"
    CREDIT = "credit"
    """Own money, part of it carried forward from before the month."""
    FUND = "fund"
    RESERVE = "reserve"
    EMPLOYER = "employer"
    """The employer whose payroll it is, all of it."""
    EMPLOYER_SHORT = "employer_short"
    """The employer's money does not reach for her line."""
    NO_MONEY = "no_money"
    SHORT = "short"
    IDENTITY_INCOMPLETE = "identity_incomplete"
    """The state would refuse the line as she is written down; the detail says what is wrong."""
    DEPENDANT_INCOMPLETE = "dependant_incomplete"
    """An additional dependant cannot be added at the state as she is written down."""
    WAGE_MISSING = "wage_missing"
    NOT_ASSESSED = "not_assessed"
    ASSESSMENT_OUTDATED = "assessment_outdated"
    """Wage or heads changed after the assessment; assess again."""
    DECLARED_ELSEWHERE = "declared_elsewhere"
    EARLIER_PAYROLL = "earlier_payroll"
    """She stands in a payroll that comes before this one; the state must have taken her wage there first."""
    ON_LEAVE = "on_leave"
    LEFT = "left"
    DECEASED = "deceased"
    NOT_ENROLLED = "not_enrolled"
    """Declared last month, no longer in the payroll."""


class Change(StrEnum):
    """What is different from the last month of the payroll that was accepted."""

    NEW = "new"
    SAME = "same"
    WAGE_CHANGED = "wage_changed"
    BACK = "back"
    GONE = "gone"


FUNDED = (Reason.OWN_MONEY, Reason.CREDIT, Reason.FUND, Reason.RESERVE, Reason.EMPLOYER)


class Candidate(NamedTuple):
    """A member of the payroll, as far as the decision needs her. A tuple: a payroll has a million."""

    member_id: int
    status: str
    on_leave: bool
    wage_minor: int | None
    heads: int
    assessed_wage_minor: int | None
    assessed_heads: int | None
    needed_minor: int
    """State's amounts and the mutual's fee."""
    held_minor: int
    """Her own money now, credit included."""
    received_minor: int
    """Of what was received from her, the part since the month began."""
    fund_id: int | None
    was_covered: bool
    """Accepted for the month before."""
    is_declared_elsewhere: bool
    waits_for_earlier: bool = False
    """Her wage in a payroll that comes before this one is not accepted yet: what this one costs stands on it."""


class Decision(NamedTuple):
    """What becomes of one member this time."""

    member_id: int
    is_funded: bool
    reason: Reason
    detail: str
    available_minor: int
    short_minor: int
    from_member_minor: int = 0
    credit_minor: int = 0
    from_fund_minor: int = 0
    from_reserve_minor: int = 0
    from_employer_minor: int = 0


class Pools:
    """What the funds, the reserve, or the employer whose payroll it is have left for this filing."""

    def __init__(
        self, policy: FundingPolicy, funds: dict[int, int], reserve_minor: int, employer_minor: int = 0
    ) -> None:
        self.policy = policy
        self.funds = dict(funds)
        self.reserve_minor = reserve_minor
        self.employer_minor = employer_minor
        self.given = {Source.FUND: 0, Source.RESERVE: 0, Source.EMPLOYER: 0}

    def offer(self, source: Source, candidate: Candidate) -> int:
        """Return the most a helper may give to a member now."""
        if source is Source.EMPLOYER:
            return self.employer_minor
        terms = self.policy.fund if source is Source.FUND else self.policy.reserve
        if terms.only_if_covered_last_month and not candidate.was_covered:
            return 0
        held = self.reserve_minor if source is Source.RESERVE else self.funds.get(candidate.fund_id or 0, 0)
        return min([held, *self._limits(terms, source)])

    def take(self, source: Source, candidate: Candidate, amount_minor: int) -> None:
        """Give from a helper; the next member finds it less."""
        self.given[source] += amount_minor
        if source is Source.RESERVE:
            self.reserve_minor -= amount_minor
        elif source is Source.EMPLOYER:
            self.employer_minor -= amount_minor
        else:
            self.funds[candidate.fund_id or 0] -= amount_minor

    def _limits(self, terms: Help, source: Source) -> list[int]:
        limits = []
        if terms.limit_per_member_minor is not None:
            limits.append(terms.limit_per_member_minor)
        if terms.limit_in_total_minor is not None:
            limits.append(max(0, terms.limit_in_total_minor - self.given[source]))
        return limits


def why_not(candidate: Candidate, policy: FundingPolicy) -> Reason | None:
    """Return what keeps a member from being declared whatever money there is, or None.

    Source:
        SRC-001: a worker is declared with document, names and a wage; the mutual's own policy for the rest.
    """
    if candidate.status in ("left", "deceased") and candidate.status in policy.leave_out:
        return Reason(candidate.status)
    if candidate.on_leave and Reason.ON_LEAVE in policy.leave_out:
        return Reason.ON_LEAVE
    if not candidate.wage_minor:
        return Reason.WAGE_MISSING
    if candidate.is_declared_elsewhere and policy.one_payroll_only:
        return Reason.DECLARED_ELSEWHERE
    if candidate.assessed_wage_minor is None:
        return Reason.NOT_ASSESSED
    if (candidate.assessed_wage_minor, candidate.assessed_heads) != (candidate.wage_minor, candidate.heads):
        return Reason.ASSESSMENT_OUTDATED
    if candidate.waits_for_earlier:
        return Reason.EARLIER_PAYROLL
    return None


def own_parts(candidate: Candidate, policy: FundingPolicy) -> tuple[int, int]:
    """Return how much of what a line needs her own new money pays, and how much her credit.

    Source:
        SRC-MUTUAL, the mutual's policy: the order of sources.
    """
    received = min(max(candidate.received_minor, 0), candidate.held_minor)
    credit = candidate.held_minor - received
    left, parts = candidate.needed_minor, {Source.OWN_MONEY: 0, Source.CREDIT: 0}
    for source in policy.order:
        if source in parts:
            parts[source] = min(left, received if source is Source.OWN_MONEY else credit)
            left -= parts[source]
    return parts[Source.OWN_MONEY], parts[Source.CREDIT]


def decide(candidate: Candidate, policy: FundingPolicy) -> Decision:
    """Decide on one member by her own money alone.

    A member who is short may still be helped (``may_be_helped``, ``share_help``).

    Source:
        SRC-MUTUAL, the mutual's policy, kept with the filing.
    """
    hindrance = why_not(candidate, policy)
    if hindrance is not None:
        return Decision(candidate.member_id, False, hindrance, "", candidate.held_minor, 0)
    own, credit = own_parts(candidate, policy)
    short = candidate.needed_minor - own - credit
    if short == 0:
        reason = Reason.CREDIT if credit else Reason.OWN_MONEY
        return Decision(candidate.member_id, True, reason, "", candidate.held_minor, 0, own + credit, credit)
    return refusal(candidate, short)


def refusal(candidate: Candidate, short_minor: int) -> Decision:
    """Say that a member's money does not reach, and by how much.

    Source:
        SRC-001, the state takes no part of a month.
    """
    reason = Reason.SHORT if candidate.held_minor else Reason.NO_MONEY
    return Decision(candidate.member_id, False, reason, "", candidate.held_minor, short_minor)


def may_be_helped(candidate: Candidate, decision: Decision, policy: FundingPolicy) -> bool:
    """Tell whether a fund or the reserve may look at a member who is short.

    Source:
        SRC-MUTUAL, the mutual's policy: the least share of own money.
    """
    if decision.reason not in (Reason.SHORT, Reason.NO_MONEY) or not policy.helpers:
        return False
    own = candidate.needed_minor - decision.short_minor
    return own >= policy.own_share_minimum * candidate.needed_minor


def share_help(asking: Iterable[Candidate], policy: FundingPolicy, pools: Pools) -> list[Decision]:
    """Decide on those who are short, the smallest gap first, so that the help covers as many as it can.

    Nothing is taken for a member whose gap cannot be closed whole. The result does not depend on the order of
    ``asking``.

    Source:
        SRC-MUTUAL, the mutual's policy: who helps, in which order, up to which limits.
    """

    def gap(candidate: Candidate) -> int:
        return candidate.needed_minor - sum(own_parts(candidate, policy))

    return [
        _with_help(candidate, gap(candidate), policy, pools)
        for candidate in sorted(asking, key=lambda candidate: (gap(candidate), candidate.member_id))
    ]


def _with_help(candidate: Candidate, gap_minor: int, policy: FundingPolicy, pools: Pools) -> Decision:
    own, credit = own_parts(candidate, policy)
    left, given = gap_minor, {Source.FUND: 0, Source.RESERVE: 0, Source.EMPLOYER: 0}
    for helper in policy.helpers:
        given[helper] = min(left, pools.offer(helper, candidate))
        left -= given[helper]
    if left and Source.EMPLOYER in policy.order:
        has = pools.employer_minor
        return Decision(candidate.member_id, False, Reason.EMPLOYER_SHORT, "", has, gap_minor - has)
    if left:
        return refusal(candidate, gap_minor)
    for helper, amount in given.items():
        if amount:
            pools.take(helper, candidate, amount)
    last = next(helper for helper in reversed(policy.helpers) if given[helper])
    return Decision(
        candidate.member_id,
        True,
        Reason(last.value),
        "",
        candidate.held_minor,
        0,
        own + credit,
        credit,
        given[Source.FUND],
        given[Source.RESERVE],
        given[Source.EMPLOYER],
    )


def plain_decision(candidate: Candidate) -> Decision:
    """Return what is decided on a member who is nothing but plain: her own new money pays all of her line.

    Source:
        SRC-MUTUAL, the same rule as ``decide``.
    """
    return Decision(candidate.member_id, True, Reason.OWN_MONEY, "", candidate.held_minor, 0, candidate.needed_minor)


def sorter(policy: FundingPolicy) -> Callable[[Iterable[Row]], tuple[list[Row], list[Row]]]:
    """Return what tells those who are plain, nearly a whole payroll, from those on whom ``decide`` is asked.

    On the plain ``plain_decision`` is what ``decide`` would say. It takes tuples that begin with the columns of a ``Candidate``: a payroll has a million.

    Source:
        SRC-MUTUAL, the same rule as ``decide``; this only asks the commonest question first.
    """
    takes_own_first = policy.order[0] is Source.OWN_MONEY

    def sort(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
        if not takes_own_first:
            return [], list(rows)
        plain, odd = list[Row](), list[Row]()
        for row in rows:
            _, status, on_leave, wage, heads, assessed_wage, assessed_heads, needed, held, received, _, _, elsewhere, waits, *_ = row  # fmt: skip
            if (
                needed <= received
                and needed <= held
                and status == "active"
                and wage
                and wage == assessed_wage
                and heads == assessed_heads
                and not (on_leave or elsewhere or waits)
            ):
                plain.append(row)
            else:
                odd.append(row)
        return plain, odd

    return sort


# What funded a line, and what an answer must add up to ----------------------------------------------------------


class Inflow(NamedTuple):
    """Money that came in for a member: a receipt's line or a placement, less nothing."""

    reference: str
    amount_minor: int


class Share(NamedTuple):
    """The part of one inflow that one use of money took."""

    reference: str
    amount_minor: int


def allocate_first_in_first_out(inflows: Sequence[Inflow], earlier_minor: int, used_minor: int) -> list[Share]:
    """Return which receipts a line's own money came from: the oldest money is used first.

    Args:
        inflows: What came in and was not taken back, oldest first.
        earlier_minor: What earlier lines have used and kept.
        used_minor: What this line used.

    Source:
        SRC-LEDGER: a member's money is one balance; first in, first out is how it is explained.
    """
    shares, skip, left = [], earlier_minor, used_minor
    for inflow in inflows:
        passed = min(skip, inflow.amount_minor)
        skip -= passed
        part = min(left, inflow.amount_minor - passed)
        if part:
            shares.append(Share(inflow.reference, part))
            left -= part
        if left == 0:
            break
    return shares
