"""A figure beside its limit, and the table of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.place import median


@dataclass(frozen=True)
class Figure:
    """One thing that was measured."""

    name: str
    what: str
    unit: str
    ours: float
    limit: float | None = None
    """The same work in the barest form, measured beside ours; or a fixed bound."""
    ratio: float | None = None
    """Median over the rounds of ours through limit; below 1 is faster, except where more is better."""
    target: float | None = None
    more_is_better: bool = False
    processor: float | None = None
    """The same ratio in the processor's seconds of our process and of its server processes: what a busy machine says."""
    rounds: int = 1
    note: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool | None:
        """Tell whether the target is met; None where there is none."""
        if self.target is None or self.ratio is None:
            return None
        return self.ratio >= self.target if self.more_is_better else self.ratio <= self.target

    def as_json(self) -> dict[str, Any]:
        """Return everything, for a file."""
        return {**asdict(self), "holds": self.holds}


def of_rounds(
    name: str, what: str, ours: list[float], limits: list[float], target: float | None, *, unit: str = "s", **more: Any
) -> Figure:
    """Return the figure of rounds taken side by side: each ours beside the limit measured just before it."""
    ratio = median([mine / limit for mine, limit in zip(ours, limits, strict=True)])
    rounds = {"ours": [round(value, 4) for value in ours], "limits": [round(value, 4) for value in limits]}
    detail = {**rounds, **more.pop("detail", {})}
    return Figure(
        name, what, unit, median(ours), median(limits), ratio, target, rounds=len(ours), detail=detail, **more
    )


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a table for people, in Markdown."""
    rows = [("figure", "limit", "ours", "ratio", "processor", "target", "holds", "what")]
    for figure in figures:
        sign = "≥" if figure.more_is_better else "≤"
        rows.append(
            (
                figure.name,
                _number(figure.limit, figure.unit),
                _number(figure.ours, figure.unit),
                "" if figure.ratio is None else f"{figure.ratio:.3g}",
                "" if figure.processor is None else f"{figure.processor:.3g}",
                "" if figure.target is None else f"{sign} {figure.target:g}",
                {True: "yes", False: "NO", None: ""}[figure.holds],
                figure.what + (f" ({figure.note})" if figure.note else ""),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.3g} {unit}" if abs(value) < 1000 else f"{value:,.0f} {unit}"
