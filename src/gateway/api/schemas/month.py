"""The month as it is shown."""

from typing import Any, Literal, Self

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import ReadModel
from gateway.month.rules import COVERED, NOT_COVERED, WAITING
from gateway.month.standing import Month


class StepRead(ReadModel):
    """One step of the month."""

    number: int
    code: str
    state: Literal["waiting", "ready", "running", "done"]
    who: str
    """Role that does what is next; `worker`, `state` or `bank` where no person does."""
    next: str
    blockers: list[str]


class FiguresRead(ReadModel):
    """What the month comes to."""

    currency: str
    enrolled: int
    assessed: AmountText
    """What the month would cost, were everybody filed."""
    receipts: int
    received: AmountText
    """Received on days of the month, less what was reversed."""
    filed_lines: int
    filed: AmountText
    """For the state, by our own rates; without the mutual's fees."""
    accepted_lines: int
    rejected_lines: int
    billed: AmountText
    paid: AmountText
    """Booked by the bank."""
    remitted: AmountText
    """Benefits whose money came on days of the month."""
    distributed: AmountText
    """Of that, given to members."""
    paid_out: AmountText
    """Paid to members on days of the month."""
    owed: AmountText
    """Benefits that members are owed now."""
    suspense: AmountText
    """In suspense at the end of the month."""
    open_breaks: int


class ReasonRead(ReadModel):
    """How many members stand so, and why."""

    standing: Literal["covered", "not_covered", "waiting"]
    reason: str
    detail: str | None
    members: int


class CoverageRead(ReadModel):
    """Who of the month's members is covered."""

    covered: int
    not_covered: int
    waiting: int
    covered_dependants: int
    reasons: list[ReasonRead]


class MonthRead(ReadModel):
    """A month: its steps, what comes next, its figures, its coverage."""

    period: str
    is_closed: bool
    next: str | None
    """Code of the step to take up now."""
    steps: list[StepRead]
    figures: FiguresRead
    coverage: CoverageRead

    @classmethod
    def of(cls, month: Month, currency: str) -> Self:
        """Return the month as the wire has it."""
        return cls(
            period=str(month.period),
            is_closed=month.is_closed,
            next=month.next.code if month.next else None,
            steps=[StepRead.model_validate(step) for step in month.steps],
            figures=_figures(month, currency),
            coverage=_coverage(month),
        )


class MonthListRead(ReadModel):
    """The months that something is known of, newest first."""

    items: list[str]


class ClosureRead(ReadModel):
    """Whether a month is closed in the books."""

    period: str
    is_closed: bool


COUNTS = {"enrolled", "receipts", "filed_lines", "accepted_lines", "rejected_lines", "open_breaks"}


def _figures(month: Month, currency: str) -> FiguresRead:
    shown: dict[str, Any] = {"currency": currency}
    for name in FiguresRead.model_fields:
        if name in COUNTS:
            shown[name] = getattr(month.figures, name)
        elif name != "currency":
            shown[name] = text_of(getattr(month.figures, f"{name}_minor"), currency)
    return FiguresRead.model_validate(shown)


def _coverage(month: Month) -> CoverageRead:
    return CoverageRead(
        covered=month.members(COVERED),
        not_covered=month.members(NOT_COVERED),
        waiting=month.members(WAITING),
        covered_dependants=month.covered_dependants,
        reasons=[ReasonRead.model_validate(reason) for reason in month.reasons],
    )
