"""How a month stands: its steps, its figures, its coverage."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit.period import Period
from gateway.month import queries
from gateway.month.rules import Step, next_step, steps_of

COVERED, NOT_COVERED, WAITING = "covered", "not_covered", "waiting"

AMOUNTS = (
    "assessed_minor",
    "received_minor",
    "filed_minor",
    "billed_minor",
    "paid_minor",
    "remitted_minor",
    "distributed_minor",
    "paid_out_minor",
    "suspense_minor",
)
COUNTS = ("enrolled", "receipts", "filed_lines", "accepted_lines", "rejected_lines", "open_breaks")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why so many members are covered, not covered or waiting."""

    standing: str
    reason: str
    detail: str | None
    """The state's code, where it rejected them."""
    members: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it stands now."""

    period: Period
    is_closed: bool
    steps: list[Step]
    next: Step | None
    figures: Any
    reasons: list[Reason]
    covered_dependants: int

    def members(self, standing: str) -> int:
        """Return how many members stand so."""
        return sum(reason.members for reason in self.reasons if reason.standing == standing)


def get_month(session: Session, period: Period) -> Month:
    """Return how a month stands now."""
    figures = queries.figures(session, period)
    steps = steps_of(figures)
    reasons = [Reason(*row) for row in queries.coverage(session, period)]
    dependants = queries.covered_dependants(session, period)
    return Month(period, figures.is_closed, steps, next_step(steps), figures, reasons, dependants)
