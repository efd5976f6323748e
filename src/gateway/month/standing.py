"""How a month stands: its steps, its figures, its coverage."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlmodel import Session

from gateway.filing.queries import coverage, month_figures
from gateway.kit.period import Period
from gateway.month import queries
from gateway.month.rules import Reason, Step, next_step, reasons_of, steps_of


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
    filed = month_figures(session, period.start)
    figures = SimpleNamespace(**queries.figures(session, period)._mapping, **filed._asdict())
    steps = steps_of(figures)
    reasons = reasons_of(figures.enrolled, coverage(session, period.start))
    dependants = queries.covered_dependants(session, period)
    return Month(period, figures.is_closed, steps, next_step(steps), figures, reasons, dependants)
