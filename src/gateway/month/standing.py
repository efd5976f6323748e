"""How a month stands: its steps, its figures, its coverage."""

from collections.abc import Callable
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


Recall = Callable[[Period, Callable[[], Any]], Any]
"""Gives what was counted of a month lately, or counts it now."""


def get_month(session: Session, period: Period, *, recall: Recall | None = None) -> Month:
    """Return how a month stands now.

    Args:
        session: The open transaction.
        period: The month.
        recall: Where what is counted over everybody's rows may be of a moment ago; what people and the state did is
            always of now.
    """

    def count() -> tuple[dict[str, Any], list[Any], int]:
        counted = dict(queries.sums(session, period)._mapping)
        return counted, coverage(session, period.start), queries.covered_dependants(session, period)

    counted, decided, dependants = count() if recall is None else recall(period, count)
    filed, standing = month_figures(session, period.start), queries.standing(session, period)
    figures = SimpleNamespace(**counted, **standing._mapping, **filed._asdict())
    steps = steps_of(figures)
    reasons = reasons_of(figures.enrolled, decided)
    return Month(period, figures.is_closed, steps, next_step(steps), figures, reasons, dependants)
